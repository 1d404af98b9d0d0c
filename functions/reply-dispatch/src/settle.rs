//! Recording what came of an attempt.

use madoguchi_domain::message::SendState;
use madoguchi_domain::send::{FailureReason, LEASE, Meter, Settlement, Via};
use madoguchi_domain::tally::End;
use madoguchi_domain::{Channel, ConversationId, Message, Span, Timestamp, second_try};
use madoguchi_store::{Saved, StoreError};

use crate::drain::{Claimed, DispatchError, Dispatcher, Next};

const TRIES: usize = 10;
/// A reply that waited this long leaves a line in the log.
const LATE: Span = Span::from_secs(10);

impl Dispatcher {
    /// Records the settlement and tells whether the conversation's next reply may be taken.
    pub(crate) async fn settle(
        &self,
        channel: &Channel,
        claimed: Claimed,
        settlement: Settlement,
    ) -> Result<Next, DispatchError> {
        let now = self.clock.now();
        let Claimed { message, attempt, first_attempt_at, since: claimed_at, via, repeats, .. } = claimed;
        let (conversation, key) = (message.conversation_id, message.key);
        // What must stay the same when the reply is tried again: a push keeps its retry key alive.
        let keep_via = via.repeatable().then_some(via);
        let queued = |attempts, not_before, keep: bool| SendState::Queued {
            attempts,
            first_attempt_at: (keep && keep_via.is_some()).then_some(first_attempt_at),
            not_before,
            keep_via: keep_via.clone().filter(|_| keep),
        };
        let settlement = if repeats { settlement.after_unclear() } else { settlement };
        match settlement {
            Settlement::Sent { provider_message_id } => {
                let mut message = message;
                message.provider_message_id = provider_message_id.or(message.provider_message_id);
                self.write_state(message, claimed_at, SendState::Sent { at: claimed_at }).await?;
                self.count(channel.id, End::Accepted, now).await;
                let delay = now.since(key.at);
                let delay_ms = delay.as_ms();
                if delay < LATE {
                    tracing::debug!(
                        conversation.id = %conversation, message.id = %key, attempt, delay_ms, "Sent a reply"
                    );
                } else {
                    tracing::info!(
                        conversation.id = %conversation, message.id = %key, attempt, delay_ms, "Sent a reply late"
                    );
                }
                Ok(Next::GoOn)
            }
            Settlement::Failed { reason, detail, text } => {
                if reason == FailureReason::ProviderRefused {
                    self.metrics.count_for(channel.kind, "UnmappedProviderCodes", 1);
                }
                let meter = match reason {
                    FailureReason::QuotaExhausted => self.meter(channel).await,
                    _ => None,
                };
                let why = Why { reason, detail, text, meter };
                self.failed(message, claimed_at, why, now).await?;
                self.count(channel.id, End::Refused(reason), now).await;
                Ok(Next::GoOn)
            }
            Settlement::Unconfirmed { detail } => {
                tracing::warn!(
                    conversation.id = %conversation, message.id = %key, detail,
                    "Nobody knows whether message `{key}` was sent"
                );
                self.write_state(message, claimed_at, SendState::Unconfirmed { at: now, claimed_at, detail })
                    .await?;
                self.metrics.count_for(channel.kind, "RepliesUnconfirmed", 1);
                self.count(channel.id, End::Unconfirmed, now).await;
                Ok(Next::GoOn)
            }
            Settlement::LookUp { detail } => {
                // Stays in hand until the lease is over: a status callback may tell before.
                tracing::warn!(
                    conversation.id = %conversation, message.id = %key, detail,
                    "The answer for message `{key}` was lost: the provider will be asked for it"
                );
                Err(DispatchError::RetryAfter { after: (claimed_at + LEASE).since(now), detail })
            }
            Settlement::Retry { after, may_have_landed, detail } => {
                let keep = repeats || may_have_landed;
                self.write_state(message, claimed_at, queued(attempt, Some(now + after), keep)).await?;
                self.metrics.count_for(channel.kind, "RepliesRetried", 1);
                Err(DispatchError::RetryAfter { after, detail })
            }
            Settlement::Pause { pause, rest, detail } => {
                // A pause is the channel's matter and uses up none of the message's attempts.
                self.write_state(message, claimed_at, queued(attempt - 1, None, repeats)).await?;
                let _known_already = self.directory.pause_channel(channel.id, now + pause, rest).await?;
                self.metrics.count_for(channel.kind, "ChannelPauses", 1);
                tracing::warn!(
                    channel.id = %channel.id, detail, pause_ms = pause.as_ms(),
                    "Channel `{}` rests: the provider asked for it", channel.id
                );
                Ok(Next::Stop)
            }
            Settlement::Hold { cause, detail } => {
                self.write_state(message, claimed_at, queued(attempt, None, repeats)).await?;
                if self.directory.hold_channel(channel.id, cause, &detail, now).await? == Saved::Done {
                    self.metrics.count_for(channel.kind, "ChannelsHeld", 1);
                    tracing::error!(
                        channel.id = %channel.id, cause = %cause, detail,
                        "Channel `{}` needs re-authorization: {cause}", channel.id
                    );
                }
                // The check finds the cause for all channels of the connection, or lets this one go again.
                self.directory.check_connection_soon(channel.connection_id, now).await?;
                Ok(Next::Stop)
            }
            Settlement::Fallback | Settlement::AsAccount => Ok(Next::Stop),
        }
    }

