//! How many conversations stand in each section of each channel.
//!
//! Counted after the commit, from the table's stream: what a conversation was last counted as stands beside it, and
//! changes in one transaction with the counters. So a record that comes again counts nothing twice, whatever comes
//! between, and each conversation costs a transaction only when it moves to another section, not with every message.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem, Update};
use madoguchi_domain::conversation::{Counter, Standing};
use madoguchi_domain::{ChannelId, ConversationId};

use super::commit::{incomplete, lost_race};
use super::{Inbox, conversation};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

/// The counters of a channel stand together, so that one query tells them all.
const PARTITION: &str = "counts";
pub(super) const COUNTED: &str = "counted";
/// A transaction takes 100 items; one of them is the channel's counters.
const AT_ONCE: usize = 99;
/// How often a lost race is tried again before the caller is told.
const TRIES: usize = 8;

/// A conversation that stands elsewhere now, or is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its channel.
    pub channel_id: ChannelId,
    /// Which.
    pub conversation_id: ConversationId,
    /// Of the write that moved it.
    pub version: u64,
    /// Where it stands; `None` = it was deleted.
    pub standing: Option<Standing>,
}

/// What a conversation was last counted as.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counted {
    version: u64,
    counters: Vec<Counter>,
}

impl Inbox {
    /// Counts what has moved, in the order in which it did.
    pub async fn count(&self, moved: &[Moved]) -> Result<(), StoreError> {
        let mut latest: HashMap<ConversationId, &Moved> = HashMap::new();
        for moved in moved {
            latest.insert(moved.conversation_id, moved);
        }
        let mut channels: BTreeMap<ChannelId, Vec<&Moved>> = BTreeMap::new();
        for moved in latest.into_values() {
            channels.entry(moved.channel_id).or_default().push(moved);
        }
        for (channel, moved) in channels {
            for moved in moved.chunks(AT_ONCE) {
                self.count_together(channel, moved).await?;
            }
        }
        Ok(())
    }

    /// The counters of every channel; those that never counted anything are left out.
    pub async fn counts(&self) -> Result<HashMap<ChannelId, BTreeMap<Counter, u64>>, StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(PARTITION))
            .into_paginator()
            .items()
            .send();
        let items = pages.try_collect().await.map_err(|error| failed("Query", error))?;
        let counters = |item: &Item| {
            item.iter()
                .filter_map(|(name, value)| {
                    let count: i64 = value.as_n().ok()?.parse().ok()?;
                    Some((name.parse().ok()?, u64::try_from(count).unwrap_or_default()))
                })
                .collect()
        };
        Ok(items.iter().filter_map(|item| Some((text(item, "sk").parse().ok()?, counters(item)))).collect())
    }

    async fn count_together(&self, channel: ChannelId, moved: &[&Moved]) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let before = self.counted(moved).await?;
            let mut difference: BTreeMap<Counter, i64> = BTreeMap::new();
            let mut writes = Vec::with_capacity(moved.len() + 1);
            for moved in moved {
                let known = before.get(&moved.conversation_id);
                let after = moved.standing.as_ref().map(Standing::counters).unwrap_or_default();
                // A deletion tells the version of what it deleted, which may have been counted.
                let is_deleted = moved.standing.is_none();
                let stale = known.is_some_and(|known| {
                    known.version > moved.version || known.version == moved.version && !is_deleted
                });
                if stale {
                    continue;
                }
                for counter in known.map(|known| known.counters.clone()).unwrap_or_default() {
                    *difference.entry(counter).or_default() -= 1;
                }
                for counter in after.clone() {
                    *difference.entry(counter).or_default() += 1;
                }
                writes.push(self.note(moved, known, &after)?);
            }
            if writes.is_empty() {
                return Ok(());
            }
            difference.retain(|_, by| *by != 0);
            if !difference.is_empty() {
                writes.push(self.add(channel, &difference)?);
            }
            let answer = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
            match answer {
                Ok(_) => return Ok(()),
                // Another of the stream's records was counted meanwhile.
                Err(error) if lost_race(&error) => {}
                Err(error) => return Err(failed("TransactWriteItems", error)),
            }
        }
        Err(StoreError::Unavailable {
            operation: "TransactWriteItems",
            detail: "counters are contended".into(),
        })
    }

    async fn counted(&self, moved: &[&Moved]) -> Result<HashMap<ConversationId, Counted>, StoreError> {
        let keys: Vec<Item> = moved.iter().map(|moved| key(moved.conversation_id)).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let mut request = Some(keys.build().map_err(incomplete)?);
        let mut found = HashMap::new();
        while let Some(keys) = request {
            let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
            let answer = answer.map_err(|error| failed("BatchGetItem", error))?;
            for item in answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default() {
                if let Some(id) = text(&item, "pk").strip_prefix("c#").and_then(|id| id.parse().ok()) {
                    found.insert(id, decode(&item));
                }
            }
            request = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
        }
        Ok(found)
    }

    /// Notes what a conversation is counted as, if that is still what it was.
    fn note(
        &self,
        moved: &Moved,
        before: Option<&Counted>,
        after: &[Counter],
    ) -> Result<TransactWriteItem, StoreError> {
        let (condition, value) = match before {
            Some(before) => ("version = :before", Some((":before".to_owned(), n(before.version)))),
            None => ("attribute_not_exists(pk)", None),
        };
        let values = value.map(|value| HashMap::from([value]));
        // Of what was deleted it stays noted until when it was counted: a record from before may come again.
        let mut item = key(moved.conversation_id);
        let names = after.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        item.extend([("version".to_owned(), n(moved.version)), ("counters".to_owned(), s(names))]);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(values);
        Ok(TransactWriteItem::builder().put(put.build().map_err(incomplete)?).build())
    }

    fn add(
        &self,
        channel: ChannelId,
        difference: &BTreeMap<Counter, i64>,
    ) -> Result<TransactWriteItem, StoreError> {
        let (mut clauses, mut names, mut values) = (Vec::new(), HashMap::new(), HashMap::new());
        for (place, (counter, by)) in difference.iter().enumerate() {
            clauses.push(format!("#c{place} :c{place}"));
            names.insert(format!("#c{place}"), counter.to_string());
            values.insert(format!(":c{place}"), AttributeValue::N(by.to_string()));
        }
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(item::key(PARTITION, channel.to_string())))
            .update_expression(format!("ADD {}", clauses.join(", ")))
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values));
        Ok(TransactWriteItem::builder().update(update.build().map_err(incomplete)?).build())
    }
}

fn key(conversation: ConversationId) -> Item {
    item::key(conversation::partition(conversation), COUNTED)
}

fn decode(item: &Item) -> Counted {
    let version = item.get("version").and_then(|version| version.as_n().ok()?.parse().ok());
    Counted {
        version: version.unwrap_or_default(),
        counters: text(item, "counters").split('\n').filter_map(|name| name.parse().ok()).collect(),
    }
}
