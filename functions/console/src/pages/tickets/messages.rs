//! What went into a ticket, newest first.

use axum::extract::Path;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::AT;
use crate::error::{For as _, Paged};
use crate::pages::known::{Listed, Wanted, encoded};
use crate::parts::{Icon, icon};
use crate::view::View;

#[derive(Debug, Deserialize)]
struct Message {
    at: Timestamp,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    sender_name: Option<String>,
    #[serde(default)]
    participant_name: Option<String>,
    #[serde(default)]
    offensive: bool,
    #[serde(default)]
    unsent: bool,
    #[serde(default)]
    attachments: Vec<serde::de::IgnoredAny>,
}

pub(super) async fn show(view: View, Path(number): Path<String>, wanted: Wanted) -> Paged {
    let path = wanted.address(&format!("/api/tickets/{}/messages", encoded(&number)), &["cursor"], &[]);
    let messages: Listed<Message> = view.get(&path).await.for_(&view)?;
    Ok(html! {
        @if messages.items.is_empty() {
            p.muted { (view.say("表示できるメッセージはありません。", "There is no message to show.")) }
        }
        ol.ticket-messages { @for message in &messages.items { li data-direction=(message.direction) { (shown(&view, message)) } } }
        @if let Some(next) = &messages.next_cursor {
            div {
                button.button.small type="button" hx-get=(format!("{AT}/{}/messages?cursor={}", encoded(&number), encoded(next))) hx-target="closest div" hx-swap="outerHTML" {
                    (view.say("以前のメッセージ", "Earlier messages"))
                }
            }
        }
    })
}

fn shown(view: &View, message: &Message) -> Markup {
    let customer = view.say("お客様", "Customer");
    let from = message.sender_name.as_deref().or(message.participant_name.as_deref());
    html! {
        p.ticket-message-head {
            strong dir="auto" { (from.unwrap_or(if message.direction == "in" { customer } else { view.say("こちら", "Us") })) }
            " " span.muted { (view.time(message.at)) }
        }
        @if message.unsent {
            p.muted { (view.say("送信が取り消されました。", "It was taken back.")) }
        } @else if let Some(text) = &message.text {
            @if message.offensive {
                details.veiled { summary { (icon(Icon::EyeOff)) (view.say("不適切な表現を含むメッセージ", "Holds offensive words")) } p.said dir="auto" { (text) } }
            } @else { p.said dir="auto" { (text) } }
        } @else if message.attachments.is_empty() {
            p.muted { (kind(view, &message.kind)) }
        }
        @if !message.unsent && !message.attachments.is_empty() {
            p.muted { (icon(Icon::Paperclip)) (kind(view, &message.kind)) " (" (message.attachments.len()) ")" }
        }
    }
}

fn kind<'a>(view: &View, kind: &'a str) -> &'a str {
    match kind {
        "sticker" => view.say("スタンプ", "Sticker"),
        "image" | "album" => view.say("画像", "Picture"),
        "video" => view.say("動画", "Video"),
        "audio" => view.say("音声", "Audio"),
        "file" => view.say("ファイル", "File"),
        "location" => view.say("位置情報", "Location"),
        other => other,
    }
}
