//! Connections: the credentials that channels are reached with, without the secrets themselves.

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

pub(super) const PARTITION: &str = "connection";
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
    /// Whose login it is, where that is known (CHN-9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<Linked>,
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

/// Whose login a connection is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// The provider's id of the person.
    pub user_id: String,
    /// Their name there.
    pub user_name: String,
}

/// The right to refresh a connection alone, for a while.
#[derive(Clone, Debug)]
pub struct Lease {
    id: ConnectionId,
    until: Timestamp,
    began_at: Timestamp,
    /// How often a check had been asked for by then.
    asked: Option<AttributeValue>,
}

/// Counts the requests for a check since the connection was last stored as a whole.
const ASKED: &str = "asked";

/// The lease is still the holder's.
const HELD: &str = "lease_until = :until";

impl Lease {
    /// [`HELD`], and nobody has asked for a check since.
    const fn nobody_asked(&self) -> &'static str {
        match self.asked {
            Some(_) => "lease_until = :until AND asked = :asked",
            None => "lease_until = :until AND attribute_not_exists(asked)",
        }
    }
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

    /// Adds a connection; [`Saved::Conflict`] if it is there already.
    pub async fn add_connection(&self, connection: &Connection) -> Result<Saved, StoreError> {
        let mut item = self.signed(key(connection.id), connection)?;
        item.insert("credential_pk".into(), s(DUE));
        item.insert("credential_due".into(), n(connection.check_at.as_ms()));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        saved("PutItem", request.condition_expression("attribute_not_exists(pk)").send().await)
    }

    /// The connection.
    pub async fn connection(&self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Every connection.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        self.list(PARTITION).await
    }

    /// Connections that must be looked at, the longest overdue first.
    pub async fn due_connections(&self, now: Timestamp) -> Result<Vec<ConnectionId>, StoreError> {
        let (mut due, mut from) = (Vec::new(), None);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("credential")
                .key_condition_expression("credential_pk = :pk AND credential_due <= :now")
                .expression_attribute_values(":pk", s(DUE))
                .expression_attribute_values(":now", n(now.as_ms()))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            let items = answer.items.unwrap_or_default();
            due.extend(items.iter().filter_map(|item| text(item, "sk").parse::<ConnectionId>().ok()));
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(due);
            }
        }
    }

    /// Takes the right to change a connection, for `span`; `None` if somebody else has it. Two refreshes at once thus
    /// make one; the right of a refresher that crashed runs out.
    pub async fn lease_connection(
        &self,
        id: ConnectionId,
        span: Span,
        now: Timestamp,
    ) -> Result<Option<(Lease, Connection)>, StoreError> {
        self.lease(id, span, now, "").await
    }

    /// The same for one that must be looked at; `None` also if it need not any more, because somebody else did or is
    /// about to change it.
    pub async fn lease_due_connection(
        &self,
        id: ConnectionId,
        span: Span,
        now: Timestamp,
    ) -> Result<Option<(Lease, Connection)>, StoreError> {
        self.lease(id, span, now, " AND credential_due <= :now").await
    }

    async fn lease(
        &self,
        id: ConnectionId,
        span: Span,
        now: Timestamp,
        only_if: &str,
    ) -> Result<Option<(Lease, Connection)>, StoreError> {
        let until = now + span;
        let free = "attribute_exists(pk) AND (attribute_not_exists(lease_until) OR lease_until <= :now)";
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(id)))
            .update_expression("SET lease_until = :until")
            .condition_expression(format!("{free}{only_if}"))
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
        let Some(attributes) = attributes else { return Ok(None) };
        let lease = Lease { id, until, began_at: now, asked: attributes.get(ASKED).cloned() };
        Ok(Some((lease, item::decode(attributes)?)))
    }

    /// Stores what a refresh found and gives the right back. A connection that a check was asked for meanwhile stays
    /// due. [`Saved::Conflict`]: the lease ran out and somebody else has it; what was found is not stored.
    pub async fn settle_connection(
        &self,
        lease: Lease,
        connection: &Connection,
    ) -> Result<Saved, StoreError> {
        let mut item = self.signed(key(lease.id), connection)?;
        item.insert("credential_pk".into(), s(DUE));
        item.insert("credential_due".into(), n(connection.check_at.as_ms()));
        let until = n(lease.until.as_ms());
        let put = |item: Item, condition: &str| {
            let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
            request.condition_expression(condition).expression_attribute_values(":until", until.clone())
        };
        let mut request = put(item.clone(), lease.nobody_asked());
        if let Some(asked) = &lease.asked {
            request = request.expression_attribute_values(":asked", asked.clone());
        }
        if saved("PutItem", request.send().await)? == Saved::Done {
            return Ok(Saved::Done);
        }
        let due = connection.check_at.min(lease.began_at);
        item.insert("credential_due".into(), n(due.as_ms()));
        saved("PutItem", put(item, HELD).send().await)
    }

    /// Gives the right back with nothing found. The connection is due as it was, or at `due`, unless a check was asked for
    /// meanwhile. [`Saved::Conflict`]: the lease ran out and somebody else has it.
    pub async fn give_connection_back(
        &self,
        lease: Lease,
        due: Option<Timestamp>,
    ) -> Result<Saved, StoreError> {
        let update = |set: &str, condition: &str| {
            let request = self.client.update_item().table_name(&self.table).set_key(Some(key(lease.id)));
            let request = request.update_expression(format!("{set} REMOVE lease_until"));
            request
                .condition_expression(condition)
                .expression_attribute_values(":until", n(lease.until.as_ms()))
        };
        if let Some(due) = due {
            let mut request = update("SET credential_due = :due", lease.nobody_asked());
            request = request.expression_attribute_values(":due", n(due.as_ms()));
            if let Some(asked) = &lease.asked {
                request = request.expression_attribute_values(":asked", asked.clone());
            }
            if saved("UpdateItem", request.send().await)? == Saved::Done {
                return Ok(Saved::Done);
            }
        }
        saved("UpdateItem", update("", HELD).send().await)
    }

    /// Adds a channel to those that a connection reaches. [`Saved::Conflict`]: the lease ran out and somebody else has
    /// it.
    pub async fn include_channel(&self, lease: &Lease, channel: ChannelId) -> Result<Saved, StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key(lease.id)));
        let answer = request
            .update_expression("SET channels = list_append(channels, :channel), changed_by = :changed_by")
            .condition_expression(HELD)
            .expression_attribute_values(":channel", AttributeValue::L(vec![s(channel.to_string())]))
            .expression_attribute_values(":changed_by", self.signature(None)?)
            .expression_attribute_values(":until", n(lease.until.as_ms()))
            .send()
            .await;
        saved("UpdateItem", answer)
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
            .condition_expression(HELD)
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
            .condition_expression(HELD)
            .expression_attribute_values(":until", n(lease.until.as_ms()))
            .send()
            .await;
        saved("DeleteItem", answer)
    }

    /// Makes a connection due at `now`, if it is not due before: a call with it was refused, or somebody wants it looked
    /// at. Whoever is at it does not answer that. False: there is no such connection.
    pub async fn check_connection_soon(&self, id: ConnectionId, now: Timestamp) -> Result<bool, StoreError> {
        let ask = |update: &str, condition: &str| {
            let request = self.client.update_item().table_name(&self.table).set_key(Some(key(id)));
            let request = request.update_expression(format!("{update} ADD {ASKED} :one"));
            request.condition_expression(condition).expression_attribute_values(":one", n(1))
        };
        let sooner = ask("SET credential_due = :now", "attribute_exists(pk) AND credential_due > :now");
        let sooner = sooner.expression_attribute_values(":now", n(now.as_ms())).send().await;
        if saved("UpdateItem", sooner)? == Saved::Done {
            return Ok(true);
        }
        Ok(saved("UpdateItem", ask("", "attribute_exists(pk)").send().await)? == Saved::Done)
    }
}
