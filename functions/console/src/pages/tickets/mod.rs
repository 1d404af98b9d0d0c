//! Tickets (TKT): the list, and one with what went into it.

mod list;
mod messages;
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

const AT: &str = "/console/tickets";

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(AT, get(list::show))
        .route("/console/tickets/{number}", get(one::show))
        .route("/console/tickets/{number}/messages", get(messages::show))
}

#[derive(Debug, Deserialize)]
struct Ticket {
    number: u64,
    status: String,
    subject: String,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    assignee_id: Option<String>,
    channel_id: String,
    #[serde(default)]
    department_id: Option<String>,
    conversation_id: String,
    #[serde(default)]
    message_count: u64,
    #[serde(default)]
    source: String,
    #[serde(default)]
    created_by: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    #[serde(default)]
    closed_at: Option<Timestamp>,
    #[serde(default)]
    version: u64,
}

/// The states of a ticket, as they follow each other.
const STATUSES: [&str; 4] = ["open", "pending", "on_hold", "closed"];

fn status_name<'a>(view: &View, status: &'a str) -> &'a str {
    match status {
        "open" => view.say("対応中", "Open"),
        "pending" => view.say("お客様の返信待ち", "Waits for the customer"),
        "on_hold" => view.say("保留", "On hold"),
        "closed" => view.say("完了", "Closed"),
        other => other,
    }
}

fn status(view: &View, status: &str) -> Markup {
    let tone = match status {
        "open" => "info",
        "pending" => "warning",
        "closed" => "good",
        _ => "neutral",
    };
    parts::badge(tone, status_name(view, status))
}

fn source<'a>(view: &View, source: &'a str) -> &'a str {
    match source {
        "manual" => view.say("手動", "By hand"),
        "timer" => view.say("時間の経過", "By its timer"),
        "always" => view.say("自動（すべてのメッセージ）", "Each message becomes one"),
        other => other,
    }
}

/// A number as people say it.
fn number(number: u64) -> Markup {
    html! { span.ticket-number { "#" (number) } }
}
