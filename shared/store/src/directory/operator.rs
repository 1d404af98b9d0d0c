//! Operators: what customers see of them.

use madoguchi_domain::OperatorId;
use madoguchi_domain::sender::Profile;

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

const PARTITION: &str = "operator";

fn key(operator: &OperatorId) -> Item {
    item::key(PARTITION, operator.0.clone())
}

impl Directory {
    /// What is kept of an operator; `None` of one who has set nothing.
    pub async fn operator(&self, id: &OperatorId) -> Result<Option<Profile>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Every operator who has set something.
    pub async fn operators(&self) -> Result<Vec<Profile>, StoreError> {
        let mut operators = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(PARTITION))
                .set_exclusive_start_key(from)
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                operators.push(item::decode(item)?);
            }
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(operators);
            }
        }
    }

    /// Writes what is kept of an operator, if nobody has since it was read.
    pub async fn save_operator(&self, profile: &Profile) -> Result<Saved, StoreError> {
        let mut next = profile.clone();
        next.rev += 1;
        let request = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::encode(key(&next.operator), &next)?))
            .condition_expression(if profile.rev == 0 { "attribute_not_exists(pk)" } else { "rev = :rev" });
        let request = if profile.rev == 0 {
            request
        } else {
            request.expression_attribute_values(":rev", n(profile.rev))
        };
        saved("PutItem", request.send().await)
    }
}
