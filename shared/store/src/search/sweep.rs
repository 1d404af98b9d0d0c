//! Going through the whole table: what belongs to no conversation is found only by itself.

use madoguchi_domain::{ConversationId, Timestamp};

use super::{Search, leaf};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, text};

/// An item of the table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Whose.
    pub conversation_id: ConversationId,
    /// The slot of a leaf; `None` of what a contact is found by.
    pub slot: Option<Timestamp>,
    key: Item,
}

/// A piece of the table.
#[derive(Debug)]
pub struct EntryPage {
    /// As many as 1 MB holds.
    pub entries: Vec<Entry>,
    /// Where the next piece begins; `None` after the last.
    pub next: Option<String>,
}

impl Search {
    /// The next megabyte of the table, which is 128 read units at half price, or the next `most` items of it.
    pub async fn entries(&self, cursor: Option<&str>, most: Option<usize>) -> Result<EntryPage, StoreError> {
        let start = cursor.and_then(|cursor| serde_json::from_str::<(String, String)>(cursor).ok());
        let answer = self
            .client
            .scan()
            .table_name(&self.table)
            .set_exclusive_start_key(start.map(|(pk, sk)| item::key(pk, sk)))
            .projection_expression("pk, sk")
            .set_limit(most.map(|most| i32::try_from(most).unwrap_or(i32::MAX)))
            .send()
            .await
            .map_err(|error| failed("Scan", error))?;
        let next =
            answer.last_evaluated_key.map(|key| (text(&key, "pk").to_owned(), text(&key, "sk").to_owned()));
        let entries = answer.items.unwrap_or_default().into_iter().filter_map(entry).collect();
        Ok(EntryPage { entries, next: next.and_then(|next| serde_json::to_string(&next).ok()) })
    }

    /// Removes an item that belongs to nothing.
    pub async fn remove_entry(&self, entry: &Entry) -> Result<(), StoreError> {
        self.delete(entry.key.clone()).await
    }
}

fn entry(key: Item) -> Option<Entry> {
    let (pk, sk) = (text(&key, "pk"), text(&key, "sk"));
    let (id, slot) = match pk.strip_prefix("c#") {
        Some(id) => (id, sk.strip_prefix(leaf::PREFIX).and_then(|place| place.split('#').next())),
        None => (sk.rsplit_once('#')?.1, None),
    };
    let slot = slot.and_then(|slot| slot.parse().ok()).map(Timestamp::from_ms);
    Some(Entry { conversation_id: id.parse().ok()?, slot, key })
}
