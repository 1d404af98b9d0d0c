//! Writing a reply down, once per key.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::{ChannelSettings, Conversation, Message, MessageId, Timestamp};
use madoguchi_store::Saved;

use crate::auth::Operator;
use crate::conversations::{TRIES, barred, existing, usable};
use crate::view::MessageView;
use crate::{Api, ApiError};

/// A reply as it is stored, now or before.
pub(super) struct Written {
    pub(super) message: Message,
    pub(super) conversation: Conversation,
    /// Not by an earlier request.
    pub(super) fresh: bool,
}

impl Written {
    /// What `operator` is answered.
    pub(super) fn answer(&self, operator: &Operator) -> Response {
        let status = if self.fresh { StatusCode::ACCEPTED } else { StatusCode::OK };
        (status, Json(self.view(operator))).into_response()
    }

    pub(super) fn view(&self, operator: &Operator) -> MessageView {
        let view = if self.fresh { MessageView::written } else { MessageView::new };
        view(&self.message, &self.conversation, operator.reader())
    }
}

/// When a reply is written, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    /// The place that an earlier try has given it.
    pub(super) placed_at: Option<Timestamp>,
    /// Now.
    pub(super) now: Timestamp,
}

/// Stores what `write` makes of the conversation as it is, once per `key` and not above `after`. What was stored under
/// the key before must be the same, `is_repetition`.
pub(super) async fn write_down(
    api: &Api,
    operator: &Operator,
    conversation: Conversation,
    key: &str,
    after: Option<Timestamp>,
    write: impl Fn(&Conversation, &ChannelSettings, Moment) -> Result<Message, ApiError>,
    is_repetition: impl Fn(&Message) -> bool,
) -> Result<Written, ApiError> {
    let id = conversation.id;
    let mut conversation = conversation;
    for attempt in 0..TRIES {
        if attempt > 0 {
            conversation = existing(api, operator, id).await?;
        }
        let now = api.clock.now().max(after.unwrap_or_default());
        let channel = api.channels.channel(conversation.channel_id, now).await?;
        let channel = channel.ok_or(ApiError::unlinked(conversation.channel_kind))?;
        let settings = channel.settings.clone();
        let barred = barred(api, operator, &conversation, &settings).await?;
        let write = |conversation: &Conversation, settings: &ChannelSettings, moment| {
            usable(Some(&channel), conversation.channel_kind)?;
            barred.clone()?;
            write(conversation, settings, moment)
        };
        let fresh = write(&conversation, &settings, Moment { placed_at: None, now });
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
            return Ok(Written { message, conversation, fresh: false });
        }
        // An earlier request may have ended before its reply was stored.
        let message = match placed {
            Some(place) => write(&conversation, &settings, Moment { placed_at: Some(place.at), now })?,
            None => fresh?,
        };
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
