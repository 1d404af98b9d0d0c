//! Making a ticket and changing it.

use aws_sdk_dynamodb::types::Put;
use madoguchi_domain::ticket::Opening;
use madoguchi_domain::{ConversationId, MessageKey, Ticket, Timestamp};
use serde::{Deserialize, Serialize};

use super::list::{assignee_partition, facets, partition};
use super::{incomplete, number, place_key, put_book, put_place};
use crate::error::StoreError;
use crate::inbox::list::{FACETS, MINE};
use crate::inbox::{Inbox, conversation, message};
use crate::item::{self, Item, n, s};
use crate::{Saved, access};

pub(super) const TICKET: &str = "ticket#";

fn counter_key() -> Item {
    item::key("tickets", "counter")
}

/// Where a number leads to.
fn number_key(number: u64) -> Item {
    item::key(format!("ticket#{number}"), "ticket")
}

#[derive(Serialize, Deserialize)]
struct Pointer {
    conversation_id: ConversationId,
    batch: u32,
}

/// The latest number and when it was given.
#[derive(Default, Serialize, Deserialize)]
struct Counter {
    #[serde(default)]
    last: u64,
    #[serde(default)]
    at: Timestamp,
}

pub(super) fn ticket_key(id: ConversationId, batch: u32) -> Item {
    item::key(conversation::partition(id), format!("{TICKET}{batch:08}"))
}

/// The item as it is written: `rev` is one higher than the one that was read.
fn encode(ticket: &Ticket) -> Result<Item, StoreError> {
    let next = Ticket { rev: ticket.rev + 1, ..ticket.clone() };
    let mut item = item::encode(ticket_key(next.conversation_id, next.batch), &next)?;
    item.insert("inbox_pk".into(), s(partition(next.channel_id, next.status)));
    item.insert("inbox_sk".into(), s(next.position()));
    if let Some(assignee) = &next.assignee {
        item.insert(MINE.into(), s(assignee_partition(assignee, next.status)));
    }
    if let Some(department) = next.department {
        item.insert(FACETS.into(), s(facets(department)));
    }
    Ok(item)
}

impl Inbox {
    /// Makes the ticket: its number, the ticket, the book without its stretch and the line in the timeline, all or none.
    /// `None` if the book was written since it was read, or somebody took the number: read again, and decide again.
    pub async fn open_ticket(&self, opening: &Opening, now: Timestamp) -> Result<Option<Ticket>, StoreError> {
        let counter: Option<Counter> = access::get(&self.client, &self.table, counter_key()).await?;
        let Counter { last, at } = counter.unwrap_or_default();
        // Clocks differ: what is sorted by time is to be sorted by number, too.
        let (ticket, line) = opening.numbered(last + 1, now.max(at));
        let counted = Counter { last: last + 1, at: ticket.created_at };
        let count = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item::encode(counter_key(), &counted)?))
            .condition_expression("attribute_not_exists(pk) OR #last = :last")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":last", n(last));
        let pointer = Pointer { conversation_id: ticket.conversation_id, batch: ticket.batch };
        let mut puts = vec![
            count.build().map_err(incomplete)?,
            put_book(self, &opening.book)?,
            self.create_item(encode(&ticket)?)?,
            self.create_item(item::encode(number_key(ticket.number), &pointer)?)?,
            self.create_item(message::encode(&line)?)?,
        ];
        if let Some(message) = &opening.takes {
            let id = ticket.conversation_id;
            let given_up = access::item(&self.client, &self.table, place_key(id, message)).await?;
            let given_up = given_up.and_then(|place| number(&place, "batch"));
            if let Some(batch) = given_up
                && self.ticket_of_stretch(id, batch).await?.is_some()
            {
                return Ok(None);
            }
            puts.push(put_place(self, id, (message, ticket.batch), given_up)?);
        }
        match self.together(puts).await? {
            Saved::Done => Ok(Some(Ticket { rev: 1, ..ticket })),
            Saved::Conflict => Ok(None),
        }
    }

    fn create_item(&self, item: Item) -> Result<Put, StoreError> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        put.condition_expression("attribute_not_exists(pk)").build().map_err(incomplete)
    }

    /// Stores what was changed of a ticket, if nobody else wrote it since `before` was read.
    pub async fn save_ticket(&self, before: &Ticket, ticket: &Ticket) -> Result<Saved, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(encode(ticket)?))
            .condition_expression("rev = :rev")
            .expression_attribute_values(":rev", n(before.rev))
            .build()
            .map_err(incomplete)?;
        self.put_alone(put).await
    }

    /// The ticket of a number, as last written. One that was deleted for ever is none.
    pub async fn ticket(&self, number: u64) -> Result<Option<Ticket>, StoreError> {
        let pointer: Option<Pointer> = access::get(&self.client, &self.table, number_key(number)).await?;
        let Some(Pointer { conversation_id, batch }) = pointer else { return Ok(None) };
        let ticket = self.ticket_of_stretch(conversation_id, batch).await?;
        Ok(ticket.filter(|ticket| ticket.number == number))
    }

    /// The ticket that a stretch has become.
    pub async fn ticket_of_stretch(
        &self,
        id: ConversationId,
        batch: u32,
    ) -> Result<Option<Ticket>, StoreError> {
        access::get(&self.client, &self.table, ticket_key(id, batch)).await
    }

    /// Several messages as last written, in no order; those that are gone are left out. At most 100.
    pub async fn messages_of(
        &self,
        places: &[(ConversationId, MessageKey)],
    ) -> Result<Vec<madoguchi_domain::Message>, StoreError> {
        let keys = places.iter().map(|(id, key)| message::key(*id, key)).collect();
        self.items(keys).await?.into_iter().map(item::decode).collect()
    }
}
