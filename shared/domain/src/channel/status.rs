//! Whether a channel is in use: on, off for a while, or deleted (CHN-19, CHN-21, C4).

use serde::{Deserialize, Serialize};

use super::{Channel, ChannelSettings};
use crate::event::{Event, EventBody};
use crate::ids::OperatorId;
use crate::reply::Lock;
use crate::send::FailureReason;
use crate::time::Timestamp;

/// Whether a channel is in use. Credentials are another matter, see [`super::ChannelHealth`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ChannelStatus {
    /// It sends and receives.
    #[default]
    On,
    /// It neither sends nor receives. What is there stays, and it can be switched on again at any time (CHN-19).
    Off {
        /// Since when.
        since: Timestamp,
        /// Who switched it off.
        by: OperatorId,
    },
    /// Its history can be read and nothing else (CHN-21). Its credential is destroyed; only connecting the account anew
    /// brings it back.
    Deleted {
        /// Since when.
        since: Timestamp,
        /// Who deleted it.
        by: OperatorId,
    },
}

/// Why a channel is not in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutOfUse {
    /// An administrator switched it off.
    Off,
    /// It was deleted, or was never there (RPL-5).
    Gone,
}

/// Whether what a provider sent is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// It is.
    Taken,
    /// Only if its conversation is there: it tells what became of something, and nobody tells it again.
    IfConversationIsThere,
    /// Only if its message is there: whoever stored it was interrupted, or it is a reply of ours that comes back.
    IfMessageIsThere,
    /// It is dropped.
    Dropped,
}

/// A deleted channel cannot be switched on or off, or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the channel was deleted")]
pub struct Deleted;

impl ChannelStatus {
    /// Whether the channel sends and receives.
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On)
    }

    /// Whether it was deleted.
    pub const fn is_deleted(&self) -> bool {
        matches!(self, Self::Deleted { .. })
    }

    /// The state's name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off { .. } => "off",
            Self::Deleted { .. } => "deleted",
        }
    }

    /// Why the channel is not in use.
    pub const fn out_of_use(&self) -> Option<OutOfUse> {
        match self {
            Self::On => None,
            Self::Off { .. } => Some(OutOfUse::Off),
            Self::Deleted { .. } => Some(OutOfUse::Gone),
        }
    }

    /// Whether what reached us at `received_at` came before the channel was switched off or deleted.
    pub fn was_in_use(&self, received_at: Timestamp) -> bool {
        match self {
            Self::On => true,
            Self::Off { since, .. } | Self::Deleted { since, .. } => received_at < *since,
        }
    }

    /// Whether `event` is taken in. A channel that is not in use takes no more words of customers; what became of what
    /// was said before, and what a customer wishes or took back, counts all the same.
    pub fn intake(&self, event: &Event) -> Intake {
        if self.was_in_use(event.received_at) {
            return Intake::Taken;
        }
        match &event.body {
            EventBody::Progress(_)
            | EventBody::Delivered { .. }
            | EventBody::Read { .. }
            | EventBody::OptOut { .. }
            | EventBody::Unsend { .. }
            | EventBody::Follow { .. }
            | EventBody::Unfollow => Intake::IfConversationIsThere,
            EventBody::Message(_) | EventBody::Echo(_) => Intake::IfMessageIsThere,
            EventBody::Reaction { .. }
            | EventBody::Edit { .. }
            | EventBody::Referral(_)
            | EventBody::Control(_)
            | EventBody::Happened { .. }
            | EventBody::Unknown { .. } => Intake::Dropped,
        }
    }

    /// Switched off by `by`; `None` if it is off already, by whomever.
    pub fn off(&self, by: &OperatorId, now: Timestamp) -> Result<Option<Self>, Deleted> {
        match self {
            Self::On => Ok(Some(Self::Off { since: now, by: by.clone() })),
            Self::Off { .. } => Ok(None),
            Self::Deleted { .. } => Err(Deleted),
        }
    }

    /// Switched on; `None` if it is on already.
    pub const fn on(&self) -> Result<Option<Self>, Deleted> {
        match self {
            Self::On => Ok(None),
            Self::Off { .. } => Ok(Some(Self::On)),
            Self::Deleted { .. } => Err(Deleted),
        }
    }

    /// Deleted by `by`; `None` if it was before.
    pub fn deleted(&self, by: &OperatorId, now: Timestamp) -> Option<Self> {
        (!self.is_deleted()).then(|| Self::Deleted { since: now, by: by.clone() })
    }
}

