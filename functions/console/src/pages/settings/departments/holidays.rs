//! Japan's public holidays, to be added to a department's at once.
//!
//! By the law of 1948 on them (国民の祝日に関する法律) as it is since 2022. The days of the equinoxes are told by the National
//! Astronomical Observatory a year ahead; the formula is the usual one, good until 2099.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

/// Holidays with their names, from `from` until the end of the next year, in their order.
pub(super) fn ahead(from: Date) -> Vec<(Date, &'static str)> {
    let years = [from.year(), from.year() + 1];
    let mut days: Vec<_> = years.into_iter().flat_map(of_year).collect();
    days.retain(|(day, _)| *day >= from);
    days
}

fn of_year(year: i16) -> Vec<(Date, &'static str)> {
    let mut days = vec![
        (date(year, 1, 1), "元日"),
        (monday(year, 1, 2), "成人の日"),
        (date(year, 2, 11), "建国記念の日"),
        (date(year, 2, 23), "天皇誕生日"),
        (date(year, 3, equinox(year, 20.8431)), "春分の日"),
        (date(year, 4, 29), "昭和の日"),
        (date(year, 5, 3), "憲法記念日"),
        (date(year, 5, 4), "みどりの日"),
        (date(year, 5, 5), "こどもの日"),
        (monday(year, 7, 3), "海の日"),
        (date(year, 8, 11), "山の日"),
        (monday(year, 9, 3), "敬老の日"),
        (date(year, 9, equinox(year, 23.2488)), "秋分の日"),
        (monday(year, 10, 2), "スポーツの日"),
        (date(year, 11, 3), "文化の日"),
        (date(year, 11, 23), "勤労感謝の日"),
    ];
    let is_holiday = |day: Date| days.iter().any(|(other, _)| *other == day);
    let mut more = Vec::new();
    for (day, _) in &days {
        // One on a Sunday is made up for on the next day that is none.
        if day.weekday() == Weekday::Sunday {
            let mut instead = *day + 1.day();
            while is_holiday(instead) {
                instead += 1.day();
            }
            more.push((instead, "振替休日"));
        }
        // A day between two of them is one as well.
        let between = *day + 1.day();
        if !is_holiday(between) && is_holiday(between + 1.day()) && between.weekday() != Weekday::Sunday {
            more.push((between, "国民の休日"));
        }
    }
    days.extend(more);
    days.sort();
    days
}

/// The `nth` Monday of a month.
fn monday(year: i16, month: i8, nth: i8) -> Date {
    let first = date(year, month, 1);
    let until = first.weekday().until(Weekday::Monday);
    date(year, month, 1 + until + 7 * (nth - 1))
}

fn equinox(year: i16, base: f64) -> i8 {
    let years = year - 1_980;
    let day = 0.242_194f64.mul_add(f64::from(years), base) - f64::from(years.div_euclid(4));
    // Between 19 and 24 in every year that a calendar is kept for.
    #[expect(clippy::cast_possible_truncation, reason = "it is a day of a month")]
    let day = day.floor() as i8;
    day.clamp(1, 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_4_japans_holidays_are_those_of_the_calendar() {
        for (day, expected) in [
            (date(2026, 3, 20), Some("春分の日")),
            (date(2026, 5, 6), Some("振替休日")),
            (date(2026, 9, 21), Some("敬老の日")),
            (date(2026, 9, 22), Some("国民の休日")),
            (date(2026, 9, 23), Some("秋分の日")),
            (date(2026, 10, 12), Some("スポーツの日")),
            (date(2027, 1, 11), Some("成人の日")),
            (date(2027, 3, 21), Some("春分の日")),
            (date(2027, 3, 22), Some("振替休日")),
            (date(2027, 9, 21), None),
            (date(2027, 12, 25), None),
        ] {
            let found = of_year(day.year()).into_iter().find(|(other, _)| *other == day);
            assert_eq!(found.map(|(_, name)| name), expected, "{day}");
        }
        assert_eq!(of_year(2026).len(), 18);
        assert_eq!(of_year(2027).len(), 17);
    }

    #[test]
    fn ops_4_holidays_that_are_over_are_left_out() {
        let days = ahead(date(2026, 11, 4));
        assert_eq!(days.first(), Some(&(date(2026, 11, 23), "勤労感謝の日")));
        assert_eq!(days.last(), Some(&(date(2027, 11, 23), "勤労感謝の日")));
        assert!(days.is_sorted());
    }
}
