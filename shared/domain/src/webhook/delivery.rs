//! What became of telling one event to one subscription.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Event, delay};
use crate::ids::{InvalidId, WebhookEventId, WebhookId};
use crate::time::Timestamp;

/// How many attempts the log shows of one delivery, the latest.
pub const KEPT_ATTEMPTS: usize = 30;

/// An event on its way to a subscription, and every attempt at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// To whom.
    pub webhook: WebhookId,
    /// What.
    pub event: Event,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was begun anew by hand.
    #[serde(default)]
    pub round: u32,
    /// Attempts within this round.
    #[serde(default)]
    pub tries: u32,
    /// What came of the attempts, the latest [`KEPT_ATTEMPTS`], oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Counts the writes.
    #[serde(default)]
    pub rev: u64,
}

/// How far a delivery has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is tried, again, at this time.
    Pending {
        /// When.
        next_at: Timestamp,
    },
    /// The receiver took it.
    Delivered {
        /// When.
        at: Timestamp,
    },
    /// It was tried for a day.
    GivenUp {
        /// When that was over.
        at: Timestamp,
    },
    /// The subscription was switched off or removed, or the conversation deleted.
    Canceled {
        /// When that was found.
        at: Timestamp,
    },
}

impl DeliveryState {
    /// The name that the API shows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending { .. } => "pending",
            Self::Delivered { .. } => "delivered",
            Self::GivenUp { .. } => "given_up",
            Self::Canceled { .. } => "canceled",
        }
    }
}

/// One call of a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub duration_ms: i64,
    /// What the receiver answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it does not count; `None` if it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// The beginning of what a receiver answered that did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Fault {
    /// The answer was none of the 200s. Redirects are not followed.
    Status,
    /// There was no answer within 10 seconds.
    Timeout,
    /// Nothing answers there, or not over TLS.
    Unreachable,
    /// The name leads to an address that is not of the open internet.
    AddressRefused,
}

impl Fault {
    /// The name that the API shows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::AddressRefused => "address_refused",
        }
    }
}

/// Which delivery of a subscription: by when the event happened, then by event. Written `{ms:013}-{uuid}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryKey {
    /// When the event happened.
    pub at: Timestamp,
    /// Which event.
    pub event: WebhookEventId,
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}-{}", self.at.as_ms().max(0), self.event)
    }
}

impl FromStr for DeliveryKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId("DeliveryKey");
        let (at, event) = text.split_once('-').ok_or_else(invalid)?;
        if at.len() != 13 || !at.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid());
        }
        let at = Timestamp::from_ms(at.parse().map_err(|_| invalid())?);
        Ok(Self { at, event: event.parse()? })
    }
}

/// "Tell this subscription this event": what a queue message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Form of the message.
    pub v: u8,
    /// To whom.
    pub webhook: WebhookId,
    /// What.
    pub event: Event,
    /// See [`Delivery::round`].
    #[serde(default)]
    pub round: u32,
    /// See [`Delivery::tries`]: the attempts that were made before this one.
    #[serde(default)]
    pub tries: u32,
}

impl Work {
    /// The first attempt.
    pub fn first(webhook: WebhookId, event: Event) -> Self {
        Self { v: 1, webhook, event, round: 0, tries: 0 }
    }
}

impl Delivery {
    /// An event that nobody has told yet.
    pub fn new(webhook: WebhookId, event: Event, now: Timestamp) -> Self {
        let state = DeliveryState::Pending { next_at: now };
        Self { webhook, event, state, round: 0, tries: 0, attempts: Vec::new(), rev: 0 }
    }

    /// Its name.
    pub const fn key(&self) -> DeliveryKey {
        DeliveryKey { at: self.event.at, event: self.event.id }
    }

    /// The attempt that is due.
    pub fn work(&self) -> Work {
        let Self { webhook, event, round, tries, .. } = self;
        Work { v: 1, webhook: *webhook, event: event.clone(), round: *round, tries: *tries }
    }

    /// Whether `work` is the attempt that is due: what comes late or twice is not.
    pub const fn awaits(&self, work: &Work) -> bool {
        let pending = matches!(self.state, DeliveryState::Pending { .. });
        pending && self.round == work.round && self.tries == work.tries
    }

