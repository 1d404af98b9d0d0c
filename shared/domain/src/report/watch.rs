//! How channels fared over time: looked at every ten minutes, and kept by day of UTC.

use std::collections::BTreeMap;

use super::{Period, floor};
use crate::channel::{Channel, ChannelHealth};
use crate::quota::Quota;
use crate::tally::{SLOT, Slots, Tally};
use crate::time::{Span, Timestamp};

/// Looks in a day: one every ten minutes.
pub const SLOTS_PER_DAY: u16 = 144;
const DAY: Span = Span::from_days(1);
/// Hours before a look whose replies are noted with it: counts of them come in a minute late, and a look may be missed.
const RECENT: Span = Span::from_hours(3);

/// How a channel stood when somebody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChannelState {
    /// It could send.
    Healthy,
    /// Replies waited for a working credential.
    NeedsReauthorization,
    /// Its credential had not been looked at yet.
    Connecting,
    /// An administrator had switched it off.
    Off,
}

impl ChannelState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Healthy, Self::NeedsReauthorization, Self::Connecting, Self::Off];

    /// That of `channel`; `None` once it is deleted.
    pub const fn of(channel: &Channel) -> Option<Self> {
        use crate::channel::ChannelStatus as Status;
        match (&channel.status, &channel.health) {
            (Status::Deleted { .. }, _) => None,
            (Status::Off { .. }, _) => Some(Self::Off),
            (Status::On, ChannelHealth::Healthy { .. }) => Some(Self::Healthy),
            (Status::On, ChannelHealth::NeedsReauthorization { .. }) => Some(Self::NeedsReauthorization),
            (Status::On, ChannelHealth::Connecting) => Some(Self::Connecting),
        }
    }

    /// As it is stored: one letter.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Healthy => "h",
            Self::NeedsReauthorization => "r",
            Self::Connecting => "c",
            Self::Off => "o",
        }
    }

    /// The one of that letter.
    pub fn of_letter(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.letter() == letter)
    }
}

/// How replies of an hour ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// The provider took them.
    pub accepted: u64,
    /// It did not, for what lies with the channel, the message or the provider.
    pub refused: u64,
    /// It did not, for what lies with the customer.
    pub refused_of_customers: u64,
    /// Nobody knows.
    pub unconfirmed: u64,
}

impl Ended {
    fn of(tally: &Tally) -> Self {
        Self {
            accepted: tally.accepted,
            refused: tally.refused(),
            refused_of_customers: tally.refused_of_customers(),
            unconfirmed: tally.unconfirmed,
        }
    }

    fn add(&mut self, other: Self) {
        self.accepted = self.accepted.saturating_add(other.accepted);
        self.refused = self.refused.saturating_add(other.refused);
        self.refused_of_customers = self.refused_of_customers.saturating_add(other.refused_of_customers);
        self.unconfirmed = self.unconfirmed.saturating_add(other.unconfirmed);
    }
}

/// What was seen of a channel on a day of UTC, or a part of that. Every piece has its place, so that seeing it again changes
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// How it stood, by the number of the look.
    pub states: BTreeMap<u16, ChannelState>,
    /// How replies ended, by hour.
    pub replies: BTreeMap<u8, Ended>,
    /// The month's messages, as the provider told last.
    pub quota: Option<Quota>,
}

/// The day of UTC that `at` is in, and the number of its look.
pub fn watch_slot(at: Timestamp) -> (Timestamp, u16) {
    let day = floor(at, DAY);
    (day, u16::try_from(at.since(day).as_ms() / SLOT.as_ms()).unwrap_or_default())
}

impl Watch {
    /// What a look at `channel` shows at `now`, by day: its state, its quota, and how its replies of the latest hours ended.
    pub fn look(channel: &Channel, tallies: &Slots, now: Timestamp) -> BTreeMap<Timestamp, Self> {
        let mut days: BTreeMap<Timestamp, Self> = BTreeMap::new();
        let (today, slot) = watch_slot(now);
        if let Some(state) = ChannelState::of(channel) {
            let watch = days.entry(today).or_default();
            watch.states.insert(slot, state);
            // A number from before midnight is yesterday's.
            watch.quota = channel.quota.filter(|quota| quota.read_at >= today);
        }
        let mut hours: BTreeMap<Timestamp, Tally> = BTreeMap::new();
        for (begin, tally) in tallies {
            hours.entry(super::hour_of(*begin)).or_default().add(tally);
        }
        for (hour, tally) in hours {
            let (day, slot) = watch_slot(hour);
            if now.since(hour) < RECENT + super::HOUR {
                let of_day = u8::try_from(slot / 6).unwrap_or_default();
                days.entry(day).or_default().replies.insert(of_day, Ended::of(&tally));
            }
        }
        days
    }
}

/// A channel's day in the reader's time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelDay {
    /// For how long it stood how, to ten minutes. When nobody looked is in none.
    pub states: BTreeMap<ChannelState, Span>,
    /// How its replies ended.
    pub replies: Ended,
    /// The month's messages, as the provider told last on that day.
    pub quota: Option<Quota>,
}

impl Period {
    /// What was seen of a channel on days of UTC, as the period's days.
    pub fn channel_days(&self, watches: &BTreeMap<Timestamp, Watch>) -> Vec<ChannelDay> {
        let mut days = vec![ChannelDay::default(); self.days().len()];
        let at = |instant: Timestamp| self.place(instant).map(|place| place.day);
        for (day, watch) in watches {
            for (slot, state) in &watch.states {
                if let Some(place) = at(*day + Span::from_ms(SLOT.as_ms() * i64::from(*slot))) {
                    let known = days[place].states.entry(*state).or_default();
                    *known = *known + SLOT;
                }
            }
            for (hour, ended) in &watch.replies {
                if let Some(place) = at(*day + Span::from_hours(i64::from(*hour))) {
                    days[place].replies.add(*ended);
                }
            }
            if let Some((quota, place)) = watch.quota.and_then(|quota| Some((quota, at(quota.read_at)?))) {
                let known = &mut days[place].quota;
                *known = known.filter(|known| known.read_at > quota.read_at).or(Some(quota));
            }
        }
        days
    }

    /// How a channel's replies ended by hour of UTC.
    pub fn replies_by_hour(&self, watches: &BTreeMap<Timestamp, Watch>) -> BTreeMap<Timestamp, Ended> {
        let hours = watches.iter().flat_map(|(day, watch)| {
            watch.replies.iter().map(|(hour, ended)| (*day + Span::from_hours(i64::from(*hour)), *ended))
        });
        hours.filter(|(hour, ended)| self.place(*hour).is_some() && *ended != Ended::default()).collect()
    }
}
