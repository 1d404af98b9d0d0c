//! `POST /api/conversations/{conversation}/messages/{message}/attachments/{attachment}/retry`: has a file that failed
//! fetched again. What an operator sent is sent again as a whole, see `resend`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::{ConversationId, MessageKey, SentBy};
use madoguchi_store::Saved;

use crate::auth::Operator;
use crate::conversations::{TRIES, opened};
use crate::input::{AttachmentIndex, InPath};
use crate::view::MessageView;
use crate::{ApiError, Shared};

/// Fetch a customer's file again
///
/// Only a file whose state is `failed`. What an operator sent is sent again as a whole, by `resend`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}/retry",
    operation_id = "retryAttachment", tag = "Messages",
    responses((status = 202, description = "The reply.", body = MessageView)),
    extensions(("x-errors" = json!(["attachment_not_retryable"]))),
))]
pub(crate) async fn retry(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(key): InPath<MessageKey>,
    InPath(AttachmentIndex(index)): InPath<AttachmentIndex>,
) -> Result<impl IntoResponse, ApiError> {
    let conversation = opened(&api, &operator, id).await?;
    for _ in 0..TRIES {
        let mut message = api.inbox.message(id, &key).await?.ok_or(ApiError::MessageNotFound)?;
        if message.attachments().get(index).is_none() {
            return Err(ApiError::AttachmentNotFound);
        }
        let ours = matches!(message.sent_by, SentBy::Operator { .. });
        if ours || !message.retry_file(index, api.clock.now()) {
            return Err(ApiError::AttachmentNotRetryable);
        }
        if api.inbox.save_message(&message).await? == Saved::Done {
            tracing::info!(
                conversation.id = %id, message.id = %key, operator.id = operator.id.0, "Queued a file again"
            );
            return Ok((
                StatusCode::ACCEPTED,
                Json(MessageView::written(&message, &conversation, operator.reader())),
            ));
        }
    }
    Err(ApiError::contended("a file"))
}
