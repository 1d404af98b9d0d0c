//! What stands above the inbox: channels that need somebody.

mod list;

pub(crate) use list::list;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list))]
pub(crate) struct Described;
