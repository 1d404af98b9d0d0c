//! `GET /api/conversations/{conversation}/draft`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ConversationId;

use super::DraftView;
use crate::auth::Operator;
use crate::conversations::existing;
use crate::input::InPath;
use crate::{ApiError, Shared};

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
