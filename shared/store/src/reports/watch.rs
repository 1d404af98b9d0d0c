//! What was seen of channels: an item per channel and day of UTC, with an attribute for each look and for each hour's replies.

use std::collections::BTreeMap;

use madoguchi_domain::report::{ChannelState, Ended, Watch};
use madoguchi_domain::{ChannelId, Span, Timestamp};

use super::{Reports, place, seconds, watches_of};
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const DAY: Span = Span::from_days(1);

impl Reports {
    /// Notes what was seen of a channel on a day of UTC, beside what is known of it.
    pub async fn note_watch(
        &self,
        channel: ChannelId,
        day: Timestamp,
        watch: &Watch,
    ) -> Result<(), StoreError> {
        let mut attributes = Vec::new();
        for (slot, state) in &watch.states {
            attributes.push((format!("s{slot:03}"), s(state.letter())));
        }
        for (hour, Ended { accepted, refused, refused_of_customers, unconfirmed }) in &watch.replies {
            let counts = format!("{accepted},{refused},{refused_of_customers},{unconfirmed}");
            attributes.push((format!("t{hour:02}"), s(counts)));
        }
        if let Some(quota) = &watch.quota {
            let value = serde_dynamo::to_attribute_value(quota).map_err(|error| StoreError::Unreadable {
                key: channel.to_string(),
                detail: error.to_string(),
            })?;
            attributes.push(("q".to_owned(), value));
        }
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(watches_of(channel), place(day))))
            .expression_attribute_values(":end", n(seconds(day + DAY + self.keep)));
        let mut set = vec!["expires_at = :end".to_owned()];
        for (at, (name, value)) in attributes.into_iter().enumerate() {
            set.push(format!("#a{at} = :a{at}"));
            request = request
                .expression_attribute_names(format!("#a{at}"), name)
                .expression_attribute_values(format!(":a{at}"), value);
        }
        request
            .update_expression(format!("SET {}", set.join(", ")))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("UpdateItem", error))
    }

    /// What was seen of a channel on the days of UTC that a stretch of time touches.
    pub async fn watches(
        &self,
        channel: ChannelId,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<BTreeMap<Timestamp, Watch>, StoreError> {
        let items = self.between(watches_of(channel), (from - DAY, to)).await?;
        Ok(items.iter().filter_map(decode).collect())
    }
}

/// What cannot be read belongs to a later release.
pub(super) fn decode(item: &Item) -> Option<(Timestamp, Watch)> {
    let day = text(item, "sk").parse().ok()?;
    let mut watch = Watch::default();
    for (name, value) in item {
        if let Some(slot) = name.strip_prefix('s').and_then(|slot| slot.parse().ok())
            && let Some(state) = value.as_s().ok().and_then(|letter| ChannelState::of_letter(letter))
        {
            watch.states.insert(slot, state);
        }
        if let Some(hour) = name.strip_prefix('t').and_then(|hour| hour.parse().ok())
            && let Some(ended) = value.as_s().ok().and_then(|counts| ended(counts))
        {
            watch.replies.insert(hour, ended);
        }
    }
    watch.quota = item.get("q").and_then(|quota| serde_dynamo::from_attribute_value(quota.clone()).ok());
    Some((Timestamp::from_ms(day), watch))
}

fn ended(counts: &str) -> Option<Ended> {
    let mut counts = counts.split(',').map(|count| count.parse().ok());
    let mut next = || counts.next().flatten();
    Some(Ended { accepted: next()?, refused: next()?, refused_of_customers: next()?, unconfirmed: next()? })
}
