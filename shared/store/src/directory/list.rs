//! Everything of one kind.

use serde::de::DeserializeOwned;

use super::Directory;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, s};

impl Directory {
    pub(super) async fn list<T: DeserializeOwned>(&self, partition: &str) -> Result<Vec<T>, StoreError> {
        self.items(partition).await?.into_iter().map(item::decode).collect()
    }

    pub(super) async fn items(&self, partition: &str) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", s(partition))
                .set_exclusive_start_key(from)
                .consistent_read(true)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}
