//! Who did it, and on which channel.

use maud::{Markup, html};

use super::data::{Figures, Report};
use super::durations::length;
use super::query::Asked;
use super::{activity, csv};
use crate::pages::known::kind;
use crate::parts;
use crate::view::View;

pub(super) fn operators(view: &View, report: &Report, asked: &Asked) -> Markup {
    let title = view.say("オペレーター別", "By operator");
    let most = report.operators.iter().map(|one| one.figures.answers).max().unwrap_or_default();
    let nobody = view.say("提供元の画面から・担当なし", "In the provider's own inbox, or nobody's");
    html! {
        section.card {
            div.spread { h2 { (title) } (csv(view, asked, "operators")) }
            @if report.operators.is_empty() {
                p.muted.empty-line { (view.say("この期間に返信した人はいません。", "Nobody answered in this period.")) }
            } @else {
                div.table-scroll tabindex="0" role="group" aria-label=(title) { table.ranked {
                    caption.sr { (title) }
                    thead { tr {
                        th scope="col" { (view.say("名前", "Name")) }
                        th scope="col" { (view.say("返信", "Answers")) }
                        (heads(view))
                    } }
                    tbody { @for one in &report.operators {
                        @let name = one.name.as_deref().unwrap_or(if one.operator_id.is_some() { view.say("以前のメンバー", "A former colleague") } else { nobody });
                        tr {
                            th scope="row" { span.with-badge { (parts::initials(name)) span dir="auto" { (name) } } }
                            td { (bar(one.figures.answers, most)) }
                            (cells(view, &one.figures))
                        }
                    } }
                } }
            }
        }
    }
}

pub(super) fn channels(view: &View, report: &Report, asked: &Asked) -> Markup {
    let title = view.say("チャンネル別", "By channel");
    let most = report.channels.iter().map(|one| one.figures.incoming()).max().unwrap_or_default();
    html! {
        section.card {
            div.spread { h2 { (title) } (csv(view, asked, "channels")) }
            div.table-scroll tabindex="0" role="group" aria-label=(title) { table.ranked {
                caption.sr { (title) }
                thead { tr {
                    th scope="col" { (view.say("チャンネル", "Channel")) }
                    th scope="col" { (view.say("受信", "Received")) }
                    th.number scope="col" { (view.say("返信", "Answers")) }
                    (heads(view))
                } }
                tbody { @for one in &report.channels {
                    tr {
                        th scope="row" { span.with-badge { @if let Some(kind) = kind(&one.kind) { (parts::channel_badge(kind)) } span dir="auto" { (one.name) } } }
                        td { (bar(one.figures.incoming(), most)) }
                        td.number { (one.figures.answers) }
                        (cells(view, &one.figures))
                    }
                } }
            } }
        }
    }
}

fn heads(view: &View) -> Markup {
    html! {
        th.number scope="col" { (view.say("完了", "Closed")) }
        th.number scope="col" { (view.say("最初の返信", "First answer")) }
        th.number scope="col" { (view.say("完了まで", "To close")) }
    }
}

fn cells(view: &View, figures: &Figures) -> Markup {
    let median =
        |seconds: Option<f64>| seconds.map_or_else(|| "–".to_owned(), |seconds| length(view, seconds));
    html! {
        td.number { (figures.closed) }
        td.number { (median(figures.first_answer.median_seconds)) }
        td.number { (median(figures.to_close.median_seconds)) }
    }
}

/// A number with its length.
fn bar(value: u64, most: u64) -> Markup {
    let part = activity::count(value) / activity::count(most.max(1));
    html! {
        span.small-bar {
            span { (value) }
            svg aria-hidden="true" focusable="false" viewBox="0 0 100 8" preserveAspectRatio="none" { rect.fill-0 width=(format!("{:.1}", part * 100.0)) height="8" rx="2" {} }
        }
    }
}
