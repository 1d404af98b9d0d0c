//! What came and what was answered: by the day, by the hour of one day, and over the week.

use maud::{Markup, html};

use super::chart::{Chart, Series, plain};
use super::csv;
use super::data::{Figures, Report};
use super::query::Asked;
use crate::view::View;

#[expect(clippy::cast_precision_loss, reason = "nobody writes so much")]
pub(super) const fn count(value: u64) -> f64 {
    value as f64
}

pub(super) fn section(view: &View, report: &Report, asked: &Asked) -> Markup {
    let (places, figures) = places(view, report, asked);
    let row = |name: &str, of: fn(&Figures) -> u64| Series {
        name: name.to_owned(),
        values: figures.iter().map(|one| Some(one.map_or(0.0, |figures| count(of(figures))))).collect(),
    };
    let title = view.say("受信と返信", "Received and answered");
    let total = &report.total;
    let summary = if view.is_japanese() {
        format!(
            "受信 {} 件、返信 {} 件、自動送信 {} 件。",
            total.incoming(),
            total.answers,
            total.automatic.unwrap_or_default()
        )
    } else {
        format!(
            "{} received, {} answered, {} automatic.",
            total.incoming(),
            total.answers,
            total.automatic.unwrap_or_default()
        )
    };
    let mut series = vec![row(view.say("返信", "Answers"), |figures| figures.answers)];
    // What nobody in particular did is not told of one person.
    if total.incoming.is_some() {
        series.insert(0, row(view.say("受信", "Received"), Figures::incoming));
    }
    let chart = Chart {
        id: "activity",
        title,
        summary: &summary,
        unit: view.say("件数", "Messages"),
        places,
        series,
        table: (
            view.say("数値を表で見る", "The figures as a table"),
            if asked.is_one_day() { view.say("時刻", "Hour") } else { view.say("日付", "Day") },
        ),
        write: plain,
    };
    html! {
        section.card {
            div.spread { h2 { (title) } (csv(view, asked, if asked.is_one_day() { "hours" } else { "days" })) }
            p.muted { (summary) }
            (chart.bars())
        }
    }
}

/// Hours of one day, or days.
fn places<'a>(view: &View, report: &'a Report, asked: &Asked) -> (Vec<String>, Vec<Option<&'a Figures>>) {
    if !asked.is_one_day() {
        let names = report.days.iter().map(|day| day_name(view, day.date)).collect();
        return (names, report.days.iter().map(|day| Some(&day.figures)).collect());
    }
    let mut hours = [None; 24];
    for hour in &report.hours {
        let then = hour.at.to_zoned(view.zone.clone());
        let place = usize::try_from(then.hour()).ok().and_then(|hour| hours.get_mut(hour));
        if let Some(place) = place {
            *place = Some(&hour.figures);
        }
    }
    ((0..24).map(|hour| hour.to_string()).collect(), hours.to_vec())
}

pub(super) fn day_name(view: &View, date: jiff::civil::Date) -> String {
    if view.is_japanese() {
        format!("{}/{}", date.month(), date.day())
    } else {
        format!("{} {}", date.day(), date.strftime("%b"))
    }
}

const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const CELL: f64 = 30.0;
const ROW: f64 = 28.0;
const LEFT: f64 = 40.0;

/// Hour by weekday: the darker, the more.
pub(super) fn week(view: &View, report: &Report) -> Markup {
    let names = [
        view.say("月", "Mon"),
        view.say("火", "Tue"),
        view.say("水", "Wed"),
        view.say("木", "Thu"),
        view.say("金", "Fri"),
        view.say("土", "Sat"),
        view.say("日", "Sun"),
    ];
    let of_person = report.total.incoming.is_none();
    let mut cells = [[0_u64; 24]; 7];
    for hour in &report.week {
        let row = WEEK.iter().position(|weekday| *weekday == hour.weekday);
        let cell = row.and_then(|row| cells.get_mut(row)).and_then(|row| row.get_mut(usize::from(hour.hour)));
        if let Some(cell) = cell {
            *cell = if of_person { hour.figures.answers } else { hour.figures.incoming() };
        }
    }
    let most = cells.iter().flatten().copied().max().unwrap_or_default();
    let busiest = (0..7)
        .flat_map(|day| (0..24).map(move |hour| (day, hour)))
        .max_by_key(|(day, hour)| cells[*day][*hour]);
    let title = if of_person {
        view.say("曜日・時間帯ごとの返信", "Answers by weekday and hour")
    } else {
        view.say("曜日・時間帯ごとの受信", "Received by weekday and hour")
    };
    let summary = match busiest.filter(|_| most > 0) {
        Some((day, hour)) if view.is_japanese() => {
            format!("最も多いのは{}曜日の{hour}時台（{most}件）です。", names[day])
        }
        Some((day, hour)) => format!("Most on {} from {hour}:00 ({most}).", names[day]),
        None => view.say("件数はありません。", "There was none.").to_owned(),
    };
    html! {
        section.card {
            h2 { (title) }
            p.muted { (summary) }
            figure.chart {
                div.chart-scroll tabindex="0" role="group" aria-label=(title) {
                    svg.heat role="img" aria-labelledby="week-title week-summary" viewBox=(format!("0 0 {} {}", LEFT + CELL * 24.0, ROW * 8.0)) {
                        title #week-title { (title) }
                        desc #week-summary { (summary) }
                        @for hour in (0..24_u8).step_by(2) { text.axis x=(LEFT + CELL * (f64::from(hour) + 0.5)) y="16" text-anchor="middle" { (hour) } }
                        @for (day, row) in (0_u8..).zip(&cells) {
                            @let top = ROW * (f64::from(day) + 0.85);
                            text.axis x=(LEFT - 10.0) y=(top + 18.0) text-anchor="end" { (names[usize::from(day)]) }
                            @for (hour, value) in (0_u8..).zip(row) {
                                @let x = LEFT + CELL * f64::from(hour);
                                rect class=(format!("heat-{}", level(*value, most))) x=(x + 1.0) y=(top + 1.0) width=(CELL - 2.0) height=(ROW - 2.0) rx="4" {
                                    title { (names[usize::from(day)]) " " (hour) ":00 · " (value) }
                                }
                                @if *value > 0 { text class=(format!("heat-text-{}", level(*value, most))) x=(x + CELL / 2.0) y=(top + 18.0) text-anchor="middle" { (plain(count(*value))) } }
                            }
                        }
                    }
                }
                (table(view, title, &names, &cells))
            }
        }
    }
}

/// Shades from 0 (nothing) to 5 (the most).
fn level(value: u64, most: u64) -> u64 {
    if value == 0 { 0 } else { (value * 5).div_ceil(most.max(1)).clamp(1, 5) }
}

fn table(view: &View, title: &str, names: &[&str; 7], cells: &[[u64; 24]; 7]) -> Markup {
    html! {
        details.figures {
            summary { (view.say("数値を表で見る", "The figures as a table")) }
            div.table-scroll tabindex="0" role="group" aria-label=(title) { table {
                caption.sr { (title) }
                thead { tr { th scope="col" { (view.say("時刻", "Hour")) } @for name in names { th.number scope="col" { (name) } } } }
                tbody { @for hour in 0..24 { tr { th scope="row" { (hour) ":00" } @for row in cells { td.number { (row[hour]) } } } } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_3_shades_go_from_nothing_to_the_most() {
        for (value, most, expected) in
            [(0, 0, 0), (0, 9, 0), (1, 100, 1), (50, 100, 3), (100, 100, 5), (1, 1, 5)]
        {
            assert_eq!(level(value, most), expected, "{value} of {most}");
        }
    }
}
