//! Blocked contacts (ABU-3): who they are, why, and how to let them in again.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use madoguchi_domain::Act;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::pages::known::{Listed, Names, Wanted, channel};
use crate::parts::{self, Icon};
use crate::view::View;

const AT: &str = "/console/settings/blocked";

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(AT, get(show))
}

#[derive(Debug, Deserialize)]
struct Conversation {
    id: String,
    channel_id: String,
    contact: Contact,
}

#[derive(Debug, Deserialize)]
struct Contact {
    external_id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    picture_url: Option<String>,
    #[serde(default)]
    blocked: Option<Block>,
}

#[derive(Debug, Deserialize)]
struct Block {
    since: Timestamp,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    dropped: Option<u64>,
}

async fn show(view: View, wanted: Wanted) -> Paged {
    let title = view.say("ブロック中", "Blocked contacts");
    let path = wanted.address("/api/blocked", &["cursor"], &[]);
    let (blocked, channels, people) = tokio::join!(
        view.get::<Listed<Conversation>>(&path),
        Names::of(&view, "/api/channels"),
        Names::of(&view, "/api/operators"),
    );
    let (blocked, channels, people) =
        (blocked.for_(&view)?, channels.for_(&view)?, people.unwrap_or_default());
    let lead = view.say(
        "ブロック中のお客様からのメッセージは、受信箱に入りません。相手には伝わりません。",
        "What blocked contacts write does not reach the inbox. They are not told.",
    );
    let content = html! {
        (parts::heading(title, lead, &html! {}))
        div #blocked hx-get=(wanted.address(AT, &["cursor"], &[])) hx-trigger="renew" hx-select="#blocked" hx-swap="morph:outerHTML" {
            @if blocked.items.is_empty() && wanted.get("cursor").is_none() {
                (parts::empty(Icon::Ban, view.say("ブロック中のお客様はいません", "Nobody is blocked"), &html! {
                    p { (view.say("迷惑なメッセージが続くときは、会話の画面からブロックできます。", "If somebody goes on being abusive, block them from their conversation.")) }
                }))
            } @else {
                (table(&view, &blocked.items, &channels, &people))
                @if let Some(next) = &blocked.next_cursor {
                    p.more { a.button href=(wanted.address(AT, &[], &[("cursor", next)])) { (view.say("次のページ", "Next page")) } }
                }
            }
        }
    };
    Ok(super::page(&view, "blocked", title, &content))
}

fn table(view: &View, blocked: &[Conversation], channels: &Names, people: &Names) -> Markup {
    html! {
        div.table-scroll {
            table {
                caption.sr { (view.say("ブロック中のお客様", "Blocked contacts")) }
                thead { tr {
                    th scope="col" { (view.say("お客様", "Contact")) }
                    th scope="col" { (view.say("チャンネル", "Channel")) }
                    th scope="col" { (view.say("理由", "Why")) }
                    th scope="col" { (view.say("ブロックした人・日時", "By whom, when")) }
                    th.number scope="col" { (view.say("破棄した件数", "Dropped")) }
                    th scope="col" { span.sr { (view.say("操作", "Acts")) } }
                } }
                tbody {
                    @for conversation in blocked {
                        @let name = conversation.contact.name.as_deref().unwrap_or(&conversation.contact.external_id);
                        @if let Some(block) = &conversation.contact.blocked { tr {
                            td { a.person-link href=(format!("/console/inbox/{}", conversation.id)) { (parts::avatar(name, conversation.contact.picture_url.as_deref())) span dir="auto" { (name) } } }
                            td { (channel(channels, &conversation.channel_id)) }
                            td dir="auto" { (reason(view, &block.reason)) }
                            td { (by(view, block.by.as_deref(), people)) br; span.muted { (view.time(block.since)) } }
                            td.number { (block.dropped.map_or_else(|| "–".to_owned(), |count| count.to_string())) }
                            td.acts {
                                @if view.may(Act::Answer) {
                                    button.button.small type="button" data-call=(format!("DELETE /conversations/{}/block", conversation.id)) data-refresh="#blocked"
                                        data-confirm=(view.say("ブロックを解除しますか？", "Unblock this contact?"))
                                        data-confirm-text=(view.say("次のメッセージから受信箱に届きます。ブロック中に届いたものは戻りません。", "Their next message reaches the inbox. What they wrote meanwhile is lost."))
                                        data-confirm-yes=(view.say("解除する", "Unblock"))
                                        data-done=(view.say("ブロックを解除しました", "Unblocked")) { (view.say("解除", "Unblock")) }
                                }
                            }
                        } }
                    }
                }
            }
        }
    }
}

fn reason<'a>(view: &View, reason: &'a str) -> &'a str {
    match reason {
        "abuse" => view.say("不適切な表現が続いたため（自動）", "Went on with offensive words (automatic)"),
        other => other,
    }
}

fn by<'a>(view: &View, id: Option<&'a str>, people: &'a Names) -> &'a str {
    match id {
        Some(id) => people.name(id),
        None => view.say("自動", "By itself"),
    }
}
