//! One message.

use std::collections::HashMap;

use maud::{Markup, html};

use super::lines::{self, Names};
use super::model::Message;
use super::{content, status, text};
use crate::parts::{Icon, badge, icon, initials};
use crate::view::View;

/// What a message is shown with.
pub(super) struct Around<'a> {
    pub(super) conversation: &'a str,
    pub(super) contact: &'a str,
    pub(super) group: bool,
    pub(super) names: Names<'a>,
    /// The messages of the same page, for what is quoted.
    pub(super) by_id: &'a HashMap<&'a str, &'a Message>,
}

/// Seconds within which messages of one person stand together.
const TOGETHER_S: i64 = 300;

/// Who says it: messages of the same stand together.
pub(super) fn who(message: &Message) -> &str {
    let person = if message.sent_by == "customer" { &message.participant } else { &message.operator_id };
    person.as_deref().unwrap_or(&message.sent_by)
}

/// Whether `message` stands together with the one `before` it.
pub(super) fn follows(view: &View, before: &Message, message: &Message) -> bool {
    let same = before.direction == message.direction
        && who(before) == who(message)
        && before.sent_by == message.sent_by;
    let near = message.at.as_second() - before.at.as_second() < TOGETHER_S;
    !message.is_line() && same && near && view.date(before.at) == view.date(message.at)
}

/// One item of the list.
pub(super) fn item(view: &View, around: &Around<'_>, message: &Message, follows: bool) -> Markup {
    let day = view.date(message.at);
    let line = message.is_line().then(|| lines::line(view, message, around.names));
    let class = match message.direction.as_str() {
        "event" => "line",
        "in" => "in",
        "internal" => "out note",
        _ => "out",
    };
    html! {
        li.message.(class).follows[follows].begins[line.as_ref().is_some_and(|line| line.begins)] id=(format!("m-{}", message.id)) tabindex="-1"
            data-id=(message.id) data-oldest=(message.oldest()) data-at=(message.at.as_second()) data-day=(day) data-day-name=(view.day(message.at))
            data-direction=(message.direction) data-who=(format!("{}:{}", message.sent_by, who(message))) data-version=(message.version) data-status=[message.status.as_deref()] {
            @if let Some(line) = &line {
                p { (icon(line.icon)) span { (line.text) } @if let Some(number) = &line.ticket { " " a href=(format!("/console/tickets/{number}")) { (view.say("開く", "Open")) } } " " (view.time(message.at)) }
            } @else {
                (said(view, around, message))
            }
        }
    }
}

fn said(view: &View, around: &Around<'_>, message: &Message) -> Markup {
    let customer = message.direction == "in";
    let name = if customer { message.participant_name.as_deref().unwrap_or(around.contact) } else { "" };
    html! {
        @if customer { div.message-side { (initials(name)) } }
        div.message-body {
            (head(view, around, message, name))
            @if let Some(quoted) = &message.reply_to { (quote(view, around, quoted)) }
            (bubble(view, around, message))
            @if !message.reactions.is_empty() {
                ul.reactions aria-label=(view.say("リアクション", "Reactions")) { @for reaction in &message.reactions { li data-by=(reaction.by) { (reaction.emoji) } } }
            }
            div.message-foot {
                (acts(view, around, message))
                @if message.edited { span { (view.say("編集済み", "Edited")) } }
                @if let Some(sms) = message.sms.as_ref().filter(|sms| sms.segments > 1) { span { (sms.segments) (view.say("通分", " segments")) } }
                (view.time(message.at))
                @if message.direction == "out" { (status::mark(view, message)) }
            }
            (status::remedies(view, around.conversation, message))
        }
    }
}

fn head(view: &View, around: &Around<'_>, message: &Message, customer: &str) -> Markup {
    let mark = match message.sent_by.as_str() {
        "bot" => Some((Icon::Bot, view.say("ボット", "Bot"))),
        "automation" => Some((Icon::Zap, view.say("自動送信", "Automatic"))),
        "client" => Some((Icon::Code, view.say("外部システム", "Another system"))),
        "provider_app" => Some((Icon::MessagesSquare, view.say("Metaの受信箱から", "From Meta's inbox"))),
        "other_app" => Some((Icon::Plug, view.say("ほかのアプリから", "From another app"))),
        _ => None,
    };
    let operator = (message.sent_by == "operator").then(|| {
        let known = message.operator_id.as_deref().and_then(around.names);
        message
            .sender_name
            .clone()
            .or(known)
            .unwrap_or_else(|| view.say("オペレーター", "Operator").to_owned())
    });
    html! {
        @if message.direction == "in" {
            @if around.group { div.message-head { bdi { (customer) } } }
        } @else {
            div.message-head {
                @if message.direction == "internal" { (icon(Icon::StickyNote)) (view.say("社内メモ", "Internal note")) " · " }
                @if let Some((shape, word)) = mark { span.sender-mark { (icon(shape)) (word) } }
                @if let Some(name) = &operator {
                    bdi { (name) }
                    @if message.sent_as.as_deref() == Some("operator") { " " (badge("neutral", view.say("名前を表示", "shown by name"))) }
                }
            }
        }
    }
}

