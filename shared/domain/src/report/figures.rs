//! Hours put together as they are asked for.

use std::collections::BTreeMap;

use super::{Histogram, Hour, Period, Work};
use crate::ids::{ChannelId, OperatorId};
use crate::time::Timestamp;

/// What a report tells of a stretch of time, a channel or a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Everything that nobody in particular did; `None` in what is about one person.
    pub channel: Option<ChannelFigures>,
    /// What people did, all of them together.
    pub work: Work,
}

/// What happened that is nobody's doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelFigures {
    /// Messages of customers.
    pub incoming: u64,
    /// Messages of the company's side that no person wrote.
    pub automatic: u64,
    /// Conversations that began.
    pub begun: u64,
    /// Completed conversations that were opened again.
    pub reopened: u64,
}

impl Figures {
    fn add(&mut self, hour: &Hour, only: Option<&OperatorId>) {
        match only {
            Some(operator) => {
                if let Some(work) = hour.by.get(&Some(operator.clone())) {
                    self.work.add(work);
                }
            }
            None => {
                let sum = self.channel.get_or_insert_default();
                sum.incoming = sum.incoming.saturating_add(hour.incoming);
                sum.automatic = sum.automatic.saturating_add(hour.automatic);
                sum.begun = sum.begun.saturating_add(hour.begun);
                sum.reopened = sum.reopened.saturating_add(hour.reopened);
                hour.by.values().for_each(|work| self.work.add(work));
            }
        }
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.channel.unwrap_or_default() == ChannelFigures::default() && self.work == Work::default()
    }

    /// How long first answers took.
    pub const fn first_answer(&self) -> &Histogram {
        &self.work.first_answer
    }
}

/// By day of the week, Monday first, and hour of the clock.
pub type Grid = [[Figures; 24]; 7];

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    /// Everything.
    pub total: Figures,
    /// By day of the period.
    pub days: Vec<Figures>,
    /// By hour of UTC in which anything happened.
    pub hours: BTreeMap<Timestamp, Figures>,
    /// By hour of the week.
    pub week: Box<Grid>,
    /// By channel.
    pub channels: BTreeMap<ChannelId, Figures>,
    /// By person; `None` is whoever answered in the provider's own inbox, and nobody.
    pub operators: BTreeMap<Option<OperatorId>, Work>,
}

/// Puts together what the hours of some channels came to, as far as they are of `period`: all of it, or what `only` did.
pub fn fold<'a>(
    period: &Period,
    only: Option<&OperatorId>,
    hours: impl IntoIterator<Item = (ChannelId, Timestamp, &'a Hour)>,
) -> Report {
    let places = period.places();
    let empty = || Figures { channel: only.is_none().then(ChannelFigures::default), work: Work::default() };
    let mut report = Report {
        total: empty(),
        days: vec![empty(); period.days().len()],
        hours: BTreeMap::new(),
        week: Box::new(std::array::from_fn(|_| std::array::from_fn(|_| empty()))),
        channels: BTreeMap::new(),
        operators: BTreeMap::new(),
    };
    for (channel, at, hour) in hours {
        let Some(place) = places.get(&at) else { continue };
        report.total.add(hour, only);
        if let Some(day) = report.days.get_mut(place.day) {
            day.add(hour, only);
        }
        let of_week =
            report.week.get_mut(place.weekday as usize).and_then(|day| day.get_mut(usize::from(place.hour)));
        if let Some(of_week) = of_week {
            of_week.add(hour, only);
        }
        report.hours.entry(at).or_insert_with(empty).add(hour, only);
        report.channels.entry(channel).or_insert_with(empty).add(hour, only);
        for (operator, work) in &hour.by {
            if only.is_none_or(|only| operator.as_ref() == Some(only)) {
                report.operators.entry(operator.clone()).or_default().add(work);
            }
        }
    }
    report.hours.retain(|_, figures| !figures.is_empty());
    report
}
