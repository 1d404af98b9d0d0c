//! Where the caller was mentioned in notes: list, mark as read (CON-7).

mod list;
mod mark_read;

pub(crate) use list::list;
pub(crate) use mark_read::mark_read;
