//! What could not be filed: list, replay.

mod list;
mod replay;

pub(crate) use list::list;
pub(crate) use replay::replay;
