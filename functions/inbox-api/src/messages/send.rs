//! `POST /api/conversations/{conversation}/messages`: writes a reply down. Sending is others' work: the
//! stored reply is `queued` and the change of the table starts its dispatch.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::{ChannelSettings, Conversation, ConversationId, Message, MessageId, Timestamp, reply};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::send_file::{FileDraft, send_file};
use crate::auth::Operator;
use crate::conversations::{TRIES, existing};
use crate::input::{IdempotencyKey, InPath, JsonBody};
use crate::view::MessageView;
use crate::{Api, ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    attachment: Option<FileDraft>,
}

/// Answers 202 with the queued reply, or 200 with the reply that was written under the same key
/// before, whatever has become of it since (RPL-14). Of a file and a text, the file comes first and the text is a
/// reply of its own after it; the answer shows the file.
pub(crate) async fn send(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<Response, ApiError> {
    let Some(file) = draft.attachment else {
        let Some(text) = draft.text else {
            return Err(ApiError::InvalidBody { what: "missing field `text`".to_owned() });
        };
        return Ok(send_text(&api, &operator, id, &key, &text).await?.into_response());
    };
    if let Some(text) = &draft.text {
        // Refused before anything is written: a file without the text that belongs to it helps nobody.
        let kind = existing(&api, id).await?.channel_kind;
        madoguchi_domain::text::check(kind, text).map_err(ApiError::Text)?;
    }
    let written = send_file(&api, &operator, id, &key, &file).await?;
    if let Some(text) = &draft.text {
        send_text(&api, &operator, id, &format!("{key} text"), text).await?;
    }
    Ok(written.into_response())
}

async fn send_text(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
    key: &str,
    text: &str,
) -> Result<Written, ApiError> {
    let write = |conversation: &Conversation, settings: &ChannelSettings, placed_at, now| {
        Ok(reply::write(conversation, settings, operator.id.clone(), key, text, placed_at, now)?)
    };
    write_down(api, operator, id, key, write, |written| written.reply_text() == Some(text)).await
}

/// A reply as it is stored, now or before.
pub(super) struct Written {
    message: Message,
    conversation: Conversation,
    before: bool,
}

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        let status = if self.before { StatusCode::OK } else { StatusCode::ACCEPTED };
        (status, Json(MessageView::new(&self.message, &self.conversation))).into_response()
    }
}

/// Stores what `write` makes of the conversation as it is, once per key. What was stored under the key before must be
/// the same, `is_repetition`.
pub(super) async fn write_down(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
    key: &str,
    write: impl Fn(&Conversation, &ChannelSettings, Option<Timestamp>, Timestamp) -> Result<Message, ApiError>,
    is_repetition: impl Fn(&Message) -> bool,
) -> Result<Written, ApiError> {
    for _ in 0..TRIES {
        let conversation = existing(api, id).await?;
        let now = api.clock.now();
        let channel = api.channels.channel(conversation.channel_id, now).await?;
        let settings = channel.ok_or(ApiError::ChannelUnlinked)?.settings;
        let fresh = write(&conversation, &settings, None, now);
        let placed = match &fresh {
            Ok(reply) => api.inbox.place_reply(id, reply.key, now).await?,
            // What would be refused now may have been written before.
            Err(_) => api.inbox.placed_reply(id, MessageId::of_reply(id, key)).await?,
        };
        if let Some(place) = placed
            && let Some(message) = api.inbox.message(id, &place).await?
        {
            if !is_repetition(&message) {
                return Err(ApiError::IdempotencyKeyReused);
            }
            let conversation = api.inbox.note_reply(conversation, &settings, &message, now).await?;
            return Ok(Written { message, conversation, before: true });
        }
        // An earlier request may have ended before its reply was stored.
        let message = match placed {
            Some(place) => write(&conversation, &settings, Some(place.at), now)?,
            None => fresh?,
        };
        if api.inbox.create(&message).await? == Saved::Done {
            let conversation = api.inbox.note_reply(conversation, &settings, &message, now).await?;
            tracing::debug!(
                conversation.id = %id, message.id = %message.key, operator.id = operator.id.0,
                "Queued a reply"
            );
            return Ok(Written { message, conversation, before: false });
        }
    }
    Err(ApiError::contended("a reply"))
}
