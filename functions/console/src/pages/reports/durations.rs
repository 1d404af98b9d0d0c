//! How long customers waited for an answer, and conversations took.

use maud::{Markup, html};

use super::activity::day_name;
use super::chart::{Chart, Series};
use super::data::{Durations, Report};
use crate::view::View;

/// Seconds as people say them: `45秒`, `12分`, `3.4時間`, `2.1日`.
pub(super) fn length(view: &View, seconds: f64) -> String {
    let (value, ja, en) = match seconds {
        seconds if seconds < 59.5 => (seconds, "秒", " s"),
        seconds if seconds < 3_600.0 => (seconds / 60.0, "分", " min"),
        seconds if seconds < 86_400.0 => (seconds / 3_600.0, "時間", " h"),
        seconds => (seconds / 86_400.0, "日", " d"),
    };
    let digits = usize::from(value < 10.0 && seconds >= 60.0);
    let text = format!("{value:.digits$}");
    format!("{}{}", text.strip_suffix(".0").unwrap_or(&text), view.say(ja, en))
}

fn shown(view: &View, seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), |seconds| length(view, seconds))
}

pub(super) fn cards(view: &View, report: &Report) -> Markup {
    let total = &report.total;
    let card = |name: &str, value: String, hint: String| {
        html! { div.figure-card { span.figure-name { (name) } strong { (value) } span.hint { (hint) } } }
    };
    let p90 = |durations: &Durations| {
        format!("{} {}", view.say("90%は", "90 % within"), shown(view, durations.p90_seconds))
    };
    let share = total.first_answer.within_share;
    html! {
        section.figure-cards aria-label=(view.say("概要", "Overview")) {
            @if let Some(incoming) = total.incoming { (card(view.say("受信", "Received"), incoming.to_string(), format!("{} {}", view.say("新しい会話", "new conversations"), total.begun.unwrap_or_default()))) }
            (card(view.say("返信", "Answers"), total.answers.to_string(), format!("{} {}", view.say("完了した会話", "conversations closed"), total.closed)))
            (card(view.say("最初の返信まで（中央値）", "First answer (median)"), shown(view, total.first_answer.median_seconds), p90(&total.first_answer)))
            (card(view.say("完了まで（中央値）", "To close (median)"), shown(view, total.to_close.median_seconds), p90(&total.to_close)))
            @if let Some(share) = share { (card(
                view.say("時間内の返信", "Answered in time"),
                format!("{:.0}%", share * 100.0),
                if view.is_japanese() { format!("{}分以内", report.within_minutes) } else { format!("within {} min", report.within_minutes) },
            )) }
        }
    }
}

/// Minutes, as the axes count them.
fn minutes(durations: &Durations, of: fn(&Durations) -> Option<f64>) -> Option<f64> {
    of(durations).map(|seconds| seconds / 60.0)
}

pub(super) fn lines(view: &View, report: &Report) -> Markup {
    if report.days.len() < 2 {
        return html! {};
    }
    html! {
        div.report-pair {
            (line(view, report, "first-answer", view.say("最初の返信までの時間", "Time to the first answer"), |report, at| &report.days[at].figures.first_answer, &report.total.first_answer))
            (line(view, report, "to-close", view.say("完了までの時間", "Time to close"), |report, at| &report.days[at].figures.to_close, &report.total.to_close))
        }
    }
}

fn line(
    view: &View,
    report: &Report,
    id: &str,
    title: &str,
    of: fn(&Report, usize) -> &Durations,
    total: &Durations,
) -> Markup {
    let row = |name: &str, read: fn(&Durations) -> Option<f64>| Series {
        name: name.to_owned(),
        values: (0..report.days.len()).map(|at| minutes(of(report, at), read)).collect(),
    };
    let summary = if view.is_japanese() {
        format!(
            "中央値 {}、90%は {} 以内（{}件）。",
            shown(view, total.median_seconds),
            shown(view, total.p90_seconds),
            total.count
        )
    } else {
        format!(
            "Median {}, 90 % within {} ({}).",
            shown(view, total.median_seconds),
            shown(view, total.p90_seconds),
            total.count
        )
    };
    let chart = Chart {
        id,
        title,
        summary: &summary,
        unit: view.say("分", "Minutes"),
        places: report.days.iter().map(|day| day_name(view, day.date)).collect(),
        series: vec![
            row(view.say("中央値", "Median"), |durations| durations.median_seconds),
            row(view.say("90%", "90 %"), |durations| durations.p90_seconds),
        ],
        table: (
            view.say("数値を表で見る（分）", "The figures as a table (minutes)"),
            view.say("日付", "Day"),
        ),
        write: |value| format!("{value:.1}"),
    };
    html! {
        section.card {
            h2 { (title) }
            p.muted { (summary) }
            @if total.count == 0 { p.muted.empty-line { (view.say("この期間には、まだありません。", "There was none in this period.")) } }
            @else { (chart.lines()) }
        }
    }
}
