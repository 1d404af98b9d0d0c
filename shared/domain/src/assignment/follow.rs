//! What follows from a committed write of a conversation.

use super::rule::waits_for_rule;
use crate::conversation::Conversation;
use crate::ids::OperatorId;

/// What follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// It waits for somebody from now on.
    pub waits: bool,
    /// Whom it does not keep busy any more.
    pub freed: Option<OperatorId>,
}

/// What follows from the write that turned `before` into `after`.
pub fn follows(before: Option<&Conversation>, after: Option<&Conversation>) -> Follows {
    let busy = |conversation: Option<&Conversation>| {
        conversation.filter(|conversation| conversation.is_open())?.assignee.clone()
    };
    let waits = |conversation: Option<&Conversation>| conversation.is_some_and(waits_for_rule);
    // A new episode looks for somebody anew, also if the one before had found nobody.
    let is_anew = before.map(|before| before.episode) != after.map(|after| after.episode);
    Follows {
        waits: waits(after) && (is_anew || !waits(before)),
        freed: busy(before).filter(|operator| busy(after).as_ref() != Some(operator)),
    }
}
