//! Closing and reopening.

use super::{CloseReason, Conversation, Mode, Status};
use crate::channel::{ChannelSettings, ReopenPolicy};
use crate::farewell;
use crate::ids::MessageId;
use crate::message::{Annotations, Body, Facts, Message, MessageKey, SentBy};
use crate::time::Timestamp;

/// A conversation that was closed or reopened, with its line in the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// The new state; `version` is still the one that was read.
    pub conversation: Conversation,
    /// The line.
    pub line: Message,
}

/// A conversation that was closed, and what its customer is told with that.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    /// The close.
    pub closed: Closed,
    /// The farewell, stored together with it.
    pub farewell: Option<Message>,
}

/// A conversation that somebody did something with, and its line in the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The new state; `version` is still the one that was read.
    pub conversation: Conversation,
    /// The line.
    pub line: Message,
}

/// Closes an open conversation; `None` if it is not open, which is no error: somebody was faster.
/// The write must be conditional on the version that was read.
pub fn close(mut conversation: Conversation, reason: CloseReason, now: Timestamp) -> Option<Closed> {
    if !conversation.is_open() {
        return None;
    }
    // A provider's clock may run ahead of ours; an episode never ends before it began.
    let at = conversation.episode_started_at.map_or(now, |started| now.max(started));
    conversation.status = Status::Closed { reason, at };
    conversation.last_closed_at = Some(at);
    conversation.unread = 0;
    conversation.snooze = None;
    conversation.armed = None;
    let line = timeline(&conversation, "closed", reason.public_id(), at, now);
    Some(Closed { conversation, line })
}

/// The same, with the farewell that `settings` ask for, where the customer may be told one (CLS-11).
pub fn complete(
    conversation: Conversation,
    reason: CloseReason,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Option<Completed> {
    let before = conversation.clone();
    let mut closed = close(conversation, reason, now)?;
    let farewell = farewell::farewell(&before, settings, reason, closed.line.key.at, now);
    if let Some(farewell) = &farewell {
        closed.conversation.note_automatic(farewell);
    }
    Some(Completed { closed, farewell })
}

/// Why a conversation cannot be reopened by button (C1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReopenRefused {
    /// The channel's conversations are reopened only by the customer.
    #[error("only the customer's next message reopens conversations of this channel")]
    OnlyTheCustomer,
    /// Completed is final.
    #[error("completed conversations of this channel are final; the customer's next message starts anew")]
    Final,
}

/// Reopens a conversation by button (CLS-5); `Ok(None)` if it is open already.
pub fn reopen(
    mut conversation: Conversation,
    settings: &ChannelSettings,
    by: &str,
    now: Timestamp,
) -> Result<Option<Closed>, ReopenRefused> {
    match settings.reopen {
        _ if conversation.is_open() => return Ok(None),
        ReopenPolicy::Always => {}
        ReopenPolicy::OnCustomerMessage => return Err(ReopenRefused::OnlyTheCustomer),
        ReopenPolicy::Never => return Err(ReopenRefused::Final),
    }
    let one_ms = crate::time::Span::from_ms(1);
    let at = conversation.last_closed_at.map_or(now, |closed| now.max(closed + one_ms));
    conversation.status = Status::Open;
    conversation.episode += 1;
    conversation.episode_started_at = Some(at);
    conversation.hand_back();
    // Who opens it by hand wants to answer.
    conversation.mode = Mode::Operator;
    conversation.mode_since = None;
    conversation.armed = None;
    conversation.rearm(settings);
    let line = timeline(&conversation, "reopened", by, at, now);
    Ok(Some(Closed { conversation, line }))
}

/// A line about what somebody does with the conversation at `now`. It stands below everything that it is about: a provider's
/// clock may run ahead of ours.
pub(super) fn deed<'a>(
    conversation: &Conversation,
    event: &str,
    detail: Option<&str>,
    facts: impl IntoIterator<Item = (&'a str, String)>,
    now: Timestamp,
) -> Message {
    let latest = conversation.preview.as_ref().map(|preview| preview.key.at + crate::time::Span::from_ms(1));
    let at = latest.map_or(now, |latest| now.max(latest));
    let mut line = timeline(conversation, event, "", at, now);
    line.key.id =
        MessageId::of_timeline(conversation.id, &format!("{event}:{}.{}", now.as_ms(), conversation.version));
    let facts = facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
    line.body = Body::Timeline { event: event.to_owned(), detail: detail.map(str::to_owned), facts };
    line
}

/// A line about the conversation's current episode.
pub(crate) fn timeline(
    conversation: &Conversation,
    event: &str,
    detail: &str,
    at: Timestamp,
    now: Timestamp,
) -> Message {
    let name = format!("{event}:{}", conversation.episode);
    Message {
        key: MessageKey { at, id: MessageId::of_timeline(conversation.id, &name) },
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        sent_by: SentBy::System,
        body: Body::Timeline {
            event: event.to_owned(),
            detail: Some(detail.to_owned()),
            facts: Facts::new(),
        },
        sender: None,
        provider_message_id: None,
        participant: None,
        reply_to: None,
        send: None,
        read_token: None,
        annotations: Annotations::default(),
        stored_at: now,
        noted_before: None,
        discarded: Vec::new(),
        first_try: None,
        awaits_ticket: false,
        offensive: false,
        rev: 0,
    }
}
