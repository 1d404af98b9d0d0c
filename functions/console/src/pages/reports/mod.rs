//! Reports (OPS-3): how much came and was answered, how long it took, how it ended, who did it, and how channels fared. Each
//! chart has its figures as a table behind it.

mod activity;
mod chart;
mod closing;
mod data;
mod durations;
mod health;
mod people;
mod query;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use madoguchi_domain::Act;
use maud::{Markup, html};

use crate::Console;
use crate::error::{For as _, Paged};
use crate::pages::known::{Names, Wanted};
use crate::parts::{self, Icon};
use crate::shell::{Place, page};
use crate::view::View;

const AT: &str = "/console/reports";

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new().route(AT, get(show))
}

async fn show(view: View, wanted: Wanted) -> Paged {
    let title = view.say("レポート", "Reports");
    let asked = query::Asked::new(&view, &wanted);
    let (path, channels_path) = (asked.path("/api/reports"), asked.channels_path());
    let people = async {
        if view.may(Act::Administrate) {
            Names::of(&view, "/api/operators").await.unwrap_or_default()
        } else {
            Names::default()
        }
    };
    let (report, fared, channels, people) = tokio::join!(
        view.get::<data::Report>(&path),
        view.get::<data::Channels>(&channels_path),
        Names::of(&view, "/api/channels"),
        people,
    );
    let report = report.for_(&view)?;
    let fared = fared.ok();
    let channels = channels.unwrap_or_default();
    let lead = view.say(
        "届いた件数、返信までの時間、完了の理由を確認できます。",
        "How much came, how long answers took, and how conversations ended.",
    );
    let content = html! {
        div.page.reports {
            (parts::heading(title, lead, &html! {}))
            (query::picker(&view, &asked, &channels, &people))
            (chart::patterns())
            @if report.is_empty() {
                (nothing(&view))
            } @else {
                (durations::cards(&view, &report))
                (activity::section(&view, &report, &asked))
                (activity::week(&view, &report))
                (durations::lines(&view, &report))
                (closing::section(&view, &report, &asked))
                (people::operators(&view, &report, &asked))
                @if asked.operator.is_none() { (people::channels(&view, &report, &asked)) }
            }
            @if let (Some(fared), None) = (&fared, &asked.operator) { (health::section(&view, fared, &asked)) }
        }
    };
    Ok(page(&view, Place::Reports, title, &content))
}

fn nothing(view: &View) -> Markup {
    parts::empty(
        Icon::Chart,
        view.say("この期間の記録はありません", "Nothing was counted in this period"),
        &html! {
            p { (view.say("期間を広げるか、条件を外してお試しください。集計は数分遅れで反映されます。", "Choose a longer period or ask for less. Figures follow within minutes.")) }
            a.button href=(format!("{AT}?period=28")) { (view.say("28日間を見る", "Show 28 days")) }
        },
    )
}

/// A button that takes a table along as CSV.
fn csv(view: &View, asked: &query::Asked, table: &str) -> Markup {
    let path = asked.export(table);
    html! {
        button.button.small type="button" data-export=(path) data-export-name=(format!("report-{table}.csv")) { (parts::icon(Icon::Download)) "CSV" span.sr { (view.say("で書き出す", " export")) } }
    }
}
