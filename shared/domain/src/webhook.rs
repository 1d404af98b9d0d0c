//! Outgoing webhooks (OPS-1, OPS-2): what is told to other systems, to whom, and how often it is tried.
//!
//! An [`Event`] is what happened, in few words: what it says of conversation and message is read when it is sent, so that
//! nothing that was deleted meanwhile leaves the inbox. Its id follows from what happened; every attempt carries the same.

mod address;
mod delivery;
mod events;
mod payload;
mod retry;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use address::is_public;
pub use delivery::{Attempt, Delivery, DeliveryKey, DeliveryState, Fault, KEPT_ATTEMPTS, Work};
pub use events::{of_conversation, of_message};
pub use payload::payload;
pub use retry::{ATTEMPTS, DELAYS, delay};

use crate::ids::{ChannelId, ConversationId, WebhookEventId, WebhookId};
use crate::message::MessageKey;
use crate::time::{Span, Timestamp};

/// Namespace of the ids of events. Never changes: a repeated event must carry the id of the first.
const EVENTS: Uuid = Uuid::from_u128(0x51a6_9d3e_04c7_5b18_a2f0_7e6c_9b42_d835);

/// How long a replaced secret still signs beside the new one.
pub const SECRET_OVERLAP: Span = Span::from_hours(24);
/// A subscription that has had nothing but failures for so long is switched off.
pub const SWITCH_OFF_AFTER: Span = Span::from_days(5);
/// The most subscriptions that are kept: each committed change is held against all of them.
pub const MOST_SUBSCRIPTIONS: usize = 50;
/// The longest description, in characters.
pub const DESCRIPTION_LENGTH: usize = 200;
/// The longest address, in bytes.
pub const URL_LENGTH: usize = 2_000;

/// What can be told. The names are stable for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A customer has written.
    MessageReceived,
    /// The company's side has written and the provider took it, whoever wrote and wherever.
    MessageSent,
    /// A reply ended without being sent.
    MessageFailed,
    /// Nobody knows whether a reply was sent (RPL-12).
    MessageUnconfirmed,
    /// A conversation has begun, or begun anew.
    ConversationOpened,
    /// Who answers it has changed.
    ConversationAssigned,
    /// It was closed.
    ConversationClosed,
    /// It was opened again.
    ConversationReopened,
    /// A ticket was made of it.
    TicketCreated,
    /// An administrator tries the subscription out. Nobody subscribes to it.
    Test,
}

impl EventKind {
    /// Every kind that can be subscribed to.
    pub const ALL: [Self; 9] = [
        Self::MessageReceived,
        Self::MessageSent,
        Self::MessageFailed,
        Self::MessageUnconfirmed,
        Self::ConversationOpened,
        Self::ConversationAssigned,
        Self::ConversationClosed,
        Self::ConversationReopened,
        Self::TicketCreated,
    ];

    /// The `type` of the event.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MessageReceived => "message.received",
            Self::MessageSent => "message.sent",
            Self::MessageFailed => "message.failed",
            Self::MessageUnconfirmed => "message.unconfirmed",
            Self::ConversationOpened => "conversation.opened",
            Self::ConversationAssigned => "conversation.assigned",
            Self::ConversationClosed => "conversation.closed",
            Self::ConversationReopened => "conversation.reopened",
            Self::TicketCreated => "ticket.created",
            Self::Test => "webhook.test",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let known = Self::ALL.into_iter().chain([Self::Test]);
        known.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

impl Serialize for EventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Text that names no kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no kind of event")]
pub struct UnknownKind;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Follows from what happened.
    pub id: WebhookEventId,
    /// What.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// Through which channel; `None` of a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<ChannelId>,
    /// In which conversation; `None` of a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Of which message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageKey>,
    /// What is told of the change itself, by stable names: the reason of a close, who it was assigned to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub change: BTreeMap<String, String>,
}

impl Event {
    /// What happened in `conversation` at `at`; `which` tells it from others of its kind there.
    pub fn new(
        kind: EventKind,
        (channel, conversation): (ChannelId, ConversationId),
        which: &str,
        at: Timestamp,
    ) -> Self {
        let id = WebhookEventId::derive(EVENTS, &format!("{kind}|{conversation}|{which}"));
        Self {
            id,
            kind,
            at,
            channel: Some(channel),
            conversation: Some(conversation),
            message: None,
            change: BTreeMap::new(),
        }
    }

