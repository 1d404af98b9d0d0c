//! What an administrator changes about a channel.

use madoguchi_domain::{ChannelId, ChannelSettings, Timestamp};

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;
use crate::item::{n, s};

impl Directory {
    /// Stores a channel's name and settings; [`Saved::Conflict`] if the channel is not there. Deadlines
    /// of open conversations follow, see [`super::Rearmed`].
    pub async fn change_settings(
        &self,
        id: ChannelId,
        name: &str,
        settings: &ChannelSettings,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let settings = serde_dynamo::to_attribute_value(settings)
            .map_err(|error| StoreError::Unreadable { key: id.to_string(), detail: error.to_string() })?;
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET settings = :settings, settings_changed_at = :now, #name = :name")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":settings", settings)
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":name", s(name))
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}
