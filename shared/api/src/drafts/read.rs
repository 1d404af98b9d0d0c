//! `GET /api/conversations/{conversation}/draft`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ConversationId;

use super::DraftView;
use crate::auth::Operator;
use crate::conversations::existing;
use crate::input::InPath;
use crate::{ApiError, Shared};

/// Read what one has begun to write
///
/// Nobody else sees it. `draft_not_found` if there is none.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations/{conversation}/draft", operation_id = "readDraft", tag = "Notes",
    responses((status = 200, description = "The draft.", body = DraftView)),
    extensions(("x-errors" = json!(["draft_not_found"]))),
))]
pub(crate) async fn read(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<DraftView>, ApiError> {
    existing(&api, &operator, id).await?;
    let draft = api.inbox.draft(id, &operator.id).await?;
    let draft = draft.filter(|draft| draft.is_alive(api.clock.now())).ok_or(ApiError::DraftNotFound)?;
    Ok(Json(DraftView::new(id, &draft)))
}