    /// The same of a message.
    #[must_use]
    pub fn of_message(self, message: MessageKey) -> Self {
        Self { message: Some(message), ..self }
    }

    /// The same with a piece of what changed.
    #[must_use]
    pub fn telling(mut self, name: &str, value: impl Into<String>) -> Self {
        self.change.insert(name.to_owned(), value.into());
        self
    }

    /// A test of `webhook`; `seed` is different each time.
    pub fn test(webhook: WebhookId, seed: &str, at: Timestamp) -> Self {
        let id = WebhookEventId::derive(EVENTS, &format!("test|{webhook}|{seed}"));
        let (kind, change) = (EventKind::Test, BTreeMap::new());
        Self { id, kind, at, channel: None, conversation: None, message: None, change }
    }
}

/// Another system that wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Which one.
    pub id: WebhookId,
    /// Where it is told.
    pub url: String,
    /// What it is told.
    pub events: BTreeSet<EventKind>,
    /// Of which channels; of all if there is none.
    #[serde(default)]
    pub channels: BTreeSet<ChannelId>,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Why it is told nothing; `None` while it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<SwitchedOff>,
    /// What its events are signed with.
    #[serde(default)]
    pub key: Key,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Counts the writes.
    #[serde(default)]
    pub rev: u64,
}

/// Since when, and why, a subscription is told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOff {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub because: OffBecause,
}

/// Why a subscription is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OffBecause {
    /// An administrator switched it off.
    Administrator,
    /// It failed for [`SWITCH_OFF_AFTER`].
    Failing,
}

/// Which secret signs. Secrets are derived from the stack's own by these numbers, and kept nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Counts how often it was replaced.
    pub generation: u32,
    /// When those before it stop signing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<Timestamp>,
    /// The first of those; `None` if it is the one just before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<u32>,
}

/// The most secrets that sign one call.
const MOST_SIGNING: usize = 8;

impl Key {
    /// The next one; this one goes on signing for [`SECRET_OVERLAP`], and so does each that signs now: of one that was
    /// replaced again nobody may know, because the answer that told it was lost.
    #[must_use]
    pub fn replaced(self, now: Timestamp) -> Self {
        Self {
            generation: self.generation.saturating_add(1),
            previous_until: Some(now + SECRET_OVERLAP),
            oldest: Some(self.oldest_signing(now)).filter(|oldest| *oldest < self.generation),
        }
    }

    /// The generations that sign at `now`, the current one first. Of very many the first, which is in use for sure, and the latest.
    pub fn signing(self, now: Timestamp) -> Vec<u32> {
        let oldest = self.oldest_signing(now);
        let mut signing: Vec<u32> = (oldest..=self.generation).rev().take(MOST_SIGNING).collect();
        if let Some(last) = signing.last_mut() {
            *last = oldest;
        }
        signing
    }

    fn oldest_signing(self, now: Timestamp) -> u32 {
        match self.previous_until {
            Some(until) if now < until => self.oldest.unwrap_or(self.generation.saturating_sub(1)),
            _ => self.generation,
        }
    }
}

impl Subscription {
    /// Whether it is told of `event`.
    pub fn wants(&self, event: &Event) -> bool {
        let channel = || event.channel.is_some_and(|channel| self.channels.contains(&channel));
        self.is_on() && self.events.contains(&event.kind) && (self.channels.is_empty() || channel())
    }

    /// Whether it is told anything.
    pub const fn is_on(&self) -> bool {
        self.off.is_none() && self.removed_at.is_none()
    }
}

/// How a receiver has fared of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Since when nothing was taken; `None` while it takes what it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
}

