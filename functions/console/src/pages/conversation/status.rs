//! How far a reply has come, why it did not arrive, and what can be done about it.

use maud::{Markup, html};

use super::model::{Message, Problem};
use crate::parts::{Icon, icon};
use crate::view::View;

/// What stands beside the time of a reply.
pub(super) fn mark(view: &View, message: &Message) -> Markup {
    let (shape, class, text) = match message.status.as_deref() {
        Some("scheduled") => (Icon::CalendarClock, "", view.say("送信予約", "Scheduled")),
        Some("canceled") => (Icon::CircleX, "", view.say("予約取り消し", "Canceled")),
        Some("queued") => (Icon::Clock, "", view.say("送信待ち", "Queued")),
        Some("sending") => (Icon::Clock, "", view.say("送信中", "Sending")),
        Some("sent") => (Icon::Check, "", view.say("送信済み", "Sent")),
        Some("retrying") => (Icon::RefreshCw, "warning", view.say("再送待ち", "Will be sent again")),
        Some("delivered") => (Icon::CheckCheck, "", view.say("配信済み", "Delivered")),
        Some("read") => (Icon::CheckCheck, "good", view.say("既読", "Read")),
        Some("failed") => (Icon::CircleAlert, "bad", view.say("送信できませんでした", "Not sent")),
        Some("unconfirmed") => (Icon::CircleHelp, "warning", view.say("未確認", "Unconfirmed")),
        _ => return html! {},
    };
    html! { span.message-status.(class) data-status=[message.status.as_deref()] { (icon(shape)) (text) } }
}

/// What is to be told of a reply that is on its way, waits, or failed.
pub(super) fn remedies(view: &View, conversation: &str, message: &Message) -> Markup {
    let path = format!("/conversations/{conversation}/messages/{}", message.id);
    let resend = |label: &str, ask: Option<(&str, &str)>| {
        html! {
            button.button.small type="button" data-call=(format!("POST {path}/resend"))
                data-confirm=[ask.map(|(title, _)| title)] data-confirm-text=[ask.map(|(_, text)| text)] data-confirm-yes=[ask.map(|_| label)] {
                (icon(Icon::RotateCcw)) (label)
            }
        }
    };
    let cancel = html! {
        button.button.small type="button" data-call=(format!("DELETE {path}")) data-done=(view.say("取り消しました", "Canceled")) {
            (icon(Icon::X)) (view.say("予約を取り消す", "Cancel it"))
        }
    };
    match message.status.as_deref() {
        Some("failed") => html! {
            div.remedy.bad { @if let Some(failure) = &message.failure { (problem(failure)) } div.remedy-acts { (resend(view.say("もう一度送る", "Send again"), None)) } }
        },
        Some("unconfirmed") => html! {
            div.remedy.warning {
                @if let Some(failure) = &message.failure { (problem(failure)) }
                div.remedy-acts {
                    (resend(view.say("もう一度送る", "Send again"), Some((view.say("もう一度送りますか？", "Send it again?"), view.say("すでに届いている場合、お客様に2回届くことがあります。", "If it has arrived already, the customer may get it twice.")))))
                }
            }
        },
        Some("scheduled") => html! {
            div.remedy {
                p {
                    @if let Some(at) = message.send_at { (view.time(at)) " " (view.say("に送信します", "is when it goes out")) }
                    @if message.unless_customer_writes == Some(true) { " " (view.say("（先にお客様から連絡があれば取り消し）", "(unless the customer writes before)")) }
                }
                div.remedy-acts { (cancel) }
            }
        },
        Some("retrying") => html! {
            div.remedy.warning {
                @if let Some(first) = &message.first_try { (problem(&first.failure)) }
                @if let Some(at) = message.send_at { p { (view.time(at)) " " (view.say("に自動で再送します", "is when it is sent once more")) } }
                div.remedy-acts { (cancel) }
            }
        },
        Some("delivered" | "read" | "sent")
            if message.first_try.as_ref().is_some_and(|first| first.delivered) =>
        {
            html! {
                div.remedy { p { (view.say("再送の前の分も届いたため、お客様に2回届いている可能性があります。", "The first one arrived after all: the customer may have it twice.")) } }
            }
        }
        _ => html! {},
    }
}

/// What happened, why, and what to do.
pub(super) fn problem(problem: &Problem) -> Markup {
    html! {
        div.problem data-problem=(problem.id) {
            p.problem-title { (problem.message) }
            @if !problem.cause.is_empty() { p { (problem.cause) } }
            @if !problem.remedy.is_empty() { p { (problem.remedy) } }
            @if let Some(provider) = &problem.provider {
                p.hint { code { (provider.code) } @if let Some(text) = &provider.text { " " (text) } }
            }
        }
    }
}
