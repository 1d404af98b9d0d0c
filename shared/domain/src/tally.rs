//! How replies of a channel ended, counted so that its health can tell how often sending fails (CHN-27).
//!
//! A reply counts once, when it is settled after the provider was asked. What becomes of it later (an undelivered message of
//! Twilio's, an echo that settles an unclear one) changes no count, and neither do replies that were refused before a call.

use std::collections::{BTreeMap, HashMap};

use crate::ids::ChannelId;
use crate::message::SendState;
use crate::send::FailureReason;
use crate::time::{Span, Timestamp};

/// Replies are counted in stretches of ten minutes.
pub const SLOT: Span = Span::from_minutes(10);
/// How long counts are kept.
pub const KEPT: Span = Span::from_days(8);
/// Accepted replies of a channel are written at most so often by one process.
const WRITE_EVERY: Span = Span::from_secs(60);

/// How a reply ended that the provider was asked to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The provider took it.
    Accepted,
    /// It certainly did not.
    Refused(FailureReason),
    /// Nobody knows.
    Unconfirmed,
}

impl End {
    /// How a reply that was left in `state` ended; `None` if it has not.
    pub const fn of(state: &SendState) -> Option<Self> {
        match state {
            SendState::Sent { .. } | SendState::Delivered { .. } | SendState::Read { .. } => {
                Some(Self::Accepted)
            }
            SendState::Failed { reason, .. } => Some(Self::Refused(*reason)),
            SendState::Unconfirmed { .. } => Some(Self::Unconfirmed),
            _ => None,
        }
    }
}

/// Whether a refusal for `reason` lies with the customer, or with whoever wrote: it says nothing about the channel.
pub const fn is_of_customer(reason: FailureReason) -> bool {
    matches!(
        reason,
        FailureReason::ReplyWindowClosed
            | FailureReason::ContactUnreachable
            | FailureReason::RecipientOptedOut
            | FailureReason::CustomerWroteFirst
            | FailureReason::AuthorLeft
            | FailureReason::ContactBlocked
            | FailureReason::ConversationCompleted
            | FailureReason::OnlyTheAssignee
    )
}

/// The reason that is publicly called `id`; `None` of one that a later release knows.
pub fn reason(id: &str) -> Option<FailureReason> {
    FailureReason::ALL.into_iter().find(|reason| reason.public_id() == id)
}

/// How many replies ended in which way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that the provider took.
    pub accepted: u64,
    /// Those of which nobody knows.
    pub unconfirmed: u64,
    /// Those that it refused, by the reason's public id.
    pub refused: BTreeMap<String, u64>,
    /// When it took the latest.
    pub last_accepted_at: Option<Timestamp>,
}

impl Tally {
    /// Counts one that ended at `at`.
    pub fn note(&mut self, end: End, at: Timestamp) {
        match end {
            End::Accepted => {
                self.accepted += 1;
                self.last_accepted_at = self.last_accepted_at.max(Some(at));
            }
            End::Refused(reason) => *self.refused.entry(reason.public_id().to_owned()).or_default() += 1,
            End::Unconfirmed => self.unconfirmed += 1,
        }
    }

    /// Counts those of `other` as well.
    pub fn add(&mut self, other: &Self) {
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.unconfirmed = self.unconfirmed.saturating_add(other.unconfirmed);
        for (reason, count) in &other.refused {
            let known = self.refused.entry(reason.clone()).or_default();
            *known = known.saturating_add(*count);
        }
        self.last_accepted_at = self.last_accepted_at.max(other.last_accepted_at);
    }

    /// Refused for what lies with the channel, the message or the provider.
    pub fn refused(&self) -> u64 {
        self.sum(|reason| !reason.is_some_and(is_of_customer))
    }

    /// Refused for what lies with the customer.
    pub fn refused_of_customers(&self) -> u64 {
        self.sum(|reason| reason.is_some_and(is_of_customer))
    }

    /// Those that went wrong and are held against the channel.
    pub fn failing(&self) -> u64 {
        self.refused().saturating_add(self.unconfirmed)
    }

    /// Those that say something about the channel.
    pub fn telling(&self) -> u64 {
        self.accepted.saturating_add(self.failing())
    }

    /// What part of the telling ones went wrong, from 0 to 1; `None` if there were none.
    #[expect(clippy::cast_precision_loss, reason = "a part of replies needs no more than 52 bits")]
    pub fn error_rate(&self) -> Option<f64> {
        (self.telling() > 0).then(|| self.failing() as f64 / self.telling() as f64)
    }

