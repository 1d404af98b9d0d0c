//! What a channel may send in this month.

use madoguchi_domain::ChannelId;
use madoguchi_domain::quota::Quota;

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;

impl Directory {
    /// Notes what the provider told about the month's messages. [`Saved::Conflict`]: the channel is gone.
    pub async fn note_quota(&self, id: ChannelId, quota: Quota) -> Result<Saved, StoreError> {
        let value = serde_dynamo::to_attribute_value(quota)
            .map_err(|error| StoreError::Unreadable { key: id.to_string(), detail: error.to_string() })?;
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET quota = :quota")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":quota", value)
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}
