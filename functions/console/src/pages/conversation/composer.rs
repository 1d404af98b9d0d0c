//! Where an answer is written.

use maud::{Markup, html};
use serde_json::json;

use super::header::assign_to_me;
use super::model::{Conversation, Draft, Me};
use super::status;
use super::surroundings::Surroundings;
use crate::parts::{Icon, banner, icon};
use crate::view::View;

/// What the page's script needs to know to send: what the channel takes, and whether it takes anything now.
fn facts(view: &View, conversation: &Conversation, around: &Surroundings) -> serde_json::Value {
    json!({
        "state": state(view, conversation, around),
        "limits": conversation.limits,
        "files": conversation.files,
        "channel": conversation.channel_kind,
        "contact": conversation.contact.shown(),
    })
}

/// `assignee`: somebody else has it, where only the assignee answers.
fn state<'a>(view: &View, conversation: &'a Conversation, around: &Surroundings) -> &'a str {
    let only = around.channel.as_ref().is_some_and(|channel| channel.settings.only_assignee_answers);
    let mine = conversation.assignee_id.as_deref() == Some(view.visitor.id());
    if only && !mine && conversation.composer.state != "locked" {
        "assignee"
    } else {
        &conversation.composer.state
    }
}

/// Whether something can be sent, and if not, what can be done instead. Loaded anew whenever the conversation changes.
pub(super) fn notices(view: &View, conversation: &Conversation, around: &Surroundings) -> Markup {
    let composer = &conversation.composer;
    let told = html! {
        @if let Some(message) = &composer.message { p { strong { (message) } } }
        @if let Some(cause) = &composer.cause { p { (cause) } }
        @if let Some(remedy) = &composer.remedy { p { (remedy) } }
        @if let Some(app) = &composer.controlled_by { p.hint { code { (app) } } }
    };
    let assignee = conversation.assignee_id.as_deref().and_then(|id| around.name(id));
    html! {
        div #composer-facts data-composer=(facts(view, conversation, around)) {}
        @match state(view, conversation, around) {
            "locked" => (banner("warning", &html! { (told) (way_out(view, conversation)) })),
            "template_only" => (banner("info", &html! { (told) p { button.button.small type="button" data-command="templates" { (icon(Icon::FileText)) (view.say("承認済みテンプレートを選ぶ", "Choose an approved template")) } } })),
            "assignee" => (banner("info", &html! {
                p { strong {
                    @match &assignee {
                        Some(name) => (view.fill("このチャンネルでは担当者（{}さん）だけが返信できます。", "On this channel only the assignee ({}) answers.", name)),
                        None => (view.say("このチャンネルでは担当者だけが返信できます。", "On this channel only the assignee answers.")),
                    }
                } }
                div.remedy-acts { (assign_to_me(view, conversation, "primary")) }
            })),
            "human_agent" => (banner("info", &html! {
                p { (view.say("24時間を過ぎたため、担当者本人からの返信だけが送信できます。", "24 hours have passed: only what a person writes may be sent.")) @if let Some(until) = composer.until { " (" (view.time(until)) (view.say("まで", " at the latest")) ")" } }
            })),
            _ => {},
        }
        @for problem in &conversation.problems { (banner("warning", &status::problem(problem))) }
    }
}

fn way_out(view: &View, conversation: &Conversation) -> Markup {
    let path = format!("/conversations/{}", conversation.id);
    html! {
        @match conversation.composer.reason.as_deref() {
            Some("conversation_closed") => div.remedy-acts {
                button.button.small.primary type="button" data-call=(format!("POST {path}/reopen")) data-done=(view.say("再開しました", "Reopened")) { (icon(Icon::RotateCcw)) (view.say("再開して返信する", "Reopen and answer")) }
            },
            Some("contact_blocked") => div.remedy-acts {
                button.button.small type="button" data-call=(format!("DELETE {path}/block")) data-confirm=(view.say("ブロックを解除しますか？", "Unblock the customer?")) data-confirm-yes=(view.say("解除する", "Unblock")) { (view.say("ブロックを解除", "Unblock")) }
            },
            _ => {},
        }
    }
}

/// The composer as it is loaded first; from then on only its notices change.
pub(super) fn composer(
    view: &View,
    conversation: &Conversation,
    around: &Surroundings,
    me: &Me,
    draft: Option<&Draft>,
) -> Markup {
    let tool = |shape: Icon, meaning: &str, command: &str| {
        html! { button.icon-button.small type="button" data-command=(command) data-tool=(command) title=(meaning) { (icon(shape)) span.sr { (meaning) } } }
    };
    html! {
        div #composer-state .composer-state { (notices(view, conversation, around)) }
        form #composer .composer autocomplete="off" data-revision=(draft.map_or(0, |draft| draft.revision)) {
            div.composer-modes role="group" aria-label=(view.say("書くもの", "What to write")) {
                button type="button" data-mode="reply" aria-pressed="true" { (icon(Icon::Reply)) (view.say("返信", "Reply")) }
                button type="button" data-mode="note" aria-pressed="false" { (icon(Icon::StickyNote)) (view.say("社内メモ", "Internal note")) }
                span.composer-count #composer-count aria-live="polite" {}
            }
            div #composer-files .composer-files hidden {}
            div.composer-field {
                label.sr for="composer-text" { (view.say("メッセージ", "Message")) }
                textarea #composer-text name="text" rows="1" dir="auto" placeholder=(view.say("メッセージを入力（/ でテンプレート）", "Write a message (/ for templates)"))
                    data-reply-hint=(view.say("メッセージを入力（/ でテンプレート）", "Write a message (/ for templates)"))
                    data-note-hint=(view.say("社内メモを入力（@ で同僚に通知）。お客様には表示されません。", "Write a note (@ to mention). The customer never sees it.")) { (draft.map_or("", |draft| draft.text.as_str())) }
                div #composer-suggest .popover.composer-suggest role="listbox" aria-label=(view.say("候補", "Suggestions")) hidden {}
            }
            p.field-error #composer-error role="alert" hidden {}
            div.composer-tools {
                span.composer-insert {
                    (tool(Icon::Paperclip, view.say("ファイルを添付", "Attach files"), "attach"))
                    (tool(Icon::FileText, view.say("テンプレート", "Templates"), "templates"))
                    (tool(Icon::Sticker, view.say("スタンプを送る", "Send a sticker"), "sticker"))
                    (tool(Icon::MapPin, view.say("位置情報を送る", "Send a location"), "location"))
                }
                input #composer-file type="file" multiple hidden;
                label.composer-sender {
                    span.sr { (view.say("送信者名", "Send as")) }
                    select #composer-sender {
                        option value="account" selected[me.sender != "operator"] { (view.say("公式アカウントとして", "As the account")) }
                        option value="operator" selected[me.sender == "operator"] disabled[me.shown_name.is_none()] { (me.shown_name.as_deref().unwrap_or_else(|| view.say("自分の名前（未設定）", "By own name (not set)"))) }
                    }
                }
                span.composer-send {
                    (tool(Icon::CalendarClock, view.say("あとで送信", "Send later"), "send-later"))
                    button.button.primary type="submit" #composer-send { (icon(Icon::Send)) span { (view.say("送信", "Send")) } }
                }
            }
            p.composer-hint {
                label { input type="checkbox" #composer-enter; (view.say("Enterで送信", "Enter sends")) }
                span #composer-saved role="status" {}
            }
        }
    }
}
