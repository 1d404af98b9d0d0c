//! Outgoing webhooks (OPS-1, OPS-2): all of them, and one with what it was told.

mod deliveries;
mod form;
mod list;
mod one;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::Console;
use crate::parts;
use crate::view::View;

const AT: &str = "/console/settings/webhooks";

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(AT, get(list::show))
        .route("/console/settings/webhooks/new", get(form::new))
        .route("/console/settings/webhooks/{webhook}", get(one::show))
        .route("/console/settings/webhooks/{webhook}/deliveries", get(deliveries::show))
}

#[derive(Debug, Deserialize)]
struct Webhook {
    id: String,
    url: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    channels: Vec<String>,
    events: Vec<String>,
    enabled: bool,
    #[serde(default)]
    off_because: Option<String>,
    #[serde(default)]
    off_since: Option<Timestamp>,
    #[serde(default)]
    failing_since: Option<Timestamp>,
    #[serde(default)]
    previous_secret_until: Option<Timestamp>,
    created_at: Timestamp,
    #[serde(default)]
    version: u64,
}

const EVENTS: [&str; 9] = [
    "message.received",
    "message.sent",
    "message.failed",
    "message.unconfirmed",
    "conversation.opened",
    "conversation.assigned",
    "conversation.closed",
    "conversation.reopened",
    "ticket.created",
];

/// What an event is called.
fn event_name<'a>(view: &View, event: &'a str) -> &'a str {
    match event {
        "message.received" => view.say("お客様からメッセージが届いた", "A customer wrote"),
        "message.sent" => view.say("返信を送信した", "A reply was sent"),
        "message.failed" => view.say("返信を送信できなかった", "A reply could not be sent"),
        "message.unconfirmed" => {
            view.say("返信の送信を確認できなかった", "Whether a reply was sent is not known")
        }
        "conversation.opened" => view.say("会話が始まった", "A conversation began"),
        "conversation.assigned" => view.say("担当者が変わった", "A conversation was assigned"),
        "conversation.closed" => view.say("会話が完了した", "A conversation was closed"),
        "conversation.reopened" => view.say("会話が再開した", "A conversation was reopened"),
        "ticket.created" => view.say("チケットが作られた", "A ticket was made"),
        "webhook.test" => view.say("テスト", "Test"),
        other => other,
    }
}

/// How it is, in a word.
fn state(view: &View, webhook: &Webhook) -> Markup {
    if !webhook.enabled {
        let failing = webhook.off_because.as_deref() == Some("failing");
        let words = if failing {
            view.say("停止（エラーが続いたため）", "Off: it kept failing")
        } else {
            view.say("停止中", "Off")
        };
        return html! { (parts::badge(if failing { "bad" } else { "neutral" }, words)) };
    }
    match webhook.failing_since {
        Some(since) => {
            html! { (parts::badge("warning", view.say("受け取られていません", "Nothing is taken"))) " " span.hint.in-line { (view.time(since)) } }
        }
        None => html! { (parts::badge("good", view.say("稼働中", "On"))) },
    }
}
