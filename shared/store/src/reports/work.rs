//! What a queue message to `report-writer` says.

use madoguchi_domain::Timestamp;
use madoguchi_domain::report::{Fact, of_conversation, of_message};
use serde::{Deserialize, Serialize};

use crate::Committed;

/// "This has happened."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportWork {
    /// Form of the message.
    pub v: u8,
    /// Each piece.
    pub facts: Vec<Fact>,
}

impl ReportWork {
    /// What a write tells that was committed at `at` by the table's clock.
    pub fn facts_of(committed: &Committed, at: Timestamp) -> Vec<Fact> {
        match committed {
            Committed::Message { before, after } => {
                of_message(before.as_deref(), after.as_deref(), at).into_iter().collect()
            }
            Committed::Conversation { before, after } => {
                of_conversation(before.as_deref(), after.as_deref(), at)
            }
        }
    }
}