impl Channel {
    /// Refuses a channel that is not in use: `None` stands for one that is not there.
    pub fn in_use(channel: Option<&Self>) -> Result<&Self, OutOfUse> {
        let channel = channel.ok_or(OutOfUse::Gone)?;
        channel.status.out_of_use().map_or(Ok(channel), Err)
    }

    /// The settings as they act now: nobody is told anything by a channel that is not in use. Its timers go on.
    pub fn acting_settings(&self) -> ChannelSettings {
        let mut settings = self.settings.clone();
        if !self.status.is_on() {
            (settings.window_reminder, settings.idle_warning, settings.farewell) = (None, None, None);
        }
        settings
    }

    /// Whether somebody who was asked to type the channel's name has done so.
    pub fn is_named(&self, typed: &str) -> bool {
        self.name.trim() == typed.trim()
    }
}

impl OutOfUse {
    /// Why a webhook's event of such a channel is dropped; the name stands in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "channel_off",
            Self::Gone => "channel_deleted",
        }
    }
}

impl From<OutOfUse> for Lock {
    fn from(out: OutOfUse) -> Self {
        match out {
            OutOfUse::Off => Self::ChannelOff,
            OutOfUse::Gone => Self::ChannelUnlinked,
        }
    }
}

impl From<OutOfUse> for FailureReason {
    fn from(out: OutOfUse) -> Self {
        match out {
            OutOfUse::Off => Self::ChannelOff,
            OutOfUse::Gone => Self::ChannelUnlinked,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::{ChannelHealth, ChannelKind, Sending};
    use crate::credential::Cause;
    use crate::ids::ConnectionId;
    use crate::time::Span;

    const T: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn by(name: &str) -> OperatorId {
        OperatorId(name.into())
    }

    fn off() -> ChannelStatus {
        ChannelStatus::Off { since: T, by: by("a") }
    }

    fn deleted() -> ChannelStatus {
        ChannelStatus::Deleted { since: T, by: by("a") }
    }

    fn channel(status: ChannelStatus, health: ChannelHealth) -> Channel {
        let kind = ChannelKind::Line;
        Channel { status, health, ..Channel::new(kind, "Shop", "1", ConnectionId::derive(kind, "1"), T) }
    }

    #[test]
    fn chn_19_and_chn_21_what_follows_what() {
        let (b, later) = (by("b"), T + Span::from_ms(1));
        let off_later = ChannelStatus::Off { since: later, by: b.clone() };
        let deleted_later = ChannelStatus::Deleted { since: later, by: b.clone() };
        // Before; switched off; switched on; deleted.
        let table = [
            (ChannelStatus::On, Ok(Some(off_later)), Ok(None), Some(deleted_later.clone())),
            (off(), Ok(None), Ok(Some(ChannelStatus::On)), Some(deleted_later)),
            (deleted(), Err(Deleted), Err(Deleted), None),
        ];
        for (before, switched_off, switched_on, gone) in table {
            assert_eq!(before.off(&b, later), switched_off, "{before:?}");
            assert_eq!(before.on(), switched_on, "{before:?}");
            assert_eq!(before.deleted(&b, later), gone, "{before:?}");
        }
    }

    #[test]
    fn chn_19_a_channel_that_is_off_sends_nothing_whatever_its_health() {
        let held = ChannelHealth::NeedsReauthorization {
            cause: Cause::SecretMismatch,
            since: T,
            detail: String::new(),
        };
        for health in [ChannelHealth::Healthy { since: T }, ChannelHealth::Connecting, held] {
            for (status, out) in [(off(), OutOfUse::Off), (deleted(), OutOfUse::Gone)] {
                let mut channel = channel(status, health.clone());
                channel.paused_until = Some(T + Span::from_ms(1));
                assert_eq!(channel.sending(T), Sending::OutOfUse(out));
                assert!(!channel.sending(T).makes_wait(), "its replies must fail, not wait for ever");
                assert_eq!(Channel::in_use(Some(&channel)), Err(out));
            }
            let on = channel(ChannelStatus::On, health);
            assert!(!matches!(on.sending(T), Sending::OutOfUse(_)));
            assert_eq!(Channel::in_use(Some(&on)), Ok(&on));
        }
        assert_eq!(Channel::in_use(None), Err(OutOfUse::Gone));
    }

    /// RPL-5: off and deleted are told apart by stable ids, the same in the composer and of a reply that failed.
    #[test]
    fn rpl_5_the_composer_and_a_failed_reply_name_it_alike() {
        for (out, id) in [(OutOfUse::Off, "channel_off"), (OutOfUse::Gone, "channel_unlinked")] {
            assert_eq!(Lock::from(out).public_id(), id);
            assert_eq!(FailureReason::from(out).public_id(), id);
        }
    }

    #[test]
    fn channels_of_earlier_releases_are_on_and_a_status_survives_storage() {
        let stored = serde_json::to_value(channel(ChannelStatus::On, ChannelHealth::Connecting)).unwrap();
        assert_eq!(stored.get("status"), None);
        assert_eq!(serde_json::from_value::<Channel>(stored).unwrap().status, ChannelStatus::On);
        for status in [off(), deleted()] {
            let before = channel(status, ChannelHealth::Connecting);
            let stored = serde_json::to_value(&before).unwrap();
            assert_eq!(stored["status"]["state"], before.status.as_str());
            assert_eq!(serde_json::from_value::<Channel>(stored).unwrap(), before);
        }
    }

    #[test]
    fn chn_19_a_channel_that_is_off_reminds_nobody_and_keeps_its_timers() {
        let reminder = crate::reminder::WindowReminder { text: "still there?".into() };
        for (status, reminds) in [(ChannelStatus::On, true), (off(), false), (deleted(), false)] {
            let mut channel = channel(status, ChannelHealth::Connecting);
            channel.settings.window_reminder = Some(reminder.clone());
            channel.settings.idle_close_after_minutes = Some(5);
            let acting = channel.acting_settings();
            assert_eq!(acting.window_reminder.is_some(), reminds, "{:?}", channel.status);
            assert_eq!(acting.idle_close_after_minutes, Some(5));
        }
    }

    /// CHN-19, CHN-21: what is dropped is what customers say from then on, and nothing else.
    #[test]
    fn chn_19_and_chn_21_what_is_taken_in() {
        use crate::event::{CustomerMessage, Echo, EchoSource, Progress, Stage};
        use crate::{Content, Party};
        let (id, target) = (|| "1".to_owned(), || "1".to_owned());
        let message = EventBody::Message(CustomerMessage {
            provider_message_id: id(),
            content: Content::text("x"),
            reply_to: None,
            reply_token: None,
            read_token: None,
            referral: None,
        });
        let echo = EventBody::Echo(Echo {
            provider_message_id: id(),
            ours: None,
            source: EchoSource::OtherApp,
            content: Content::text("x"),
        });
        let progress = Progress { provider_message_id: id(), ours: None, stage: Stage::Taken };
        let table = [
            (message, Intake::IfMessageIsThere),
            (echo, Intake::IfMessageIsThere),
            (EventBody::Progress(progress), Intake::IfConversationIsThere),
            (EventBody::Delivered { through: T }, Intake::IfConversationIsThere),
            (EventBody::Read { through: T }, Intake::IfConversationIsThere),
            (EventBody::OptOut { opted_out: true }, Intake::IfConversationIsThere),
            (EventBody::OptOut { opted_out: false }, Intake::IfConversationIsThere),
            (EventBody::Unsend { target: target() }, Intake::IfConversationIsThere),
            (EventBody::Follow { unblocked: false, reply_token: None }, Intake::IfConversationIsThere),
            (EventBody::Unfollow, Intake::IfConversationIsThere),
            (EventBody::Reaction { target: target(), emoji: None }, Intake::Dropped),
            (EventBody::Edit { target: target(), text: "y".into(), reply_token: None }, Intake::Dropped),
            (EventBody::Unknown { kind: "new".into(), raw: "{}".into() }, Intake::Dropped),
        ];
        let (before, after) = (T - Span::from_ms(1), T + Span::from_ms(1));
        for (body, expected) in table {
            let event = |received_at| Event {
                id: id(),
                // The provider's clock says nothing: only when it reached us counts.
                at: before,
                received_at,
                party: Party::User("u".into()),
                participant: None,
                sender: crate::event::Sender::default(),
                standby: false,
                body: body.clone(),
            };
            for status in [off(), deleted()] {
                assert_eq!(status.intake(&event(T)), expected, "{body:?}");
                assert_eq!(status.intake(&event(after)), expected, "{body:?}");
                assert_eq!(status.intake(&event(before)), Intake::Taken, "{body:?}");
            }
            assert_eq!(ChannelStatus::On.intake(&event(after)), Intake::Taken);
        }
    }

    #[test]
    fn chn_21_the_name_is_typed_as_it_is() {
        let channel = channel(ChannelStatus::On, ChannelHealth::Connecting);
        for (typed, expected) in
            [("Shop", true), (" Shop ", true), ("shop", false), ("", false), ("Shop 2", false)]
        {
            assert_eq!(channel.is_named(typed), expected, "{typed}");
        }
    }
}
