//! How many replies of a channel ended in which way (`madoguchi_domain::tally`): an item per channel and hour, in which each ten
//! minutes have attributes of their own. Several processes add to it at once, and its end of life deletes it.

use madoguchi_domain::tally::{KEPT, Slots, Tally};
use madoguchi_domain::{ChannelId, Span, Timestamp};

use super::Inbox;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const HOUR: Span = Span::from_hours(1);
const MINUTE: Span = Span::from_minutes(1);
/// Items of a day, and the hour that it begins in: mostly all that is read.
const PAGE: i32 = 26;

fn partition(channel: ChannelId) -> String {
    format!("channel#{channel}")
}

fn sort_key(hour: Timestamp) -> String {
    format!("t#{:013}", hour.as_ms())
}

impl Inbox {
    /// Adds `tally` to what is known of the slot that begins at `begin`. Not idempotent: should the answer be lost and the
    /// call be repeated, the replies are counted twice.
    pub async fn add_tally(
        &self,
        channel: ChannelId,
        begin: Timestamp,
        tally: &Tally,
    ) -> Result<(), StoreError> {
        let into = begin.as_ms().rem_euclid(HOUR.as_ms());
        let (hour, minute) = (Timestamp::from_ms(begin.as_ms() - into), into / MINUTE.as_ms());
        let named = |what: &str| format!("m{minute:02}_{what}");
        let counts = [(named("accepted"), tally.accepted), (named("unconfirmed"), tally.unconfirmed)];
        let refused =
            tally.refused.iter().map(|(reason, count)| (named(&format!("refused_{reason}")), *count));
        let mut request = self.client.update_item();
        let mut add = Vec::new();
        for (at, (name, count)) in counts.into_iter().chain(refused).filter(|it| it.1 > 0).enumerate() {
            add.push(format!("#a{at} :a{at}"));
            request = request
                .expression_attribute_names(format!("#a{at}"), name)
                .expression_attribute_values(format!(":a{at}"), n(count));
        }
        let mut update = format!("ADD {} SET expires_at = :end", add.join(", "));
        if let Some(at) = tally.last_accepted_at {
            update += ", #last = :last";
            request = request
                .expression_attribute_names("#last", named("last_accepted_at"))
                .expression_attribute_values(":last", n(at.as_ms()));
        }
        if add.is_empty() {
            return Ok(());
        }
        request
            .table_name(&self.table)
            .set_key(Some(item::key(partition(channel), sort_key(hour))))
            .update_expression(update)
            .expression_attribute_values(":end", n((hour + HOUR + KEPT).as_ms() / 1000))
            .send()
            .await
            .map(drop)
            .map_err(|error| failed("UpdateItem", error))
    }

    /// What is known of the latest 24 hours, and of the time before as far as the latest accepted reply. A count that was
    /// written in this moment may be missing.
    pub async fn tallies(&self, channel: ChannelId, now: Timestamp) -> Result<Slots, StoreError> {
        let (mut slots, mut from) = (Slots::new(), None);
        let day_ago = now - Span::from_hours(25);
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(partition(channel)))
                // What has reached its end of life may still be there for some days.
                .expression_attribute_values(":first", s(sort_key(now - KEPT)))
                .expression_attribute_values(":last", s(sort_key(now + HOUR)))
                .scan_index_forward(false)
                .limit(PAGE)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            for item in answer.items.unwrap_or_default() {
                read(&item, &mut slots);
            }
            from = answer.last_evaluated_key;
            let is_told = slots.keys().next().is_some_and(|first| *first < day_ago)
                && slots.values().any(|tally| tally.last_accepted_at.is_some());
            if from.is_none() || is_told {
                return Ok(slots);
            }
        }
    }
}

/// What cannot be read belongs to a later release.
fn read(item: &Item, slots: &mut Slots) {
    let Some(hour) = text(item, "sk").strip_prefix("t#").and_then(|ms| ms.parse().ok()) else { return };
    let counted = item.iter().filter_map(|(name, value)| {
        let (minute, what) = name.strip_prefix('m')?.split_once('_')?;
        let count = value.as_n().ok().and_then(|count| count.parse::<i64>().ok())?;
        Some((minute.parse().ok()?, what, count))
    });
    for (minute, what, number) in counted {
        let slot = slots.entry(Timestamp::from_ms(hour) + Span::from_minutes(minute)).or_default();
        let count = u64::try_from(number).unwrap_or_default();
        match what {
            "accepted" => slot.accepted = count,
            "unconfirmed" => slot.unconfirmed = count,
            "last_accepted_at" => slot.last_accepted_at = Some(Timestamp::from_ms(number)),
            what => {
                if let Some(reason) = what.strip_prefix("refused_") {
                    slot.refused.insert(reason.to_owned(), count);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_release_writes_beside_the_counts_is_passed_over() {
        let hour = 1_700_000_400_000 - 1_700_000_400_000 % HOUR.as_ms();
        let mut item = item::key("channel#x", sort_key(Timestamp::from_ms(hour)));
        for (name, value) in [
            ("m10_accepted", n(3)),
            ("m10_refused_quota_exhausted", n(2)),
            ("m10_last_accepted_at", n(hour + 601_000)),
            ("m50_unconfirmed", n(1)),
            ("m50_something", n(7)),
            ("mxx_accepted", n(7)),
            ("m20_accepted", s("seven")),
            ("expires_at", n(1)),
        ] {
            item.insert(name.to_owned(), value);
        }
        let mut slots = Slots::new();
        read(&item, &mut slots);
        let expected = Slots::from([
            (
                Timestamp::from_ms(hour + 600_000),
                Tally {
                    accepted: 3,
                    refused: [("quota_exhausted".to_owned(), 2)].into(),
                    last_accepted_at: Some(Timestamp::from_ms(hour + 601_000)),
                    ..Tally::default()
                },
            ),
            (Timestamp::from_ms(hour + 3_000_000), Tally { unconfirmed: 1, ..Tally::default() }),
        ]);
        assert_eq!(slots, expected);
    }
}
