//! What an administrator changes about a channel.

use madoguchi_domain::{Channel, Timestamp};

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;
use crate::item::{n, s};

impl Directory {
    /// Stores `channel`'s name, place and settings in place of those of `read_at` (when what was read had been
    /// changed last); [`Saved::Conflict`] if somebody else changed them since, or the channel is gone.
    /// Deadlines of open conversations follow, see [`super::Rearmed`].
    pub async fn change_channel(
        &self,
        channel: &Channel,
        read_at: Timestamp,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let settings = serde_dynamo::to_attribute_value(&channel.settings).map_err(|error| {
            StoreError::Unreadable { key: channel.id.to_string(), detail: error.to_string() }
        })?;
        // What does not belong to a brand or a department has no such attribute.
        let places = [
            ("brand", ":brand", channel.brand.map(|brand| brand.to_string())),
            ("department", ":department", channel.department.map(|department| department.to_string())),
        ];
        let mut set =
            "SET settings = :settings, settings_changed_at = :now, #name = :name, changed_by = :changed_by"
                .to_owned();
        let mut remove = Vec::new();
        let mut request = self.client.update_item();
        for (name, value, place) in places {
            match place {
                Some(place) => {
                    set = format!("{set}, {name} = {value}");
                    request = request.expression_attribute_values(value, s(place));
                }
                None => remove.push(name),
            }
        }
        if !remove.is_empty() {
            set = format!("{set} REMOVE {}", remove.join(", "));
        }
        let answer = request
            .table_name(&self.table)
            .set_key(Some(channel::key(channel.id)))
            .update_expression(set)
            .condition_expression("settings_changed_at = :read_at")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":settings", settings)
            .expression_attribute_values(":changed_by", self.signature(Some(now))?)
            .expression_attribute_values(":read_at", n(read_at.as_ms()))
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":name", s(&channel.name))
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}
