//! The line of the timeline that tells a move. It names people as they are called at that moment: who is removed stays
//! readable.

use crate::conversation::{Conversation, timeline};
use crate::ids::{MessageId, OperatorId};
use crate::message::{Body, Facts, Message};
use crate::time::Timestamp;

use super::rule::AssignmentRule;

/// Somebody, as they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Their id.
    pub id: OperatorId,
    /// What colleagues call them.
    pub name: String,
}

/// What a move came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody did it.
    By(Who),
    /// The channel's rule (ASG-10).
    Rule(AssignmentRule),
    /// Whose it was before has it again (ASG-13).
    Returned,
    /// Whose it was does not see the channel any more, or is gone.
    AccessLost,
}

impl Why {
    /// The machine-readable name.
    const fn as_str(&self) -> &'static str {
        match self {
            Self::By(_) => "operator",
            Self::Rule(rule) => rule.as_str(),
            Self::Returned => "returned",
            Self::AccessLost => "access_lost",
        }
    }
}

/// The facts of a move.
#[derive(Default)]
pub(super) struct Told<'a> {
    pub(super) from: Option<&'a Who>,
    pub(super) to: Option<&'a Who>,
    /// Id and name.
    pub(super) department: Option<(String, &'a str)>,
}

/// The line about `conversation`, which is as it was read.
pub(super) fn line(
    conversation: &Conversation,
    event: &str,
    why: &Why,
    told: &Told<'_>,
    now: Timestamp,
) -> Message {
    let mut line = timeline(conversation, event, why.as_str(), now, now);
    // Each version is written once, so each move has a line of its own.
    line.key.id = MessageId::of_timeline(conversation.id, &format!("{event}:v{}", conversation.version));
    let by = if let Why::By(who) = why { Some(who) } else { None };
    let mut all = Facts::new();
    for (role, who) in [("by", by), ("from", told.from), ("to", told.to)] {
        if let Some(who) = who {
            all.insert(role.to_owned(), who.id.0.clone());
            all.insert(format!("{role}_name"), who.name.clone());
        }
    }
    if let Some((id, name)) = &told.department {
        all.insert("department".to_owned(), id.clone());
        all.insert("department_name".to_owned(), (*name).to_owned());
    }
    if let Body::Timeline { facts, .. } = &mut line.body {
        *facts = all;
    }
    line
}
