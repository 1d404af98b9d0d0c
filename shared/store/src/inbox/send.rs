//! The states of a reply: claimed and settled by whoever sends it.

use aws_sdk_dynamodb::types::Put;
use madoguchi_domain::Message;

use super::{Inbox, message};
use crate::Saved;
use crate::error::StoreError;
use crate::item::n;

impl Inbox {
    /// Stores a reply's new state if nobody else wrote it since it was read. Of two senders that
    /// claim the same reply, one gets [`Saved::Conflict`].
    pub async fn save_message(&self, changed: &Message) -> Result<Saved, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(message::encode(changed)?))
            .condition_expression("rev = :rev")
            .expression_attribute_values(":rev", n(changed.rev))
            .build()
            .map_err(|error| StoreError::Unavailable { operation: "PutItem", detail: error.to_string() })?;
        self.put_alone(put).await
    }
}
