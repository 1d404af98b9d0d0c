//! The sync of sender names (SND-8): when it is due, who is at it, and what came of it. One item.

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::sender::Synced;
use madoguchi_domain::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n};

fn key() -> Item {
    item::key("sender-sync", "sender-sync")
}

/// How the sync stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderSync {
    /// When it is due next.
    pub due_at: Timestamp,
    /// Somebody is at it until then, at the longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// What came of the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Synced>,
}

impl SenderSync {
    /// Whether somebody is at it.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| until > now)
    }
}

/// The right to run the sync until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncLease {
    until: Timestamp,
    began_at: Timestamp,
}

impl Directory {
    /// How the sync stands; `None` before the first tick.
    pub async fn sender_sync(&self) -> Result<Option<SenderSync>, StoreError> {
        access::get(&self.client, &self.table, key()).await
    }

    /// Makes the sync due at `due_at`: by hand at once, whatever is planned.
    pub async fn plan_sender_sync(&self, due_at: Timestamp) -> Result<(), StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key()));
        let request = request.update_expression("SET due_at = :due, changed_by = :changed_by");
        let request = request.expression_attribute_values(":changed_by", self.signature(None)?);
        let answer = request.expression_attribute_values(":due", n(due_at.as_ms())).send().await;
        saved("UpdateItem", answer).map(drop)
    }

    /// Takes the right to run a sync that is due, for `span`; `None` if it is not due, or if somebody else has the right.
    pub async fn lease_sender_sync(
        &self,
        span: Span,
        now: Timestamp,
    ) -> Result<Option<SyncLease>, StoreError> {
        let until = now + span;
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key()));
        let answer = request
            .update_expression("SET lease_until = :until")
            .condition_expression(
                "due_at <= :now AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_values(":until", n(until.as_ms()))
            .expression_attribute_values(":now", n(now.as_ms()))
            .send()
            .await;
        Ok((saved("UpdateItem", answer)? == Saved::Done).then_some(SyncLease { until, began_at: now }))
    }

    /// Stores what came of a sync and gives the right back; the next one is due `again_after` this one began. What was
    /// asked for meanwhile stays due.
    pub async fn settle_sender_sync(
        &self,
        lease: SyncLease,
        last: &Synced,
        again_after: Span,
    ) -> Result<Saved, StoreError> {
        let last: AttributeValue = serde_dynamo::to_attribute_value(last).map_err(|error| {
            StoreError::Unreadable { key: "sender-sync".to_owned(), detail: error.to_string() }
        })?;
        for (set, still) in [(", due_at = :next", " AND due_at <= :began"), ("", "")] {
            let request = self.client.update_item().table_name(&self.table).set_key(Some(key()));
            let mut request = request
                .update_expression(format!("SET #last = :last{set} REMOVE lease_until"))
                .condition_expression(format!("lease_until = :until{still}"))
                .expression_attribute_names("#last", "last")
                .expression_attribute_values(":until", n(lease.until.as_ms()))
                .expression_attribute_values(":last", last.clone());
            if !set.is_empty() {
                let next = lease.began_at + again_after;
                request = request
                    .expression_attribute_values(":next", n(next.as_ms()))
                    .expression_attribute_values(":began", n(lease.began_at.as_ms()));
            }
            if saved("UpdateItem", request.send().await)? == Saved::Done {
                return Ok(Saved::Done);
            }
        }
        Ok(Saved::Conflict)
    }
}
