//! The sync of sender names: how it stands, starting it by hand, and the picture of operators without one (SND-8).

mod picture;
mod read;
mod start;

pub(crate) use picture::picture;
pub(crate) use read::read;
pub(crate) use start::start;

use madoguchi_domain::Timestamp;
use madoguchi_domain::sender::Synced;
use madoguchi_store::directory::SenderSync;
use serde::Serialize;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(picture::picture, read::read, start::start))]
pub(crate) struct Described;

/// How the sync stands.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct SenderSyncView {
    running: bool,
    /// When it runs next.
    due_at: Option<String>,
    /// What came of the last one.
    last: Option<LastView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LastView {
    at: String,
    made: u32,
    removed: u32,
    /// Personas that could not be made and channels that could not be looked at.
    failed: u32,
}

impl SenderSyncView {
    fn new(state: Option<SenderSync>, now: Timestamp) -> Self {
        state.map_or_else(Self::default, |state| Self {
            running: state.is_running(now),
            due_at: Some(state.due_at.to_string()),
            last: state.last.map(|Synced { at, made, removed, failed }| LastView {
                at: at.to_string(),
                made,
                removed,
                failed,
            }),
        })
    }
}
