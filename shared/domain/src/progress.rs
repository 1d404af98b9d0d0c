//! How far a message has come, told message by message (RPL-11).
//!
//! What a provider tells arrives in any order and more than once, and may overtake the answer to the call that sent
//! the message. So a message only ever moves forward: taken, delivered, read; a failure is final.

use crate::conversation::Conversation;
use crate::event::{Progress, Stage};
use crate::message::{Message, SendState};
use crate::second_try;
use crate::send::failure_of;
use crate::time::Timestamp;

/// `message` as it is when the provider has told `progress` at `at`; `None` if that changes nothing.
pub fn tell(
    conversation: &Conversation,
    message: &Message,
    progress: &Progress,
    at: Timestamp,
) -> Option<Message> {
    if let Some(told) = second_try::told_of_first(message, progress, at) {
        return told;
    }
    let state = advance(message, progress, at)?;
    let (first_try, state) = match second_try::decide(conversation, message, progress, &state) {
        Some((first, retrying)) => (Some(first), retrying),
        None => (message.first_try.clone(), second_try::settled(message, state)),
    };
    let provider_message_id = Some(progress.provider_message_id.clone());
    Some(Message { send: Some(state), first_try, provider_message_id, ..message.clone() })
}

/// The state that `message` moves to when the provider tells `progress` at `at`; `None` if it stays where it is.
fn advance(message: &Message, progress: &Progress, at: Timestamp) -> Option<SendState> {
    let state = message.send.as_ref()?;
    let known = message.provider_message_id.as_deref();
    let is_known = known == Some(progress.provider_message_id.as_str());
    let moves = match rank(state) {
        // Nobody knows yet what the call came to, so this tells. An id that is known already is that of an earlier
        // attempt, which failed and was repeated by hand.
        None => !is_known,
        // A message that was repeated by hand has several ids at the provider; the latest counts.
        Some(_) if known.is_some() && !is_known => false,
        Some(now) => known.is_none() || stage_rank(&progress.stage) > now,
    };
    moves.then(|| match &progress.stage {
        Stage::Taken => SendState::Sent { at },
        Stage::Delivered => SendState::Delivered { at },
        Stage::Read => SendState::Read { at },
        Stage::Failed(refusal) => {
            let (reason, detail) = (failure_of(refusal.class), refusal.detail.clone());
            SendState::Failed { at, reason, detail, provider_text: refusal.text.clone(), meter: None }
        }
    })
}

/// `None` while the outcome of the call is open.
const fn rank(state: &SendState) -> Option<u8> {
    match state {
        SendState::Scheduled { .. }
        | SendState::Canceled { .. }
        | SendState::Retrying { .. }
        | SendState::Queued { .. }
        | SendState::Sending { .. }
        | SendState::Unconfirmed { .. } => None,
        SendState::Sent { .. } => Some(0),
        SendState::Delivered { .. } => Some(1),
        SendState::Read { .. } => Some(2),
        SendState::Failed { .. } => Some(3),
    }
}

