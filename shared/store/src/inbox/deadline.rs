//! What is due.

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{ConversationId, MessageKey, Timestamp};

use super::{Inbox, message};
use crate::error::{StoreError, failed};
use crate::item::{Item, n, s, text};

/// Partitions of the deadline index per kind: each takes 1,000 writes a second, so that 10,000
/// closes a second fit. A tick with nothing due asks each once.
pub const DEADLINE_SHARDS: u8 = 10;

pub(super) fn deadline_partition(kind: DeadlineKind, conversation: ConversationId) -> String {
    partition_of(kind, conversation.shard(DEADLINE_SHARDS))
}

fn partition_of(kind: DeadlineKind, shard: u8) -> String {
    format!("{}#{shard:02}", kind.as_str())
}

/// The partition of the replies that are sent later.
pub(super) fn scheduled_partition(conversation: ConversationId) -> String {
    scheduled_shard(conversation.shard(DEADLINE_SHARDS))
}

fn scheduled_shard(shard: u8) -> String {
    format!("scheduled#{shard:02}")
}

/// A page of conversations whose armed deadline has passed.
#[derive(Debug)]
pub struct Due {
    /// The earliest first.
    pub conversations: Vec<(ConversationId, Timestamp)>,
    /// Where the next page begins, if there is one.
    pub next: Option<DueCursor>,
}

/// A page of scheduled replies whose time has come.
#[derive(Debug)]
pub struct DueReplies {
    /// The earliest first.
    pub replies: Vec<(ConversationId, MessageKey)>,
    /// Where the next page begins, if there is one.
    pub next: Option<DueCursor>,
}

/// See [`Due::next`].
#[derive(Debug)]
pub struct DueCursor(Item);

impl Inbox {
    /// Conversations of one shard whose armed deadline of `kind` is not after `now`.
    pub async fn due(
        &self,
        kind: DeadlineKind,
        shard: u8,
        now: Timestamp,
        from: Option<&DueCursor>,
    ) -> Result<Due, StoreError> {
        let (items, next) = self.due_in(partition_of(kind, shard), now, from).await?;
        Ok(Due { conversations: items.iter().filter_map(due).collect(), next })
    }

    /// Scheduled replies of one shard whose time is not after `now`.
    pub async fn due_replies(
        &self,
        shard: u8,
        now: Timestamp,
        from: Option<&DueCursor>,
    ) -> Result<DueReplies, StoreError> {
        let (items, next) = self.due_in(scheduled_shard(shard), now, from).await?;
        Ok(DueReplies { replies: items.iter().filter_map(due_reply).collect(), next })
    }

    pub(super) async fn due_in(
        &self,
        partition: String,
        now: Timestamp,
        from: Option<&DueCursor>,
    ) -> Result<(Vec<Item>, Option<DueCursor>), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("deadline")
            .key_condition_expression("deadline_pk = :pk AND deadline_due <= :now")
            .expression_attribute_values(":pk", s(partition))
            .expression_attribute_values(":now", n(now.as_ms()))
            .set_exclusive_start_key(from.map(|cursor| cursor.0.clone()))
            .limit(100)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key.map(DueCursor)))
    }
}

fn due(item: &Item) -> Option<(ConversationId, Timestamp)> {
    let id = text(item, "pk").strip_prefix("c#")?.parse().ok()?;
    let at = item.get("deadline_due").map(AttributeValue::as_n)?.ok()?.parse().ok()?;
    Some((id, Timestamp::from_ms(at)))
}

fn due_reply(item: &Item) -> Option<(ConversationId, MessageKey)> {
    let id = text(item, "pk").strip_prefix("c#")?.parse().ok()?;
    Some((id, text(item, "sk").strip_prefix(message::PREFIX)?.parse().ok()?))
}
