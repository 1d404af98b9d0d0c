//! Asking the provider for a message whose answer was lost.

use madoguchi_domain::event::Progress;
use madoguchi_domain::lookup::{Found, is_given_up};
use madoguchi_domain::message::SendState;
use madoguchi_domain::tally::End;
use madoguchi_domain::{Channel, ChannelId, Conversation, Message, Timestamp, progress};
use madoguchi_store::{Saved, StoreError};

use crate::drain::{Dispatcher, NO_OUTCOME, Next};

impl Dispatcher {
    /// Settles a reply that was called at `claimed_at` by what the provider has of it. It is never sent again: what is
    /// not there may still be on its way. `None` if somebody else wrote it meanwhile.
    pub(crate) async fn settle_by_lookup(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        message: Message,
        claimed_at: Timestamp,
    ) -> Result<Option<Next>, StoreError> {
        let (now, key) = (self.clock.now(), message.key);
        let found = match self.look_up(channel, conversation, &message, claimed_at).await {
            Ok(found) => found,
            Err(error) if !is_given_up(claimed_at, now) => {
                // The sweeper comes again.
                tracing::warn!(conversation.id = %conversation.id, message.id = %key, %error, "Could not look for a reply");
                return Ok(Some(Next::Stop));
            }
            Err(error) => {
                tracing::warn!(conversation.id = %conversation.id, message.id = %key, %error, "Gave up looking for a reply");
                Found::None
            }
        };
        let listed = match found {
            Found::One(listed) => listed,
            Found::None => return self.leave_unconfirmed(channel.id, message, claimed_at, NO_OUTCOME).await,
            Found::Several => {
                let detail = "the provider has several messages that it may be";
                return self.leave_unconfirmed(channel.id, message, claimed_at, detail).await;
            }
        };
        let told = Progress {
            provider_message_id: listed.provider_message_id,
            ours: Some(key),
            stage: listed.stage,
        };
        let Some(settled) = progress::tell(conversation, &message, &told, now) else {
            return self.leave_unconfirmed(channel.id, message, claimed_at, NO_OUTCOME).await;
        };
        if self.inbox.save_message(&settled).await? == Saved::Conflict {
            return Ok(None);
        }
        tracing::info!(conversation.id = %conversation.id, message.id = %key, "Found a reply whose answer was lost");
        if let Some(end) = settled.send.as_ref().and_then(End::of) {
            self.count(channel.id, end, now).await;
        }
        if let Some(SendState::Failed { reason, .. }) = settled.send {
            self.metrics.count("RepliesFailed", 1);
            self.note_failure(conversation.id, reason, key.at, now).await?;
        }
        Ok(Some(Next::GoOn))
    }

    /// A callback may still tell, otherwise a person decides. `None` if somebody else wrote it meanwhile.
    pub(crate) async fn leave_unconfirmed(
        &self,
        channel: ChannelId,
        message: Message,
        claimed_at: Timestamp,
        detail: &str,
    ) -> Result<Option<Next>, StoreError> {
        let now = self.clock.now();
        let unconfirmed = SendState::Unconfirmed { at: now, claimed_at, detail: detail.to_owned() };
        if self.save(message, unconfirmed).await? == Saved::Conflict {
            return Ok(None);
        }
        self.metrics.count("RepliesUnconfirmed", 1);
        self.count(channel, End::Unconfirmed, now).await;
        Ok(Some(Next::GoOn))
    }
}
