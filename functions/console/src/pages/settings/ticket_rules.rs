//! When what customers write becomes a ticket by itself (TKT-2 to TKT-5).

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use madoguchi_domain::ticket::MINUTES;
use maud::{Markup, html};
use serde_json::Value;

use super::organisation::{Channel, Department, channels, departments, duration, errors, lasting, tagged};
use crate::Console;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, channel_badge, empty, heading, icon};
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/ticket-rules", get(show))
        .route("/console/settings/ticket-rules/{channel}", get(edit))
}

/// When a message becomes a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Never,
    Always,
    Timer(u32),
}

/// What the timer is set to if nobody has said how long (TKT-2).
const STANDARD_MINUTES: u32 = 60;

impl After {
    /// As the API has it: a word, or `{"timer": {"minutes": 60}}`.
    fn read(value: &Value) -> Self {
        let minutes = value.pointer("/timer/minutes").and_then(Value::as_u64);
        match (value.as_str(), minutes) {
            (Some("always"), _) => Self::Always,
            (_, Some(minutes)) => Self::Timer(u32::try_from(minutes).unwrap_or(STANDARD_MINUTES)),
            _ => Self::Never,
        }
    }

    fn sentence(self, view: &View) -> Markup {
        match self {
            Self::Never => {
                html! { (view.say("自動ではチケットになりません。手動でチケットにできます。", "Nothing becomes a ticket by itself. People can convert messages by hand.")) }
            }
            Self::Always => {
                html! { (view.say("お客様のメッセージは、1件ずつすぐにチケットになります。", "Each message of a customer becomes a ticket at once.")) }
            }
            Self::Timer(minutes) => {
                let words = view.say(
                    "お客様の最初のメッセージから{}後に、それまでのメッセージをまとめて1枚のチケットにします。その後のメッセージは、また同じ時間で次のチケットになります。",
                    "After {} from a customer's first message, all that they wrote until then becomes one ticket. What they write later becomes another, after the same time.",
                );
                let (before, after) = words.split_once("{}").unwrap_or((words, ""));
                html! { (before) b { (lasting(view, minutes)) } (after) }
            }
        }
    }
}

async fn show(view: View) -> Paged {
    let (channels, departments) = tokio::try_join!(channels(&view), departments(&view)).for_(&view)?;
    let title = view.say("チケット化", "Ticket rules");
    let whole = html! {
        (heading(title, view.say(
            "お客様のメッセージをいつチケットにするかを、チャンネルごとに決めます。変更は、それより後のメッセージから有効です。",
            "When messages of customers become tickets, by channel. A change holds for what begins after it.",
        ), &html! {}))
        @if channels.is_empty() {
            (empty(Icon::Ticket, view.say("チャンネルがまだありません", "No channels yet"), &html! {
                p { (view.say("チャンネルを接続すると、ここで決められます。", "Connect one to set its rules here.")) }
                a.button.primary href="/console/settings/connect" { (view.say("チャンネルを接続", "Connect a channel")) }
            }))
        }
        div.stack { @for channel in &channels { (card(&view, channel, &departments)) } }
    };
    Ok(super::page(&view, "ticket-rules", title, &whole))
}

fn card(view: &View, channel: &Channel, departments: &[Department]) -> Markup {
    let own = |department: &&Department| channel.settings.tickets.departments.contains_key(&department.id);
    html! {
        article.card.timer-card {
            div.timer-head {
                h2 { (channel_badge(channel.kind)) " " span dir="auto" { (channel.name) } }
                a.button.small href=(format!("/console/settings/ticket-rules/{}", channel.id)) { (icon(Icon::Pencil)) (view.say("変更", "Change")) span.sr { ": " (channel.name) } }
            }
            ul.sentences {
                li { (icon(Icon::Ticket)) span { (After::read(&channel.settings.tickets.after).sentence(view)) } }
                @for department in departments.iter().filter(own) {
                    li { (icon(Icon::Building2)) span { b dir="auto" { (department.name) } ": " (After::read(&channel.settings.tickets.departments[&department.id]).sentence(view)) } }
                }
            }
        }
    }
}

