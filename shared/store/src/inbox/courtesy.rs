//! What operators read and write in a conversation, for its customer to see: an item for each, beside the conversation,
//! whose version belongs to the rules. Each write of one is told by the stream; nobody sweeps what gets lost.

use aws_sdk_dynamodb::types::{AttributeValue, Put};
use madoguchi_domain::courtesy::TYPING_EVERY;
use madoguchi_domain::notify::Read;
use madoguchi_domain::{
    Conversation, ConversationId, Message, MessageKey, OperatorId, ReadToken, Span, Timestamp,
};

use super::{Inbox, conversation, message};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

/// The item that says how far a conversation was read, and its state in the stream.
pub(crate) const READ: &str = "read";
/// The same of who was writing, and when.
pub(crate) const TYPING: &str = "typing";
/// Who was the first to read as far.
const READER: &str = "reader";
/// How long the items are kept after their last change.
const LIFE: Span = Span::from_days(30);
/// How many messages are searched for one that can be marked: stickers and videos of LINE come without a token.
const REACH: i32 = 25;

fn item_of(conversation: &Conversation, kind: &str, now: Timestamp) -> Item {
    let mut item = item::key(conversation::partition(conversation.id), kind);
    item.insert("channel_id".into(), s(conversation.channel_id.to_string()));
    item.insert("pending_state".into(), s(kind));
    item.insert("expires_at".into(), n((now + LIFE).as_ms() / 1000));
    item
}

impl Inbox {
    /// Notes that `reader` has read a conversation up to `through`; [`Saved::Conflict`] if it was read as far before.
    pub async fn note_read(
        &self,
        conversation: &Conversation,
        through: MessageKey,
        reader: &OperatorId,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let mut item = item_of(conversation, READ, now);
        item.insert(READER.into(), s(reader.0.clone()));
        item.insert("read_through".into(), s(through.to_string()));
        let condition = "attribute_not_exists(pk) OR read_through < :through";
        self.put_courtesy(item, condition, (":through", s(through.to_string()))).await
    }

    /// How far a conversation was read, and by whom first.
    pub async fn read_mark(&self, conversation: ConversationId) -> Result<Option<Read>, StoreError> {
        let key = item::key(conversation::partition(conversation), READ);
        let Some(item) = access::item(&self.client, &self.table, key).await? else { return Ok(None) };
        let by = Some(text(&item, READER)).filter(|by| !by.is_empty());
        let through = text(&item, "read_through").parse().ok();
        Ok(through.zip(by).map(|(through, by)| Read { through, by: OperatorId(by.to_owned()) }))
    }

    /// Notes that somebody is writing in a conversation; [`Saved::Conflict`] if that was noted less than
    /// [`TYPING_EVERY`] ago.
    pub async fn note_typing(
        &self,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let mut item = item_of(conversation, TYPING, now);
        item.insert("asked_at".into(), n(now.as_ms()));
        let condition = "attribute_not_exists(pk) OR asked_at <= :before";
        self.put_courtesy(item, condition, (":before", n((now - TYPING_EVERY).as_ms()))).await
    }

    async fn put_courtesy(
        &self,
        item: Item,
        condition: &str,
        (name, value): (&str, AttributeValue),
    ) -> Result<Saved, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .expression_attribute_values(name, value)
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "PutItem", detail: error.to_string() })?;
        self.put_alone(put).await
    }

    /// What marks the newest of the messages behind `after` and up to `through` that can be marked; LINE marks all
    /// before it as well. Messages of this moment may be missing.
    pub async fn read_token(
        &self,
        id: ConversationId,
        after: Option<&MessageKey>,
        through: &MessageKey,
    ) -> Result<Option<ReadToken>, StoreError> {
        let start =
            after.map_or_else(|| message::PREFIX.to_owned(), |key| format!("{}{key}", message::PREFIX));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :start AND :end")
            .filter_expression("attribute_exists(read_token)")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":start", s(start))
            .expression_attribute_values(":end", s(format!("{}{through}", message::PREFIX)))
            .scan_index_forward(false)
            .limit(REACH)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let newest = answer.items.unwrap_or_default().into_iter().next();
        let newest: Option<Message> = newest.map(item::decode).transpose()?;
        Ok(newest
            .filter(|newest| after.is_none_or(|after| newest.key > *after))
            .and_then(|newest| newest.read_token))
    }
}
