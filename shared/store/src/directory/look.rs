//! What a look at the provider found besides whether the credential works.

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::account::AccountNote;
use madoguchi_domain::credential::Credential;
use madoguchi_domain::subscription::Subscription;
use madoguchi_domain::{ChannelId, Timestamp};
use serde::Serialize;

use super::{Directory, channel};
use crate::Saved;
use crate::error::StoreError;

/// What a look found.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// With what the channel is reached.
    pub credential: Credential,
    /// How its subscription was found, if the provider told.
    pub subscription: Option<&'a Subscription>,
    /// What gets in the way in the account's settings, if that is news.
    pub notes: Option<&'a [AccountNote]>,
}

impl Directory {
    /// Notes what a look at a channel found. [`Saved::Conflict`]: the channel is gone.
    pub async fn note_look(
        &self,
        id: ChannelId,
        found: Found<'_>,
        now: Timestamp,
    ) -> Result<Saved, StoreError> {
        let Found { credential, subscription, notes } = found;
        let mut update = "SET credential = :credential, changed_by = :changed_by".to_owned();
        let mut request = self
            .client
            .update_item()
            .expression_attribute_values(":credential", value(id, &credential)?)
            .expression_attribute_values(":changed_by", self.signature(Some(now))?);
        if let Some(subscription) = subscription {
            update += ", subscription = :subscription";
            request = request.expression_attribute_values(":subscription", value(id, subscription)?);
        }
        if let Some(notes) = notes {
            update += ", account_notes = :notes";
            request = request.expression_attribute_values(":notes", value(id, &notes)?);
        }
        let answer = request
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression(update)
            .condition_expression("attribute_exists(pk)")
            .send()
            .await;
        channel::saved("UpdateItem", answer)
    }
}

fn value(id: ChannelId, of: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(of)
        .map_err(|error| StoreError::Unreadable { key: id.to_string(), detail: error.to_string() })
}
