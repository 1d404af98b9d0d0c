//! A reply that the provider had taken and then gave up, for a reason that may pass, is sent once more by itself
//! (RPL-12). Once: a reply that has a [`FirstTry`] never gets another, and its provider's ids tell the two apart.

use serde::{Deserialize, Serialize};

use crate::channel::ChannelSettings;
use crate::conversation::Conversation;
use crate::event::{Progress, Stage};
use crate::message::{Message, SendState};
use crate::reply::{self, Route};
use crate::send::{Again, FailureReason};
use crate::time::{Span, Timestamp};

/// What became of a reply the first time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstTry {
    /// The provider's id of it.
    pub provider_message_id: String,
    /// When we were told that it failed.
    pub failed_at: Timestamp,
    /// Why.
    pub reason: FailureReason,
    /// The provider's code, for maintainers.
    pub detail: String,
    /// When we were told that it had reached the customer after all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Timestamp>,
}

impl Again {
    /// How long the reply waits.
    pub const fn pause(self) -> Span {
        match self {
            Self::Soon => Span::from_minutes(2),
            Self::Later => Span::from_minutes(15),
        }
    }
}

/// Whether `message` is sent once more, now that `progress` turns it into `failed`: what to remember of the first time,
/// and the state in which it waits. Stored by one conditional write, so that of several callbacks one decides.
pub fn decide(
    conversation: &Conversation,
    message: &Message,
    progress: &Progress,
    failed: &SendState,
) -> Option<(FirstTry, SendState)> {
    let (Stage::Failed(refusal), SendState::Failed { at, reason, detail, .. }) = (&progress.stage, failed)
    else {
        return None;
    };
    let again = refusal.again?;
    // What was delivered or read before it failed may have been seen, and what failed here was judged already.
    let was_on_its_way = matches!(
        message.send,
        Some(SendState::Sending { .. } | SendState::Sent { .. } | SendState::Unconfirmed { .. })
    );
    let stopped = conversation.is_opted_out() || conversation.is_blocked();
    let is_over = message.first_try.is_some() || stopped || was_overtaken(conversation, message);
    if !was_on_its_way || is_over {
        return None;
    }
    let first = FirstTry {
        provider_message_id: progress.provider_message_id.clone(),
        failed_at: *at,
        reason: *reason,
        detail: detail.clone(),
        delivered_at: None,
    };
    Some((first, SendState::Retrying { at: *at + again.pause() }))
}

/// Whether the customer has written since: the reply may mean something else now, and an operator decides.
fn was_overtaken(conversation: &Conversation, message: &Message) -> bool {
    conversation.customer_clock > Some(message.stored_at)
}

/// `reply`, whose second time has come, queued; or failed, if it cannot be sent any more. `settings` are those of its
/// channel, or why that is not in use.
pub(crate) fn queue(
    conversation: &Conversation,
    settings: Result<&ChannelSettings, FailureReason>,
    reply: &Message,
    now: Timestamp,
) -> Result<Message, Box<Message>> {
    let refused = match settings {
        Err(reason) => Some(reason),
        Ok(_) if was_overtaken(conversation, reply) => None,
        Ok(settings) => {
            match reply::route(conversation, settings, reply.sent_by.author(), reply, None, now) {
                Route::By(_) => return Ok(Message { send: Some(SendState::queued()), ..reply.clone() }),
                Route::Refused(reason) => Some(reason),
            }
        }
    };
    Err(Box::new(give_up(reply, refused, now)))
}

/// `reply` failed: for `reason`, else for that of the first time.
pub(crate) fn give_up(reply: &Message, reason: Option<FailureReason>, now: Timestamp) -> Message {
    let (first, detail) = match &reply.first_try {
        Some(first) => (first.reason, first.detail.clone()),
        None => (FailureReason::ProviderUnavailable, String::new()),
    };
    let reason = reason.unwrap_or(first);
    let failed = SendState::Failed { at: now, reason, detail, provider_text: None, meter: None };
    Message { send: Some(failed), ..reply.clone() }
}

/// What `progress` tells of the first time, once a second was decided on: `None` if it is about something else,
/// `Some(None)` if it changes nothing, else the message as it is now. A late failure is no news and settles nothing.
/// A late delivery means that the customer has the reply: it is not sent again if it was not yet, and is noted if it was.
pub fn told_of_first(message: &Message, progress: &Progress, at: Timestamp) -> Option<Option<Message>> {
    let is_first = |first: &&FirstTry| first.provider_message_id == progress.provider_message_id;
    let first = message.first_try.as_ref().filter(is_first)?;
    let arrived = match progress.stage {
        Stage::Taken | Stage::Failed(_) => return Some(None),
        Stage::Delivered => SendState::Delivered { at },
        Stage::Read => SendState::Read { at },
    };
    let stands_for_first = message.provider_message_id.as_deref() == Some(&*first.provider_message_id)
        && matches!(message.send, Some(SendState::Delivered { .. } | SendState::Read { .. }));
    if stands_for_first {
        // It was settled by the first time, which goes on from there.
        return None;
    }
    let mut told = message.clone();
    told.first_try = Some(FirstTry { delivered_at: first.delivered_at.or(Some(at)), ..first.clone() });
    let not_sent_again = matches!(
        message.send,
        Some(SendState::Retrying { .. } | SendState::Queued { .. } | SendState::Failed { .. })
    );
    if not_sent_again {
        told.provider_message_id = Some(first.provider_message_id.clone());
        told.send = Some(arrived);
    }
    Some((told != *message).then_some(told))
}

/// `state` as it is recorded of `message`: what failed the second time and had arrived the first time has arrived.
pub fn settled(message: &Message, state: SendState) -> SendState {
    let arrived = message.first_try.as_ref().and_then(|first| first.delivered_at);
    match (arrived, state) {
        (Some(at), SendState::Failed { .. }) => SendState::Delivered { at },
        (_, state) => state,
    }
}

#[cfg(test)]
#[path = "second_try_tests.rs"]
mod tests;
