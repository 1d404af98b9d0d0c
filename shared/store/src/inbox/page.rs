//! A conversation's messages, page by page.

use madoguchi_domain::{ConversationId, Message, MessageKey};

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
}
