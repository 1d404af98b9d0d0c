//! A conversation's messages, page by page.

use madoguchi_domain::{ConversationId, Message, MessageKey, Timestamp};

use super::rebuild::readable;
use super::{Inbox, conversation, message};
use crate::error::{StoreError, failed};
use crate::item::{self, s};

/// A page of messages.
#[derive(Debug)]
pub struct MessagePage {
    /// Newest first.
    pub messages: Vec<Message>,
    /// Where the next (older) page begins, if there is one.
    pub next: Option<MessageKey>,
}

impl Inbox {
    /// At most `limit` messages that stand before `before`, newest first.
    pub async fn messages(
        &self,
        id: ConversationId,
        before: Option<&MessageKey>,
        limit: usize,
    ) -> Result<MessagePage, StoreError> {
        // The character after `#`: everything with the prefix sorts below it.
        let end = before.map_or_else(|| "m$".to_owned(), |key| format!("{}{key}", message::PREFIX));
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :start AND :end")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":start", s(message::PREFIX))
            .expression_attribute_values(":end", s(end))
            .scan_index_forward(false)
            .consistent_read(true)
            // The end of the range is the last message of the page before.
            .limit(i32::try_from(limit + 1 + usize::from(before.is_some())).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let more_by_size = answer.last_evaluated_key.is_some();
        let mut messages: Vec<Message> =
            answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
        if let Some(before) = before {
            messages.retain(|message| message.key < *before);
        }
        let more = messages.len() > limit || more_by_size;
        messages.truncate(limit);
        let next = if more { messages.last().map(|message| message.key) } else { None };
        Ok(MessagePage { messages, next })
    }

    /// At most `limit` messages that stand behind `after`, oldest first. Whether there are more tells [`MessagePage::next`], which
    /// is where the next (newer) page begins.
    pub async fn messages_after(
        &self,
        id: ConversationId,
        after: &MessageKey,
        limit: usize,
    ) -> Result<MessagePage, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :start AND :end")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":start", s(format!("{}{after}", message::PREFIX)))
            .expression_attribute_values(":end", s("m$"))
            .consistent_read(true)
            // The beginning of the range is `after` itself.
            .limit(i32::try_from(limit + 2).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let more_by_size = answer.last_evaluated_key.is_some();
        let mut messages: Vec<Message> =
            answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
        messages.retain(|message| message.key > *after);
        let more = messages.len() > limit || more_by_size;
        messages.truncate(limit);
        let next = if more { messages.last().map(|message| message.key) } else { None };
        Ok(MessagePage { messages, next })
    }

    /// Whether nothing was said from `first` to `last`, as one of the replicas knows it.
    pub async fn is_silent(
        &self,
        id: ConversationId,
        (first, last): (Timestamp, Timestamp),
    ) -> Result<bool, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :start AND :end")
            .expression_attribute_values(":pk", s(conversation::partition(id)))
            .expression_attribute_values(":start", s(beginning(first)))
            .expression_attribute_values(":end", s(end(last)))
            .projection_expression("pk")
            .limit(1)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        Ok(answer.items.unwrap_or_default().is_empty())
    }

    /// Every message that was said from `first` to `last`, oldest first; as last written if it `must_be_fresh`, else for half the
    /// price. One that cannot be read is left out.
    pub async fn messages_between(
        &self,
        id: ConversationId,
        (first, last): (Timestamp, Timestamp),
        must_be_fresh: bool,
    ) -> Result<Vec<Message>, StoreError> {
        let (mut messages, mut start) = (Vec::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :start AND :end")
                .expression_attribute_values(":pk", s(conversation::partition(id)))
                .expression_attribute_values(":start", s(beginning(first)))
                .expression_attribute_values(":end", s(end(last)))
                .consistent_read(must_be_fresh)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            let items = answer.items.unwrap_or_default().into_iter();
            messages.extend(items.filter_map(|item| readable(item::decode(item))));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(messages);
            }
        }
    }
}

fn beginning(first: Timestamp) -> String {
    format!("{}{:013}", message::PREFIX, first.as_ms().max(0))
}

fn end(last: Timestamp) -> String {
    // The character after `-`.
    format!("{}{:013}.", message::PREFIX, last.as_ms().max(0))
}
