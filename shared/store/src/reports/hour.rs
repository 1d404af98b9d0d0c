//! Hours: an item per channel and hour in which anything happened.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::report::Hour;
use madoguchi_domain::{ChannelId, Timestamp};

use super::{Reports, hours_of, pack, place, seconds};
use crate::Saved;
use crate::access;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

/// How often a lost race is run again before the caller is told.
const TRIES: usize = 8;

impl Reports {
    /// Makes an hour anew from its facts, which must all be there still. Nothing is written where it says the same already.
    pub async fn remake(&self, channel: ChannelId, hour: Timestamp) -> Result<Saved, StoreError> {
        for _ in 0..TRIES {
            // Before the facts: what is written under its `rev` has seen all that were written before.
            let known = access::item(&self.client, &self.table, key(channel, hour)).await?;
            let data = pack::pack(&self.count(channel, hour).await?);
            if known.as_ref().and_then(bytes) == Some(data.as_slice()) {
                return Ok(Saved::Done);
            }
            let rev = known.as_ref().map_or(0, rev);
            let mut item = key(channel, hour);
            item.insert("d".into(), AttributeValue::B(Blob::new(data)));
            item.insert("rev".into(), n(rev + 1));
            item.insert("expires_at".into(), n(seconds(hour + self.keep)));
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            let put = match known {
                None => put.condition_expression("attribute_not_exists(pk)"),
                Some(_) => put.condition_expression("rev = :rev").expression_attribute_values(":rev", n(rev)),
            };
            if saved("PutItem", put.send().await)? == Saved::Done {
                return Ok(Saved::Done);
            }
        }
        Ok(Saved::Conflict)
    }

    /// A channel's hours that begin from `from` on and before `to`, in their order.
    pub async fn hours(
        &self,
        channel: ChannelId,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<(Timestamp, Hour)>, StoreError> {
        let items = self.between(hours_of(channel), (from, to)).await?;
        items.iter().map(decode).collect()
    }

    /// The items of a partition whose place is between two times; the last one is not reached.
    pub(super) async fn between(
        &self,
        partition: String,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Item>, StoreError> {
        let last = Timestamp::from_ms(to.as_ms() - 1);
        let (mut items, mut start) = (Vec::new(), None);
        if last < from {
            return Ok(items);
        }
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :last")
                .expression_attribute_values(":pk", s(partition.clone()))
                .expression_attribute_values(":from", s(place(from)))
                .expression_attribute_values(":last", s(place(last)))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
    }
}

fn key(channel: ChannelId, hour: Timestamp) -> Item {
    item::key(hours_of(channel), place(hour))
}

fn bytes(item: &Item) -> Option<&[u8]> {
    item.get("d")?.as_b().ok().map(AsRef::as_ref)
}

fn rev(item: &Item) -> u64 {
    item.get("rev").and_then(|rev| rev.as_n().ok()?.parse().ok()).unwrap_or_default()
}

fn decode(item: &Item) -> Result<(Timestamp, Hour), StoreError> {
    let unreadable = || StoreError::Unreadable {
        key: format!("{}/{}", text(item, "pk"), text(item, "sk")),
        detail: "no counts of an hour".to_owned(),
    };
    let at = text(item, "sk").parse().map_err(|_| unreadable())?;
    let hour = bytes(item).and_then(pack::unpack).ok_or_else(unreadable)?;
    Ok((Timestamp::from_ms(at), hour))
}
