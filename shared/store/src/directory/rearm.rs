//! Which changes of settings have reached the open conversations (TMR-12).

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::{Channel, ChannelId, Section, Timestamp};

use super::{Directory, channel};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n};

/// A channel with the time through which its settings have reached its open conversations.
#[derive(Clone, Debug)]
pub struct Rearmed {
    /// The channel.
    pub channel: Channel,
    /// Per section: every change made until then has reached the section's conversations.
    unanswered_through: Timestamp,
    answered_through: Timestamp,
}

impl Rearmed {
    /// See [`Rearmed`].
    pub fn through(&self, section: Section) -> Timestamp {
        match section {
            Section::Unanswered => self.unanswered_through,
            _ => self.answered_through,
        }
    }
}

fn attribute(section: Section) -> &'static str {
    match section {
        Section::Unanswered => "rearmed_unanswered_through",
        _ => "rearmed_answered_through",
    }
}

impl Directory {
    /// Every channel, with how far its settings have reached.
    pub async fn rearmed_channels(&self) -> Result<Vec<Rearmed>, StoreError> {
        let through = |item: &Item, section| {
            let ms =
                item.get(attribute(section)).map(AttributeValue::as_n).and_then(Result::ok)?.parse().ok()?;
            Some(Timestamp::from_ms(ms))
        };
        let items = self.channel_items().await?;
        items
            .into_iter()
            .map(|item| {
                let unanswered_through = through(&item, Section::Unanswered).unwrap_or_default();
                let answered_through = through(&item, Section::Answered).unwrap_or_default();
                Ok(Rearmed { channel: item::decode(item)?, unanswered_through, answered_through })
            })
            .collect()
    }

    /// Notes that every change made until `through` has reached the conversations of `section`.
    pub async fn note_rearmed(
        &self,
        id: ChannelId,
        section: Section,
        through: Timestamp,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET #through = :through")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#through", attribute(section))
            .expression_attribute_values(":through", n(through.as_ms()))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("UpdateItem", error))
    }
}
