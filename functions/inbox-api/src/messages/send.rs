//! `POST /api/conversations/{conversation}/messages`: writes a reply down. Sending is others' work: the
//! stored reply is `queued` and the change of the table starts its dispatch.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::reply::{self, ReplyRefused};
use madoguchi_domain::{Conversation, ConversationId, Message, MessageId, Span, Timestamp, text};
use madoguchi_store::Saved;
use serde::Deserialize;

use crate::auth::Operator;
use crate::conversations::{TRIES, existing};
use crate::input::{IdempotencyKey, InPath, JsonBody};
use crate::view::{MessageView, PageView};
use crate::{Api, ApiError, Shared};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Draft {
    text: String,
    /// A text that is too long becomes several messages instead of being refused (MSG-1).
    #[serde(default)]
    split: bool,
}

/// Answers 202 with the queued reply, or 200 with the reply that was written under the same key
/// before, whatever has become of it since (RPL-14). With `split` it answers with the list of them.
pub(crate) async fn send(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<Response, ApiError> {
    let conversation = existing(&api, id).await?;
    if !draft.split {
        let written = write(&api, &operator, conversation, &key, &draft.text, None).await?;
        let view = MessageView::new(&written.message, &written.conversation, operator.reader());
        return Ok((written.status(), Json(view)).into_response());
    }
    let kind = conversation.channel_kind;
    let parts = text::split(kind, &draft.text).map_err(|refused| ApiError::Text(refused, kind))?;
    let mut current = conversation;
    let mut answer = PageView { items: Vec::with_capacity(parts.len()), next_cursor: None };
    let (mut fresh, mut after) = (false, None);
    for (number, part) in parts.iter().enumerate() {
        let written = write(&api, &operator, current, &key_of_part(&key, number), part, after).await?;
        answer.items.push(MessageView::new(&written.message, &written.conversation, operator.reader()));
        fresh |= written.fresh;
        // The next part stands below this one, whatever the clocks say.
        after = Some(written.message.key.at + Span::from_ms(1));
        current = written.conversation;
    }
    if !fresh && is_written(&api, id, &key_of_part(&key, parts.len())).await? {
        // The text under this key was longer and begins like this one.
        return Err(ApiError::IdempotencyKeyReused);
    }
    let status = if fresh { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(answer)).into_response())
}

/// The key of one part of a split text. A client's key has no spaces, so none of these can be one.
fn key_of_part(key: &str, number: usize) -> String {
    if number == 0 { key.to_owned() } else { format!("{key} {number}") }
}

async fn is_written(api: &Api, id: ConversationId, key: &str) -> Result<bool, ApiError> {
    Ok(api.inbox.placed_reply(id, MessageId::of_reply(id, key)).await?.is_some())
}

struct Written {
    message: Message,
    conversation: Conversation,
    /// Not by an earlier request.
    fresh: bool,
}

impl Written {
    fn status(&self) -> StatusCode {
        if self.fresh { StatusCode::ACCEPTED } else { StatusCode::OK }
    }
}

/// Writes one reply down, not above `after`.
async fn write(
    api: &Api,
    operator: &Operator,
    conversation: Conversation,
    key: &str,
    text: &str,
    after: Option<Timestamp>,
) -> Result<Written, ApiError> {
    let id = conversation.id;
    let mut conversation = conversation;
    for attempt in 0..TRIES {
        if attempt > 0 {
            conversation = existing(api, id).await?;
        }
        let now = api.clock.now().max(after.unwrap_or_default());
        let channel = api.channels.channel(conversation.channel_id, now).await?;
        let settings = channel.ok_or(ApiError::ChannelUnlinked)?.settings;
        let write = |placed_at| {
            let author = operator.id.clone();
            reply::write(&conversation, &settings, author, key, text, placed_at, now)
        };
        let fresh = write(None);
        let placed = match &fresh {
            Ok(reply) => api.inbox.place_reply(id, reply.key, now).await?,
            // What would be refused now may have been written before.
            Err(_) => api.inbox.placed_reply(id, MessageId::of_reply(id, key)).await?,
        };
        if let Some(place) = placed
            && let Some(message) = api.inbox.message(id, &place).await?
        {
            if message.reply_text() != Some(text) {
                return Err(ApiError::IdempotencyKeyReused);
            }
            let conversation = api.inbox.note_reply(conversation, &settings, &message, now).await?;
            return Ok(Written { message, conversation, fresh: false });
        }
        // An earlier request may have ended before its reply was stored.
        let message = placed.map_or(fresh, |place| write(Some(place.at)));
        let message =
            message.map_err(|refused: ReplyRefused| ApiError::refused(refused, conversation.channel_kind))?;
        if api.inbox.create(&message).await? == Saved::Done {
            let conversation = api.inbox.note_reply(conversation, &settings, &message, now).await?;
            tracing::debug!(
                conversation.id = %id, message.id = %message.key, operator.id = operator.id.0,
                "Queued a reply"
            );
            return Ok(Written { message, conversation, fresh: true });
        }
    }
    Err(ApiError::contended("a reply"))
}
