//! How messages become tickets: what the timer's function and the API share.
//!
//! What is decided stands in `madoguchi_domain::ticket`. Here it is read, decided and written, each write under the
//! condition that nobody wrote in between; whoever loses decides again.

mod by_hand;
mod converter;
mod desk;

pub use by_hand::{Asked, MOST_MESSAGES, NotConverted};
pub use converter::{Converter, Fault, Outcome};
pub use desk::{HelpDesk, Joining};
