//! `GET /api/conversations/{conversation}`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ConversationId;

use super::{existing, shown};
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

pub(crate) async fn read(
    State(api): Shared,
    _: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    let conversation = existing(&api, id).await?;
    shown(&api, &conversation).await.map(Json)
}
