//! `GET /api/conversations/{conversation}`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ConversationId;

use super::{opened, shown};
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

/// How many people of a group are shown; LINE groups hold 500.
const MOST_PARTICIPANTS: usize = 500;

/// Read a conversation
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations/{conversation}", operation_id = "readConversation", tag = "Conversations",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
pub(crate) async fn read(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    let conversation = opened(&api, &operator, id).await?;
    let mut view = shown(&api, &conversation, operator.reader()).await?;
    if let Some(contact) = conversation.blocked() {
        view.has_dropped(api.inbox.dropped(contact).await?);
    }
    if conversation.is_group() {
        view.held_with(&api.inbox.group(id, MOST_PARTICIPANTS).await?);
    }
    Ok(Json(view.linked(&api.bucket)))
}