/// The beginning of a text.
pub(super) fn beginning(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most { flat } else { flat.chars().take(most).chain(['…']).collect() }
}

fn quote(view: &View, around: &Around<'_>, quoted: &str) -> Markup {
    let said = around.by_id.get(quoted).map(|message| match (&message.text, message.unsent) {
        (_, true) => view.say("取り消されたメッセージ", "A message that was taken back").to_owned(),
        (Some(text), _) if !message.offensive => beginning(text, 80),
        _ => view.say("メッセージ", "A message").to_owned(),
    });
    html! {
        a.quote href=(format!("?message={quoted}")) data-jump=(quoted) {
            (icon(Icon::Reply)) bdi dir="auto" { (said.as_deref().unwrap_or_else(|| view.say("引用元を表示", "Show what it answers"))) }
        }
    }
}

fn bubble(view: &View, around: &Around<'_>, message: &Message) -> Markup {
    if message.unsent {
        let words = match message.direction.as_str() {
            "internal" => view.say("メモは削除されました", "This note was deleted"),
            "in" => {
                view.say("お客様がメッセージの送信を取り消しました", "The customer took this message back")
            }
            _ => view.say("送信が取り消されました", "This message was taken back"),
        };
        return html! { div.bubble.tombstone { (icon(Icon::Ban)) (words) } };
    }
    let media = !message.attachments.is_empty() && message.text.is_none();
    let held = html! {
        @if let Some(said) = message.text.as_deref() {
            @match message.kind.as_str() {
                "postback" => p.pressed dir="auto" { (icon(Icon::Hand)) (said) },
                _ => p.words dir="auto" { (text::text(said, &message.insets)) },
            }
        }
        (content::attachments(view, around.conversation, message))
        @if let Some(template) = &message.template {
            div.card-inline {
                (icon(Icon::FileText))
                span.file-words {
                    span.small.muted { (view.say("承認済みテンプレート", "Approved template")) }
                    code { (template.content_sid) }
                    @for (name, value) in &template.variables { span.small { (name) ": " bdi { (value) } } }
                }
            }
        }
        @if message.text.is_none() && message.attachments.is_empty() && message.template.is_none() && message.parts.is_empty() {
            p.muted { (icon(Icon::CircleHelp)) " " (view.say("この種類のメッセージは表示できません。お客様のアプリで確認してください。", "This kind of message cannot be shown here: look at it in the provider's app.")) " " code { (message.kind) } }
        }
    };
    html! {
        div.bubble.media[media] {
            @if message.offensive {
                details.veil { summary { (icon(Icon::EyeOff)) (view.say("不適切な表現を含む可能性があります。クリックで表示", "May hold offensive words. Press to show")) } (held) }
            } @else { (held) }
        }
    }
}

fn acts(view: &View, around: &Around<'_>, message: &Message) -> Markup {
    let own_note = message.direction == "internal"
        && !message.unsent
        && message.operator_id.as_deref() == Some(view.visitor.id());
    let act = |shape: Icon, meaning: &str, command: &str| {
        html! { button.icon-button.small type="button" data-command=(command) title=(meaning) { (icon(shape)) span.sr { (meaning) } } }
    };
    html! {
        span.message-acts {
            @if message.text.is_some() && !message.unsent { (act(Icon::Copy, view.say("コピー", "Copy"), "message-copy")) }
            @if message.direction == "in" && !message.unsent { (act(Icon::Ticket, view.say("チケットにする", "Make a ticket"), "message-ticket")) }
            @if own_note {
                (act(Icon::Pencil, view.say("編集", "Edit"), "note-edit"))
                button.icon-button.small type="button" data-call=(format!("DELETE /conversations/{}/notes/{}", around.conversation, message.id))
                    data-confirm=(view.say("メモを削除しますか？", "Delete this note?")) data-confirm-yes=(view.say("削除する", "Delete")) title=(view.say("削除", "Delete")) {
                    (icon(Icon::Trash2)) span.sr { (view.say("削除", "Delete")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_the_beginning_of_a_text_is_one_line() {
        for (text, expected) in [("a\n b", "a b"), ("あいうえお", "あいう…"), ("", "")] {
            assert_eq!(beginning(text, 3), expected);
        }
    }
}
