//! What is stored and bears on an event.

use madoguchi_domain::conversation::{Earlier, Loaded, Reference};
use madoguchi_domain::{Conversation, ConversationId, Message, Timestamp};

use super::{Inbox, conversation, message};
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, reference_key, s};

/// Prefix of notes about messages that have not arrived.
const WAITING: &str = "x#";

/// How many of the latest messages are searched first. What people react to, edit and take back is recent.
const RECENT: i32 = 25;

pub(super) fn waiting_key(id: ConversationId, name: &str) -> Item {
    item::key(conversation::partition(id), format!("{WAITING}{}", reference_key(name)))
}

impl Inbox {
    /// Everything that the rules need to apply an event, strongly consistent. `again` is whether an attempt was in
    /// vain: then the message that the event brings may be there.
    pub async fn load(
        &self,
        id: ConversationId,
        reference: &Reference<'_>,
        again: bool,
        now: Timestamp,
    ) -> Result<Loaded, StoreError> {
        let (conversation, mut message, participants) = futures::try_join!(
            self.conversation(id),
            self.earlier(id, reference.earlier),
            self.participants(id, &reference.participants, again)
        )?;
        if let Some(key) = reference.brings.filter(|_| again && message.is_none()) {
            message = self.message(id, &key).await?;
        }
        let may_wait = |known: &Conversation| known.waiting_until.is_some_and(|until| until > now);
        let waiting = match reference.waits_as.filter(|_| conversation.as_ref().is_some_and(may_wait)) {
            Some(name) => access::get(&self.client, &self.table, waiting_key(id, name)).await?,
            None => None,
        };
        Ok(Loaded { conversation, message, waiting, participants })
    }

    async fn earlier(&self, id: ConversationId, earlier: Earlier<'_>) -> Result<Option<Message>, StoreError> {
        match earlier {
            Earlier::None => Ok(None),
            Earlier::Reply(key) => self.message(id, &key).await,
            Earlier::Recent(name) => Ok(self.search(id, name, Some(RECENT), None).await?.0),
            Earlier::Any(name) => {
                let (mut found, mut from) = self.search(id, name, Some(RECENT), None).await?;
                // No index holds the provider's ids: one write unit per message would buy what is hardly ever asked.
                while found.is_none() && from.is_some() {
                    (found, from) = self.search(id, name, None, from).await?;
                }
                Ok(found)
            }
        }
    }

    /// Searches one page of messages, newest first, for the provider's id; also tells where the next page begins.
    async fn search(
        &self,
        id: ConversationId,
        name: &str,
        limit: Option<i32>,
        from: Option<Item>,
    ) -> Result<(Option<Message>, Option<Item>), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .filter_expression("provider_message_id = :id")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":prefix", s(message::PREFIX))
            .expression_attribute_values(":id", s(name))
            .scan_index_forward(false)
            .consistent_read(true)
            .set_limit(limit)
            .set_exclusive_start_key(from)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let found = answer.items.unwrap_or_default().into_iter().next();
        Ok((found.map(item::decode).transpose()?, answer.last_evaluated_key))
    }
}