    /// Takes note of an attempt that ended at `now`, and decides how it goes on.
    pub fn attempted(&mut self, attempt: Attempt, now: Timestamp) {
        self.tries += 1;
        self.state = match (attempt.fault, delay(self.event.id, self.tries)) {
            (None, _) => DeliveryState::Delivered { at: now },
            (Some(_), Some(delay)) => DeliveryState::Pending { next_at: now + delay },
            (Some(_), None) => DeliveryState::GivenUp { at: now },
        };
        self.attempts.push(attempt);
        let over = self.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        self.attempts.drain(..over);
    }

    /// Begins anew, whatever became of it.
    pub fn replay(&mut self, now: Timestamp) {
        self.round += 1;
        self.tries = 0;
        self.state = DeliveryState::Pending { next_at: now };
    }

    /// It is not to be told any more.
    pub fn cancel(&mut self, now: Timestamp) {
        if matches!(self.state, DeliveryState::Pending { .. }) {
            self.state = DeliveryState::Canceled { at: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ATTEMPTS, EventKind};
    use super::*;
    use crate::time::Span;

    const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn delivery() -> Delivery {
        let webhook = WebhookId::derive("seed");
        Delivery::new(webhook, Event::test(webhook, "1", NOW), NOW)
    }

    fn attempt(at: Timestamp, fault: Option<Fault>) -> Attempt {
        Attempt { at, duration_ms: 5, status: Some(500), fault, answer: None }
    }

    #[test]
    fn ops_2_failures_are_tried_again_until_it_is_given_up_and_a_replay_begins_anew() {
        let mut delivery = delivery();
        let mut now = NOW;
        for tries in 1..ATTEMPTS {
            let due = delivery.work();
            assert!(delivery.awaits(&due));
            delivery.attempted(attempt(now, Some(Fault::Status)), now);
            assert!(!delivery.awaits(&due), "the same once more");
            let DeliveryState::Pending { next_at } = delivery.state else { panic!("{tries}") };
            assert!(next_at > now);
            now = next_at;
        }
        delivery.attempted(attempt(now, Some(Fault::Timeout)), now);
        assert_eq!(delivery.state, DeliveryState::GivenUp { at: now });
        let spent = now.since(NOW);
        assert!(spent > Span::from_hours(21) && spent < Span::from_hours(27), "{spent:?}");
        let late = delivery.work();
        delivery.replay(now);
        assert!(!delivery.awaits(&late));
        assert_eq!((delivery.round, delivery.tries), (1, 0));
        delivery.attempted(attempt(now, None), now);
        assert_eq!(delivery.state, DeliveryState::Delivered { at: now });
        assert_eq!(delivery.attempts.len(), ATTEMPTS as usize + 1);
        delivery.cancel(now);
        assert_eq!(delivery.state, DeliveryState::Delivered { at: now }, "what was taken stays taken");
    }

    #[test]
    fn ops_2_the_log_keeps_the_latest_attempts() {
        let mut delivery = delivery();
        for at in 0..40 {
            delivery.attempted(attempt(NOW + Span::from_secs(at), None), NOW);
        }
        assert_eq!(delivery.attempts.len(), KEPT_ATTEMPTS);
        assert_eq!(delivery.attempts[0].at, NOW + Span::from_secs(10));
    }

    #[test]
    fn ops_2_a_delivery_has_one_name_and_is_read_as_it_is_written() {
        let mut delivery = delivery();
        assert_eq!(delivery.key().to_string().parse(), Ok(delivery.key()));
        for text in ["", "1", "1793491200000", "179349120000-a", "1793491200000-x", "x793491200000-x"] {
            assert!(text.parse::<DeliveryKey>().is_err(), "{text}");
        }
        delivery.attempted(attempt(NOW, Some(Fault::Unreachable)), NOW);
        let stored = serde_json::to_value(&delivery).unwrap();
        assert_eq!(serde_json::from_value::<Delivery>(stored).unwrap(), delivery);
        let work = delivery.work();
        let queued = serde_json::to_string(&work).unwrap();
        assert_eq!(serde_json::from_str::<Work>(&queued).unwrap(), work);
        let test = EventKind::Test.as_str();
        assert!(queued.contains(test), "{queued}");
    }
}
