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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Words {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 10_000))]
    text: String,
    /// Left out: `0`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    revision: u64,
}

/// Save what one has begun to write
///
/// Over the draft of `revision`, 0 = there is none. If another tab has saved or thrown it away since, it is
/// refused with `changed_meanwhile` and how it is now in `current`, null = there is none. It is kept for 30
/// days.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/conversations/{conversation}/draft", operation_id = "saveDraft", tag = "Notes",
    request_body = inline(Words),
    responses((status = 200, description = "The draft.", body = DraftView)),
    extensions(("x-errors" = json!(["changed_meanwhile"]))),
))]
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
