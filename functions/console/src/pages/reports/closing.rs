//! How conversations ended.

use maud::{Markup, html};

use super::activity::{count, day_name};
use super::chart::{Chart, Series, plain};
use super::csv;
use super::data::Report;
use super::query::Asked;
use crate::view::View;

/// Reasons in the order in which they are stacked; the others are counted together.
const REASONS: [&str; 5] = ["operator", "unanswered", "idle", "reply_limit", "bot_timer"];

fn reason<'a>(view: &View, reason: &'a str) -> &'a str {
    match reason {
        "operator" => view.say("担当者が完了", "Closed by a person"),
        "unanswered" => view.say("未返信のまま終了", "Nobody answered"),
        "idle" => view.say("やりとりが途切れた", "Neither side wrote"),
        "reply_limit" => view.say("返信期限切れ", "Reply window over"),
        "bot_timer" => view.say("ボット対応で終了", "Ended with the bot"),
        "others" => view.say("その他", "Other"),
        other => other,
    }
}

pub(super) fn section(view: &View, report: &Report, asked: &Asked) -> Markup {
    let title = view.say("完了の理由", "Why conversations were closed");
    let other = |by: &std::collections::BTreeMap<String, u64>| {
        by.iter()
            .filter(|(reason, _)| !REASONS.contains(&reason.as_str()))
            .map(|(_, count)| count)
            .sum::<u64>()
    };
    let mut series: Vec<_> = REASONS
        .into_iter()
        .filter(|reason| report.total.closed_by_reason.contains_key(*reason))
        .map(|word| Series {
            name: reason(view, word).to_owned(),
            values: report
                .days
                .iter()
                .map(|day| Some(count(day.figures.closed_by_reason.get(word).copied().unwrap_or_default())))
                .collect(),
        })
        .collect();
    if other(&report.total.closed_by_reason) > 0 {
        let values =
            report.days.iter().map(|day| Some(count(other(&day.figures.closed_by_reason)))).collect();
        series.push(Series { name: reason(view, "others").to_owned(), values });
    }
    let unanswered = report.total.closed_by_reason.get("unanswered").copied().unwrap_or_default();
    let closed = report.total.closed;
    let summary = if view.is_japanese() {
        format!("完了 {closed} 件、うち未返信のまま終了 {unanswered} 件。")
    } else {
        format!("{closed} closed, {unanswered} of them without an answer.")
    };
    let chart = Chart {
        id: "closing",
        title,
        summary: &summary,
        unit: view.say("会話", "Conversations"),
        places: report.days.iter().map(|day| day_name(view, day.date)).collect(),
        series,
        table: (view.say("数値を表で見る", "The figures as a table"), view.say("日付", "Day")),
        write: plain,
    };
    html! {
        section.card {
            div.spread { h2 { (title) } (csv(view, asked, "days")) }
            @if report.total.closed == 0 {
                p.muted.empty-line { (view.say("この期間に完了した会話はありません。", "No conversation was closed in this period.")) }
            } @else {
                p.muted { (summary) }
                (chart.stacks())
            }
        }
    }
}
