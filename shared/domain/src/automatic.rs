//! What the inbox tells customers by itself: reminders, warnings, farewells.

use crate::channel::ChannelSettings;
use crate::conversation::Conversation;
use crate::event::Content;
use crate::ids::MessageId;
use crate::message::{Annotations, Body, Message, MessageKey, SendState, SentBy};
use crate::time::Timestamp;
use crate::window::{self, Author, Window};

/// Whether the customer may be told something at `now` that no person wrote: inside the standard window only, never by
/// `HUMAN_AGENT` (RPL-10), and never to somebody who asked for silence, cannot be reached, or is another app's at the moment.
pub fn may_tell(conversation: &Conversation, settings: &ChannelSettings, now: Timestamp) -> bool {
    let (kind, opened_at) = (conversation.channel_kind, conversation.window_opened_at);
    let inside = window::window(kind, opened_at, settings.human_agent, Author::Automation, now);
    let contact = &conversation.contact;
    matches!(inside, Window::Standard { .. } | Window::Unlimited)
        && !conversation.is_standby(now)
        && !conversation.is_opted_out()
        && contact.unreachable_since.is_none()
        && !conversation.is_blocked()
        && contact.following.is_none_or(|told| told.following)
}

/// Such a text, queued, with its place at `at`. `name` tells it from others of the conversation.
pub(crate) fn message(
    conversation: &Conversation,
    name: &str,
    text: &str,
    at: Timestamp,
    now: Timestamp,
) -> Message {
    Message {
        key: MessageKey { at, id: MessageId::of_timeline(conversation.id, name) },
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        sent_by: SentBy::Automation,
        body: Body::Said { content: Content::text(text) },
        provider_message_id: None,
        participant: None,
        reply_to: None,
        send: Some(SendState::queued()),
        read_token: None,
        annotations: Annotations::default(),
        stored_at: now,
        noted_before: Some(conversation.noted.count()),
        discarded: Vec::new(),
        first_try: None,
        awaits_ticket: false,
        offensive: false,
        sender: None,
        rev: 0,
    }
}
