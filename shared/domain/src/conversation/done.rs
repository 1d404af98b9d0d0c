//! 対応完了: what the customer wrote needs no answer (CLS-1, C6). Nothing is sent, and nothing is closed.

use super::close::{Told, deed};
use super::{Conversation, CustomerWaits};
use crate::channel::ChannelSettings;
use crate::ids::OperatorId;
use crate::time::Timestamp;

/// Marks what the customer has written as needing no answer: until `seen`, the latest message that the operator had before
/// them, or everything that `conversation` holds. `None` if nothing is owed there. What is stored later is never
/// covered, if the write is conditional on the version that was read.
pub fn done(
    mut conversation: Conversation,
    seen: Option<Timestamp>,
    by: &OperatorId,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Option<Told> {
    let through = owed_through(&conversation, seen)?;
    if conversation.done_through >= Some(through)
        || !(conversation.is_unanswered() || conversation.is_unreplied())
    {
        return None;
    }
    conversation.done_through = Some(through);
    conversation.waiting.answered(through, conversation.last_customer_at);
    if !conversation.is_unreplied() {
        conversation.unread = 0;
    }
    conversation.armed = None;
    conversation.rearm(settings);
    let line = deed(&conversation, "done", None, [("operator_id", by.0.clone())], now);
    Some(Told { conversation, line })
}

/// Until when everything is covered. A conversation that an operator reopened is 未対応 from then on without a new message.
pub fn owed_through(conversation: &Conversation, seen: Option<Timestamp>) -> Option<Timestamp> {
    let all = conversation.last_customer_at.max(conversation.episode_started_at);
    match seen {
        Some(seen) if Some(seen) < conversation.last_customer_at => Some(seen),
        _ => all,
    }
}

/// Takes the mark back: what has no answer waits again. `None` if there is no mark, or an answer has made it pointless. The timers
/// begin anew, so that nothing is closed in the same minute.
pub fn not_done(
    mut conversation: Conversation,
    by: &OperatorId,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Option<Told> {
    if !conversation.is_open() || conversation.done_through <= conversation.last_answer_at {
        return None;
    }
    conversation.done_through = None;
    conversation.waiting = CustomerWaits::default();
    if let Some(last) = conversation.last_customer_at
        && conversation.is_unreplied()
    {
        conversation.waiting.said(last, conversation.last_answer_at);
        conversation.unread = conversation.unread.max(1);
    }
    conversation.timers_from = conversation.timers_from.max(Some(now));
    conversation.armed = None;
    conversation.rearm(settings);
    let line = deed(&conversation, "not_done", None, [("operator_id", by.0.clone())], now);
    Some(Told { conversation, line })
}
