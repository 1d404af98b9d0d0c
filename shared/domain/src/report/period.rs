//! The days that a report is about, where its reader's clock hangs.

use std::collections::BTreeMap;

use crate::organisation::hours::{Day, Weekday, Zone};
use crate::time::{Span, Timestamp};

use super::HOUR;

/// The longest period.
pub const LONGEST_PERIOD_DAYS: usize = 92;

/// Whole days in a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    zone: Zone,
    days: Vec<Day>,
    begin: Timestamp,
    end: Timestamp,
}

/// Where an hour stands in the reader's week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Which of the period's days, from 0.
    pub day: usize,
    /// Which day of the week.
    pub weekday: Weekday,
    /// Which hour of the clock: 0 to 23. When clocks go back one of them comes twice.
    pub hour: u8,
}

/// Why there is no such period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodRefused {
    /// It ends before it begins.
    #[error("the last day is before the first")]
    Backwards,
    /// It is too long.
    #[error("a report is about at most {LONGEST_PERIOD_DAYS} days")]
    TooLong,
    /// The calendar does not go as far.
    #[error("there is no such day")]
    NoSuchDay,
}

impl Period {
    /// From the day `from` through the day `to`.
    pub fn new(from: Day, to: Day, zone: Zone) -> Result<Self, PeriodRefused> {
        if to < from {
            return Err(PeriodRefused::Backwards);
        }
        let mut days = vec![from];
        let mut day = from;
        while day < to {
            day = day.next().ok_or(PeriodRefused::NoSuchDay)?;
            days.push(day);
            if days.len() > LONGEST_PERIOD_DAYS {
                return Err(PeriodRefused::TooLong);
            }
        }
        let after = to.next().ok_or(PeriodRefused::NoSuchDay)?;
        let begin = zone.begin(from).ok_or(PeriodRefused::NoSuchDay)?;
        let end = zone.begin(after).ok_or(PeriodRefused::NoSuchDay)?;
        Ok(Self { zone, days, begin, end })
    }

    /// Its days.
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// Where the clock hangs.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// When it begins.
    pub const fn begin(&self) -> Timestamp {
        self.begin
    }

    /// When it ends: the first instant behind it.
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    /// The hours of UTC that begin within it. Where clocks differ from UTC by half or quarter hours, an hour belongs to the
    /// hour of the clock that it begins in.
    pub fn hours(&self) -> impl Iterator<Item = Timestamp> {
        let over = self.begin.as_ms().rem_euclid(HOUR.as_ms());
        let first = if over == 0 { self.begin } else { self.begin + Span::from_ms(HOUR.as_ms() - over) };
        let end = self.end;
        std::iter::successors(Some(first), |hour| Some(*hour + HOUR)).take_while(move |hour| *hour < end)
    }

    /// Where `at` is; `None` outside of it.
    pub fn place(&self, at: Timestamp) -> Option<Local> {
        if at < self.begin || at >= self.end {
            return None;
        }
        let (day, weekday, hour) = self.zone.local(at);
        let day = self.days.binary_search(&day).ok()?;
        Some(Local { day, weekday, hour })
    }

    /// Where each of its hours is.
    pub fn places(&self) -> BTreeMap<Timestamp, Local> {
        self.hours().filter_map(|hour| Some((hour, self.place(hour)?))).collect()
    }
}