impl Health {
    /// Whether the subscription is to be switched off.
    pub fn is_hopeless(self, now: Timestamp) -> bool {
        self.failing_since.is_some_and(|since| now.since(since) >= SWITCH_OFF_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::Party;

    const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn channel(name: &str) -> ChannelId {
        ChannelId::derive(ChannelKind::Line, name)
    }

    fn event(kind: EventKind) -> Event {
        let conversation = ConversationId::derive(channel("1"), &Party::User("u".into()));
        Event::new(kind, (channel("1"), conversation), "1", NOW)
    }

    fn subscription() -> Subscription {
        Subscription {
            id: WebhookId::derive("seed"),
            url: "https://example.com/hook".into(),
            events: [EventKind::MessageReceived].into(),
            channels: BTreeSet::new(),
            description: String::new(),
            off: None,
            key: Key::default(),
            created_at: NOW,
            removed_at: None,
            rev: 0,
        }
    }

    #[test]
    fn ops_1_a_subscription_wants_its_kinds_of_its_channels_while_it_is_on() {
        let whole = subscription();
        let of = |name: &str| Subscription { channels: [channel(name)].into(), ..subscription() };
        let off = SwitchedOff { at: NOW, because: OffBecause::Failing };
        for (subscription, kind, expected) in [
            (whole.clone(), EventKind::MessageReceived, true),
            (whole.clone(), EventKind::MessageSent, false),
            (whole.clone(), EventKind::Test, false),
            (of("1"), EventKind::MessageReceived, true),
            (of("2"), EventKind::MessageReceived, false),
            (Subscription { off: Some(off), ..whole.clone() }, EventKind::MessageReceived, false),
            (Subscription { removed_at: Some(NOW), ..whole }, EventKind::MessageReceived, false),
        ] {
            assert_eq!(subscription.wants(&event(kind)), expected, "{kind} {subscription:?}");
        }
    }

    #[test]
    fn ops_1_an_event_has_one_id_however_often_it_is_told() {
        let first = event(EventKind::MessageReceived);
        let again = Event { at: NOW + Span::from_secs(9), ..event(EventKind::MessageReceived) };
        assert_eq!(first.id, again.id);
        assert_ne!(first.id, event(EventKind::MessageSent).id);
        assert_eq!(first.id.to_string(), "19677d39-d443-5f86-83df-eddb570e1243");
    }

    #[test]
    fn ops_1_kinds_are_read_as_they_are_written_and_a_test_cannot_be_subscribed_to() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!(!EventKind::ALL.contains(&EventKind::Test));
        assert_eq!("message.read".parse::<EventKind>(), Err(UnknownKind));
    }

    #[test]
    fn ops_1_a_replaced_secret_signs_beside_the_new_one_for_a_day() {
        let first = Key::default();
        assert_eq!(first.signing(NOW), [0]);
        let second = first.replaced(NOW);
        assert_eq!(second.signing(NOW), [1, 0]);
        assert_eq!(second.signing(NOW + SECRET_OVERLAP), [1]);
        let third = second.replaced(NOW + Span::from_secs(1));
        assert_eq!(third.signing(NOW + SECRET_OVERLAP), [2, 1, 0], "nobody knows which was shown");
        let end = NOW + Span::from_secs(1) + SECRET_OVERLAP;
        assert_eq!(third.signing(end), [2]);
        assert_eq!(third.replaced(end).signing(end), [3, 2]);
        let tenth = (0..10).fold(first, |key, _| key.replaced(NOW));
        assert_eq!(tenth.signing(NOW), [10, 9, 8, 7, 6, 5, 4, 0]);
        // As it was written before there was `oldest`.
        let stored: Key = serde_json::from_value(serde_json::json!({
            "generation": 3, "previous_until": NOW,
        }))
        .unwrap();
        assert_eq!((stored.signing(NOW - Span::from_ms(1)), stored.signing(NOW)), (vec![3, 2], vec![3]));
    }

    #[test]
    fn ops_2_only_days_of_failures_are_hopeless() {
        let health = |since| Health { failing_since: since };
        for (since, expected) in [
            (None, false),
            (Some(NOW), false),
            (Some(NOW - SWITCH_OFF_AFTER + Span::from_ms(1)), false),
            (Some(NOW - SWITCH_OFF_AFTER), true),
        ] {
            assert_eq!(health(since).is_hopeless(NOW), expected, "{since:?}");
        }
    }
}