    /// Records a refusal that needs no call.
    pub(crate) async fn refuse(
        &self,
        message: Message,
        reason: FailureReason,
        now: Timestamp,
    ) -> Result<Next, DispatchError> {
        let failed = SendState::Failed {
            at: now,
            reason,
            detail: "before the call".to_owned(),
            provider_text: None,
            meter: None,
        };
        let (conversation, key) = (message.conversation_id, message.key);
        if self.save(message, failed).await? == Saved::Done {
            self.metrics.count("RepliesFailed", 1);
            tracing::info!(
                conversation.id = %conversation, message.id = %key, reason = reason.public_id(),
                "Message `{key}` was not sent: {}", reason.public_id()
            );
        }
        Ok(Next::GoOn)
    }

    async fn failed(
        &self,
        message: Message,
        claimed_at: Timestamp,
        why: Why,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Why { reason, detail, text: provider_text, meter } = why;
        let (conversation, key) = (message.conversation_id, message.key);
        tracing::warn!(
            conversation.id = %conversation, message.id = %key, reason = reason.public_id(), detail,
            "Message `{key}` failed: {}", reason.public_id()
        );
        self.write_state(
            message,
            claimed_at,
            SendState::Failed { at: now, reason, detail, provider_text, meter },
        )
        .await?;
        self.metrics.count("RepliesFailed", 1);
        self.note_failure(conversation, reason, key.at, now).await
    }

    /// Has the conversation take note of what failed the reply that was written then.
    pub(crate) async fn note_failure(
        &self,
        conversation: ConversationId,
        reason: FailureReason,
        written_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if !tells_of_contact(reason) {
            return Ok(());
        }
        for _ in 0..TRIES {
            let Some(mut current) = self.inbox.conversation(conversation).await? else { return Ok(()) };
            if !current.note_failure(reason, written_at, now) {
                return Ok(());
            }
            if self.inbox.save_conversation(&current).await? == Saved::Done {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Stores the new state of the reply in hand. Meanwhile somebody may have written it: an echo that
    /// settled it (which knows better), or a reaction (which is kept).
    async fn write_state(
        &self,
        message: Message,
        claimed_at: Timestamp,
        state: SendState,
    ) -> Result<(), StoreError> {
        let mut message = message;
        for _ in 0..TRIES {
            let provider_message_id = message.provider_message_id.clone();
            message.send = Some(second_try::settled(&message, state.clone()));
            let (conversation, key) = (message.conversation_id, message.key);
            if self.inbox.save_message(&message).await? == Saved::Done {
                return Ok(());
            }
            match self.inbox.message(conversation, &key).await? {
                Some(current) if in_hand(&current, claimed_at) => {
                    message = current;
                    // What the call told is of this attempt; what is stored may be of an earlier one.
                    message.provider_message_id = provider_message_id.or(message.provider_message_id);
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    pub(crate) async fn save(&self, message: Message, state: SendState) -> Result<Saved, StoreError> {
        let mut message = message;
        message.send = Some(state);
        self.inbox.save_message(&message).await
    }
}

/// Whether the conversation has to take note of a failure: the others are worth no read.
const fn tells_of_contact(reason: FailureReason) -> bool {
    matches!(
        reason,
        FailureReason::ContactUnreachable
            | FailureReason::RecipientOptedOut
            | FailureReason::ReplyWindowClosed
    )
}

/// Why a reply failed.
struct Why {
    reason: FailureReason,
    detail: String,
    text: Option<String>,
    meter: Option<Meter>,
}

/// Whether the reply is still in the hand that took it then.
fn in_hand(message: &Message, then: Timestamp) -> bool {
    matches!(message.send, Some(SendState::Sending { claimed_at, .. }) if claimed_at == then)
}

/// The retry key of a push: the same for every attempt of the same message. Without the name that was refused it is
/// another call, which has a key of its own.
pub(crate) fn retry_key(message: &Message, via: &Via) -> Option<uuid::Uuid> {
    let refused = message.sender.as_ref().is_some_and(|sender| sender.refused);
    let purpose = if refused { "line-push as the account" } else { "line-push" };
    via.repeatable().then(|| message.key.id.derived(purpose))
}
