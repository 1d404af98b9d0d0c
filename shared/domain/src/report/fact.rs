//! What a committed write tells for reports.

use serde::{Deserialize, Serialize};

use crate::conversation::{CloseReason, Conversation, Status};
use crate::ids::{ChannelId, ConversationId, OperatorId};
use crate::message::{Body, Message, SendState, SentBy};
use crate::time::{Span, Timestamp};

/// What reaches us later than this counts when it was written: an hour must come to an end.
pub const LATE: Span = Span::from_days(1);
/// A provider's clock may run ahead of ours by so much.
const AHEAD: Span = Span::from_hours(1);

/// One thing that counts. Its name follows from the write that told it, and is unique within its conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// On which channel.
    pub channel_id: ChannelId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// When it counts.
    pub at: Timestamp,
    /// What it is called.
    pub name: String,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "k")]
pub enum What {
    /// The customer said something.
    #[serde(rename = "i")]
    Incoming,
    /// A person of the company answered.
    #[serde(rename = "a")]
    Answer {
        /// Who; `None` in the provider's own inbox.
        #[serde(default, rename = "by", skip_serializing_if = "Option::is_none")]
        by: Option<OperatorId>,
    },
    /// The inbox, a bot, a program or another app said something.
    #[serde(rename = "u")]
    Automatic,
    /// A conversation began, or began anew where completed is final.
    #[serde(rename = "b")]
    Begun,
    /// A completed conversation was opened again, by the customer or by hand.
    #[serde(rename = "r")]
    Reopened,
    /// An episode had its first answer, at this very time.
    #[serde(rename = "f")]
    FirstAnswer {
        /// How long after its beginning, in milliseconds.
        #[serde(rename = "ms")]
        after: Span,
    },
    /// An episode was closed.
    #[serde(rename = "c")]
    Closed {
        /// Why: the public id of a [`CloseReason`].
        #[serde(rename = "why")]
        reason: String,
        /// How long after its beginning, in milliseconds.
        #[serde(rename = "ms")]
        after: Span,
        /// Whose it was.
        #[serde(default, rename = "by", skip_serializing_if = "Option::is_none")]
        assignee: Option<OperatorId>,
    },
}

/// When something counts that was said at `at` and written at `written_at`.
fn counted_at(at: Timestamp, written_at: Timestamp) -> Timestamp {
    if written_at.since(at) > LATE || at > written_at + AHEAD { written_at } else { at }
}

/// What the write of a message or of a line tells, at `written_at` by the table's clock. A reply counts when it is written or,
/// if it is sent later, when it is queued, whatever becomes of it.
pub fn of_message(before: Option<&Message>, after: Option<&Message>, written_at: Timestamp) -> Option<Fact> {
    let after = after?;
    let scheduled = |message: &Message| {
        matches!(message.send, Some(SendState::Scheduled { .. } | SendState::Canceled { .. }))
    };
    if before.is_some_and(|before| !scheduled(before)) || scheduled(after) {
        return None;
    }
    // A scheduled one that never was queued is no answer.
    if before.is_some() && !after.is_pending() {
        return None;
    }
    let what = match (&after.body, &after.sent_by) {
        (Body::Timeline { event, .. }, _) => match event.as_str() {
            "reopened" => What::Reopened,
            "began_anew" => What::Begun,
            _ => return None,
        },
        (Body::Said { .. }, SentBy::Customer) => What::Incoming,
        (Body::Note { .. }, _) | (Body::Said { .. }, SentBy::System) => return None,
        (Body::Said { .. }, by) if by.is_answer() => What::Answer {
            by: match by {
                SentBy::Operator { operator } => Some(operator.clone()),
                _ => None,
            },
        },
        (Body::Said { .. }, _) => What::Automatic,
    };
    Some(Fact {
        channel_id: after.channel_id,
        conversation_id: after.conversation_id,
        at: counted_at(after.key.at, written_at),
        name: format!("m{}", &after.key.id.as_uuid().simple().to_string()[..16]),
        what,
    })
}

/// What the write of a conversation tells: that it began, had its first answer, was closed. That it was opened again its line
/// in the timeline tells.
pub fn of_conversation(
    before: Option<&Conversation>,
    after: Option<&Conversation>,
    written_at: Timestamp,
) -> Vec<Fact> {
    let Some(after) = after else { return Vec::new() };
    let Some(started) = after.episode_started_at else { return Vec::new() };
    let same_episode = |before: &&Conversation| before.episode == after.episode;
    let episode = before.filter(same_episode);
    let fact = |mark: char, at: Timestamp, what: What| Fact {
        channel_id: after.channel_id,
        conversation_id: after.id,
        at: counted_at(at, written_at),
        name: format!("{mark}{}", after.version),
        what,
    };
    let mut facts = Vec::new();
    if episode.is_none() && before.is_none_or(|before| before.status == Status::New) {
        facts.push(fact('b', started, What::Begun));
    }
    let is_answered =
        |conversation: &Conversation| conversation.episode_started_at.is_some() && conversation.is_answered();
    if let Some(answered) = after.last_answer_at.filter(|_| is_answered(after))
        && !episode.is_some_and(is_answered)
    {
        facts.push(fact('f', answered, What::FirstAnswer { after: answered.since(started) }));
    }
    let was_closed = episode.is_some_and(|before| matches!(before.status, Status::Closed { .. }));
    if let Status::Closed { reason, at } = after.status
        && !was_closed
    {
        let what = What::Closed {
            reason: CloseReason::public_id(reason).to_owned(),
            after: at.since(started),
            assignee: after.assignee.clone(),
        };
        facts.push(fact('c', at, what));
    }
    facts
}
