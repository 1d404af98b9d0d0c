//! Since when a customer waits.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How many messages are kept apart. Only who answers between messages that arrive late can tell a difference beyond.
const KEPT: usize = 8;

/// When the customer said what has no answer yet, oldest first: the first few, so that the first one is known whatever
/// order messages and answers arrive in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Waiting(Vec<Timestamp>);

impl Waiting {
    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first message without an answer.
    pub fn since(&self) -> Option<Timestamp> {
        self.0.first().copied()
    }

    /// The customer said something at `at`; everything until `answered_through` has its answer.
    pub(super) fn said(&mut self, at: Timestamp, answered_through: Option<Timestamp>) {
        if answered_through.is_some_and(|answered| at <= answered) {
            return;
        }
        if let Err(place) = self.0.binary_search(&at) {
            self.0.insert(place, at);
            self.0.truncate(KEPT);
        }
    }

    /// Everything until `through` is answered; `last` is the customer's latest message.
    pub(crate) fn answered(&mut self, through: Timestamp, last: Option<Timestamp>) {
        let kept_all = self.0.len() < KEPT;
        self.0.retain(|at| *at > through);
        if self.0.is_empty() && !kept_all {
            self.0.extend(last.filter(|last| *last > through));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_ms(minute * 60_000)
    }

    #[test]
    fn a_customer_waits_from_the_first_message_without_an_answer() {
        let mut waiting = Waiting::default();
        waiting.said(at(20), None);
        waiting.said(at(10), None);
        waiting.said(at(20), None);
        assert_eq!(waiting.since(), Some(at(10)));
        waiting.answered(at(15), Some(at(20)));
        assert_eq!(waiting.since(), Some(at(20)));
        waiting.said(at(12), Some(at(15)));
        assert_eq!(waiting.since(), Some(at(20)), "late, and answered already");
        waiting.answered(at(30), Some(at(20)));
        assert!(waiting.is_empty());
    }

    #[test]
    fn more_messages_than_are_kept_lose_no_wait() {
        let mut waiting = Waiting::default();
        for minute in 1..=20 {
            waiting.said(at(minute), None);
        }
        assert_eq!(waiting.since(), Some(at(1)));
        waiting.answered(at(12), Some(at(20)));
        assert_eq!(waiting.since(), Some(at(20)), "those between are not known any more, the latest is");
    }
}
