//! What could not be understood or has no channel: kept with its reason, to be replayed (ING-11).

use madoguchi_domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::Inbox;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, n, reference_key, s};

const PARTITION: &str = "quarantine";
/// Quarantined bodies are kept for 90 days.
const LIFE_S: i64 = 90 * 86_400;

/// Something that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Names it; equal for redeliveries of the same body or event.
    pub id: String,
    /// Why it is here: a stable public id, such as `malformed_body` or `unknown_channel`.
    pub reason: String,
    /// For maintainers.
    #[serde(default)]
    pub detail: String,
    /// The provider's name.
    pub channel_kind: String,
    /// The channel it was meant for, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// When the webhook reached us.
    pub received_at: Timestamp,
    /// Which piece of the body, from 1.
    pub part: u32,
    /// Pieces of the body.
    pub parts: u32,
    /// The queue message that can be sent again, or the piece of the body in base64.
    pub content: String,
}

impl Quarantined {
    fn sort_key(&self) -> String {
        format!("{}#{:03}", reference_key(&self.id), self.part)
    }
}

impl Inbox {
    /// Keeps `quarantined`; the same again overwrites itself.
    pub async fn quarantine(&self, quarantined: &Quarantined) -> Result<(), StoreError> {
        let mut item = item::encode(item::key(PARTITION, quarantined.sort_key()), quarantined)?;
        item.insert("expires_at".into(), n(quarantined.received_at.as_ms() / 1000 + LIFE_S));
        access::put(&self.client, &self.table, item).await
    }

    /// What is in quarantine, at most `limit` pieces.
    pub async fn quarantined(&self, limit: i32) -> Result<Vec<Quarantined>, StoreError> {
        self.quarantined_under("", limit).await
    }

    /// The pieces of one quarantined body or event.
    pub async fn quarantined_by_id(&self, id: &str) -> Result<Vec<Quarantined>, StoreError> {
        self.quarantined_under(&format!("{}#", reference_key(id)), 100).await
    }

    /// Takes a piece out of quarantine after it was replayed.
    pub async fn release(&self, quarantined: &Quarantined) -> Result<(), StoreError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(item::key(PARTITION, quarantined.sort_key())))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("DeleteItem", error))
    }

    async fn quarantined_under(&self, prefix: &str, limit: i32) -> Result<Vec<Quarantined>, StoreError> {
        let query =
            self.client.query().table_name(&self.table).expression_attribute_values(":pk", s(PARTITION));
        let query = if prefix.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            query
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", s(prefix))
        };
        let answer = query.limit(limit).send().await.map_err(|error| failed("Query", error))?;
        answer.items.unwrap_or_default().into_iter().map(item::decode).collect()
    }
}
