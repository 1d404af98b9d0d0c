//! What the caller has begun to write: read, save, throw away, list (CON-6). Nobody else sees it.

mod list;
mod read;
mod remove;
mod save;

pub(crate) use list::list;
pub(crate) use read::read;
pub(crate) use remove::{finish, remove};
pub(crate) use save::save;

use madoguchi_domain::ConversationId;
use madoguchi_domain::draft::{Draft, DraftRefused};
use serde::Serialize;

use crate::ApiError;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(read::read, save::save, remove::remove, list::list))]
pub(crate) struct Described;

/// A draft.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct DraftView {
    conversation_id: ConversationId,
    text: String,
    /// Counts the saves; the next one names it.
    revision: u64,
    saved_at: String,
    expires_at: String,
}

impl DraftView {
    fn new(conversation_id: ConversationId, draft: &Draft) -> Self {
        Self {
            conversation_id,
            text: draft.text.clone(),
            revision: draft.rev,
            saved_at: draft.saved_at.to_string(),
            expires_at: draft.expires_at().to_string(),
        }
    }
}

fn refused(id: ConversationId, refused: DraftRefused) -> ApiError {
    match refused {
        DraftRefused::Length => ApiError::InvalidBody { what: refused.to_string() },
        DraftRefused::Outdated(current) => {
            let version = current.as_ref().map_or(0, |current| current.rev);
            ApiError::outdated(version, &current.map(|current| DraftView::new(id, &current)))
        }
    }
}
