//! What stands above the inbox: channels that need somebody.

mod list;

pub(crate) use list::list;
