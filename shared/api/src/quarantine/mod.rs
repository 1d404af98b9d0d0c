//! What could not be filed: list, replay.

mod list;
mod replay;

pub(crate) use list::list;
pub(crate) use replay::replay;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, replay::replay))]
pub(crate) struct Described;
