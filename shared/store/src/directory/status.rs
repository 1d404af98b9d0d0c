//! Whether a channel is in use.

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::{Channel, ChannelHealth, ChannelStatus, Timestamp};
use serde::Serialize;

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;
use crate::item::{n, s};

impl Directory {
    /// Puts `status` in place of that of `channel`, as it was read; [`Saved::Conflict`] if it is another one by now. A
    /// channel that is switched on is checked before it sends. Open conversations follow as after a change of
    /// settings, see [`super::Rearmed`].
    pub async fn set_status(
        &self,
        channel: &Channel,
        status: &ChannelStatus,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let mut request = self.client.update_item();
        let update = if status.is_on() {
            request = request
                .expression_attribute_names("#health", "health")
                .expression_attribute_values(":health", value(channel, &ChannelHealth::Connecting)?);
            "SET settings_changed_at = :now, changed_by = :changed_by, #health = :health REMOVE #status"
        } else {
            request = request.expression_attribute_values(":status", value(channel, status)?);
            "SET settings_changed_at = :now, changed_by = :changed_by, #status = :status"
        };
        let condition = if channel.status.is_on() {
            "attribute_exists(pk) AND attribute_not_exists(#status)"
        } else {
            request = request.expression_attribute_values(":before", value(channel, &channel.status)?);
            "#status = :before"
        };
        let answer = request
            .table_name(&self.table)
            .set_key(Some(channel::key(channel.id)))
            .update_expression(update)
            .condition_expression(condition)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":changed_by", self.signature(Some(now))?)
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }

    /// Stores name, place, connection and installer of `channel`, whose account was connected anew, and switches it on;
    /// [`Saved::Conflict`] if it is no more as `deleted` was read. Its settings stay.
    pub async fn resume_channel(&self, channel: &Channel, deleted: &Channel) -> Result<Saved, StoreError> {
        let attributes = [
            ("#name", "name", Some(channel.name.clone())),
            ("#connection", "connection_id", Some(channel.connection_id.to_string())),
            ("#installer", "installer", channel.installer.as_ref().map(|installer| installer.0.clone())),
            ("#brand", "brand", channel.brand.map(|brand| brand.to_string())),
            ("#department", "department", channel.department.map(|department| department.to_string())),
        ];
        let mut set =
            "SET settings_changed_at = :now, changed_by = :changed_by, #health = :health".to_owned();
        let mut remove = "REMOVE #status, #until, #for, #quota, credential, subscription".to_owned();
        let mut request = self.client.update_item();
        for (alias, name, text) in attributes {
            request = request.expression_attribute_names(alias, name);
            match text {
                Some(text) => {
                    set = format!("{set}, {alias} = :{name}");
                    request = request.expression_attribute_values(format!(":{name}"), s(text));
                }
                None => remove = format!("{remove}, {alias}"),
            }
        }
        let answer = request
            .table_name(&self.table)
            .set_key(Some(channel::key(channel.id)))
            .update_expression(format!("{set} {remove}"))
            .condition_expression("#status = :before")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#health", "health")
            .expression_attribute_names("#until", "paused_until")
            .expression_attribute_names("#for", "paused_for")
            .expression_attribute_names("#quota", "quota")
            .expression_attribute_values(":now", n(channel.settings_changed_at.as_ms()))
            .expression_attribute_values(":changed_by", self.signature(Some(channel.settings_changed_at))?)
            .expression_attribute_values(":health", value(channel, &channel.health)?)
            .expression_attribute_values(":before", value(channel, &deleted.status)?)
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}

fn value(channel: &Channel, of: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(of)
        .map_err(|error| StoreError::Unreadable { key: channel.id.to_string(), detail: error.to_string() })
}
