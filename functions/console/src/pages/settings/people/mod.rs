//! People and the channels they answer on (MEM).

mod list;
mod person;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::organisation::Items;
use crate::Console;
use crate::backend::Refusal;
use crate::parts::badge;
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/people", get(list::show))
        .route("/console/settings/people/{person}", get(person::show))
}

/// A person as the API tells of them.
#[derive(Deserialize)]
struct Person {
    id: String,
    name: String,
    account: Option<String>,
    role: String,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
    removed_at: Option<Timestamp>,
    channels: Vec<Membership>,
}

/// How somebody stands on a channel (MEM-2 to MEM-6).
#[derive(Deserialize)]
struct Membership {
    channel_id: String,
    state: String,
    since: Timestamp,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    message: String,
    remedy: String,
}

/// What somebody is on.
#[derive(Deserialize)]
struct Duty {
    id: String,
    available: bool,
    capacity: Option<u32>,
    load: u32,
}

async fn duties(view: &View) -> Result<HashMap<String, Duty>, Refusal> {
    let duties = view.get::<Items<Duty>>("/api/operators").await?.items;
    Ok(duties.into_iter().map(|duty| (duty.id.clone(), duty)).collect())
}

fn role(view: &View, role: &str) -> Markup {
    match role {
        "owner" => badge("good", view.say("オーナー", "Owner")),
        "administrator" => badge("info", view.say("管理者", "Administrator")),
        "operator" => badge("neutral", view.say("オペレーター", "Operator")),
        other => badge("neutral", other),
    }
}

/// Whether conversations are given to them.
fn availability(view: &View, duty: Option<&Duty>) -> Markup {
    let available = duty.is_some_and(|duty| duty.available);
    let words = if available { view.say("受付中", "Available") } else { view.say("離席中", "Away") };
    html! { span.org-presence data-on=(available) { span.presence-dot aria-hidden="true" {} (words) } }
}

/// The state of an association in a word, and how it looks.
fn state(view: &View, state: &str) -> Markup {
    match state {
        "available" => badge("good", view.say("利用可能", "Available")),
        "waiting" => badge("info", view.say("待機中", "Waiting")),
        "failed" => badge("bad", view.say("失敗", "Failed")),
        "retry" => badge("warning", view.say("再試行", "Retrying")),
        other => badge("neutral", other),
    }
}

/// The day somebody was last seen; the API tells no more.
fn seen(view: &View, at: Timestamp) -> Markup {
    let day = view.day(at);
    html! { time datetime=(view.date(at)) { (day) } }
}

/// A person's id as a part of an address.
fn segment(id: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    encoded.replace('+', "%20")
}
