//! Search: what of a message can be found, and whether a query finds it (SRC-3, SRC-4).
//!
//! Texts are compared [folded](folded::Folded): what a reader takes for the same word is the same, however it was typed.
//! Japanese needs no spaces for it, since a term is found anywhere in a text.

mod excerpt;
mod folded;
mod query;
mod words;

pub use excerpt::{Excerpt, Mark, excerpt};
pub use folded::Folded;
pub use query::{Query, QueryRefused};
pub use words::words;