async fn edit(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/channels/{id}");
    let ((channel, version), departments) =
        tokio::try_join!(tagged::<Channel>(&view, &path), departments(&view)).for_(&view)?;
    let content = form(&view, &channel, &version, &departments);
    if view.part {
        return Ok(content);
    }
    let title = format!("{} · {}", view.say("チケット化", "Ticket rules"), channel.name);
    let whole = html! {
        p.org-back { a href="/console/settings/ticket-rules" { (icon(Icon::ArrowLeft)) (view.say("チケット化", "Ticket rules")) } }
        div.heading { h1 { (channel_badge(channel.kind)) " " span dir="auto" { (channel.name) } } }
        div #ticket-rules hx-get=(view.path) hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
    };
    Ok(super::page(&view, "ticket-rules", &title, &whole))
}

fn form(view: &View, channel: &Channel, version: &str, departments: &[Department]) -> Markup {
    let tickets = &channel.settings.tickets;
    // What is kept of a department that was given up is taken along.
    let gone = tickets.departments.iter().filter(|(id, _)| !departments.iter().any(|of| of.id == **id));
    html! {
        form.form data-call=(format!("PATCH /channels/{}", channel.id)) data-version=(version) data-done=(view.say("保存しました", "Saved")) data-refresh="#ticket-rules" data-errors=[errors(view)] {
            (choice(view, "tickets.after", view.say("お客様のメッセージを", "A customer's message becomes a ticket"), Some(After::read(&tickets.after)), false))
            @for (id, after) in gone { input type="hidden" name=(format!("tickets.departments.{id}")) data-type="json" value=(after); }
            @if !departments.is_empty() {
                h2 { (view.say("部門ごとの例外", "Other rules for departments")) }
                p.hint { (view.say("ほかの部門へ引き継がれた会話には、その部門の決まりが使われます。", "Conversations that stand with a department follow its rule.")) }
                @for department in departments {
                    (choice(view, &format!("tickets.departments.{}", department.id), &department.name, tickets.departments.get(&department.id).map(After::read), true))
                }
            }
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts { button type="submit" { (view.say("保存", "Save")) } }
        }
    }
}

/// A choice of when; `None` as for the channel.
fn choice(view: &View, name: &str, title: &str, chosen: Option<After>, may_follow: bool) -> Markup {
    let part = format!("part-{}", name.replace('.', "-"));
    let minutes = if let Some(After::Timer(minutes)) = chosen { Some(minutes) } else { None };
    let option = |value: &str, kind: &str, on: bool, words: &str| {
        html! { label { input type="radio" name=(name) value=(value) data-type=(kind) checked[on]; span { (words) } } }
    };
    html! {
        fieldset.card.org-choice {
            legend.field-label dir="auto" { (title) }
            @if may_follow { (option("", "none", chosen.is_none(), view.say("チャンネルと同じ", "As for the channel"))) }
            (option("\"never\"", "json", chosen == Some(After::Never), view.say("自動ではチケットにしない", "Never by itself")))
            label {
                input type="radio" name=(name) data-type="none" data-opens=(part) checked[minutes.is_some()]; span { (view.say("時間がたってからまとめてチケットにする", "After a while, with all that was written until then")) }
            }
            fieldset.opened.indented #(part) disabled[minutes.is_none()] {
                (duration(view, &format!("{name}.timer.minutes"), &format!("{part}-minutes"), view.say("最初のメッセージから", "After the first message"), minutes.unwrap_or(STANDARD_MINUTES), (*MINUTES.start(), *MINUTES.end())))
                p.hint { (lasting(view, *MINUTES.start())) (view.say("〜", " to ")) (lasting(view, *MINUTES.end())) }
            }
            (option("\"always\"", "json", chosen == Some(After::Always), view.say("すぐに1件ずつチケットにする", "At once, each by itself")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tkt_4_every_rule_of_the_api_is_understood() {
        for (value, expected) in [
            (json!("never"), After::Never),
            (json!("always"), After::Always),
            (json!({"timer": {"minutes": 90}}), After::Timer(90)),
            (json!("something new"), After::Never),
            (Value::Null, After::Never),
        ] {
            assert_eq!(After::read(&value), expected, "{value}");
        }
    }
}
