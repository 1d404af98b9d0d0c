//! When a department answers (OPS-4): shifts of the week in its own time zone, and days that are different.
//!
//! A shift ends within its day. One over midnight is written as two, `22:00`–`24:00` and `00:00`–`06:00` of the next
//! day: each day can then be read, and replaced by a holiday, by itself.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::time::{Span, Timestamp};

/// The most shifts that a day can have.
pub const SHIFTS_PER_DAY: usize = 8;
/// The most holidays that are kept.
pub const HOLIDAYS: usize = 400;
/// How far ahead an opening is looked for. A department that is shut for longer never opens, and a span of business hours
/// ends by then.
const HORIZON_DAYS: i64 = 800;
const HORIZON: Span = Span::from_days(HORIZON_DAYS);

/// When a department answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BusinessHours {
    /// Where its clock hangs.
    pub time_zone: Zone,
    /// Shifts by day of the week; a day that is missing is closed.
    #[serde(default)]
    pub week: BTreeMap<Weekday, Vec<Shift>>,
    /// Days with shifts of their own, or none.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 400))]
    pub holidays: Vec<Holiday>,
}

/// A day that is unlike its day of the week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Holiday {
    /// Which day, `YYYY-MM-DD`.
    pub date: Day,
    /// What it is called.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub name: String,
    /// Shifts instead of the ordinary ones; none = closed.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 8))]
    pub shifts: Vec<Shift>,
}

/// From one time of day until another, which it does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Shift {
    /// The beginning.
    pub from: Minute,
    /// The end, after the beginning; `24:00` is the end of the day.
    pub to: Minute,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Weekday {
    /// 月
    Monday,
    /// 火
    Tuesday,
    /// 水
    Wednesday,
    /// 木
    Thursday,
    /// 金
    Friday,
    /// 土
    Saturday,
    /// 日
    Sunday,
}

