//! Where the caller was mentioned in notes: list, mark as read (CON-7).

mod list;
mod mark_read;

pub(crate) use list::list;
pub(crate) use mark_read::mark_read;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, mark_read::mark_read))]
pub(crate) struct Described;
