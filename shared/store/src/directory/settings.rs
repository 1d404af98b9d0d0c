//! What an administrator changes about a channel.

use madoguchi_domain::{ChannelId, ChannelSettings, Timestamp};

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;
use crate::item::{n, s};

impl Directory {
    /// Stores a channel's name and settings in place of those of `read_at` (when what was read had been
    /// changed last); [`Saved::Conflict`] if somebody else changed them since, or the channel is gone.
    /// Deadlines of open conversations follow, see [`super::Rearmed`].
    pub async fn change_settings(
        &self,
        id: ChannelId,
        name: &str,
        settings: &ChannelSettings,
        read_at: Timestamp,
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
            .condition_expression("settings_changed_at = :read_at")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":settings", settings)
            .expression_attribute_values(":read_at", n(read_at.as_ms()))
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":name", s(name))
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}
