//! Who is told of what.

use serde::{Deserialize, Serialize};

use super::{Kind, Settings, Ways};
use crate::channel::Channel;
use crate::conversation::{Conversation, Mode};
use crate::ids::{ChannelId, ConversationId, MessageId, OperatorId};
use crate::membership::may_see;
use crate::message::{Body, Facts, Message, SentBy};
use crate::person::Person;
use crate::time::Timestamp;

/// Something that somebody may want to be told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// The channel.
    pub channel_id: ChannelId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// When it was stored, by our clock: what was done about it is compared with this.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The customer wrote.
    Said {
        /// What.
        message: MessageId,
        /// How many messages the conversation had taken note of when it was stored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        noted_before: Option<u64>,
    },
    /// A bot has left to people what the customer wrote.
    HandedOver,
    /// The conversation was given to somebody.
    Assigned {
        /// To whom.
        to: OperatorId,
        /// By whom; `None` if the channel's rule did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<OperatorId>,
    },
}

impl Happened {
    /// What the write of a message that turned `before` into `after` tells; most tell nothing.
    pub fn of(before: Option<&Message>, after: Option<&Message>) -> Option<Self> {
        let message = after.filter(|_| before.is_none())?;
        let what = match &message.body {
            Body::Said { .. } if message.sent_by == SentBy::Customer => {
                What::Said { message: message.key.id, noted_before: message.noted_before }
            }
            Body::Timeline { event, detail, facts } => of_line(event, detail.as_deref(), facts)?,
            _ => return None,
        };
        let (channel_id, conversation_id) = (message.channel_id, message.conversation_id);
        Some(Self { channel_id, conversation_id, at: message.stored_at, what })
    }

    /// Whether `conversation` has been told of it: a message is stored first and its conversation after it.
    pub fn is_noted_by(&self, conversation: &Conversation) -> bool {
        match self.what {
            What::Said { message, noted_before: Some(before) } => {
                conversation.has_noted_since(message, before)
            }
            _ => true,
        }
    }

    /// Whether somebody with `settings` whom only `reach` reaches could be told of it, whatever the conversation is like:
    /// if nobody could, nothing need be read.
    pub fn may_concern(&self, settings: &Settings, reach: Ways) -> bool {
        let is_told = |kind| settings.ways(kind).both(reach).is_any();
        match &self.what {
            What::Said { .. } | What::HandedOver => {
                [Kind::Mine, Kind::Others, Kind::Unassigned].into_iter().any(is_told)
            }
            What::Assigned { to, by } => {
                settings.operator == *to && by.as_ref() != Some(to) && is_told(Kind::Assigned)
            }
        }
    }
}

/// What a line of the timeline tells. Who takes a conversation from a bot by hand knows of it.
fn of_line(event: &str, detail: Option<&str>, facts: &Facts) -> Option<What> {
    let fact = |name: &str| facts.get(name).map(String::as_str);
    let named = |role: &str| fact(role).map(|id| OperatorId(id.to_owned()));
    match event {
        "assigned" | "transferred" => Some(What::Assigned { to: named("to")?, by: named("by") }),
        "mode_switched" if detail == Some(Mode::Operator.as_str()) && named("operator").is_none() => {
            Some(What::HandedOver)
        }
        _ => None,
    }
}

/// Somebody who may be told.
#[derive(Clone, Copy, Debug)]
pub struct Listener<'a> {
    /// Who.
    pub person: &'a Person,
    /// What they want.
    pub settings: &'a Settings,
    /// Their switch (ASG-5).
    pub available: bool,
}

/// Who is told that `happened` by which kind, with `conversation` and `channel` as they are by now. Nobody while a bot has
/// the conversation, and nobody of what they did themselves. Of a conversation that is nobody's only those are told who are
/// available: the others could not take it.
pub fn told<'a>(
    happened: &Happened,
    conversation: &Conversation,
    channel: &Channel,
    people: impl IntoIterator<Item = Listener<'a>>,
) -> Vec<(OperatorId, Kind)> {
    let is_quiet = !conversation.is_open()
        || !conversation.mode.is_operator()
        || conversation.contact.blocked.is_some()
        || channel.status.is_deleted();
    let is_answered = happened.what == What::HandedOver && conversation.waiting.is_empty();
    if is_quiet || is_answered {
        return Vec::new();
    }
    let people = people.into_iter();
    let told = people.filter_map(|listener| {
        let kind = kind(happened, conversation, &listener)?;
        let Listener { person, settings, .. } = listener;
        let may = person.removed_at.is_none() && may_see(person.role, channel, Some(person));
        (may && settings.wants(kind)).then(|| (person.id.clone(), kind))
    });
    told.collect()
}

fn kind(happened: &Happened, conversation: &Conversation, listener: &Listener<'_>) -> Option<Kind> {
    let id = &listener.person.id;
    match &happened.what {
        What::Assigned { to, by } => {
            let is_theirs = to == id && conversation.assignee.as_ref() == Some(id);
            (is_theirs && by.as_ref() != Some(id)).then_some(Kind::Assigned)
        }
        What::Said { .. } | What::HandedOver => match &conversation.assignee {
            Some(assignee) if assignee == id => Some(Kind::Mine),
            Some(_) => Some(Kind::Others),
            None => listener.available.then_some(Kind::Unassigned),
        },
    }
}
