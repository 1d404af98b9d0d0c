//! Connections: all in one partition, since whoever tells something reads all of them. Those that are closed stay for as
//! long as their clients may come back: while there is one, changes are logged.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use madoguchi_domain::live::{Connection, LOG_KEPT, Pace};
use madoguchi_domain::{ConversationId, Timestamp};

use super::{EXPIRES_AT, Live, expiry};
use crate::Saved;
use crate::access;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

const PARTITION: &str = "connections";

fn key(connection: &str) -> Item {
    item::key(PARTITION, connection)
}

impl Live {
    /// Notes that a client is connected.
    pub async fn add_connection(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut item = item::encode(key(&connection.id), connection)?;
        item.insert(EXPIRES_AT.to_owned(), expiry(connection.may_resume_until()));
        access::put(&self.client, &self.table, item).await
    }

    /// A connection, as last written.
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Every connection, those among them that are closed and may be resumed. Strongly consistent: a client that has been
    /// told what it missed must not miss what is told next.
    pub async fn connections(&self, now: Timestamp) -> Result<Vec<Connection>, StoreError> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(PARTITION))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                found.push(item::decode::<Connection>(item)?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                // What has reached its end of life may still be there for some days.
                found.retain(|connection| now < connection.may_resume_until());
                return Ok(found);
            }
        }
    }

    /// Notes that an open connection says something; [`Saved::Conflict`] if it is not open any more, or has said something else
    /// since `before` was read.
    pub async fn note_pace(&self, id: &str, before: &Pace, pace: &Pace) -> Result<Saved, StoreError> {
        let value = |pace: &Pace| {
            serde_dynamo::to_attribute_value(pace).map_err(|error| StoreError::Unreadable {
                key: PARTITION.to_owned(),
                detail: error.to_string(),
            })
        };
        let (before, pace): (AttributeValue, AttributeValue) = (value(before)?, value(pace)?);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .update_expression("SET pace = :pace")
            .condition_expression(
                "attribute_exists(pk) AND attribute_not_exists(closed_at) AND pace = :before",
            )
            .expression_attribute_values(":before", before)
            .expression_attribute_values(":pace", pace);
        saved("UpdateItem", request.send().await)
    }

    /// Notes what an open connection shows; [`Saved::Conflict`] if it is not open any more.
    pub async fn note_viewing(&self, id: &str, viewing: Option<ConversationId>) -> Result<Saved, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(closed_at)");
        let request = match viewing {
            None => request.update_expression("REMOVE viewing"),
            Some(conversation) => request
                .update_expression("SET viewing = :viewing")
                .expression_attribute_values(":viewing", s(conversation.to_string())),
        };
        saved("UpdateItem", request.send().await)
    }

    /// Forgets a connection that was not let in.
    pub async fn forget_connection(&self, id: &str) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(key(id)));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }

    /// Notes that a connection is closed, and returns it as it was; `None` if that was known.
    pub async fn close_connection(&self, id: &str, now: Timestamp) -> Result<Option<Connection>, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .update_expression("SET closed_at = :now, expires_at = :end")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(closed_at)")
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":end", expiry(now + LOG_KEPT))
            .return_values(ReturnValue::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => answer.attributes.map(item::decode).transpose(),
            Err(error) => saved::<(), _, _>("UpdateItem", Err(error)).map(|_| None),
        }
    }
}
