//! How channels fared: whether they could send, how their replies ended, and LINE's messages of the month.

use maud::{Markup, html};

use super::activity::{count, day_name};
use super::chart::{Chart, Series, plain};
use super::csv;
use super::data::{Channels, Fared, FaredDay};
use super::query::Asked;
use crate::pages::known::kind;
use crate::parts::{self, Icon};
use crate::view::View;

pub(super) fn section(view: &View, fared: &Channels, asked: &Asked) -> Markup {
    let title = view.say("チャンネルの状態", "How channels fared");
    if fared.channels.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            div.spread { h2 { (title) } (csv(view, asked, "channel_days")) }
            ul.legend {
                @for (state, words) in [("good", view.say("正常", "Healthy")), ("bad", view.say("再認証が必要だった", "Needed re-authorization")), ("off", view.say("停止中", "Switched off")), ("none", view.say("記録なし", "Nothing seen"))] {
                    li { span.day-cell data-state=(state) aria-hidden="true" { (mark(state)) } (words) }
                }
            }
            div.table-scroll tabindex="0" role="group" aria-label=(title) { table.days {
                caption.sr { (title) }
                thead { tr {
                    th scope="col" { (view.say("チャンネル", "Channel")) }
                    th scope="col" { (day_name(view, asked.from)) " – " (day_name(view, asked.to)) }
                    th.number scope="col" { (view.say("正常な時間", "Healthy")) }
                    th.number scope="col" { (view.say("送信", "Sent")) }
                    th.number scope="col" { (view.say("失敗", "Refused")) }
                } }
                tbody { @for channel in &fared.channels { (row(view, channel)) } }
            } }
        }
        @for (index, channel) in fared.channels.iter().filter(|channel| channel.days.iter().any(|day| day.quota.is_some())).enumerate() {
            (quota(view, channel, index))
        }
    }
}

/// What was worst on a day.
fn state(day: &FaredDay) -> &'static str {
    if day.needs_reauthorization_minutes > 0 {
        "bad"
    } else if day.off_minutes > day.healthy_minutes {
        "off"
    } else if day.healthy_minutes > 0 {
        "good"
    } else {
        "none"
    }
}

fn mark(state: &str) -> Markup {
    match state {
        "good" => parts::icon(Icon::Check),
        "bad" => parts::icon(Icon::TriangleAlert),
        "off" => parts::icon(Icon::Pause),
        _ => html! { "·" },
    }
}

fn row(view: &View, channel: &Fared) -> Markup {
    let sum = |of: fn(&FaredDay) -> u64| channel.days.iter().map(of).sum::<u64>();
    let healthy: i64 = channel.days.iter().map(|day| day.healthy_minutes).sum();
    let seen: i64 =
        channel.days.iter().map(|day| day.healthy_minutes + day.needs_reauthorization_minutes).sum();
    let refused = sum(|day| day.replies.refused + day.replies.refused_of_customers);
    html! {
        tr {
            th scope="row" { span.with-badge { @if let Some(kind) = kind(&channel.kind) { (parts::channel_badge(kind)) } span dir="auto" { (channel.name) } } }
            td { ol.day-cells {
                @for day in &channel.days {
                    @let words = told(view, day);
                    li.day-cell data-state=(state(day)) title=(words) { (mark(state(day))) span.sr { (words) } }
                }
            } }
            td.number { @if seen > 0 { (healthy * 100 / seen) "%" } @else { "–" } }
            td.number { (sum(|day| day.replies.accepted)) }
            td.number { (refused) }
        }
    }
}

fn told(view: &View, day: &FaredDay) -> String {
    let name = day_name(view, day.date);
    match state(day) {
        "bad" => format!(
            "{name}: {} {}",
            view.say("再認証待ち", "needed re-authorization for"),
            view.span(day.needs_reauthorization_minutes * 60)
        ),
        "off" => format!("{name}: {}", view.say("停止中", "switched off")),
        "good" => format!("{name}: {}", view.say("正常", "healthy")),
        _ => format!("{name}: {}", view.say("記録なし", "nothing seen")),
    }
}

fn quota(view: &View, channel: &Fared, index: usize) -> Markup {
    let values =
        |of: fn(&FaredDay) -> Option<u64>| channel.days.iter().map(|day| of(day).map(count)).collect();
    let title = format!(
        "{}: {}",
        view.say("LINE の今月のメッセージ数", "LINE's messages of the month"),
        channel.name
    );
    let latest = channel.days.iter().rev().find_map(|day| day.quota.as_ref());
    let summary = match latest {
        Some(quota) => match quota.limit {
            Some(limit) if view.is_japanese() => format!("{limit}通のうち {} 通を使用。", quota.used),
            Some(limit) => format!("{} of {limit} used.", quota.used),
            None => format!(
                "{} {}",
                quota.used,
                view.say("通を使用（上限なし）。", "used; the plan has no limit.")
            ),
        },
        None => String::new(),
    };
    let mut series = vec![Series {
        name: view.say("使用数", "Used").to_owned(),
        values: values(|day| day.quota.as_ref().map(|quota| quota.used)),
    }];
    if latest.is_some_and(|quota| quota.limit.is_some()) {
        series.push(Series {
            name: view.say("上限", "Limit").to_owned(),
            values: values(|day| day.quota.as_ref().and_then(|quota| quota.limit)),
        });
    }
    let id = format!("quota-{index}");
    let chart = Chart {
        id: &id,
        title: &title,
        summary: &summary,
        unit: view.say("通", "Messages"),
        places: channel.days.iter().map(|day| day_name(view, day.date)).collect(),
        series,
        table: (view.say("数値を表で見る", "The figures as a table"), view.say("日付", "Day")),
        write: plain,
    };
    html! { section.card { h2 dir="auto" { (title) } p.muted { (summary) } (chart.lines()) } }
}
