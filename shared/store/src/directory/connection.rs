//! Connections: the credentials that channels are reached with, without the secrets themselves.

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const PARTITION: &str = "connection";
/// Partition of the `credential` index; connections are few.
const DUE: &str = "credential";

/// A credential as the Directory knows it. The secret itself is in Secrets Manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Names the secret.
    pub id: ConnectionId,
    /// The provider.
    pub kind: ChannelKind,
    /// The channels that it reaches.
    pub channels: Vec<ChannelId>,
    /// When a person last signed in or entered the credential.
    pub authorized_at: Timestamp,
    /// End of the user token's life, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Pages that the login covered when last looked at; tells a removed Page from a new one.
    #[serde(default)]
    pub pages: Vec<String>,
    /// When it was last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at: Option<Timestamp>,
    /// When it must be looked at again.
    pub check_at: Timestamp,
}

/// The right to refresh a connection alone, for a while.
#[derive(Clone, Debug)]
pub struct Lease {
    id: ConnectionId,
    until: Timestamp,
}

fn key(id: ConnectionId) -> Item {
    item::key(PARTITION, id.to_string())
}

impl Directory {
    /// Stores a connection that a person has just authorized; it is due at once.
    pub async fn put_connection(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut item = self.signed(key(connection.id), connection)?;
        item.insert("credential_pk".into(), s(DUE));
        item.insert("credential_due".into(), n(connection.check_at.as_ms()));
        access::put(&self.client, &self.table, item).await
    }

    /// The connection.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Connections that must be looked at, the longest overdue first.
    pub async fn due_connections(&self, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("credential")
            .key_condition_expression("credential_pk = :pk AND credential_due <= :now")
            .expression_attribute_values(":pk", s(DUE))
            .expression_attribute_values(":now", n(now.as_ms()))
            .limit(100)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let items = answer.items.unwrap_or_default();
        Ok(items.iter().filter_map(|item| text(item, "sk").parse().ok()).collect())
    }

    /// Takes the right to refresh a connection, for `span`; `None` if somebody else has it. Two
    /// refreshes at once thus make one; the right of a refresher that crashed runs out.
    pub async fn lease_connection(
        &self,
        id: ConnectionId,
        span: Span,
        now: Timestamp,
    ) -> Result<Option<(Lease, Connection)>, StoreError> {
        let until = now + span;
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .update_expression("SET lease_until = :until")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(lease_until) OR lease_until <= :now)",
            )
            .expression_attribute_values(":until", n(until.as_ms()))
            .expression_attribute_values(":now", n(now.as_ms()))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
            .send()
            .await;
        let attributes: Option<std::collections::HashMap<String, AttributeValue>> = match answer {
            Ok(answer) => answer.attributes,
            Err(error) => match saved("UpdateItem", Err::<(), _>(error))? {
                Saved::Conflict => return Ok(None),
                Saved::Done => None,
            },
        };
        let connection = attributes.map(item::decode).transpose()?;
        Ok(connection.map(|connection| (Lease { id, until }, connection)))
    }

    /// Stores what a refresh found and gives the right back. [`Saved::Conflict`]: the lease ran out
    /// and somebody else has it; what was found is not stored.
    pub async fn settle_connection(
        &self,
        lease: Lease,
        connection: &Connection,
    ) -> Result<Saved, StoreError> {
        let mut item = self.signed(key(lease.id), connection)?;
        item.insert("credential_pk".into(), s(DUE));
        item.insert("credential_due".into(), n(connection.check_at.as_ms()));
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("lease_until = :until")
            .expression_attribute_values(":until", n(lease.until.as_ms()))
            .send()
            .await;
        saved("PutItem", answer)
    }

    /// Removes a connection that no channel is reached with any more. [`Saved::Conflict`]: the lease ran out and
    /// somebody else has it; the connection stays. A delete says nothing of who makes it: that is written down before.
    pub async fn remove_connection(&self, lease: Lease) -> Result<Saved, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(lease.id)))
            .update_expression("SET deleted_by = :deleted_by")
            .condition_expression("lease_until = :until")
            .expression_attribute_values(":deleted_by", self.signature(None)?)
            .expression_attribute_values(":until", n(lease.until.as_ms()))
            .send()
            .await;
        if saved("UpdateItem", answer)? == Saved::Conflict {
            return Ok(Saved::Conflict);
        }
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(lease.id)))
            .condition_expression("lease_until = :until")
            .expression_attribute_values(":until", n(lease.until.as_ms()))
            .send()
            .await;
        saved("DeleteItem", answer)
    }

    /// Makes a connection due at once: a call with it was refused.
    pub async fn check_connection_soon(&self, id: ConnectionId, now: Timestamp) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .update_expression("SET credential_due = :now")
            .condition_expression("attribute_exists(pk) AND credential_due > :now")
            .expression_attribute_values(":now", n(now.as_ms()))
            .send()
            .await;
        saved("UpdateItem", answer).map(drop)
    }
}
