//! What is stored and bears on an event, or on a client's idempotency key.

use madoguchi_domain::conversation::{Loaded, Reference};
use madoguchi_domain::message::Annotations;
use madoguchi_domain::{ConversationId, Message, MessageId};

use super::{Inbox, conversation, message};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, reference_key, s, text};

/// Prefix of notes about messages that have not arrived.
pub(super) const WAITING: &str = "x#";

/// How many of the latest messages are searched for one of our replies by the provider's id. Replies
/// are indexed by their idempotency key; somebody who reacts to one reacts to a recent one.
const RECENT: i32 = 200;

impl Inbox {
    /// Everything that the rules need to apply an event: two strongly consistent reads.
    pub async fn load(&self, id: ConversationId, reference: &Reference) -> Result<Loaded, StoreError> {
        let (conversation, (message, waiting)) =
            futures::try_join!(self.conversation(id), self.referenced(id, reference))?;
        Ok(Loaded { conversation, message, waiting })
    }

    /// The reply that was written under an idempotency key, if there is one.
    pub async fn reply(&self, id: ConversationId, reply: MessageId) -> Result<Option<Message>, StoreError> {
        for key in self.by_reference(id, message::reply_reference(reply)).await? {
            if text(&key, "sk").starts_with(message::PREFIX) {
                return self.item(key).await?.map(item::decode).transpose();
            }
        }
        Ok(None)
    }

    async fn referenced(
        &self,
        id: ConversationId,
        reference: &Reference,
    ) -> Result<(Option<Message>, Option<Annotations>), StoreError> {
        let provider_id = match reference {
            Reference::None => return Ok((None, None)),
            Reference::Reply(key) => return Ok((self.message(id, key).await?, None)),
            Reference::Provider(provider_id) => provider_id,
        };
        let mut waiting = None;
        for key in self.by_reference(id, reference_key(provider_id)).await? {
            let is_message = text(&key, "sk").starts_with(message::PREFIX);
            let Some(item) = self.item(key).await? else { continue };
            if is_message {
                return Ok((Some(item::decode(item)?), None));
            }
            waiting = Some(item::decode(item)?);
        }
        Ok((None, waiting))
    }

    /// One of our own replies by the provider's id, among the latest messages.
    pub async fn recent_reply(
        &self,
        id: ConversationId,
        provider_id: &str,
    ) -> Result<Option<Message>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .filter_expression("provider_message_id = :id")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":prefix", s(message::PREFIX))
            .expression_attribute_values(":id", s(provider_id))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(RECENT)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        answer.items.unwrap_or_default().into_iter().next().map(item::decode).transpose()
    }

    async fn by_reference(&self, id: ConversationId, reference: String) -> Result<Vec<Item>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by_ref")
            .key_condition_expression("pk = :pk AND #ref = :ref")
            .expression_attribute_names("#ref", "ref")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":ref", s(reference))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        Ok(answer.items.unwrap_or_default())
    }

    async fn item(&self, key: Item) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(item::key(text(&key, "pk"), text(&key, "sk"))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("GetItem", error))?;
        Ok(answer.item)
    }
}
