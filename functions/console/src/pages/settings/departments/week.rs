//! A week of business hours in one line.

use super::super::organisation::{Hours, Shift};
use crate::view::View;

/// The days of the week as the API names them.
pub(super) const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// `月`, `Mon`.
pub(super) const fn short(view: &View, day: usize) -> &'static str {
    let days = if view.is_japanese() {
        ["月", "火", "水", "木", "金", "土", "日"]
    } else {
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    };
    days[day]
}

/// `月〜金 9:00–12:00, 13:00–18:00 · 土 10:00–15:00`: days after one another with the same shifts stand together.
pub(super) fn summary(view: &View, hours: &Hours) -> String {
    let shifts = |day: usize| hours.week.get(DAYS[day]).map(Vec::as_slice).unwrap_or_default();
    let mut groups: Vec<(usize, usize, &[Shift])> = Vec::new();
    for day in 0..DAYS.len() {
        match groups.last_mut() {
            Some((_, last, same)) if *same == shifts(day) => *last = day,
            _ => groups.push((day, day, shifts(day))),
        }
    }
    let told = groups.iter().filter(|(.., shifts)| !shifts.is_empty()).map(|(first, last, shifts)| {
        let days = if first == last {
            short(view, *first).to_owned()
        } else {
            format!("{}{}{}", short(view, *first), view.say("〜", "–"), short(view, *last))
        };
        let shifts: Vec<_> = shifts.iter().map(shift).collect();
        format!("{days} {}", shifts.join(", "))
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        return view.say("毎日休み", "Closed every day").to_owned();
    }
    told.join(" · ")
}

fn shift(shift: &Shift) -> String {
    format!("{}–{}", shift.from, shift.to)
}
