//! What the two functions of live updates share: who may hear of what, what is said, and saying it.

mod audience;
mod teller;
mod told;

pub use audience::Audience;
pub use teller::{TellError, Teller};
pub use told::{PersonHere, Told};