impl From<jiff::civil::Weekday> for Weekday {
    fn from(day: jiff::civil::Weekday) -> Self {
        match day {
            jiff::civil::Weekday::Monday => Self::Monday,
            jiff::civil::Weekday::Tuesday => Self::Tuesday,
            jiff::civil::Weekday::Wednesday => Self::Wednesday,
            jiff::civil::Weekday::Thursday => Self::Thursday,
            jiff::civil::Weekday::Friday => Self::Friday,
            jiff::civil::Weekday::Saturday => Self::Saturday,
            jiff::civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// A minute of the day, written `HH:MM`, from `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(u16);

/// Minutes of a day.
const DAY: u16 = 24 * 60;

impl Minute {
    /// The end of a day.
    pub const MIDNIGHT: Self = Self(DAY);
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for Minute {
    type Err = NotAMinute;
    fn from_str(text: &str) -> Result<Self, NotAMinute> {
        let digits = |part: &str| {
            let two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            if two { part.parse::<u16>().ok() } else { None }
        };
        let (hours, minutes) = text.split_once(':').ok_or(NotAMinute)?;
        let (Some(hours), Some(minutes @ 0..60)) = (digits(hours), digits(minutes)) else {
            return Err(NotAMinute);
        };
        let minute = hours * 60 + minutes;
        if minute <= DAY { Ok(Self(minute)) } else { Err(NotAMinute) }
    }
}

/// Text that is no minute of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time of day is written HH:MM, from 00:00 to 24:00")]
pub struct NotAMinute;

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A day of the calendar, written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// The day after it; `None` at the end of the calendar.
    pub fn next(self) -> Option<Self> {
        self.0.tomorrow().ok().map(Self)
    }

    /// The day before it; `None` at the beginning of the calendar.
    pub fn before(self, days: i32) -> Option<Self> {
        self.0.checked_sub(jiff::Span::new().try_days(days).ok()?).ok().map(Self)
    }
}

impl FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let date = if text.len() == 10 { text.parse::<Date>().ok() } else { None };
        date.map(Self).ok_or(NotADay)
    }
}

/// Text that is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written YYYY-MM-DD")]
pub struct NotADay;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A time zone by its name in the IANA database, such as `Asia/Tokyo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// When `day` begins there; `None` at the ends of the calendar. Where clocks go forward at midnight it begins later.
    pub fn begin(&self, day: Day) -> Option<Timestamp> {
        let begin = day.0.to_zoned(self.0.clone()).ok()?.start_of_day().ok()?;
        Some(Timestamp::from_ms(begin.timestamp().as_millisecond()))
    }

    /// The day that it is there at `at`, its day of the week, and the hour of the clock from 0 to 23.
    pub fn local(&self, at: Timestamp) -> (Day, Weekday, u8) {
        let local =
            jiff::Timestamp::from_millisecond(at.as_ms()).unwrap_or_default().to_zoned(self.0.clone());
        (Day(local.date()), local.weekday().into(), u8::try_from(local.hour()).unwrap_or_default())
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some()).map(Self).ok_or(UnknownZone)
    }
}

/// A name that is not in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a time zone is named as in the IANA database, for example Asia/Tokyo")]
pub struct UnknownZone;

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// What is wrong with business hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursRefused {
    /// A shift does not end after it begins.
    #[error(
        "the shift {0}–{1} does not end after it begins; write one over midnight as two, until 24:00 and from 00:00"
    )]
    Backwards(Minute, Minute),
    /// Two shifts of a day meet.
    #[error("the shifts of a day must not overlap: one begins at {0}, before the other ends")]
    Overlap(Minute),
    /// More shifts than a day takes.
    #[error("a day has at most {SHIFTS_PER_DAY} shifts")]
    TooManyShifts,
    /// More holidays than are kept.
    #[error("at most {HOLIDAYS} holidays are kept; remove those that are over")]
    TooManyHolidays,
    /// A day stands twice.
    #[error("{0} is listed twice")]
    Twice(Day),
    /// A holiday without a name, or with one that is too long.
    #[error("the name of a holiday is one line of 1 to 100 characters")]
    HolidayName,
}

impl BusinessHours {
    /// Puts shifts and holidays in their order and refuses what makes no sense.
    pub fn checked(mut self) -> Result<Self, HoursRefused> {
        for shifts in self.week.values_mut() {
            check_day(shifts)?;
        }
        self.week.retain(|_, shifts| !shifts.is_empty());
        if self.holidays.len() > HOLIDAYS {
            return Err(HoursRefused::TooManyHolidays);
        }
        self.holidays.sort_by_key(|holiday| holiday.date);
        for holiday in &mut self.holidays {
            check_day(&mut holiday.shifts)?;
            holiday.name = super::name(&holiday.name).ok_or(HoursRefused::HolidayName)?;
        }
        match self.holidays.windows(2).find(|pair| pair[0].date == pair[1].date) {
            Some(pair) => Err(HoursRefused::Twice(pair[0].date)),
            None => Ok(self),
        }
    }

    /// Whether the department answers at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.openings(now).next().is_some_and(|(from, _)| from <= now)
    }

    /// When that changes next; `None` if it never does.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let (from, to) = self.openings(now).next()?;
        Some(if from <= now { to } else { from })
    }

    /// When `span` of business hours will have passed after `start` (TMR-10): after 800 days at the latest, so that hours
    /// which are too few for it make it long and not endless. `None` without hours of the week, if there are never so many.
    pub fn after(&self, start: Timestamp, span: Span) -> Option<Timestamp> {
        let mut left = span;
        for (from, to) in self.openings(start) {
            let from = from.max(start);
            let open = to.since(from);
            if left <= open {
                return Some(from + left);
            }
            left = left - open;
        }
        (!self.week.is_empty()).then(|| start + HORIZON)
    }

    /// The stretches of business hours that end after `since`, in their order; those that meet are one.
    fn openings(&self, since: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = jiff::Timestamp::from_millisecond(since.as_ms())
            .unwrap_or_default()
            .to_zoned(self.time_zone.0.clone())
            .date();
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        let shifts = days.zip(0..HORIZON_DAYS).flat_map(move |(day, _)| {
            self.shifts(day).iter().filter_map(move |shift| self.stretch(day, *shift))
        });
        let mut ahead = shifts.filter(move |(_, to)| *to > since).peekable();
        std::iter::from_fn(move || {
            let (from, mut to) = ahead.next()?;
            while let Some((_, next_to)) = ahead.next_if(|(next_from, _)| *next_from <= to) {
                to = to.max(next_to);
            }
            Some((from, to))
        })
    }

    fn shifts(&self, day: Date) -> &[Shift] {
        match self.holidays.binary_search_by_key(&Day(day), |holiday| holiday.date) {
            Ok(found) => &self.holidays[found].shifts,
            Err(_) => self.week.get(&day.weekday().into()).map_or(&[], Vec::as_slice),
        }
    }

    /// `None` of a shift that a change of the clocks has swallowed. One that lies within the hour that is left out must not
    /// be moved behind it, where others are.
    fn stretch(&self, day: Date, shift: Shift) -> Option<(Timestamp, Timestamp)> {
        let at = |minute: Minute| {
            let (day, minute) =
                if minute == Minute::MIDNIGHT { (day.tomorrow().ok()?, 0) } else { (day, minute.0) };
            let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
            let local = day.to_datetime(Time::new(hour, minute, 0, 0).ok()?);
            let zoned = self.time_zone.0.to_ambiguous_zoned(local);
            let is_left_out = matches!(zoned.offset(), AmbiguousOffset::Gap { .. });
            let instant = zoned.compatible().ok()?.timestamp().as_millisecond();
            Some((Timestamp::from_ms(instant), is_left_out))
        };
        let ((from, begins_in_it), (to, ends_in_it)) = (at(shift.from)?, at(shift.to)?);
        (from < to && !(begins_in_it && ends_in_it)).then_some((from, to))
    }
}

fn check_day(shifts: &mut [Shift]) -> Result<(), HoursRefused> {
    if shifts.len() > SHIFTS_PER_DAY {
        return Err(HoursRefused::TooManyShifts);
    }
    shifts.sort();
    if let Some(shift) = shifts.iter().find(|shift| shift.from >= shift.to) {
        return Err(HoursRefused::Backwards(shift.from, shift.to));
    }
    match shifts.windows(2).find(|pair| pair[1].from < pair[0].to) {
        Some(pair) => Err(HoursRefused::Overlap(pair[1].from)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn hours(value: &Value) -> Result<BusinessHours, String> {
        let hours: BusinessHours =
            serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
        hours.checked().map_err(|error| error.to_string())
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_rfc_3339(text).unwrap()
    }

    /// Weekdays 9–12 and 13–18; closed on New Year; half a day on the 4th of January 2027 (a Monday).
    fn office() -> BusinessHours {
        let day = json!([{"from": "13:00", "to": "18:00"}, {"from": "09:00", "to": "12:00"}]);
        hours(&json!({
            "time_zone": "Asia/Tokyo",
            "week": {"monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day},
            "holidays": [
                {"date": "2027-01-04", "name": "仕事始め", "shifts": [{"from": "10:00", "to": "12:00"}]},
                {"date": "2027-01-01", "name": "元日"},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn ops_4_split_shifts_and_holidays_open_and_close() {
        for (now, open, change) in [
            // Thursday, the last day of the year.
            ("2026-12-31T08:59:59.999+09:00", false, "2026-12-31T09:00:00+09:00"),
            ("2026-12-31T09:00:00+09:00", true, "2026-12-31T12:00:00+09:00"),
            ("2026-12-31T12:00:00+09:00", false, "2026-12-31T13:00:00+09:00"),
            ("2026-12-31T17:59:59+09:00", true, "2026-12-31T18:00:00+09:00"),
            // Over New Year and the week-end, into the short day.
            ("2026-12-31T18:00:00+09:00", false, "2027-01-04T10:00:00+09:00"),
            ("2027-01-01T10:00:00+09:00", false, "2027-01-04T10:00:00+09:00"),
            ("2027-01-04T12:00:00+09:00", false, "2027-01-05T09:00:00+09:00"),
        ] {
            let office = office();
            assert_eq!(office.is_open(at(now)), open, "{now}");
            assert_eq!(office.next_change(at(now)), Some(at(change)), "{now}");
        }
    }

    #[test]
    fn tmr_10_a_span_passes_in_business_hours_only() {
        let hour = Span::from_hours(1);
        for (start, hours, end) in [
            ("2026-12-31T09:00:00+09:00", 0, "2026-12-31T09:00:00+09:00"),
            ("2026-12-31T09:30:00+09:00", 1, "2026-12-31T10:30:00+09:00"),
            ("2026-12-31T11:30:00+09:00", 1, "2026-12-31T13:30:00+09:00"),
            ("2026-12-31T17:30:00+09:00", 1, "2027-01-04T10:30:00+09:00"),
            ("2026-12-31T17:00:00+09:00", 4, "2027-01-05T10:00:00+09:00"),
            ("2027-01-02T00:00:00+09:00", 2, "2027-01-04T12:00:00+09:00"),
        ] {
            let expected = Some(at(end));
            assert_eq!(
                office().after(at(start), Span::from_ms(hour.as_ms() * hours)),
                expected,
                "{start} {hours}"
            );
        }
    }

    #[test]
    fn a_night_is_two_shifts_and_one_stretch() {
        let night = hours(&json!({
            "time_zone": "UTC",
            "week": {
                "friday": [{"from": "22:00", "to": "24:00"}], "saturday": [{"from": "00:00", "to": "06:00"}],
            },
        }))
        .unwrap();
        let friday = at("2026-11-20T22:30:00Z");
        assert!(night.is_open(friday));
        assert_eq!(night.next_change(friday), Some(at("2026-11-21T06:00:00Z")));
        assert_eq!(night.after(friday, Span::from_hours(8)), Some(at("2026-11-27T22:30:00Z")));
    }

    #[test]
    fn the_clock_is_the_departments_even_when_it_is_changed() {
        let daily = json!([{"from": "02:30", "to": "04:00"}]);
        let berlin = hours(&json!({"time_zone": "Europe/Berlin", "week": {"sunday": daily}})).unwrap();
        // 02:30 does not exist on 2027-03-28 (02:00 → 03:00), and 02:00–03:00 comes twice on 2027-10-31.
        for (now, from, to) in [
            ("2027-03-27T12:00:00Z", "2027-03-28T03:30:00+02:00", "2027-03-28T04:00:00+02:00"),
            ("2027-10-30T12:00:00Z", "2027-10-31T02:30:00+02:00", "2027-10-31T04:00:00+01:00"),
        ] {
            assert_eq!(berlin.next_change(at(now)), Some(at(from)));
            assert_eq!(berlin.next_change(at(from)), Some(at(to)));
        }
    }

    #[test]
    fn a_shift_within_the_hour_that_is_left_out_hides_no_other() {
        let shifts = json!([{"from": "02:15", "to": "02:45"}, {"from": "03:00", "to": "10:00"}]);
        let berlin = hours(&json!({"time_zone": "Europe/Berlin", "week": {"sunday": shifts}})).unwrap();
        let (from, to) = ("2027-03-28T03:00:00+02:00", "2027-03-28T10:00:00+02:00");
        assert_eq!(berlin.next_change(at("2027-03-27T12:00:00Z")), Some(at(from)));
        assert!(berlin.is_open(at(from)));
        assert_eq!(berlin.next_change(at(from)), Some(at(to)));
        assert_eq!(berlin.after(at(from), Span::from_hours(7)), Some(at(to)));
    }

    #[test]
    fn a_department_without_a_shift_is_never_open() {
        let never = hours(&json!({"time_zone": "Asia/Tokyo", "week": {"monday": []}})).unwrap();
        let now = at("2026-11-20T00:00:00Z");
        assert!(!never.is_open(now));
        assert_eq!((never.next_change(now), never.after(now, Span::from_ms(1))), (None, None));
    }

    /// The longest period that a timer can have, in the hours of who answers for an hour a week: 720 weeks.
    #[test]
    fn tmr_10_hours_that_are_too_few_make_a_timer_long_and_not_endless() {
        let hour = json!([{"from": "09:00", "to": "10:00"}]);
        let rare = hours(&json!({"time_zone": "Asia/Tokyo", "week": {"monday": hour}})).unwrap();
        let start = at("2026-11-20T00:00:00Z");
        assert_eq!(rare.after(start, Span::from_days(30)), Some(start + Span::from_days(800)));
        assert_eq!(rare.after(start, Span::from_hours(2)), Some(at("2026-11-30T10:00:00+09:00")));
        // Days that are different and are over come never again.
        let once = hours(&json!({
            "time_zone": "UTC", "holidays": [{"date": "2026-11-21", "name": "x", "shifts": hour}],
        }))
        .unwrap();
        assert_eq!(once.after(start, Span::from_hours(1)), Some(at("2026-11-21T10:00:00Z")));
        assert_eq!(once.after(start, Span::from_hours(2)), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name() {
        let week = |shifts: Value| json!({"time_zone": "UTC", "week": {"monday": shifts}});
        let holidays = |days: Value| json!({"time_zone": "UTC", "holidays": days});
        let many: Vec<_> =
            (0..9).map(|hour| json!({"from": format!("0{hour}:00"), "to": format!("0{hour}:30")})).collect();
        for (given, expected) in [
            (json!({"time_zone": "Mars/Base"}), "IANA"),
            (json!({"week": {}}), "time_zone"),
            (week(json!([{"from": "18:00", "to": "09:00"}])), "18:00–09:00"),
            (week(json!([{"from": "09:00", "to": "09:00"}])), "over midnight"),
            (week(json!([{"from": "9:00", "to": "10:00"}])), "HH:MM"),
            (week(json!([{"from": "09:00", "to": "24:01"}])), "HH:MM"),
            (week(json!([{"from": "09:60", "to": "24:00"}])), "HH:MM"),
            (week(json!([{"from": "+9:00", "to": "24:00"}])), "HH:MM"),
            (week(json!([{"from": "10:00", "to": "12:00"}, {"from": "09:00", "to": "10:01"}])), "10:00"),
            (week(json!(many)), "at most 8 shifts"),
            (json!({"time_zone": "UTC", "week": {"someday": []}}), "someday"),
            (holidays(json!([{"date": "2027-02-29", "name": "x"}])), "YYYY-MM-DD"),
            (holidays(json!([{"date": "2027-2-2", "name": "x"}])), "YYYY-MM-DD"),
            (holidays(json!([{"date": "2027-02-02", "name": " "}])), "name of a holiday"),
            (
                holidays(json!([{"date": "2027-02-02", "name": "a"}, {"date": "2027-02-02", "name": "b"}])),
                "2027-02-02",
            ),
        ] {
            let error = hours(&given).unwrap_err();
            assert!(error.contains(expected), "{given}: {error}");
        }
    }

    #[test]
    fn what_was_checked_is_written_as_it_was_read() {
        let office = office();
        let written = serde_json::to_value(&office).unwrap();
        assert_eq!(written["week"]["monday"][0], json!({"from": "09:00", "to": "12:00"}));
        assert_eq!(written["holidays"][0], json!({"date": "2027-01-01", "name": "元日", "shifts": []}));
        assert_eq!(hours(&written), Ok(office));
    }

    proptest! {
        /// A span of business hours is over when exactly so many minutes of them have passed.
        #[test]
        fn tmr_10_a_span_holds_as_many_open_minutes_as_it_is_long(
            start in 1_790_000_000_000_i64..1_830_000_000_000, minutes in 0_i64..3_000,
        ) {
            let office = office();
            let start = Timestamp::from_ms(start - start % 60_000);
            let end = office.after(start, Span::from_minutes(minutes)).unwrap();
            let passed = (0..).map(|n| start + Span::from_minutes(n)).take_while(|at| *at < end);
            prop_assert_eq!(passed.filter(|at| office.is_open(*at)).count(), usize::try_from(minutes).unwrap());
        }

        /// Between now and the next change nothing changes.
        #[test]
        fn ops_4_nothing_changes_before_the_next_change(
            now in 1_790_000_000_000_i64..1_830_000_000_000, part in 0.0..1.0_f64,
        ) {
            let (office, now) = (office(), Timestamp::from_ms(now));
            let change = office.next_change(now).unwrap();
            prop_assert!(change > now);
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "anywhere between them")]
            let between = now + Span::from_ms((change.since(now).as_ms() as f64 * part) as i64);
            prop_assert_eq!(office.is_open(between), office.is_open(now));
            prop_assert_ne!(office.is_open(change), office.is_open(now));
        }
    }
}
