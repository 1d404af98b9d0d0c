//! `DELETE /api/conversations/{conversation}/messages/{message}`: cancels a reply that is scheduled (RPL-15). It stays in
//! the list as `canceled`, so that a late repetition of the request that wrote it finds it. Canceling twice answers the
//! same.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, MessageKey, SendState, later};
use madoguchi_store::Saved;

use crate::auth::Operator;
use crate::conversations::{TRIES, opened};
use crate::input::InPath;
use crate::view::MessageView;
use crate::{ApiError, Shared};

/// Cancel a scheduled reply
///
/// Only while it is `scheduled`, else `message_not_scheduled`. It stays in the list as `canceled`; canceling it
/// again answers the same.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/messages/{message}",
    operation_id = "cancelMessage", tag = "Messages",
    responses((status = 200, description = "The reply.", body = MessageView)),
    extensions(("x-errors" = json!(["message_not_scheduled"]))),
))]
pub(crate) async fn cancel(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(key): InPath<MessageKey>,
) -> Result<Json<MessageView>, ApiError> {
    let conversation = opened(&api, &operator, id).await?;
    for _ in 0..TRIES {
        let message = api.inbox.message(id, &key).await?.ok_or(ApiError::MessageNotFound)?;
        if matches!(message.send, Some(SendState::Canceled { .. })) {
            return Ok(Json(MessageView::new(&message, &conversation, operator.reader())));
        }
        let canceled = later::cancel(&message, api.clock.now()).ok_or(ApiError::MessageNotScheduled)?;
        if api.inbox.save_message(&canceled).await? == Saved::Done {
            tracing::info!(
                conversation.id = %id, message.id = %key, operator.id = operator.id.0,
                "Canceled a scheduled reply"
            );
            return Ok(Json(MessageView::written(&canceled, &conversation, operator.reader())));
        }
    }
    Err(ApiError::contended("a reply to be canceled"))
}
