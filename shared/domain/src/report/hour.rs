//! What an hour, or any number of hours, came to.

use std::collections::BTreeMap;

use super::{Histogram, What};
use crate::ids::OperatorId;
use crate::time::Timestamp;

/// What was counted on one channel. Any two can be put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Messages of customers.
    pub incoming: u64,
    /// Messages of the company's side that no person wrote.
    pub automatic: u64,
    /// Conversations that began.
    pub begun: u64,
    /// Completed conversations that were opened again.
    pub reopened: u64,
    /// What people did; `None` is whoever answered in the provider's own inbox, and nobody.
    pub by: BTreeMap<Option<OperatorId>, Work>,
}

/// What somebody did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Messages that they wrote.
    pub answers: u64,
    /// How long episodes waited of which theirs was the first answer.
    pub first_answer: Histogram,
    /// Conversations that were theirs when they were closed, by reason.
    pub closed: BTreeMap<String, u64>,
    /// How long these were open.
    pub to_close: Histogram,
}

impl Work {
    /// Counts what `other` counts as well.
    pub fn add(&mut self, other: &Self) {
        self.answers = self.answers.saturating_add(other.answers);
        self.first_answer.add(&other.first_answer);
        for (reason, count) in &other.closed {
            let known = self.closed.entry(reason.clone()).or_default();
            *known = known.saturating_add(*count);
        }
        self.to_close.add(&other.to_close);
    }
}

impl Hour {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Counts facts of one conversation that lie together in time. Whose a first answer was, the answer of that moment says.
    pub fn note(&mut self, facts: &[(Timestamp, What)]) {
        for (at, what) in facts {
            match what {
                What::Incoming => self.incoming += 1,
                What::Automatic => self.automatic += 1,
                What::Begun => self.begun += 1,
                What::Reopened => self.reopened += 1,
                What::Answer { by } => self.of(by.as_ref()).answers += 1,
                What::FirstAnswer { after } => {
                    let by = facts.iter().find_map(|(said, what)| match what {
                        What::Answer { by } if said == at => Some(by.as_ref()),
                        _ => None,
                    });
                    self.of(by.flatten()).first_answer.note(*after);
                }
                What::Closed { reason, after, assignee } => {
                    let work = self.of(assignee.as_ref());
                    *work.closed.entry(reason.clone()).or_default() += 1;
                    work.to_close.note(*after);
                }
            }
        }
    }

    /// Counts what `other` counts as well.
    pub fn add(&mut self, other: &Self) {
        self.incoming = self.incoming.saturating_add(other.incoming);
        self.automatic = self.automatic.saturating_add(other.automatic);
        self.begun = self.begun.saturating_add(other.begun);
        self.reopened = self.reopened.saturating_add(other.reopened);
        for (operator, work) in &other.by {
            self.of(operator.as_ref()).add(work);
        }
    }

    fn of(&mut self, operator: Option<&OperatorId>) -> &mut Work {
        self.by.entry(operator.cloned()).or_default()
    }
}
