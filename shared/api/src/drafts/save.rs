//! `PUT /api/conversations/{conversation}/draft`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, draft};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{DraftView, refused};
use crate::auth::Operator;
use crate::conversations::{TRIES, existing};
use crate::input::{InPath, JsonBody};
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    text: String,
    /// That of the draft that was read; 0 = there was none.
    #[serde(default)]
    revision: u64,
}

pub(crate) async fn save(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(words): JsonBody<Words>,
) -> Result<Json<DraftView>, ApiError> {
    let conversation = existing(&api, &operator, id).await?;
    for _ in 0..TRIES {
        let stored = api.inbox.draft(id, &operator.id).await?;
        let next = draft::save(stored.as_ref(), words.revision, &words.text, api.clock.now());
        let next = next.map_err(|it| refused(id, it))?;
        if api.inbox.save_draft(&conversation, &operator.id, stored.as_ref(), &next).await? == Saved::Done {
            return Ok(Json(DraftView::new(id, &next)));
        }
    }
    Err(ApiError::contended("a draft"))
}
