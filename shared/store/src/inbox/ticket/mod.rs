//! Tickets: which message goes into which (`madoguchi_domain::ticket::Book`), and the tickets themselves.
//!
//! All that tells something of a conversation stands in its partition and goes with it: the stretch that each message is
//! in, and the tickets. The book stays, and goes on counting, so that no number leads to another ticket.

mod list;
mod open;
mod swept;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use madoguchi_domain::ticket::Book;
use madoguchi_domain::{ConversationId, MessageKey, Timestamp};
use serde::{Deserialize, Serialize};

pub use list::{TicketPage, TicketSearch};

use super::commit::lost_race;
use super::deadline::DueCursor;
use super::{Inbox, conversation};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};
use crate::{Saved, access};

pub(super) const BOOK: &str = "tickets";
const PLACE: &str = "in-ticket#";
/// Messages that are told their stretch in one write: a transaction has a hundred items.
pub const MOST_JOINED: usize = 90;

/// The partition of the stretches whose timer runs.
fn due_partition(shard: u8) -> String {
    format!("ticket#{shard:02}")
}

fn book_key(id: ConversationId) -> Item {
    item::key(conversation::partition(id), BOOK)
}

/// Where it stands which stretch a message is in.
fn place_key(id: ConversationId, message: &MessageKey) -> Item {
    item::key(conversation::partition(id), format!("{PLACE}{message}"))
}

#[derive(Serialize, Deserialize)]
struct Place {
    batch: u32,
}

/// The stretch that an item of a conversation tells of: that of a message, or of a ticket.
pub(super) fn stretch(sort_key: &str, item: &Item) -> Option<u32> {
    match sort_key.strip_prefix(open::TICKET) {
        Some(batch) => batch.parse().ok(),
        None => number(item, "batch").filter(|_| sort_key.starts_with(PLACE)),
    }
}

/// The item as it is written: `rev` is one higher than the one that was read.
pub(super) fn encode(book: &Book) -> Result<Item, StoreError> {
    let next = Book { rev: book.rev + 1, ..book.clone() };
    let mut item = item::encode(book_key(next.conversation_id), &next)?;
    if let Some(due_at) = next.open.and_then(|stretch| stretch.due_at) {
        let shard = next.conversation_id.shard(super::DEADLINE_SHARDS);
        item.insert("deadline_pk".into(), s(due_partition(shard)));
        item.insert("deadline_due".into(), n(due_at.as_ms()));
    }
    Ok(item)
}

/// A write of `book` under the condition that it is as it was read.
fn put_book(inbox: &Inbox, book: &Book) -> Result<Put, StoreError> {
    let put = Put::builder().table_name(&inbox.table).set_item(Some(encode(book)?));
    let put = match book.rev {
        0 => put.condition_expression("attribute_not_exists(pk)"),
        rev => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
    };
    put.build().map_err(incomplete)
}

/// A write that says which stretch a message is in. One that was given up gives it free.
fn put_place(
    inbox: &Inbox,
    id: ConversationId,
    (message, batch): (&MessageKey, u32),
    given_up: Option<u32>,
) -> Result<Put, StoreError> {
    let put = Put::builder()
        .table_name(&inbox.table)
        .set_item(Some(item::encode(place_key(id, message), &Place { batch })?));
    let put = match given_up {
        None => put.condition_expression("attribute_not_exists(pk)"),
        Some(before) => {
            // `batch` is a word of the table's own.
            put.condition_expression("#batch = :before")
                .expression_attribute_names("#batch", "batch")
                .expression_attribute_values(":before", n(before))
        }
    };
    put.build().map_err(incomplete)
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable { operation: "TransactWriteItems", detail: error.to_string() }
}

/// A page of conversations in which a stretch has waited long enough.
#[derive(Debug)]
pub struct DueTickets {
    /// The earliest first.
    pub conversations: Vec<ConversationId>,
    /// Where the next page begins, if there is one.
    pub next: Option<DueCursor>,
}

