//! Which changes of settings have reached the open conversations (TMR-12).

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::conversation::Section;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{Channel, ChannelId, Timestamp};

use super::{Directory, channel};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

/// A channel with the time through which its settings have reached its open conversations.
#[derive(Clone, Debug)]
pub struct Rearmed {
    /// The channel.
    pub channel: Channel,
    /// Per closer: every change made until then has reached the conversations that it looks after.
    unanswered_through: Timestamp,
    idle_through: Timestamp,
    unanswered_walk: Option<Walk>,
    idle_walk: Option<Walk>,
}

/// A way through a channel's open conversations that is not at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// When it began: changes made until then have reached what it has passed.
    pub began_at: Timestamp,
    /// The section that it is in.
    pub section: Section,
    /// Where in the list it goes on; `None` = at its beginning.
    pub before: Option<String>,
}

impl Walk {
    fn written(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        format!("{}/{}/{before}", self.began_at.as_ms(), self.section.as_str())
    }

    fn read(text: &str) -> Option<Self> {
        let mut fields = text.splitn(3, '/');
        let began_at = Timestamp::from_ms(fields.next()?.parse().ok()?);
        let name = fields.next()?;
        let section = Section::ALL.into_iter().find(|section| section.as_str() == name)?;
        let before = fields.next().filter(|before| !before.is_empty()).map(str::to_owned);
        Some(Self { began_at, section, before })
    }
}

impl Rearmed {
    /// See [`Rearmed`].
    pub fn through(&self, closer: DeadlineKind) -> Timestamp {
        match closer {
            DeadlineKind::Unanswered => self.unanswered_through,
            _ => self.idle_through,
        }
    }

    /// Where `closer` goes on.
    pub const fn walk(&self, closer: DeadlineKind) -> Option<&Walk> {
        match closer {
            DeadlineKind::Unanswered => self.unanswered_walk.as_ref(),
            _ => self.idle_walk.as_ref(),
        }
    }
}

fn attribute(closer: DeadlineKind) -> &'static str {
    match closer {
        DeadlineKind::Unanswered => "rearmed_unanswered_through",
        _ => "rearmed_idle_through",
    }
}

fn walk_attribute(closer: DeadlineKind) -> &'static str {
    match closer {
        DeadlineKind::Unanswered => "rearming_unanswered",
        _ => "rearming_idle",
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
                let walk = |closer| Walk::read(text(&item, walk_attribute(closer)));
                let (unanswered_walk, idle_walk) = (walk(DeadlineKind::Unanswered), walk(DeadlineKind::Idle));
                let channel = item::decode(item)?;
                Ok(Rearmed { channel, unanswered_through, idle_through, unanswered_walk, idle_walk })
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
            .update_expression("SET #through = :through REMOVE #walk")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#through", attribute(closer))
            .expression_attribute_names("#walk", walk_attribute(closer))
            .expression_attribute_values(":through", n(through.as_ms()))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("UpdateItem", error))
    }

    /// Notes where `closer` goes on with its way through the channel's open conversations.
    pub async fn note_walk(
        &self,
        id: ChannelId,
        closer: DeadlineKind,
        walk: &Walk,
    ) -> Result<(), StoreError> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(channel::key(id)))
            .update_expression("SET #walk = :walk")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#walk", walk_attribute(closer))
            .expression_attribute_values(":walk", s(walk.written()))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("UpdateItem", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmr_12_where_a_walk_goes_on_is_written_as_it_is_read() {
        let began_at = Timestamp::from_ms(1_800_000_000_000);
        for before in [None, Some("1700000000000-1809223c-a54e-5e9b-ae37-4058be706671".to_owned())] {
            let walk = Walk { began_at, section: Section::Snoozed, before };
            assert_eq!(Walk::read(&walk.written()), Some(walk));
        }
        for unreadable in ["", "1", "x/assigned/", "1/elsewhere/"] {
            assert_eq!(Walk::read(unreadable), None, "{unreadable}");
        }
    }
}
