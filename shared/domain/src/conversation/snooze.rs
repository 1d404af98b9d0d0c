//! Setting a conversation aside until a time or until the customer writes (CLS-12).
//!
//! While it is set aside, every timer rests (TMR-11) but the provider's reply limit (RPL-4): that nobody can answer any more is
//! the provider's fact and not our wish. When it comes back by itself or by hand, the timers begin anew. An operator's
//! answer leaves it where it is: who answers and waits for the customer sets it aside on purpose.

use super::close::{Told, deed};
use super::{Conversation, Snooze};
use crate::channel::ChannelSettings;
use crate::ids::OperatorId;
use crate::time::{Span, Timestamp};

/// The longest time for which a conversation is set aside.
pub const LONGEST_SNOOZE: Span = Span::from_days(90);

/// Why a conversation cannot be set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnoozeRefused {
    /// Only what is open can be.
    #[error("only an open conversation can be snoozed")]
    NotOpen,
    /// The time is over, or too far ahead.
    #[error("the time in `until` must be later than now and at most 90 days ahead")]
    Until,
}

/// Who brings a conversation back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waker<'a> {
    /// Its time has come.
    Time,
    /// A person.
    Operator(&'a OperatorId),
}

/// Sets `conversation` aside until `until`, or until the customer writes, whichever is first. `Ok(None)` if it is so already.
pub fn snooze(
    mut conversation: Conversation,
    until: Option<Timestamp>,
    by: &OperatorId,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Result<Option<Told>, SnoozeRefused> {
    if !conversation.is_open() {
        return Err(SnoozeRefused::NotOpen);
    }
    if conversation.snooze.as_ref().is_some_and(|snooze| snooze.until == until) {
        return Ok(None);
    }
    if until.is_some_and(|until| until <= now || until > now + LONGEST_SNOOZE) {
        return Err(SnoozeRefused::Until);
    }
    conversation.snooze = Some(Snooze { until, by: by.clone(), at: now });
    conversation.armed = None;
    conversation.rearm(settings);
    let until = until.map(|until| ("until", until.to_string()));
    let facts = [("operator_id", by.0.clone())].into_iter().chain(until);
    let line = deed(&conversation, "snoozed", None, facts, now);
    Ok(Some(Told { conversation, line }))
}

/// Brings `conversation` back; `None` if it is not set aside.
pub fn wake(
    mut conversation: Conversation,
    by: Waker<'_>,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Option<Told> {
    conversation.snooze.take()?;
    conversation.timers_from = conversation.timers_from.max(Some(now));
    if by == Waker::Time {
        // It is the latest thing to see.
        conversation.sorted_at = conversation.sorted_at.max(Some(now));
    }
    conversation.armed = None;
    conversation.rearm(settings);
    let (detail, operator) = match by {
        Waker::Time => ("time", None),
        Waker::Operator(operator) => ("operator_id", Some(("operator_id", operator.0.clone()))),
    };
    let line = deed(&conversation, "woken", Some(detail), operator, now);
    Some(Told { conversation, line })
}

impl Conversation {
    /// Whether it has been set aside until a time that has come.
    pub fn is_to_wake(&self, now: Timestamp) -> bool {
        self.is_open()
            && self.snooze.as_ref().and_then(|snooze| snooze.until).is_some_and(|until| until <= now)
    }
}
