//! A channel's icon.

use madoguchi_domain::{ChannelId, Timestamp};

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;
use crate::item::s;

impl Directory {
    /// Notes the digest of a channel's icon, or that it has none. [`Saved::Conflict`]: the channel is gone or deleted.
    pub async fn set_icon(
        &self,
        id: ChannelId,
        digest: Option<&str>,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let mut request = self.client.update_item();
        let update = match digest {
            Some(digest) => {
                request = request.expression_attribute_values(":icon", s(digest));
                "SET changed_by = :changed_by, icon = :icon"
            }
            None => "SET changed_by = :changed_by REMOVE icon",
        };
        let answer = request
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression(update)
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(#status) OR #status.#state <> :deleted)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":deleted", s("deleted"))
            .expression_attribute_values(":changed_by", self.signature(Some(now))?)
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}
