//! What could not be filed (ING-11): why, and how to send it through the inbox again.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::pages::known::{Listed, Names, encoded, kind};
use crate::parts::{self, Icon, icon};
use crate::view::View;

const AT: &str = "/console/settings/quarantine";

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(AT, get(show))
}

#[derive(Debug, Deserialize)]
struct Quarantined {
    id: String,
    reason: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    channel_kind: String,
    #[serde(default)]
    channel_id: Option<String>,
    received_at: Timestamp,
    #[serde(default)]
    part: u32,
    #[serde(default)]
    parts: u32,
}

async fn show(view: View) -> Paged {
    let title = view.say("隔離", "Quarantine");
    let (kept, channels) = tokio::join!(
        view.get::<Listed<Quarantined>>("/api/quarantine?limit=100"),
        Names::of(&view, "/api/channels"),
    );
    let (kept, channels) = (kept.for_(&view)?, channels.unwrap_or_default());
    let lead = view.say(
        "受け取ったものの、どの会話にも入れられなかったイベントです。原因を取り除いてから再処理できます。90日間保管します。",
        "Events that arrived and could be filed nowhere. Mend the cause, then send them through again. They are kept for 90 days.",
    );
    let content = html! {
        (parts::heading(title, lead, &html! {}))
        div #quarantine hx-get=(AT) hx-trigger="renew" hx-select="#quarantine" hx-swap="morph:outerHTML" {
            @if kept.items.is_empty() {
                (parts::empty(Icon::CircleCheck, view.say("隔離されたイベントはありません", "Nothing is in quarantine"), &html! {
                    p { (view.say("届いたイベントはすべて受信箱に入っています。", "Everything that arrived is in the inbox.")) }
                }))
            } @else {
                (table(&view, &kept.items, &channels))
                @if kept.items.len() >= 100 { p.hint { (view.say("最初の100件を表示しています。", "The first 100 are shown.")) } }
            }
        }
    };
    Ok(super::page(&view, "quarantine", title, &content))
}

fn table(view: &View, kept: &[Quarantined], channels: &Names) -> Markup {
    html! {
        div.table-scroll {
            table {
                caption.sr { (view.say("隔離されたイベント", "Events in quarantine")) }
                thead { tr {
                    th scope="col" { (view.say("受信", "Received")) }
                    th scope="col" { (view.say("チャンネル", "Channel")) }
                    th scope="col" { (view.say("理由と対処", "Why, and what to do")) }
                    th scope="col" { span.sr { (view.say("操作", "Acts")) } }
                } }
                tbody {
                    @for one in kept {
                        tr {
                            td { (view.time(one.received_at)) }
                            td {
                                span.with-badge {
                                    @if let Some(kind) = kind(&one.channel_kind) { (parts::channel_badge(kind)) } @else { (one.channel_kind) }
                                    @if let Some(id) = &one.channel_id { span dir="auto" { (channels.name(id)) } }
                                }
                            }
                            td {
                                strong { (why(view, &one.reason)) }
                                p.hint { (remedy(view, &one.reason)) }
                                details.technical {
                                    summary { (view.say("技術的な詳細", "Technical details")) }
                                    p { code { (one.reason) } @if one.parts > 1 { " · " (one.part) "/" (one.parts) } }
                                    @if !one.detail.is_empty() { p { code { (one.detail) } } }
                                }
                            }
                            td.acts {
                                button.button.small type="button" data-call=(format!("POST /quarantine/{}/replay", encoded(&one.id))) data-refresh="#quarantine"
                                    data-done=(view.say("再処理を始めました", "It was sent through again")) { (icon(Icon::RotateCcw)) (view.say("再処理", "Replay")) }
                            }
                        }
                    }
                }
            }
        }
    }
}

const fn of_channel(view: &View) -> [&'static str; 2] {
    [
        view.say("このチャンネルは登録されていません", "Its channel is not known here"),
        view.say(
            "「チャンネルを接続」でこのアカウントを接続してから、再処理してください。",
            "Connect the account it came from, then replay it.",
        ),
    ]
}

fn why(view: &View, reason: &str) -> &'static str {
    match reason {
        "unknown_channel" => of_channel(view)[0],
        _ => view.say("内容を読み取れませんでした", "It could not be read"),
    }
}

fn remedy(view: &View, reason: &str) -> &'static str {
    match reason {
        "unknown_channel" => of_channel(view)[1],
        _ => view.say(
            "提供元が形式を変えた可能性があります。新しい版を導入した後に再処理してください。",
            "The provider may have changed its format. Replay it once a newer release is installed.",
        ),
    }
}
