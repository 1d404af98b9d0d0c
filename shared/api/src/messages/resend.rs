//! `POST /api/conversations/{conversation}/messages/{message}/resend` (RPL-12).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ConversationId, Message, MessageKey, SendState, SentBy, later, reply};
use madoguchi_store::Saved;

use crate::auth::Operator;
use crate::conversations::{TRIES, barred, opened, usable};
use crate::input::InPath;
use crate::view::MessageView;
use crate::{ApiError, Shared};

/// Send a reply again
///
/// Only a reply that is `failed` or `unconfirmed`, and only while the composer is not locked. An unconfirmed
/// Messenger reply may then arrive twice; on LINE the provider recognises the repetition for 24 hours.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/messages/{message}/resend",
    operation_id = "resendMessage", tag = "Messages",
    responses((status = 202, description = "The reply.", body = MessageView)),
    extensions(("x-errors" = json!(["message_not_resendable", "locks", "replies", "person_needed"]))),
))]
pub(crate) async fn resend(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InPath(key): InPath<MessageKey>,
) -> Result<impl IntoResponse, ApiError> {
    for _ in 0..TRIES {
        let conversation = opened(&api, &operator, id).await?;
        let mut message = api.inbox.message(id, &key).await?.ok_or(ApiError::MessageNotFound)?;
        if !resendable(&message) {
            return Err(ApiError::MessageNotResendable);
        }
        let channel = api.directory.channel(conversation.channel_id).await?;
        let settings = &usable(channel.as_ref(), conversation.channel_kind)?.settings;
        barred(&api, &operator, &conversation, settings).await??;
        if let Body::Said { content } = &message.body {
            let (now, kind) = (api.clock.now(), conversation.channel_kind);
            reply::permitted(&conversation, settings, message.sent_by.author(), content, now)
                .map_err(|lock| ApiError::Locked(lock, kind))?;
        }
        message = later::queue_again(message, &conversation, api.clock.now());
        for index in 0..message.attachments().len() {
            // A file that could not be made ready is looked at anew.
            message.retry_file(index, api.clock.now());
        }
        if api.inbox.save_message(&message).await? == Saved::Done {
            tracing::info!(
                conversation.id = %id, message.id = %key, operator.id = operator.id.0,
                "Queued a reply again"
            );
            return Ok((
                StatusCode::ACCEPTED,
                Json(MessageView::written(&message, &conversation, operator.reader())),
            ));
        }
    }
    Err(ApiError::contended("a reply to be sent again"))
}

fn resendable(message: &Message) -> bool {
    let settled = matches!(message.send, Some(SendState::Failed { .. } | SendState::Unconfirmed { .. }));
    settled && matches!(message.sent_by, SentBy::Operator { .. })
}
