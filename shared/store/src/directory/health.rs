//! Whether a channel can send.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::Rest;
use madoguchi_domain::{ChannelHealth, ChannelId, Timestamp};

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;
use crate::item::{n, s};

impl Directory {
    /// Marks a channel as waiting for re-authorization. [`Saved::Conflict`] means that it already waits
    /// for one: an incident is recorded once, with the cause that was seen first.
    pub async fn hold_channel(
        &self,
        id: ChannelId,
        cause: Cause,
        detail: &str,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let health = ChannelHealth::NeedsReauthorization { cause, since: now, detail: detail.to_owned() };
        self.set_health(id, &health, now, "attribute_exists(pk) AND #health.#state <> :waiting").await
    }

    /// Names the cause of a hold better than whoever met it first could: a refused send only knows the
    /// provider's code, the check that follows knows more. The incident and its beginning stay.
    /// [`Saved::Conflict`]: the channel is not held, or that is its cause already.
    pub async fn name_cause(&self, id: ChannelId, cause: Cause, detail: &str) -> Result<Saved, StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression(
                "SET #health.#cause = :cause, #health.#detail = :detail, changed_by = :changed_by",
            )
            .condition_expression("#health.#state = :waiting AND #health.#cause <> :cause")
            .expression_attribute_names("#health", "health")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#cause", "cause")
            .expression_attribute_names("#detail", "detail")
            .expression_attribute_values(":changed_by", self.signature(None)?)
            .expression_attribute_values(":cause", s(cause.public_id()))
            .expression_attribute_values(":detail", s(detail))
            .expression_attribute_values(":waiting", s("needs_reauthorization"))
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }

    /// Marks a channel as working, which lets its replies go. [`Saved::Conflict`] means that it was
    /// marked so before.
    pub async fn release_channel(&self, id: ChannelId, now: Timestamp) -> Result<Saved, StoreError> {
        let health = ChannelHealth::Healthy { since: now };
        self.set_health(id, &health, now, "attribute_exists(pk) AND #health.#state <> :healthy").await
    }

    async fn set_health(
        &self,
        id: ChannelId,
        health: &ChannelHealth,
        now: Timestamp,
        condition: &str,
    ) -> Result<Saved, StoreError> {
        let value = serde_dynamo::to_attribute_value(health)
            .map_err(|error| StoreError::Unreadable { key: id.to_string(), detail: error.to_string() })?;
        let state = if condition.contains(":healthy") {
            (":healthy", "healthy")
        } else {
            (":waiting", "needs_reauthorization")
        };
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET #health = :health, changed_by = :changed_by")
            .condition_expression(condition)
            .expression_attribute_names("#health", "health")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":health", value)
            .expression_attribute_values(":changed_by", self.signature(Some(now))?)
            .expression_attribute_values(state.0, s(state.1))
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }

    /// Lets a channel rest until `until`; a longer rest that is noted already stays.
    pub async fn pause_channel(
        &self,
        id: ChannelId,
        until: Timestamp,
        rest: Rest,
    ) -> Result<Saved, StoreError> {
        let why = serde_dynamo::to_attribute_value(rest)
            .map_err(|error| StoreError::Unreadable { key: id.to_string(), detail: error.to_string() })?;
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET paused_until = :until, paused_for = :why")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(paused_until) OR paused_until < :until)",
            )
            .expression_attribute_values(":until", n(until.as_ms()))
            .expression_attribute_values(":why", why)
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}
