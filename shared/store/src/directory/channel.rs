//! Channels.

use madoguchi_domain::{Channel, ChannelId};

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item};

pub(super) const PARTITION: &str = "channel";

pub(super) fn key(channel: ChannelId) -> Item {
    item::key(PARTITION, channel.to_string())
}

impl Directory {
    /// The channel, strongly consistent: a held channel must not be taken for a healthy one.
    pub async fn channel(&self, id: ChannelId) -> Result<Option<Channel>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Every channel.
    pub async fn channels(&self) -> Result<Vec<Channel>, StoreError> {
        self.list(PARTITION).await
    }

    pub(super) async fn channel_items(&self) -> Result<Vec<Item>, StoreError> {
        self.items(PARTITION).await
    }

    /// Adds a channel; [`Saved::Conflict`] if it is there already.
    pub async fn add_channel(&self, channel: &Channel) -> Result<Saved, StoreError> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.signed(key(channel.id), channel)?))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        saved("PutItem", answer)
    }
}

/// A conditional write's answer: a failed condition is a lost race, not an error.
pub(crate) fn saved<T, E, R>(
    operation: &'static str,
    answer: Result<T, aws_sdk_dynamodb::error::SdkError<E, R>>,
) -> Result<Saved, StoreError>
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
    match answer {
        Ok(_) => Ok(Saved::Done),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(Saved::Conflict),
        Err(error) => Err(failed(operation, error)),
    }
}