impl Inbox {
    /// The book of a conversation; an empty one if there is none.
    pub async fn ticket_book(&self, id: ConversationId) -> Result<Book, StoreError> {
        let book: Option<Book> = access::get(&self.client, &self.table, book_key(id)).await?;
        Ok(book.unwrap_or_else(|| Book::new(id)))
    }

    /// The stretch that a message is in.
    pub async fn stretch_of(
        &self,
        id: ConversationId,
        message: &MessageKey,
    ) -> Result<Option<u32>, StoreError> {
        let place: Option<Place> = access::get(&self.client, &self.table, place_key(id, message)).await?;
        Ok(place.map(|place| place.batch))
    }

    /// The stretches of the messages from `first` to `last` that are in one.
    pub async fn stretches(
        &self,
        id: ConversationId,
        first: &MessageKey,
        last: &MessageKey,
    ) -> Result<BTreeMap<MessageKey, u32>, StoreError> {
        let (mut found, mut from) = (BTreeMap::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(conversation::partition(id)))
                .expression_attribute_values(":first", s(format!("{PLACE}{first}")))
                .expression_attribute_values(":last", s(format!("{PLACE}{last}")))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                let key = text(&item, "sk").strip_prefix(PLACE).and_then(|key| key.parse().ok());
                if let Some(key) = key {
                    let Place { batch } = item::decode(item)?;
                    found.insert(key, batch);
                }
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Stores that messages are in the stretch `batch` of `book`, at most [`MOST_JOINED`]. [`Saved::Conflict`] if the book
    /// was written since it was read, or one of them is in another stretch than the one that was given up.
    pub async fn join_ticket(
        &self,
        book: &Book,
        batch: u32,
        messages: &[(MessageKey, Option<u32>)],
    ) -> Result<Saved, StoreError> {
        let mut puts = vec![put_book(self, book)?];
        for (message, given_up) in messages {
            puts.push(put_place(self, book.conversation_id, (message, batch), *given_up)?);
        }
        self.together(puts).await
    }

    /// Stores a book by itself.
    pub async fn save_ticket_book(&self, book: &Book) -> Result<Saved, StoreError> {
        self.put_alone(put_book(self, book)?).await
    }

    async fn together(&self, puts: Vec<Put>) -> Result<Saved, StoreError> {
        let puts = puts.into_iter().map(|put| TransactWriteItem::builder().put(put).build()).collect();
        let answer = self.client.transact_write_items().set_transact_items(Some(puts)).send().await;
        match answer {
            Ok(_) => Ok(Saved::Done),
            Err(error) if lost_race(&error) => Ok(Saved::Conflict),
            Err(error) => Err(failed("TransactWriteItems", error)),
        }
    }

    /// Conversations of one shard in which a stretch has waited until `now`.
    pub async fn due_tickets(
        &self,
        shard: u8,
        now: Timestamp,
        from: Option<&DueCursor>,
    ) -> Result<DueTickets, StoreError> {
        let (items, next) = self.due_in(due_partition(shard), now, from).await?;
        let id = |item: &Item| text(item, "pk").strip_prefix("c#")?.parse().ok();
        Ok(DueTickets { conversations: items.iter().filter_map(id).collect(), next })
    }

    /// Items by their keys, as last written, in no order; those that are gone are left out. At most 100.
    pub(super) async fn items(&self, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        if keys.is_empty() {
            return Ok(found);
        }
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let mut request = Some(keys.map_err(|error| StoreError::Unavailable {
            operation: "BatchGetItem",
            detail: error.to_string(),
        })?);
        while let Some(keys) = request {
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, keys)
                .send()
                .await
                .map_err(|error| failed("BatchGetItem", error))?;
            found.extend(answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
            request = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
        }
        Ok(found)
    }
}

/// A number attribute.
fn number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name).map(AttributeValue::as_n)?.ok()?.parse().ok()
}
