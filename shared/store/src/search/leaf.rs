//! Leaves of the index of what was said.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::search::{Grams, Leaf, slot};
use madoguchi_domain::{ChannelId, ConversationId, Timestamp};

use super::Search;
use crate::Saved;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

pub(super) const PREFIX: &str = "l#";
/// The character behind `#`: everything that goes on with `#` sorts below it.
const AFTER: &str = "$";

pub(super) fn partition(conversation: ConversationId) -> String {
    format!("c#{conversation}")
}

fn place(at: Timestamp) -> String {
    format!("{:013}", at.as_ms().max(0))
}

/// Where a page of leaves ended.
#[derive(Clone, Debug)]
pub struct LeafCursor(Item);

/// A page of leaves, those of later slots first.
#[derive(Debug)]
pub struct LeafPage {
    /// As many as 1 MB holds.
    pub leaves: Vec<Leaf>,
    /// Where the next page begins, if there may be one.
    pub next: Option<LeafCursor>,
}

impl Search {
    /// The leaves of one slot of a conversation as last written, by number.
    pub async fn leaves(&self, id: ConversationId, slot: Timestamp) -> Result<Vec<Leaf>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :slot)")
            .expression_attribute_values(":pk", s(partition(id)))
            .expression_attribute_values(":slot", s(format!("{PREFIX}{}#", place(slot))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        answer.items.unwrap_or_default().iter().map(decode).collect()
    }

    /// Turns the leaves `old` of a slot, as they were read, into `new`. What says the same is not written. After a conflict
    /// some may have been: read them again.
    pub async fn replace_leaves(&self, old: &[Leaf], new: &[Leaf]) -> Result<Saved, StoreError> {
        for leaf in new {
            let before = old.iter().find(|before| before.number == leaf.number);
            if before.is_some_and(|before| before.says(leaf)) {
                continue;
            }
            let rev = before.map_or(0, |before| before.rev);
            if self.put(leaf, rev).await? == Saved::Conflict {
                return Ok(Saved::Conflict);
            }
        }
        for leaf in old.iter().filter(|leaf| new.iter().all(|kept| kept.number != leaf.number)) {
            if self.remove(leaf).await? == Saved::Conflict {
                return Ok(Saved::Conflict);
            }
        }
        Ok(Saved::Done)
    }

    async fn put(&self, leaf: &Leaf, rev: u64) -> Result<Saved, StoreError> {
        let mut put = self.client.put_item().table_name(&self.table).set_item(Some(encode(leaf, rev + 1)));
        put = match rev {
            0 => put.condition_expression("attribute_not_exists(pk)"),
            _ => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
        };
        saved("PutItem", put.send().await)
    }

    async fn remove(&self, leaf: &Leaf) -> Result<Saved, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(leaf)))
            .condition_expression("attribute_not_exists(pk) OR rev = :rev")
            .expression_attribute_values(":rev", n(leaf.rev));
        saved("DeleteItem", delete.send().await)
    }

    /// A page of a conversation's leaves in slots from that of `from` to that of `through`.
    pub async fn leaves_of_conversation(
        &self,
        id: ConversationId,
        (from, through): (Timestamp, Timestamp),
        cursor: Option<LeafCursor>,
    ) -> Result<LeafPage, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :through")
            .expression_attribute_values(":pk", s(partition(id)))
            .expression_attribute_values(":from", s(format!("{PREFIX}{}", place(slot(from)))))
            .expression_attribute_values(":through", s(format!("{PREFIX}{}{AFTER}", place(slot(through)))))
            .scan_index_forward(false)
            .set_exclusive_start_key(cursor.map(|cursor| cursor.0));
        let answer = query.send().await.map_err(|error| failed("Query", error))?;
        page(answer.items, answer.last_evaluated_key)
    }

    /// The same of everything on a channel.
    pub async fn leaves_of_channel(
        &self,
        id: ChannelId,
        (from, through): (Timestamp, Timestamp),
        cursor: Option<LeafCursor>,
    ) -> Result<LeafPage, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("time")
            .key_condition_expression("channel = :channel AND slot BETWEEN :from AND :through")
            .expression_attribute_values(":channel", s(id.to_string()))
            .expression_attribute_values(":from", s(place(slot(from))))
            .expression_attribute_values(":through", s(format!("{}{AFTER}", place(slot(through)))))
            .scan_index_forward(false)
            .set_exclusive_start_key(cursor.map(|cursor| cursor.0));
        let answer = query.send().await.map_err(|error| failed("Query", error))?;
        page(answer.items, answer.last_evaluated_key)
    }
}

fn page(items: Option<Vec<Item>>, next: Option<Item>) -> Result<LeafPage, StoreError> {
    let leaves = items.unwrap_or_default().iter().map(decode).collect::<Result<_, _>>()?;
    Ok(LeafPage { leaves, next: next.map(LeafCursor) })
}

fn key(leaf: &Leaf) -> Item {
    let place = format!("{PREFIX}{}#{:03}", place(leaf.slot), leaf.number);
    item::key(partition(leaf.conversation_id), place)
}

/// Attributes have short names: a leaf is written with nearly every message, and each kilobyte is a write unit.
fn encode(leaf: &Leaf, rev: u64) -> Item {
    let mut item = key(leaf);
    item.insert("channel".into(), s(leaf.channel_id.to_string()));
    item.insert("slot".into(), s(format!("{}#{}", place(leaf.slot), leaf.conversation_id)));
    item.insert("a".into(), n(leaf.first.as_ms()));
    item.insert("z".into(), n(leaf.last.as_ms()));
    item.insert("g".into(), AttributeValue::B(Blob::new(leaf.grams.to_bytes())));
    item.insert("rev".into(), n(rev));
    item
}

fn decode(item: &Item) -> Result<Leaf, StoreError> {
    let unreadable = || StoreError::Unreadable {
        key: format!("{}/{}", text(item, "pk"), text(item, "sk")),
        detail: "it is no leaf".to_owned(),
    };
    let read = || {
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let (slot, place) = text(item, "sk").strip_prefix(PREFIX)?.split_once('#')?;
        Some(Leaf {
            conversation_id: text(item, "pk").strip_prefix("c#")?.parse().ok()?,
            channel_id: text(item, "channel").parse().ok()?,
            slot: Timestamp::from_ms(slot.parse().ok()?),
            number: place.parse().ok()?,
            first: Timestamp::from_ms(number("a")?),
            last: Timestamp::from_ms(number("z")?),
            grams: Grams::from_bytes(item.get("g")?.as_b().ok()?.as_ref())?,
            rev: u64::try_from(number("rev")?).ok()?,
        })
    };
    read().ok_or_else(unreadable)
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::search::{Folded, Grams};
    use madoguchi_domain::{ChannelKind, Party};

    use super::*;

    #[test]
    fn src_4_a_leaf_is_read_as_it_was_written() {
        let channel_id = ChannelId::derive(ChannelKind::Line, "1");
        let at = Timestamp::from_ms(1_700_006_400_000);
        let leaf = Leaf {
            conversation_id: ConversationId::derive(channel_id, &Party::User("u".into())),
            channel_id,
            slot: slot(at),
            number: 12,
            first: at,
            last: at,
            grams: Grams::of(&Folded::new("予約をキャンセルしたい")),
            rev: 4,
        };
        assert_eq!(decode(&encode(&leaf, 4)).unwrap(), leaf);
        let mut broken = encode(&leaf, 4);
        broken.insert("g".into(), s("x"));
        assert!(decode(&broken).is_err());
    }
}