const fn stage_rank(stage: &Stage) -> u8 {
    match stage {
        Stage::Taken => 0,
        Stage::Delivered => 1,
        Stage::Read => 2,
        Stage::Failed(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::channel::ChannelKind;
    use crate::event::Content;
    use crate::ids::{ChannelId, ConversationId, MessageId, OperatorId, Party};
    use crate::message::{Annotations, Body, MessageKey, SentBy};
    use crate::send::{FailureReason, LEASE, Refusal, RefusalClass, Via};

    const T: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn reply(send: SendState, provider_message_id: Option<&str>) -> Message {
        let channel_id = ChannelId::derive(ChannelKind::Sms, "+815087654321");
        let conversation_id = ConversationId::derive(channel_id, &Party::User("+81".into()));
        Message {
            key: MessageKey { at: T, id: MessageId::of_reply(conversation_id, "k") },
            conversation_id,
            channel_id,
            sent_by: SentBy::Operator { operator: OperatorId("o".into()) },
            body: Body::Said { content: Content::text("はい") },
            sender: None,
            provider_message_id: provider_message_id.map(str::to_owned),
            participant: None,
            reply_to: None,
            send: Some(send),
            read_token: None,
            annotations: Annotations::default(),
            stored_at: T,
            noted_before: None,
            discarded: Vec::new(),
            first_try: None,
            awaits_ticket: false,
            rev: 1,
        }
    }

    fn sending() -> SendState {
        let lease_until = T + LEASE;
        SendState::Sending { attempt: 1, first_attempt_at: T, claimed_at: T, lease_until, via: Via::Twilio }
    }

    fn failed() -> Stage {
        Stage::Failed(Refusal::new(RefusalClass::Recipient, "30005"))
    }

    fn progress(stage: Stage) -> Progress {
        Progress { provider_message_id: "SM1".into(), ours: None, stage }
    }

    fn name(state: Option<SendState>) -> &'static str {
        match state {
            None => "stays",
            Some(SendState::Sent { .. }) => "sent",
            Some(SendState::Delivered { .. }) => "delivered",
            Some(SendState::Read { .. }) => "read",
            Some(SendState::Failed { reason: FailureReason::ContactUnreachable, .. }) => "failed",
            Some(_) => "something else",
        }
    }

    #[test]
    fn rpl_11_a_message_moves_forward_by_rank_and_a_failure_is_final() {
        let reason = FailureReason::ProviderUnavailable;
        let own = SendState::Failed { at: T, reason, detail: "x".into(), provider_text: None, meter: None };
        let unconfirmed = SendState::Unconfirmed { at: T, claimed_at: T, detail: "timeout".into() };
        let (sent, delivered, read) =
            (SendState::Sent { at: T }, SendState::Delivered { at: T }, SendState::Read { at: T });
        // The state, the known id, and what it becomes when taken, delivered, read and failed are told of SM1.
        let table = [
            (SendState::queued(), None, ["sent", "delivered", "read", "failed"]),
            (sending(), None, ["sent", "delivered", "read", "failed"]),
            (unconfirmed.clone(), None, ["sent", "delivered", "read", "failed"]),
            (sent.clone(), Some("SM1"), ["stays", "delivered", "read", "failed"]),
            (delivered, Some("SM1"), ["stays", "stays", "read", "failed"]),
            (read, Some("SM1"), ["stays", "stays", "stays", "failed"]),
            (own.clone(), Some("SM1"), ["stays", "stays", "stays", "stays"]),
            // Our own verdict, made without the provider's id: the provider knows better.
            (own, None, ["sent", "delivered", "read", "failed"]),
            // Of an earlier attempt that was repeated by hand.
            (SendState::queued(), Some("SM1"), ["stays"; 4]),
            (sending(), Some("SM1"), ["stays"; 4]),
            (unconfirmed, Some("SM1"), ["stays"; 4]),
            (sending(), Some("SM0"), ["sent", "delivered", "read", "failed"]),
            (sent, Some("SM2"), ["stays"; 4]),
        ];
        for (state, known, expected) in table {
            let message = reply(state, known);
            let becomes = [Stage::Taken, Stage::Delivered, Stage::Read, failed()]
                .map(|stage| name(advance(&message, &progress(stage), T)));
            assert_eq!(becomes, expected, "{message:?}");
        }
    }

    #[test]
    fn what_came_in_has_no_progress() {
        let message = Message { send: None, ..reply(SendState::queued(), None) };
        assert_eq!(advance(&message, &progress(Stage::Taken), T), None);
    }

    proptest! {
        /// Callbacks are not ordered and may repeat: only which of them came decides.
        #[test]
        fn rpl_11_the_order_and_number_of_callbacks_do_not_matter(
            stages in prop::collection::vec(select(vec![Stage::Taken, Stage::Delivered, Stage::Read, failed()]), 1..8),
        ) {
            let mut message = reply(sending(), None);
            for stage in &stages {
                if let Some(state) = advance(&message, &progress(stage.clone()), T) {
                    message.send = Some(state);
                    message.provider_message_id = Some("SM1".into());
                }
            }
            let highest = stages.iter().map(stage_rank).max();
            prop_assert_eq!(rank(message.send.as_ref().unwrap()), highest);
        }
    }
}
