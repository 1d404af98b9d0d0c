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

/// How the sync stands.
#[derive(Debug, Default, Serialize)]
pub(crate) struct SenderSyncView {
    running: bool,
    /// When it runs next, within the minute after; null before the first minute of a stack.
    due_at: Option<String>,
    /// What came of the last one.
    last: Option<LastView>,
}

#[derive(Debug, Serialize)]
struct LastView {
    at: String,
    made: u32,
    removed: u32,
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
