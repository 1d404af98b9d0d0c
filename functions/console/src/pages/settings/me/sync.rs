//! How the names of operators reach Messenger (SND-4).

use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::parts::{self, Icon, icon};
use crate::view::View;

#[derive(Debug, Deserialize)]
pub(super) struct Sync {
    #[serde(default)]
    running: bool,
    #[serde(default)]
    due_at: Option<Timestamp>,
    #[serde(default)]
    last: Option<Last>,
}

#[derive(Debug, Deserialize)]
struct Last {
    at: Timestamp,
    #[serde(default)]
    made: u64,
    #[serde(default)]
    removed: u64,
    #[serde(default)]
    failed: u64,
}

pub(super) fn card(view: &View, sync: &Sync) -> Markup {
    html! {
        section.card #sender-sync aria-labelledby="sync-title" hx-get="/console/settings/me" hx-trigger="renew" hx-select="#sender-sync" hx-swap="morph:outerHTML" {
            h2 #sync-title { (view.say("Messenger への表示名の反映", "Names shown by Messenger")) }
            p.lead { (view.say(
                "オペレーターの名前と写真は、1日に1回 Messenger に反映されます。すぐに反映することもできます。",
                "Names and pictures of operators reach Messenger once a day, or now if you like.",
            )) }
            dl.facts {
                @if let Some(last) = &sync.last {
                    dt { (view.say("前回", "Last time")) }
                    dd {
                        (view.time(last.at)) " · "
                        (view.say("追加", "made")) " " (last.made) ", " (view.say("削除", "removed")) " " (last.removed)
                        @if last.failed > 0 { " · " (parts::badge("bad", &format!("{} {}", view.say("失敗", "failed"), last.failed))) }
                    }
                }
                dt { (view.say("次回", "Next time")) }
                dd {
                    @if sync.running { (parts::badge("info", view.say("実行中", "Running"))) }
                    @else if let Some(due) = sync.due_at { (view.time(due)) }
                    @else { (view.say("未定", "Not planned yet")) }
                }
            }
            div.form-acts {
                button.button type="button" data-call="POST /sender-sync" data-refresh="#sender-sync" data-done=(view.say("まもなく反映を始めます", "It begins within a minute")) disabled[sync.running] {
                    (icon(Icon::RefreshCw)) (view.say("今すぐ反映する", "Sync now"))
                }
            }
        }
    }
}
