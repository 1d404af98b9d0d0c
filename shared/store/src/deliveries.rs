//! The Deliveries table: what became of telling other systems, for [`KEPT`].
//!
//! A delivery that is pending stands in the sparse index `due`, in a partition of its subscription: by the time of its next
//! attempt where the sweep is to start it, and some time after it where a queue message does, so that what the queue loses is
//! found.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use madoguchi_domain::webhook::{Delivery, DeliveryKey, DeliveryState, Health};
use madoguchi_domain::{Span, Timestamp, WebhookId};

use crate::Saved;
use crate::access;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

/// How long a delivery is kept after its event.
pub const KEPT: Span = Span::from_days(30);
/// The longest that SQS holds a message back; what is due later is started by the sweep.
pub const LONGEST_DELAY: Span = Span::from_minutes(15);
/// How long after its time a queue message is missed.
const PATIENCE: Span = Span::from_minutes(3);
/// Partition of the health of the receivers.
const HEALTH: &str = "health";
/// Where what is due stood in the index before each subscription had a partition of its own.
const DUE_OF_ALL: &str = "due";

/// Access to the Deliveries table.
#[derive(Clone, Debug)]
pub struct Deliveries {
    client: Client,
    table: String,
}

/// A page of a subscription's log.
#[derive(Clone, Debug)]
pub struct DeliveryPage {
    /// The latest events first.
    pub deliveries: Vec<Delivery>,
    /// The last one, if there are more.
    pub next: Option<DeliveryKey>,
}

/// Something whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueItem {
    pk: String,
    sk: String,
    due_at: i64,
}

fn partition(webhook: WebhookId) -> String {
    format!("w#{webhook}")
}

fn due_partition(webhook: WebhookId) -> String {
    format!("due#{webhook}")
}

fn key(webhook: WebhookId, delivery: DeliveryKey) -> Item {
    item::key(partition(webhook), delivery.to_string())
}

impl Deliveries {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// The delivery.
    pub async fn delivery(
        &self,
        webhook: WebhookId,
        id: DeliveryKey,
    ) -> Result<Option<Delivery>, StoreError> {
        access::get(&self.client, &self.table, key(webhook, id)).await
    }

    /// Writes a delivery, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save(&self, delivery: &Delivery, now: Timestamp) -> Result<Saved, StoreError> {
        let next = Delivery { rev: delivery.rev + 1, ..delivery.clone() };
        let mut item = item::encode(key(next.webhook, next.key()), &next)?;
        // What was replayed is kept as long as what is new.
        let expires_at = now + KEPT;
        item.insert("expires_at".into(), n(expires_at.as_ms() / 1000));
        if let DeliveryState::Pending { next_at } = next.state {
            let due_at = if next_at.since(now) > LONGEST_DELAY { next_at } else { next_at + PATIENCE };
            item.insert("due_pk".into(), s(due_partition(next.webhook)));
            item.insert("due_at".into(), n(due_at.as_ms()));
        }
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = match delivery.rev {
            0 => request.condition_expression("attribute_not_exists(pk)"),
            read => request.condition_expression("rev = :rev").expression_attribute_values(":rev", n(read)),
        };
        saved("PutItem", request.send().await)
    }

    /// Up to `limit` deliveries of a subscription, the latest events first; older than `before`, if it is given.
    pub async fn page(
        &self,
        webhook: WebhookId,
        before: Option<DeliveryKey>,
        limit: usize,
    ) -> Result<DeliveryPage, StoreError> {
        let request = self.client.query().table_name(&self.table);
        let request = match before {
            None => request.key_condition_expression("pk = :pk"),
            Some(before) => request
                .key_condition_expression("pk = :pk AND sk < :before")
                .expression_attribute_values(":before", s(before.to_string())),
        };
        let answer = request
            .expression_attribute_values(":pk", s(partition(webhook)))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let more = answer.last_evaluated_key.is_some();
        let items = answer.items.unwrap_or_default().into_iter();
        let deliveries: Vec<Delivery> = items.map(item::decode).collect::<Result<_, _>>()?;
        let next = deliveries.last().filter(|_| more).map(Delivery::key);
        Ok(DeliveryPage { deliveries, next })
    }

    /// Up to `limit` deliveries to `webhook` whose time has come, the longest overdue first.
    pub async fn due(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueItem>, StoreError> {
        self.due_of(&due_partition(webhook), now, limit).await
    }

    /// The same of what an earlier version wrote, whoever it is for.
    pub async fn due_of_all(&self, now: Timestamp, limit: usize) -> Result<Vec<DueItem>, StoreError> {
        self.due_of(DUE_OF_ALL, now, limit).await
    }

    /// Takes a delivery to start it; it is due again in a while, should whoever starts it not come to an end. `None` if
    /// somebody else was faster.
    pub async fn take(&self, due: &DueItem, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
        let taken = self.take_item(due, now + LONGEST_DELAY).await?;
        taken.map(item::decode).transpose()
    }

    pub(crate) async fn due_of(
        &self,
        partition: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueItem>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_pk = :pk AND due_at <= :now")
            .expression_attribute_values(":pk", s(partition))
            .expression_attribute_values(":now", n(now.as_ms()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let due = |item: &Item| {
            let due_at = item.get("due_at").map(AttributeValue::as_n)?.ok()?.parse().ok()?;
            Some(DueItem { pk: text(item, "pk").to_owned(), sk: text(item, "sk").to_owned(), due_at })
        };
        Ok(answer.items.unwrap_or_default().iter().filter_map(due).collect())
    }

    /// Has it be due at `again_at`, if it is still due as it was seen.
    pub(crate) async fn take_item(
        &self,
        due: &DueItem,
        again_at: Timestamp,
    ) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(&due.pk, &due.sk)))
            .update_expression("SET due_at = :again_at")
            .condition_expression("due_at = :due_at")
            .expression_attribute_values(":again_at", n(again_at.as_ms()))
            .expression_attribute_values(":due_at", n(due.due_at))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(taken) => Ok(taken.attributes),
            Err(error) => saved("UpdateItem", Err::<(), _>(error)).map(|_lost| None),
        }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// How a receiver has fared of late.
    pub async fn health(&self, webhook: WebhookId) -> Result<Health, StoreError> {
        let health = access::get(&self.client, &self.table, item::key(HEALTH, webhook.to_string())).await?;
        Ok(health.unwrap_or_default())
    }

    /// Notes that a receiver did not take something; tells since when it has taken nothing.
    pub async fn note_failure(&self, webhook: WebhookId, now: Timestamp) -> Result<Health, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(HEALTH, webhook.to_string())))
            .update_expression("SET failing_since = if_not_exists(failing_since, :now)")
            .expression_attribute_values(":now", n(now.as_ms()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| failed("UpdateItem", error))?;
        answer.attributes.map_or(Ok(Health::default()), item::decode)
    }

    /// Notes that a receiver takes what it is told.
    pub async fn note_success(&self, webhook: WebhookId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table);
        let request = request.set_key(Some(item::key(HEALTH, webhook.to_string())));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }
}
