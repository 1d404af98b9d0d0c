//! Real webhooks with changes, and everything that reads a provider's bytes. Two drive it: the runner of this crate,
//! which bounds what each input may take and needs no other compiler, and `fuzz_targets/webhook.rs` under cargo-fuzz.

mod corpus;
mod drive;

pub use corpus::{Mutator, SEEDS};
pub use drive::everything;
