//! `POST /api/conversations/{conversation}/read`: an operator has seen the messages up to this one. Where the provider
//! can show that, the customer sees it a moment later; the answer is the same everywhere.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::courtesy::{possible, read_through};
use madoguchi_domain::{ConversationId, Courtesy, MessageKey};
use serde::Deserialize;

use super::existing;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Seen {
    /// A message's `id`.
    message: MessageKey,
}

/// Tell that the messages up to one were seen
///
/// For the customer to see, where the provider can show it: on Messenger, and on LINE if the account's chat is
/// on. The customer's messages up to this one are marked a moment later, best effort and without an answer. Say
/// it when a conversation is opened, and when the customer writes while it is open, with the newest message of
/// the customer that is shown. To say it again, or of an earlier message, changes nothing. It moves neither the
/// conversation's `unread` nor a timer.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/read",
    operation_id = "markConversationRead", tag = "Conversations",
    request_body = inline(Seen),
    responses((status = 204, description = "Noted.")),
))]
pub(crate) async fn mark_read(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(seen): JsonBody<Seen>,
) -> Result<StatusCode, ApiError> {
    let conversation = existing(&api, &operator, id).await?;
    let Some(through) = read_through(&conversation, seen.message) else { return Ok(StatusCode::NO_CONTENT) };
    if possible(&conversation, &Courtesy::Read { through, after: None }).is_ok() {
        // Who read it before, or further, has said so.
        let _known_already =
            api.inbox.note_read(&conversation, through, &operator.id, api.clock.now()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