    /// The reasons of refusals, the most frequent first, those of customers as well.
    pub fn reasons(&self) -> Vec<(&str, u64)> {
        let mut reasons: Vec<_> = self.refused.iter().map(|(id, count)| (id.as_str(), *count)).collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }

    fn sum(&self, wanted: impl Fn(Option<FailureReason>) -> bool) -> u64 {
        let counted = self.refused.iter().filter(|(id, _)| wanted(reason(id)));
        counted.fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

/// Counts by the beginning of their [`SLOT`].
pub type Slots = BTreeMap<Timestamp, Tally>;

/// The beginning of the slot that `at` falls into.
pub const fn slot(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.as_ms() - at.as_ms().rem_euclid(SLOT.as_ms()))
}

/// What a channel's replies came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// In the last hour, and up to one [`SLOT`] before it.
    pub hour: Tally,
    /// In the last 24 hours, and up to one [`SLOT`] before them.
    pub day: Tally,
    /// When the provider took the latest reply, as far back as counts are [`KEPT`].
    pub last_accepted_at: Option<Timestamp>,
}

impl Recent {
    /// Sums up what is kept.
    pub fn of(slots: &Slots, now: Timestamp) -> Self {
        let within = |span: Span| {
            let mut sum = Tally::default();
            for (_, tally) in slots.iter().filter(|(begin, _)| **begin + SLOT > now - span) {
                sum.add(tally);
            }
            sum
        };
        Self {
            hour: within(Span::from_hours(1)),
            day: within(Span::from_hours(24)),
            last_accepted_at: slots.values().filter_map(|tally| tally.last_accepted_at).max(),
        }
    }
}

/// Counts that a process has not written yet. Of a process that dies at most what it has accepted within
/// a minute after its latest write is missing.
#[derive(Debug, Default)]
pub struct Unwritten {
    channels: HashMap<ChannelId, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    written_at: Option<Timestamp>,
    slots: Slots,
}

impl Unwritten {
    /// Counts a reply of `channel` that ended at `now`, and gives out what has to be written now: nothing, or all that waits
    /// of the channel.
    #[must_use]
    pub fn note(&mut self, channel: ChannelId, end: End, now: Timestamp) -> Slots {
        let waiting = self.channels.entry(channel).or_default();
        waiting.slots.entry(slot(now)).or_default().note(end, now);
        let rests = waiting.written_at.is_some_and(|at| now < at + WRITE_EVERY && at <= now);
        if rests && end == End::Accepted {
            return Slots::new();
        }
        waiting.written_at = Some(now);
        std::mem::take(&mut waiting.slots)
    }

