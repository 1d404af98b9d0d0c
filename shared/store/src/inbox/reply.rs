//! Writing a reply down: its name, the reply, its conversation's note. Each step can be repeated, and the one that
//! was cut off is made by whoever comes next: the client's repetition or the sender.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use madoguchi_domain::{ChannelSettings, Conversation, ConversationId, Message, MessageId, MessageKey};
use madoguchi_domain::{Span, Timestamp, reply};

use super::{Inbox, conversation};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n};

/// Prefix of the places that idempotency keys were given.
const NAME: &str = "k#";
/// How long a client's key stands for the reply that was written under it.
const NAME_LIFE: Span = Span::from_days(30);
/// How often a conversation is read anew because somebody else wrote it.
const TRIES: usize = 8;

fn name_key(id: ConversationId, reply: MessageId) -> Item {
    item::key(conversation::partition(id), format!("{NAME}{reply}"))
}

#[derive(serde::Deserialize)]
struct Placed {
    at: Timestamp,
}

impl Inbox {
    /// Gives a reply its place under its client's key, so that two requests with one key go on with one reply. Returns
    /// the place that it was given before, if it was; the reply there may be stored or not.
    pub async fn place_reply(
        &self,
        id: ConversationId,
        reply: MessageKey,
        now: Timestamp,
    ) -> Result<Option<MessageKey>, StoreError> {
        let mut item = name_key(id, reply.id);
        item.insert("at".into(), n(reply.at.as_ms()));
        item.insert("expires_at".into(), n((now + NAME_LIFE).as_ms() / 1000));
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(_) => Ok(None),
            Err(error) => match place_of(&error) {
                Some(at) => Ok(Some(MessageKey { at, id: reply.id })),
                None => Err(failed("PutItem", error)),
            },
        }
    }

    /// Gives what an event brings its place under the provider's id of it, for events whose provider tells no time:
    /// without it a second delivery would stand somewhere else. Returns the place that it was given before, if it
    /// was.
    pub async fn place_event(
        &self,
        id: ConversationId,
        brought: MessageKey,
        now: Timestamp,
    ) -> Result<Option<MessageKey>, StoreError> {
        self.place_reply(id, brought, now).await
    }

    /// The place of the reply that a client's key stands for, if it was used.
    pub async fn placed_reply(
        &self,
        id: ConversationId,
        reply: MessageId,
    ) -> Result<Option<MessageKey>, StoreError> {
        let placed: Option<Placed> = access::get(&self.client, &self.table, name_key(id, reply)).await?;
        Ok(placed.map(|Placed { at }| MessageKey { at, id: reply }))
    }

    /// Sees to it that the conversation has taken note of a stored reply; returns the conversation. If others keep
    /// writing to it, this is left to the next who comes along.
    pub async fn note_reply(
        &self,
        conversation: Conversation,
        settings: &ChannelSettings,
        reply: &Message,
        now: Timestamp,
    ) -> Result<Conversation, StoreError> {
        let mut current = conversation;
        for _ in 0..TRIES {
            let Some((noted, line)) = reply::take_note(current.clone(), settings, reply, now) else {
                return Ok(current);
            };
            if self.commit_noted(&noted, line.as_ref()).await? == Saved::Done {
                return Ok(Conversation { version: noted.version + 1, ..noted });
            }
            match self.conversation(reply.conversation_id).await? {
                Some(read) => current = read,
                None => return Ok(current),
            }
        }
        tracing::warn!(
            conversation.id = %reply.conversation_id, message.id = %reply.key,
            "Conversation `{}` was written by others while it should note reply `{}`", reply.conversation_id, reply.key
        );
        Ok(current)
    }
}

fn place_of(error: &SdkError<PutItemError>) -> Option<Timestamp> {
    let Some(PutItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
        return None;
    };
    let at = refused.item.as_ref()?.get("at").and_then(|at: &AttributeValue| at.as_n().ok())?;
    at.parse().ok().map(Timestamp::from_ms)
}
