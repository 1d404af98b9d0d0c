//! A message by itself: stored when it is new, and a reply's states, claimed and settled by whoever sends it.

use aws_sdk_dynamodb::types::Put;
use madoguchi_domain::Message;

use super::{Inbox, message};
use crate::Saved;
use crate::error::StoreError;
use crate::item::n;

impl Inbox {
    /// Stores a new message; [`Saved::Conflict`] if it is there.
    pub async fn create(&self, message: &Message) -> Result<Saved, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(message::encode(message)?))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .map_err(incomplete)?;
        self.put_alone(put).await
    }

    /// Stores a reply's new state if nobody else wrote it since it was read. Of two senders that
    /// claim the same reply, one gets [`Saved::Conflict`].
    pub async fn save_message(&self, changed: &Message) -> Result<Saved, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(message::encode(changed)?))
            .condition_expression("rev = :rev")
            .expression_attribute_values(":rev", n(changed.rev))
            .build()
            .map_err(incomplete)?;
        self.put_alone(put).await
    }
}

fn incomplete(error: aws_sdk_dynamodb::error::BuildError) -> StoreError {
    StoreError::Unavailable { operation: "PutItem", detail: error.to_string() }
}
