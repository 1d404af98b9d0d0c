//! What operators are on. They stand together, so that one query tells a rule everything; and in this table, so that an
//! assignment and what it costs the operator are one transaction, and its stream tells that somebody is available.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};
use madoguchi_domain::assignment::Duty;
use madoguchi_domain::{ConversationId, OperatorId, Timestamp};

use super::commit::{incomplete, lost_race};
use super::{Inbox, conversation};
use crate::Saved;
use crate::access;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

pub(crate) const PARTITION: &str = "duty";
pub(crate) const AVAILABLE: &str = "available";
pub(crate) const CAPACITY: &str = "capacity";
pub(crate) const LOOK_AT: &str = "look_at";
pub(super) const HELD: &str = "held";
pub(super) const GIVEN_AT: &str = "given_at";
const SINCE: &str = "since";

pub(super) fn key(operator: &OperatorId) -> Item {
    item::key(PARTITION, operator.0.clone())
}

/// A conversation in the list of those that somebody holds: 16 bytes rather than 36.
pub(super) fn compact(conversation: ConversationId) -> Blob {
    Blob::new(conversation.as_uuid().as_bytes().as_slice())
}

impl Inbox {
    /// What an operator is on, as last written.
    pub async fn duty(&self, operator: &OperatorId) -> Result<Duty, StoreError> {
        let item = access::item(&self.client, &self.table, key(operator)).await?;
        Ok(item.map_or_else(|| Duty::new(operator.clone()), |item| decode(&item)))
    }

    /// What everybody is on who ever was on anything, as last written.
    pub async fn duties(&self) -> Result<Vec<Duty>, StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(PARTITION))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let items = pages.try_collect().await.map_err(|error| failed("Query", error))?;
        Ok(items.iter().map(decode).collect())
    }

    /// Switches an operator on or off (ASG-5). [`Saved::Conflict`]: they are already.
    pub async fn switch(
        &self,
        operator: &OperatorId,
        available: bool,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(operator)))
            .update_expression("SET #available = :available, #since = :now")
            .condition_expression("attribute_not_exists(#available) OR #available <> :available")
            .expression_attribute_names("#available", AVAILABLE)
            .expression_attribute_names("#since", SINCE)
            .expression_attribute_values(":available", AttributeValue::Bool(available))
            .expression_attribute_values(":now", n(now.as_ms()));
        saved("UpdateItem", request.send().await)
    }

    /// Sets how many conversations the rules give an operator; `None` = as the channels say.
    pub async fn set_capacity(&self, operator: &OperatorId, capacity: Option<u32>) -> Result<(), StoreError> {
        let request = self.client.update_item().table_name(&self.table).set_key(Some(key(operator)));
        let request = request.expression_attribute_names("#capacity", CAPACITY);
        let request = match capacity {
            Some(capacity) => request
                .update_expression("SET #capacity = :capacity")
                .expression_attribute_values(":capacity", n(capacity)),
            None => request.update_expression("REMOVE #capacity"),
        };
        request.send().await.map(drop).map_err(|error| failed("UpdateItem", error))
    }

    /// Asks for a look at what an operator holds, since they may see less than before. Whoever is `gone` is also switched
    /// off. The table's stream does the rest.
    pub async fn look_after(
        &self,
        operator: &OperatorId,
        gone: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(operator)))
            .expression_attribute_names("#look_at", LOOK_AT)
            .expression_attribute_values(":now", n(now.as_ms()));
        if gone {
            request = request
                .update_expression("SET #look_at = :now, #since = :now, #available = :off")
                .expression_attribute_names("#available", AVAILABLE)
                .expression_attribute_names("#since", SINCE)
                .expression_attribute_values(":off", AttributeValue::Bool(false));
        } else {
            request = request.update_expression("SET #look_at = :now");
        }
        request.send().await.map(drop).map_err(|error| failed("UpdateItem", error))
    }

    /// Takes a conversation off what `operator` holds, unless it is open and theirs. Tells whether it was there.
    pub async fn free(&self, operator: &OperatorId, id: ConversationId) -> Result<Saved, StoreError> {
        let current = self.conversation(id).await?;
        let is_theirs = |conversation: &madoguchi_domain::Conversation| {
            conversation.is_open() && conversation.assignee.as_ref() == Some(operator)
        };
        if current.as_ref().is_some_and(is_theirs) {
            return Ok(Saved::Done);
        }
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(operator)))
            .update_expression("DELETE #held :one")
            .condition_expression("contains(#held, :this)")
            .expression_attribute_names("#held", HELD)
            .expression_attribute_values(":one", AttributeValue::Bs(vec![compact(id)]))
            .expression_attribute_values(":this", AttributeValue::B(compact(id)));
        let check = ConditionCheck::builder().table_name(&self.table).set_key(Some(conversation::key(id)));
        let check = match &current {
            Some(current) => check
                .condition_expression("version = :version")
                .expression_attribute_values(":version", n(current.version)),
            None => check.condition_expression("attribute_not_exists(pk)"),
        };
        let update = TransactWriteItem::builder().update(update.build().map_err(incomplete)?);
        let check = TransactWriteItem::builder().condition_check(check.build().map_err(incomplete)?);
        let writes = vec![update.build(), check.build()];
        let answer = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        match answer {
            Ok(_) => Ok(Saved::Done),
            Err(error) if lost_race(&error) => Ok(Saved::Conflict),
            Err(error) => Err(failed("TransactWriteItems", error)),
        }
    }
}

pub(crate) fn decode(item: &Item) -> Duty {
    let number = |name: &str| -> Option<i64> { item.get(name)?.as_n().ok()?.parse().ok() };
    let held = item.get(HELD).and_then(|held| held.as_bs().ok());
    let conversation = |bytes: &Blob| uuid::Uuid::from_slice(bytes.as_ref()).ok()?.to_string().parse().ok();
    Duty {
        operator: OperatorId(text(item, "sk").to_owned()),
        available: item.get(AVAILABLE).is_some_and(|value| value.as_bool() == Ok(&true)),
        since: number(SINCE).map(Timestamp::from_ms),
        capacity: number(CAPACITY).and_then(|capacity| capacity.try_into().ok()),
        held: held.map_or_else(BTreeSet::new, |held| held.iter().filter_map(conversation).collect()),
        given_at: number(GIVEN_AT).map(Timestamp::from_ms),
    }
}
