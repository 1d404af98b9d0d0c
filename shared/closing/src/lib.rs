//! What the closers share: each is this code with another kind of deadline.
//!
//! A tick costs one query per shard when nothing is due, and grows with what is due, not with what
//! is open. There is no cap: pages are taken until none is left or the function's time is over, and
//! what is left is due at the next tick.

mod closer;
mod patience;
mod run;

pub use closer::{Closer, Report};
pub use run::{RESERVE, run};
