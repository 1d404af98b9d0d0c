//! The log: what was told, numbered without gaps but for those of functions that ended in between. One item per batch.

use aws_sdk_dynamodb::types::ReturnValue;
use madoguchi_domain::Timestamp;
use madoguchi_domain::live::{Change, LOG_KEPT, MOST_MISSED, Numbered};

use super::{EXPIRES_AT, Live, expiry};
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const PARTITION: &str = "log";
/// Items of a page when the past of a number is read.
const PAGE: i32 = 25;

/// A batch of changes at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The number of its last change; the others have those before it.
    pub last: u64,
    /// When it was numbered.
    pub at: Timestamp,
    /// What changed.
    pub changes: Vec<Change>,
}

impl Logged {
    /// The changes with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = Numbered> + '_ {
        let before = self.last - self.changes.len() as u64;
        let numbers = before + 1..;
        numbers.zip(&self.changes).map(|(seq, change)| Numbered { seq, change: change.clone() })
    }

    fn holds(&self, seq: u64) -> bool {
        seq <= self.last && self.last - seq < self.changes.len() as u64
    }
}

/// What the log has on both sides of a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    /// When the number was given; `None` if the log does not hold it.
    pub logged_at: Option<Timestamp>,
    /// The batch that holds it and those after it.
    pub batches: Vec<Logged>,
}

fn counter() -> Item {
    item::key("counter", "seq")
}

fn sort_key(seq: u64) -> String {
    // Twenty digits hold every number.
    format!("{seq:020}")
}

fn decode(item: &Item) -> Result<Logged, StoreError> {
    let unreadable = |detail: &str| StoreError::Unreadable {
        key: format!("{PARTITION}/{}", text(item, "sk")),
        detail: detail.to_owned(),
    };
    let at = item.get("at").and_then(|at| at.as_n().ok()?.parse().ok());
    Ok(Logged {
        last: text(item, "sk").parse().map_err(|_| unreadable("its number"))?,
        at: Timestamp::from_ms(at.ok_or_else(|| unreadable("its time"))?),
        changes: serde_json::from_str(text(item, "changes"))
            .map_err(|error| unreadable(&error.to_string()))?,
    })
}

impl Live {
    /// The last number that was given; 0 before the first. What has it may not be in the log yet.
    pub async fn last_number(&self) -> Result<u64, StoreError> {
        let item = access::item(&self.client, &self.table, counter()).await?;
        Ok(item.and_then(|item| item.get("seq")?.as_n().ok()?.parse().ok()).unwrap_or_default())
    }

    /// Numbers `changes`, which must be some, and logs them.
    pub async fn log(&self, changes: Vec<Change>, now: Timestamp) -> Result<Logged, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(counter()))
            .update_expression("ADD seq :count")
            .expression_attribute_values(":count", n(changes.len()))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(|error| failed("UpdateItem", error))?;
        let last = answer.attributes.and_then(|item| item.get("seq")?.as_n().ok()?.parse().ok());
        let last: u64 = last.ok_or_else(|| StoreError::Unreadable {
            key: "counter/seq".to_owned(),
            detail: "no number was given".to_owned(),
        })?;
        let told = serde_json::to_string(&changes).map_err(|error| StoreError::Unreadable {
            key: PARTITION.to_owned(),
            detail: error.to_string(),
        })?;
        let mut item = item::key(PARTITION, sort_key(last));
        item.insert("at".to_owned(), n(now.as_ms()));
        item.insert("changes".to_owned(), s(told));
        item.insert(EXPIRES_AT.to_owned(), expiry(now + LOG_KEPT));
        access::put(&self.client, &self.table, item).await?;
        Ok(Logged { last, at: now, changes })
    }

    /// What was logged from the number `seq` on, oldest first, at most a little more than [`MOST_MISSED`] batches.
    pub async fn logged_from(&self, seq: u64) -> Result<Behind, StoreError> {
        let (mut batches, mut from) = (Vec::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk >= :seq")
                .expression_attribute_values(":pk", s(PARTITION))
                .expression_attribute_values(":seq", s(sort_key(seq)))
                .consistent_read(true)
                .limit(i32::try_from(MOST_MISSED).unwrap_or(i32::MAX))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                batches.push(decode(&item)?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() || batches.len() as u64 > MOST_MISSED {
                let logged_at = batches.first().filter(|batch| batch.holds(seq)).map(|batch| batch.at);
                return Ok(Behind { logged_at, batches });
            }
        }
    }

    /// What was logged before the number `seq` and not before `since`, the newest first; `None` if that is too much.
    pub async fn logged_before(&self, seq: u64, since: Timestamp) -> Result<Option<Vec<Logged>>, StoreError> {
        let (mut batches, mut from): (Vec<Logged>, _) = (Vec::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk < :seq")
                .expression_attribute_values(":pk", s(PARTITION))
                .expression_attribute_values(":seq", s(sort_key(seq)))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(PAGE)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                let batch = decode(&item)?;
                // Numbers and times of batches that were made at once need not have the same order: one more page tells
                // nothing new, since each was made within `OVERLAP` of its neighbours.
                if batch.at < since {
                    return Ok(Some(batches));
                }
                batches.push(batch);
            }
            from = answer.last_evaluated_key;
            if batches.len() as u64 > MOST_MISSED {
                return Ok(None);
            }
            if from.is_none() {
                return Ok(Some(batches));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::live::ChangeKind;
    use madoguchi_domain::{ChannelId, ChannelKind, ConversationId, Party};

    use super::*;

    #[test]
    fn a_batch_knows_its_numbers() {
        let channel_id = ChannelId::derive(ChannelKind::Line, "1");
        let conversation_id = ConversationId::derive(channel_id, &Party::User("U1".into()));
        let change = |version| Change {
            kind: ChangeKind::Message,
            id: "m".into(),
            conversation_id,
            channel_id,
            version,
            removed: false,
        };
        let batch =
            Logged { last: 9, at: Timestamp::from_ms(0), changes: vec![change(1), change(2), change(3)] };
        let numbers: Vec<(u64, u64)> =
            batch.numbered().map(|numbered| (numbered.seq, numbered.change.version)).collect();
        assert_eq!(numbers, [(7, 1), (8, 2), (9, 3)]);
        let held: Vec<u64> = (0..12).filter(|seq| batch.holds(*seq)).collect();
        assert_eq!(held, [7, 8, 9]);
        assert!(sort_key(9) < sort_key(10) && sort_key(10) < sort_key(u64::MAX));
    }
}
