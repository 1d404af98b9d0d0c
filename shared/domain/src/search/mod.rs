//! Search: what of a message can be found, and whether a query finds it (SRC-3, SRC-4).
//!
//! Texts are compared [folded](folded::Folded): what a reader takes for the same word is the same, however it was typed.
//! Japanese needs no spaces for it, since a term is found anywhere in a text.
//!
//! The index holds [grams](grams::Grams), no texts: a [leaf](leaf::Leaf) tells of a few hours of one conversation whether something
//! may be found there, and whoever searches looks at the messages themselves.

mod contact;
mod excerpt;
mod folded;
mod grams;
mod leaf;
mod query;
mod words;

pub use contact::{ContactWords, LEAST_DIGITS, MOST_DIGITS, name, phone};
pub use excerpt::{Excerpt, Mark, excerpt};
pub use folded::Folded;
pub use grams::Grams;
pub use leaf::{Leaf, SLOT, slot, wanted};
pub use query::{Query, QueryRefused};
pub use words::words;
