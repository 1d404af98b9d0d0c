//! `POST /api/conversations/{conversation}/messages`: writes a reply down. Sending is others' work: the
//! stored reply is `queued` and the change of the table starts its dispatch.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::{ConversationId, Message, MessageId, reply};
use madoguchi_store::Saved;
use serde::Deserialize;

use crate::auth::Operator;
use crate::conversations::{TRIES, existing};
use crate::input::{IdempotencyKey, InPath, JsonBody};
use crate::view::MessageView;
use crate::{ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    text: String,
}

/// Answers 202 with the queued reply, or 200 with the reply that was written under the same key
/// before, whatever has become of it since (RPL-14).
pub(crate) async fn send(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<impl IntoResponse, ApiError> {
    for _ in 0..TRIES {
        // The conversation first: a reply that is written after the look-up below has moved its
        // version on, and the commit fails. The other way round one key could make two replies.
        let conversation = existing(&api, id).await?;
        if let Some(written) = api.inbox.reply(id, MessageId::of_reply(id, &key)).await? {
            let repeated = repeated(&written, &draft)?;
            return Ok((StatusCode::OK, Json(MessageView::new(repeated, &conversation))));
        }
        let channel = api.directory.channel(conversation.channel_id).await?;
        let channel = channel.ok_or(ApiError::ChannelUnlinked)?;
        let (author, now) = (operator.id.clone(), api.clock.now());
        let written = reply::write(conversation, &channel.settings, author, &key, &draft.text, now)?;
        if api.inbox.commit_reply(&written).await? == Saved::Done {
            let message = &written.message;
            tracing::info!(
                conversation.id = %id, message.id = %message.key, operator.id = operator.id.0,
                "Queued reply `{}` in conversation `{id}`", message.key
            );
            return Ok((StatusCode::ACCEPTED, Json(MessageView::new(message, &written.conversation))));
        }
    }
    Err(ApiError::contended("a reply"))
}

fn repeated<'a>(written: &'a Message, draft: &Draft) -> Result<&'a Message, ApiError> {
    if written.reply_text() == Some(&draft.text) { Ok(written) } else { Err(ApiError::IdempotencyKeyReused) }
}
