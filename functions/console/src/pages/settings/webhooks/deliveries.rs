//! What a webhook was told, and what it answered.

use axum::extract::Path;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::{AT, event_name};
use crate::error::{For as _, Paged};
use crate::pages::known::{Listed, Wanted, encoded};
use crate::parts::{self, Icon, icon};
use crate::view::View;

/// As long as this, somebody waits for what becomes of a test.
const FRESH_S: i64 = 60;

#[derive(Debug, Deserialize)]
struct Delivery {
    id: String,
    #[serde(rename = "type")]
    event: String,
    state: String,
    created_at: Timestamp,
    #[serde(default)]
    next_attempt_at: Option<Timestamp>,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    event_id: String,
    #[serde(default)]
    attempts: Vec<Attempt>,
}

#[derive(Debug, Deserialize)]
struct Attempt {
    at: Timestamp,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    answer: Option<String>,
    #[serde(default)]
    duration_ms: i64,
}

pub(super) async fn show(view: View, Path(id): Path<String>, wanted: Wanted) -> Paged {
    let path = wanted.address(&format!("/api/webhooks/{}/deliveries", encoded(&id)), &["cursor"], &[]);
    let told: Listed<Delivery> = view.get(&path).await.for_(&view)?;
    Ok(html! {
        @if told.items.is_empty() {
            p.muted.empty-line { (view.say("まだ何も送っていません。「テストを送る」で試せます。", "Nothing was sent yet. “Send a test” tries it out.")) }
        } @else {
            ul.deliveries { @for delivery in &told.items { li { (row(&view, &id, delivery)) } } }
            @if told.items.iter().any(|delivery| is_under_way(&view, delivery)) {
                // Another id each time, so that it is loaded each time.
                div #{ "again-" (view.now.as_millisecond()) } hx-get=(format!("{AT}/{}/deliveries", encoded(&id))) hx-trigger="load delay:3s" hx-target="#deliveries" hx-swap="morph:innerHTML" {}
            }
            @if let Some(next) = &told.next_cursor {
                div {
                    button.button.small type="button" hx-get=(format!("{AT}/{}/deliveries?cursor={}", encoded(&id), encoded(next))) hx-target="closest div" hx-swap="outerHTML" {
                        (view.say("さらに表示", "Show more"))
                    }
                }
            }
        }
    })
}

/// Whether what becomes of it will be known in a moment.
fn is_under_way(view: &View, delivery: &Delivery) -> bool {
    delivery.state == "pending"
        && delivery.attempts.is_empty()
        && view.now.as_second() - delivery.created_at.as_second() < FRESH_S
}

fn row(view: &View, webhook: &str, delivery: &Delivery) -> Markup {
    let (tone, words) = match delivery.state.as_str() {
        "delivered" => ("good", view.say("受信済み", "Taken")),
        "pending" => ("info", view.say("送信中", "Being sent")),
        "given_up" => ("bad", view.say("断念", "Given up")),
        "canceled" => ("neutral", view.say("中止", "Canceled")),
        other => ("neutral", other),
    };
    html! {
        details #{ "delivery-" (delivery.id) } {
            summary {
                (parts::badge(tone, words))
                strong { (event_name(view, &delivery.event)) }
                span.muted { (view.time(delivery.created_at)) }
                @if let Some(last) = delivery.attempts.last() { span.delivery-last { (outcome(view, last)) } }
            }
            div.delivery-more {
                p.hint { "webhook-id: " code { (delivery.event_id) } }
                @if let Some(id) = &delivery.conversation_id { p { a href=(format!("/console/inbox/{id}")) { (view.say("会話を開く", "Open the conversation")) } } }
                @if let Some(next) = delivery.next_attempt_at { p { (view.say("次の送信", "Next try")) ": " (view.time(next)) } }
                ol.attempts {
                    @for attempt in delivery.attempts.iter().rev() {
                        li {
                            (view.time(attempt.at)) " " strong { (outcome(view, attempt)) } " " span.muted { (attempt.duration_ms) " ms" }
                            @if let Some(answer) = attempt.answer.as_deref().filter(|answer| !answer.is_empty()) { pre { (answer) } }
                        }
                    }
                }
                button.button.small type="button" data-call=(format!("POST /webhooks/{}/deliveries/{}/replay", encoded(webhook), encoded(&delivery.id))) data-refresh="#deliveries"
                    data-done=(view.say("もう一度送ります", "It is sent again")) { (icon(Icon::RotateCcw)) (view.say("もう一度送る", "Send again")) }
            }
        }
    }
}

fn outcome(view: &View, attempt: &Attempt) -> String {
    match (attempt.status, attempt.error.as_deref()) {
        (Some(status), _) => format!("HTTP {status}"),
        (None, Some("timeout")) => view.say("10秒以内に応答なし", "No answer within 10 seconds").to_owned(),
        (None, Some("unreachable")) => view.say("接続できません", "Could not be reached").to_owned(),
        (None, Some("address_refused")) => {
            view.say("許可されていないアドレス", "Not an address that is allowed").to_owned()
        }
        (None, Some(other)) => other.to_owned(),
        (None, None) => "–".to_owned(),
    }
}
