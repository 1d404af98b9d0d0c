//! `POST /api/conversations/{conversation}/typing`: an operator is writing an answer. Clients say so again while they
//! do; the provider is told as often as it is worth.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::courtesy::possible;
use madoguchi_domain::{ConversationId, Courtesy};

use super::existing;
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, Shared};

/// Tell that an answer is being written
///
/// For the customer to see, where the provider can show it: on Messenger and in LINE's chats with one person,
/// for some 15 to 20 seconds or until the next message. Say it every few seconds while somebody writes; the
/// provider is told every 10 seconds at most. The request has no body.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/typing",
    operation_id = "typeInConversation", tag = "Conversations",
    responses((status = 204, description = "Noted.")),
))]
pub(crate) async fn typing(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<StatusCode, ApiError> {
    let conversation = existing(&api, &operator, id).await?;
    let now = api.clock.now();
    if possible(&conversation, &Courtesy::Typing { asked_at: now }).is_ok() {
        let _shown_already = api.inbox.note_typing(&conversation, now).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