    /// Takes back what could not be written; it goes along with the next write.
    pub fn take_back(&mut self, channel: ChannelId, begin: Timestamp, tally: &Tally) {
        let waiting = self.channels.entry(channel).or_default();
        waiting.slots.entry(begin).or_default().add(tally);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::ChannelKind;

    const T: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn channel(id: &str) -> ChannelId {
        ChannelId::derive(ChannelKind::Line, id)
    }

    fn tally(ends: &[End]) -> Tally {
        let mut tally = Tally::default();
        for end in ends {
            tally.note(*end, T);
        }
        tally
    }

    #[test]
    fn chn_27_what_lies_with_the_customer_is_counted_apart() {
        for reason in FailureReason::ALL {
            let counted = tally(&[End::Accepted, End::Refused(reason), End::Unconfirmed]);
            let apart = matches!(
                reason.public_id(),
                "reply_window_closed"
                    | "contact_unreachable"
                    | "recipient_opted_out"
                    | "customer_wrote_first"
                    | "author_left"
                    | "contact_blocked"
                    | "conversation_completed"
                    | "only_the_assignee"
            );
            let (held, customers, telling) = if apart { (0, 1, 2) } else { (1, 0, 3) };
            assert_eq!(
                (counted.refused(), counted.refused_of_customers(), counted.telling()),
                (held, customers, telling),
                "{}",
                reason.public_id()
            );
        }
    }

    #[test]
    fn a_reason_of_a_later_release_is_held_against_the_channel() {
        let later = Tally { refused: [("moon_phase".to_owned(), 2)].into(), ..Tally::default() };
        assert_eq!((later.refused(), later.refused_of_customers()), (2, 0));
        assert_eq!(later.error_rate(), Some(1.0));
    }

    #[test]
    fn reasons_come_by_frequency() {
        let counted = tally(&[
            End::Refused(FailureReason::MessageRefused),
            End::Refused(FailureReason::QuotaExhausted),
            End::Refused(FailureReason::QuotaExhausted),
        ]);
        assert_eq!(counted.reasons(), [("quota_exhausted", 2), ("message_refused", 1)]);
        assert_eq!(Tally::default().error_rate(), None);
    }

    #[test]
    fn accepted_replies_are_written_once_a_minute_and_refused_ones_at_once() {
        let (mut unwritten, a) = (Unwritten::default(), channel("a"));
        let seconds = |s| T + Span::from_secs(s);
        let refused = End::Refused(FailureReason::QuotaExhausted);
        // When, how it ended, and how many replies are written then.
        for (at, end, written) in [
            (0, End::Accepted, 1),
            (1, End::Accepted, 0),
            (59, End::Accepted, 0),
            (60, End::Accepted, 3),
            (61, End::Accepted, 0),
            (62, refused, 2),
            (63, End::Unconfirmed, 1),
            (122, End::Accepted, 0),
            (123, End::Accepted, 2),
            // A clock that went back must not keep it waiting.
            (100, End::Accepted, 1),
        ] {
            let slots = unwritten.note(a, end, seconds(at));
            let count: u64 = slots.values().map(Tally::telling).sum();
            assert_eq!(count, written, "{at}");
        }
        assert_eq!(unwritten.note(channel("b"), End::Accepted, seconds(124)).len(), 1, "each by itself");
    }

    #[test]
    fn what_was_not_written_goes_along_with_the_next() {
        let (mut unwritten, a) = (Unwritten::default(), channel("a"));
        let first = unwritten.note(a, End::Accepted, T);
        for (begin, tally) in &first {
            unwritten.take_back(a, *begin, tally);
        }
        let next = unwritten.note(a, End::Unconfirmed, T + SLOT);
        let counts: Vec<_> = next.values().map(|tally| (tally.accepted, tally.unconfirmed)).collect();
        assert_eq!(counts, [(1, 0), (0, 1)]);
    }

    #[test]
    fn the_last_hour_and_day_begin_with_the_slot_that_they_begin_in() {
        let now = Timestamp::from_ms(SLOT.as_ms() * 1_000 + 1);
        let begins = |ago: i64| slot(now) - Span::from_ms(SLOT.as_ms() * ago);
        // Ago, in slots; whether it counts for the hour and the day.
        for (ago, hour, day) in [(0, 1, 1), (6, 1, 1), (7, 0, 1), (144, 0, 1), (145, 0, 0)] {
            let slots = Slots::from([(begins(ago), tally(&[End::Accepted]))]);
            let recent = Recent::of(&slots, now);
            assert_eq!((recent.hour.accepted, recent.day.accepted), (hour, day), "{ago}");
            assert_eq!(recent.last_accepted_at, Some(T));
        }
    }

    proptest! {
        #[test]
        fn nothing_is_counted_twice_or_lost(steps in prop::collection::vec((0_i64..40_000, 0..3_u8, any::<bool>()), 0..200)) {
            let (mut unwritten, a, mut now) = (Unwritten::default(), channel("a"), T);
            let (mut written, mut noted) = (Slots::new(), Tally::default());
            for (pause, end, fails) in steps {
                now = now + Span::from_ms(pause);
                let end = match end {
                    0 => End::Accepted,
                    1 => End::Refused(FailureReason::MessageRefused),
                    _ => End::Unconfirmed,
                };
                noted.note(end, now);
                for (begin, tally) in unwritten.note(a, end, now) {
                    if fails {
                        unwritten.take_back(a, begin, &tally);
                    } else {
                        written.entry(begin).or_default().add(&tally);
                    }
                }
            }
            // A refusal brings out all that waits.
            now = now + Span::from_ms(1);
            noted.note(End::Unconfirmed, now);
            for (begin, tally) in unwritten.note(a, End::Unconfirmed, now) {
                written.entry(begin).or_default().add(&tally);
            }
            let mut sum = Tally::default();
            for tally in written.values() {
                sum.add(tally);
            }
            prop_assert_eq!(sum, noted);
            for (begin, tally) in &written {
                prop_assert_eq!(slot(*begin), *begin);
                if let Some(last) = tally.last_accepted_at {
                    prop_assert_eq!(slot(last), *begin);
                }
            }
        }
    }
}
