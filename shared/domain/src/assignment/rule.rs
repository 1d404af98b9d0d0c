//! The channel's rule: to whom the next conversation goes by itself (ASG-10 to ASG-13).

use serde::{Deserialize, Serialize};

use super::duty::{Duty, may_take};
use crate::channel::Channel;
use crate::conversation::Conversation;
use crate::ids::OperatorId;
use crate::person::Person;

/// How a channel gives out its conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AssignmentRule {
    /// By hand only.
    #[default]
    Off,
    /// To one after the other of those who are available (ASG-10).
    RoundRobin,
    /// To whoever has the fewest open conversations; of several to who was given one longest ago.
    LeastBusy,
}

impl AssignmentRule {
    /// The name used in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::RoundRobin => "round_robin",
            Self::LeastBusy => "least_busy",
        }
    }

    /// Whether conversations are given out at all.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Off)
    }
}

/// Somebody who may get a conversation.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Who.
    pub person: &'a Person,
    /// What they are on.
    pub duty: &'a Duty,
}

impl Candidate<'_> {
    fn may_take(&self, channel: &Channel) -> bool {
        may_take(self.person.role, Some(self.person), self.duty, channel).is_ok()
    }
}

/// Whether the rule is to find somebody for the conversation: nobody has it, no bot, it is not set aside, and no person
/// left it to whoever takes it.
pub fn waits_for_rule(conversation: &Conversation) -> bool {
    conversation.is_open()
        && conversation.assignee.is_none()
        && conversation.mode.is_operator()
        && conversation.snooze.is_none()
        && !conversation.unassigned_by_hand
}

/// Puts what waits into the order in which it is given out: whoever has waited longest for an answer first, and who waits
/// for none after them, the longest open first.
pub fn queue_order(waiting: &mut [Conversation]) {
    waiting.sort_by_cached_key(|conversation| {
        let since = conversation.waiting_since();
        (since.is_none(), since, conversation.episode_started_at, conversation.id)
    });
}

/// To whom the rule of `channel` gives its next conversation; `None` = it waits. `last` is whom the rule gave the
/// channel's last one.
pub fn choose<'a>(
    channel: &Channel,
    candidates: &[Candidate<'a>],
    last: Option<&OperatorId>,
) -> Option<Candidate<'a>> {
    let capacity = channel.settings.capacity();
    let able = candidates
        .iter()
        .copied()
        .filter(|candidate| candidate.may_take(channel) && candidate.duty.has_room(capacity));
    let id = |candidate: &Candidate<'a>| candidate.person.id.clone();
    match channel.settings.assignment {
        AssignmentRule::Off => None,
        AssignmentRule::RoundRobin => able
            .min_by_key(|candidate| (last.is_some_and(|last| candidate.person.id <= *last), id(candidate))),
        AssignmentRule::LeastBusy => {
            able.min_by_key(|candidate| (candidate.duty.held.len(), candidate.duty.given_at, id(candidate)))
        }
    }
}

/// Whether a reopened conversation goes back to whom it was with: they take conversations and see the channel, however
/// many they have (ASG-13).
pub fn goes_back_to(candidate: Candidate<'_>, conversation: &Conversation, channel: &Channel) -> bool {
    waits_for_rule(conversation)
        && conversation.previous_assignee.as_ref() == Some(&candidate.person.id)
        && candidate.may_take(channel)
}
