//! Facts: an item per conversation and slot, with an attribute for each.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::report::{FACTS_KEPT, Fact, Hour, What, hour_of, slot_of};
use madoguchi_domain::{ChannelId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Reports, facts_of, place, seconds};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

/// An expression has at most 4 KB.
const AT_ONCE: usize = 100;
/// Facts begin with one of these, and nothing else of the item does.
const MARKS: [char; 5] = ['m', 'b', 'f', 'c', 'r'];

/// A fact as it is stored: what its key says is left out.
#[derive(Debug, Deserialize, Serialize)]
struct Stored {
    t: i64,
    #[serde(flatten)]
    what: What,
}

impl Reports {
    /// Writes down facts of one conversation and slot; a fact that is there already changes nothing.
    pub async fn note(&self, facts: &[Fact]) -> Result<(), StoreError> {
        for facts in facts.chunks(AT_ONCE) {
            let Some(first) = facts.first() else { continue };
            let (hour, slot) = (hour_of(first.at), slot_of(first.at));
            let sk = format!("{}#{}", first.conversation_id, place(slot));
            let mut request = self
                .client
                .update_item()
                .table_name(&self.table)
                .set_key(Some(item::key(facts_of(first.channel_id, hour), sk)))
                .expression_attribute_values(":end", n(seconds(hour + FACTS_KEPT)));
            let mut set = vec!["expires_at = :end".to_owned()];
            // Of two that are called the same only one may be named.
            let named: BTreeMap<&str, &Fact> = facts.iter().map(|fact| (fact.name.as_str(), fact)).collect();
            for (at, (name, fact)) in named.into_iter().enumerate() {
                set.push(format!("#f{at} = :f{at}"));
                request = request
                    .expression_attribute_names(format!("#f{at}"), name)
                    .expression_attribute_values(format!(":f{at}"), encode(fact)?);
            }
            request
                .update_expression(format!("SET {}", set.join(", ")))
                .send()
                .await
                .map_err(|error| failed("UpdateItem", error))?;
        }
        Ok(())
    }

    /// What all facts of an hour come to, as last written.
    pub(super) async fn count(&self, channel: ChannelId, hour: Timestamp) -> Result<Hour, StoreError> {
        let (mut sum, mut from) = (Hour::default(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(facts_of(channel, hour)))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                sum.note(&decode(&item));
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(sum);
            }
        }
    }
}

fn encode(fact: &Fact) -> Result<AttributeValue, StoreError> {
    let stored = Stored { t: fact.at.as_ms(), what: fact.what.clone() };
    let text = serde_json::to_string(&stored)
        .map_err(|error| StoreError::Unreadable { key: fact.name.clone(), detail: error.to_string() })?;
    Ok(s(text))
}

/// What cannot be read belongs to a later release.
fn decode(item: &Item) -> Vec<(Timestamp, What)> {
    item.iter()
        .filter(|(name, _)| name.starts_with(MARKS))
        .filter_map(|(_, value)| serde_json::from_str(value.as_s().ok()?).ok())
        .map(|Stored { t, what }| (Timestamp::from_ms(t), what))
        .collect()
}
