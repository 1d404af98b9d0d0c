//! Which changes of settings have reached the open conversations (TMR-12).

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{Channel, ChannelId, Timestamp};

use super::{Directory, channel};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n};

/// A channel with the time through which its settings have reached its open conversations.
#[derive(Clone, Debug)]
pub struct Rearmed {
    /// The channel.
    pub channel: Channel,
    /// Per closer: every change made until then has reached the conversations that it looks after.
    unanswered_through: Timestamp,
    idle_through: Timestamp,
}

impl Rearmed {
    /// See [`Rearmed`].
    pub fn through(&self, closer: DeadlineKind) -> Timestamp {
        match closer {
            DeadlineKind::Unanswered => self.unanswered_through,
            _ => self.idle_through,
        }
    }
}

fn attribute(closer: DeadlineKind) -> &'static str {
    match closer {
        DeadlineKind::Unanswered => "rearmed_unanswered_through",
        _ => "rearmed_idle_through",
    }
}

impl Directory {
    /// Every channel, with how far its settings have reached.
    pub async fn rearmed_channels(&self) -> Result<Vec<Rearmed>, StoreError> {
        let through = |item: &Item, closer| {
            let ms =
                item.get(attribute(closer)).map(AttributeValue::as_n).and_then(Result::ok)?.parse().ok()?;
            Some(Timestamp::from_ms(ms))
        };
        let items = self.channel_items().await?;
        items
            .into_iter()
            .map(|item| {
                let unanswered_through = through(&item, DeadlineKind::Unanswered).unwrap_or_default();
                let idle_through = through(&item, DeadlineKind::Idle).unwrap_or_default();
                Ok(Rearmed { channel: item::decode(item)?, unanswered_through, idle_through })
            })
            .collect()
    }

    /// Notes that every change made until `through` has reached the conversations that `closer` looks after.
    pub async fn note_rearmed(
        &self,
        id: ChannelId,
        closer: DeadlineKind,
        through: Timestamp,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET #through = :through")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#through", attribute(closer))
            .expression_attribute_values(":through", n(through.as_ms()))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("UpdateItem", error))
    }
}
