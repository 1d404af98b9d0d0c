//! Deleting what is left of a conversation that was deleted for ever (CLS-8). Everything of one stands in its partition. Each
//! step can be repeated, and the item that tells of it goes last.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use madoguchi_domain::conversation::{Erased, Erasure, WAITING_LIFE};
use madoguchi_domain::media::Media;
use madoguchi_domain::{ConversationId, Message, Participant, Span, Timestamp};

use super::commit::Writes;
use super::pending::{Work, erasure_position};
use super::{Inbox, conversation, counts, message, ticket};
use crate::Saved;
use crate::access;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

pub(super) const SORT_KEY: &str = "erase";
/// What the stream and the `pending` index call it.
pub(crate) const PENDING: &str = "erase";
/// Items of one page.
const PAGE: i32 = 250;
/// DynamoDB: the most writes of one call.
const BATCH: usize = 25;

fn key(id: ConversationId) -> Item {
    item::key(conversation::partition(id), SORT_KEY)
}

/// A page of what is to be deleted.
#[derive(Debug)]
pub struct Erasable {
    /// Objects of the bucket, which go first: only the items tell of them.
    pub files: Vec<String>,
    items: Vec<Item>,
    /// Where the next page begins, if there is one.
    pub next: Option<ErasureCursor>,
}

/// See [`Erasable::next`].
#[derive(Debug)]
pub struct ErasureCursor(Item);

impl Inbox {
    /// Puts the shell in a conversation's place, gives up what waits to become a ticket, and notes what is to be deleted: all
    /// or none.
    pub async fn erase(&self, erased: &Erased) -> Result<Saved, StoreError> {
        let erasure = &erased.erasure;
        let mut item = item::encode(key(erasure.conversation_id), erasure)?;
        item.insert("pending_pk".into(), s(Work::Media.partition(erasure.channel_id)));
        item.insert("pending_sk".into(), s(erasure_position(erasure.conversation_id)));
        item.insert("pending_state".into(), s(PENDING));
        let mut writes = Writes::of(self, &erased.shell)?;
        // One before it that is not finished is a part of this one.
        writes.put(item, None)?;
        let unchanged = match erased.book.rev {
            0 => ("attribute_not_exists(pk)", None),
            rev => ("rev = :rev", Some(rev)),
        };
        writes.put(ticket::encode(&erased.book)?, Some(unchanged))?;
        writes.execute().await
    }

    /// What is still to be deleted of a conversation.
    pub async fn erasure(&self, id: ConversationId) -> Result<Option<Erasure>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// A page of what `erasure` covers.
    pub async fn erasable(
        &self,
        erasure: &Erasure,
        from: Option<&ErasureCursor>,
    ) -> Result<Erasable, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(conversation::partition(erasure.conversation_id)))
            .consistent_read(true)
            .limit(PAGE)
            .set_exclusive_start_key(from.map(|cursor| cursor.0.clone()))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let mut page = Erasable {
            files: Vec::new(),
            items: Vec::new(),
            next: answer.last_evaluated_key.map(ErasureCursor),
        };
        for found in answer.items.unwrap_or_default() {
            let place = item::key(text(&found, "pk"), text(&found, "sk"));
            if let Some(files) = goes(erasure, found) {
                page.files.extend(files);
                page.items.push(place);
            }
        }
        Ok(page)
    }

    /// Deletes a page whose objects are gone.
    pub async fn delete_erasable(&self, page: &Erasable) -> Result<(), StoreError> {
        for batch in page.items.chunks(BATCH) {
            let deletes = batch.iter().map(|place| {
                let delete = DeleteRequest::builder().set_key(Some(place.clone())).build();
                Ok(WriteRequest::builder().delete_request(delete.map_err(super::commit::incomplete)?).build())
            });
            let mut left = deletes.collect::<Result<Vec<_>, StoreError>>()?;
            while !left.is_empty() {
                let request = HashMap::from([(self.table.clone(), left)]);
                let answer = self.client.batch_write_item().set_request_items(Some(request)).send().await;
                let answer = answer.map_err(|error| failed("BatchWriteItem", error))?;
                left = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Notes that nothing is left of what `erasure` covers, unless somebody has deleted more since.
    pub async fn finish_erasure(&self, erasure: &Erasure) -> Result<Saved, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(erasure.conversation_id)))
            .condition_expression("erased_at = :at")
            .expression_attribute_values(":at", n(erasure.erased_at.as_ms()))
            .send()
            .await;
        saved("DeleteItem", answer)
    }
}

/// The conversation of which nothing is left to be deleted, if that is what a write was that turned `old` into `new`.
pub fn erasure_finished(new: &serde_dynamo::Item, old: &serde_dynamo::Item) -> Option<ConversationId> {
    let old = Item::from(old.clone());
    if !new.inner().is_empty() || text(&old, "sk") != SORT_KEY {
        return None;
    }
    text(&old, "pk").strip_prefix("c#")?.parse().ok()
}

/// The objects that go with an item; `None` if it stays. What others keep of a conversation (notes, drafts) goes as a whole.
fn goes(erasure: &Erasure, found: Item) -> Option<Vec<String>> {
    let number = |name: &str| found.get(name)?.as_n().ok()?.parse::<i64>().ok();
    let before = |at: Timestamp| at <= erasure.erased_at;
    let place = text(&found, "sk").to_owned();
    match place.split('#').next().unwrap_or_default() {
        conversation::SORT_KEY | SORT_KEY | counts::COUNTED => None,
        "m" => match item::decode::<Message>(found) {
            Ok(message) => erasure.covers(&message).then(|| files(&message)),
            Err(_) => {
                let key = place.strip_prefix(message::PREFIX)?.parse::<madoguchi_domain::MessageKey>();
                before(key.ok()?.at).then(Vec::new)
            }
        },
        // Where an event of a provider without a clock was placed: one that came since stands.
        "k" => before(Timestamp::from_ms(number("at")?)).then(Vec::new),
        "x" => {
            let written = Timestamp::default() + Span::from_secs(number("expires_at")?) - WAITING_LIFE;
            before(written).then(Vec::new)
        }
        "p" => {
            let person = item::decode::<Participant>(found).ok();
            let picture = person.and_then(|person| person.portrait.key(erasure.conversation_id));
            Some(picture.into_iter().collect())
        }
        // What was said since has tickets of its own, and is numbered behind the others.
        ticket::BOOK if erasure.stretches.is_some() => None,
        _ => {
            let stays = ticket::stretch(&place, &found).is_some_and(|batch| !erasure.covers_stretch(batch));
            (!stays).then(Vec::new)
        }
    }
}

fn files(message: &Message) -> Vec<String> {
    let stored = message.attachments().iter().filter_map(|attachment| match &attachment.media {
        Some(Media::Stored(stored)) => Some(stored.keys().map(str::to_owned).collect::<Vec<_>>()),
        _ => None,
    });
    stored.flatten().chain(message.discarded.iter().cloned()).collect()
}
