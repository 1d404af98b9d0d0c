//! Whose the conversation is, how long there is to answer, and what can be done with it.

use jiff::civil::Time;
use jiff::{Span, Timestamp, ToSpan as _};
use madoguchi_domain::Role;
use maud::{Markup, html};
use serde_json::json;

use super::model::{Conversation, Deadline};
use super::surroundings::Surroundings;
use crate::parts::{Icon, avatar, badge, channel_badge, icon, icon_button};
use crate::view::View;

/// The head of the conversation; `newest` is the latest message that is shown.
pub(super) fn header(
    view: &View,
    conversation: &Conversation,
    around: &Surroundings,
    newest: Option<&str>,
) -> Markup {
    let contact = &conversation.contact;
    html! {
        a.icon-button.thread-back href="/console/inbox" data-command="conversation-leave" title=(view.say("受信箱へ戻る", "Back to the inbox")) {
            (icon(Icon::ArrowLeft)) span.sr { (view.say("受信箱へ戻る", "Back to the inbox")) }
        }
        (avatar(contact.shown(), contact.picture_url.as_deref()))
        div.thread-who {
            h2 #conversation-name { bdi { (contact.shown()) } @if contact.name.is_some() { span.sr { (view.say("さんとの会話", ", conversation")) } } }
            p.thread-facts {
                (channel_badge(conversation.channel_kind)) bdi.thread-channel { (around.channel.as_ref().map_or("—", |channel| &channel.name)) }
                (section(view, conversation, around))
                (clocks(view, conversation))
            }
        }
        @for person in &around.operators { span hidden data-colleague=(person.id) data-name=(person.name) {} }
        div #presence .presence role="status" aria-live="polite" data-keep {}
        div.thread-acts { (acts(view, conversation, around, newest)) }
    }
}

fn section(view: &View, conversation: &Conversation, around: &Surroundings) -> Markup {
    let assignee = conversation.assignee_id.as_deref();
    let name = assignee.map(|id| {
        around.name(id).unwrap_or_else(|| view.say("退職した担当者", "somebody who left").to_owned())
    });
    html! {
        @match conversation.section.as_str() {
            "closed" => (badge("neutral", view.say("完了済み", "Closed"))),
            "snoozed" => (badge("info", view.say("保留中", "Snoozed"))),
            _ => {},
        }
        @if conversation.mode == "bot" && conversation.section != "closed" { span.badge.info { (icon(Icon::Bot)) (view.say("ボット応答中", "Bot answers")) } }
        @match (&name, assignee) {
            (Some(_), Some(id)) if id == view.visitor.id() => span.badge.good { (icon(Icon::UserCheck)) (view.say("自分が担当", "Yours")) },
            (Some(name), _) => span.badge { (icon(Icon::UserCheck)) bdi { (name) } },
            _ => (badge("warning", view.say("担当者なし", "Unassigned"))),
        }
        @if conversation.done { span.badge.good { (icon(Icon::CheckCheck)) (view.say("対応完了", "Done")) } }
        @if conversation.contact.blocked.is_some() { span.badge.bad { (icon(Icon::Ban)) (view.say("ブロック中", "Blocked")) } }
        @if conversation.offences > 0 { span.badge.warning title=(view.say("この対応中の不適切な発言", "Offensive messages in this episode")) { (icon(Icon::ShieldAlert)) (conversation.offences) } }
    }
}

/// Tone of what ends at `end`: it warns for the last hour.
fn tone(view: &View, end: Timestamp) -> &'static str {
    match end.as_second() - view.now.as_second() {
        ..=900 => "bad",
        901..=3_600 => "warning",
        _ => "neutral",
    }
}

fn clocks(view: &View, conversation: &Conversation) -> Markup {
    let window = &conversation.window;
    let ended = matches!(window.kind.as_str(), "none" | "template_only") && conversation.status != "new";
    html! {
        @if let Some(until) = conversation.snooze.as_ref().and_then(|snooze| snooze.until) {
            span.badge.info { (icon(Icon::AlarmClock)) (view.time(until)) (view.say(" まで", "")) }
        }
        @if let (Some(since), true) = (conversation.waiting_since, conversation.unreplied && !conversation.done) {
            span.badge.warning title=(view.say("お客様の待ち時間", "How long the customer waits")) { (icon(Icon::Hourglass)) (view.say("待ち ", "waiting ")) (view.ago(since)) }
        }
        @if let (Some(until), false) = (window.until, ended) {
            span.badge.(tone(view, until)) title=(view.say("返信期限", "Time to answer")) { (icon(Icon::Clock)) (view.say("返信期限 あと", "window ")) (view.until(until)) }
        }
        @if ended { (badge("bad", view.say("返信期限切れ", "Window closed"))) }
        @if let Some(deadline) = conversation.deadline.as_ref().filter(|deadline| deadline.kind != "snooze" && deadline.kind != "reply_limit") {
            (due(view, deadline))
        }
    }
}

fn due(view: &View, deadline: &Deadline) -> Markup {
    let what = match deadline.kind.as_str() {
        "unanswered" | "idle" | "bot_timer" => view.say("自動完了まで ", "closes in "),
        "window_reminder" => view.say("期限の通知まで ", "reminder in "),
        "idle_warning" => view.say("確認メッセージまで ", "warning in "),
        "mode" => view.say("応答の切り替えまで ", "switches in "),
        _ => view.say("次の処理まで ", "next in "),
    };
    html! { span.badge.(tone(view, deadline.due_at)) { (icon(Icon::Timer)) (what) (view.until(deadline.due_at)) } }
}

fn acts(view: &View, conversation: &Conversation, around: &Surroundings, newest: Option<&str>) -> Markup {
    let path = format!("/conversations/{}", conversation.id);
    let open = conversation.status == "open";
    let mine = conversation.assignee_id.as_deref() == Some(view.visitor.id());
    let seen = json!({ "message": newest }).to_string();
    html! {
        @if open && !mine { (assign_to_me(view, conversation, "")) }
        @if open && conversation.done {
            button.button.small type="button" data-act="not-done" data-call=(format!("DELETE {path}/done")) data-done=(view.say("対応完了を取り消しました", "No longer done")) {
                (icon(Icon::Undo2)) span.act-word { (view.say("対応完了を取り消す", "Not done")) }
            }
        } @else if open && conversation.unreplied {
            button.button.small type="button" data-act="done" data-call=(format!("POST {path}/done")) data-body=(seen) data-undo=(format!("DELETE {path}/done"))
                data-done=(view.say("対応完了にしました", "Marked as done")) title=(view.say("返信せずに対応完了にします", "It needs no answer")) {
                (icon(Icon::CheckCheck)) span.act-word { (view.say("対応完了", "Done")) }
            }
        }
        @if conversation.section == "snoozed" {
            button.button.small type="button" data-act="wake" data-call=(format!("DELETE {path}/snooze")) data-done=(view.say("保留を解除しました", "Back from snooze")) {
                (icon(Icon::BellRing)) span.act-word { (view.say("保留を解除", "Wake")) }
            }
        } @else if open { (snooze(view, &path, newest)) }
        @if open {
            button.button.small type="button" data-act="close" data-call=(format!("POST {path}/close")) data-body=(seen)
                data-confirm=[(!around.reopens()).then(|| view.say("この会話を完了しますか？", "Close this conversation?"))]
                data-confirm-text=[(!around.reopens()).then(|| view.say("このチャンネルでは、完了した会話は担当者からは再開できません。", "On this channel nobody but the customer can open it again."))]
                data-confirm-yes=[(!around.reopens()).then(|| view.say("完了する", "Close"))]
                data-undo=[around.reopens().then(|| format!("POST {path}/reopen"))] data-done=(view.say("完了しました", "Closed")) {
                (icon(Icon::CircleCheck)) span.act-word { (view.say("完了", "Close")) }
            }
        } @else if conversation.status == "closed" {
            button.button.small type="button" data-act="reopen" data-call=(format!("POST {path}/reopen")) data-done=(view.say("再開しました", "Reopened")) {
                (icon(Icon::RotateCcw)) span.act-word { (view.say("再開", "Reopen")) }
            }
        }
        (more(view, conversation, around))
        (icon_button(Icon::PanelRight, view.say("お客様の情報", "About the customer"), "panel"))
    }
}

/// The button that takes the conversation, with its way back.
pub(super) fn assign_to_me(view: &View, conversation: &Conversation, class: &str) -> Markup {
    let path = format!("/conversations/{}/assignee", conversation.id);
    let body = json!({ "operator_id": "me", "expect": conversation.assignee_id });
    let (undo, back) = match &conversation.assignee_id {
        None => (format!("DELETE {path}"), None),
        Some(before) => (
            format!("PUT {path}"),
            Some(json!({ "operator_id": before, "expect": view.visitor.id() }).to_string()),
        ),
    };
    html! {
        button.button.small.(class) type="button" data-act="assign" data-call=(format!("PUT {path}")) data-body=(body) data-undo=(undo) data-undo-body=[back]
            data-done=(view.say("担当になりました", "It is yours now")) {
            (icon(Icon::UserPlus)) span.act-word { (view.say("自分が担当", "Take it")) }
        }
    }
}

/// Times until which a conversation is set aside, in the visitor's zone.
fn presets(view: &View) -> Vec<(&'static str, Timestamp)> {
    let now = view.now.to_zoned(view.zone.clone());
    let at = |days: Span, hour: i8| {
        let date = now.date().checked_add(days).ok()?;
        Some(date.to_datetime(Time::constant(hour, 0, 0, 0)).to_zoned(view.zone.clone()).ok()?.timestamp())
    };
    let to_monday = i64::from(7 - now.weekday().to_monday_zero_offset());
    let mut presets = Vec::new();
    presets.extend(view.now.checked_add(1.hour()).ok().map(|at| (view.say("1時間後", "In an hour"), at)));
    if now.hour() < 17 {
        presets.extend(at(0.days(), 18).map(|at| (view.say("今日の夕方", "This evening"), at)));
    }
    presets.extend(at(1.days(), 9).map(|at| (view.say("明日の朝", "Tomorrow morning"), at)));
    presets.extend(at(to_monday.days(), 9).map(|at| (view.say("来週月曜日", "Next Monday"), at)));
    presets
}

fn snooze(view: &View, path: &str, newest: Option<&str>) -> Markup {
    let undo = format!("DELETE {path}/snooze");
    let entry = |label: &str, until: Option<Timestamp>| {
        let body = json!({ "until": until, "message": newest });
        html! {
            button type="button" data-call=(format!("POST {path}/snooze")) data-body=(body) data-undo=(undo) data-done=(view.say("保留にしました", "Snoozed")) {
                span { (label) } @if let Some(until) = until { span.popover-note { (view.time(until)) } }
            }
        }
    };
    html! {
        details.act-menu data-popover {
            summary.button.small data-act="snooze" title=(view.say("保留（スヌーズ）", "Snooze")) { (icon(Icon::AlarmClock)) span.act-word { (view.say("保留", "Snooze")) } }
            div.popover {
                p.popover-title { (view.say("いつまで保留しますか？", "Set aside until")) }
                @for (label, until) in presets(view) { (entry(label, Some(until))) }
                (entry(view.say("お客様から連絡があるまで", "The customer writes"), None))
                form.popover-form data-call=(format!("POST {path}/snooze")) data-undo=(undo) data-done=(view.say("保留にしました", "Snoozed")) {
                    label { span.sr { (view.say("日時を指定", "Pick a time")) } input type="datetime-local" name="until" data-type="instant" required; }
                    button.button.small type="submit" { (view.say("保留", "Snooze")) }
                }
                p.popover-hint { (view.say("お客様から連絡があれば、すぐに戻ります。", "It comes back at once when the customer writes.")) }
            }
        }
    }
}

fn more(view: &View, conversation: &Conversation, around: &Surroundings) -> Markup {
    let path = format!("/conversations/{}", conversation.id);
    let open = conversation.status == "open";
    let assignee = conversation.assignee_id.as_deref();
    let bot = conversation.mode == "bot";
    html! {
        details.act-menu data-popover {
            summary.icon-button data-act="more" title=(view.say("その他の操作", "More")) { (icon(Icon::EllipsisVertical)) span.sr { (view.say("その他の操作", "More")) } }
            div.popover.popover-long {
                @if open {
                    p.popover-title { (view.say("担当者", "Assignee")) }
                    ul.popover-list {
                        @for person in around.operators.iter().filter(|person| Some(person.id.as_str()) != assignee) {
                            li {
                                button type="button" disabled[!person.available] data-call=(format!("PUT {path}/assignee"))
                                    data-body=(json!({ "operator_id": person.id, "expect": assignee })) data-done=(view.fill("{}さんに割り当てました", "Assigned to {}", &person.name)) {
                                    (icon(Icon::User)) bdi { (person.name) }
                                    span.popover-note { @if person.available { (person.load) (view.say("件", " open")) } @else { (view.say("対応不可", "off")) } }
                                }
                            }
                        }
                    }
                    @if let Some(before) = assignee {
                        button type="button" data-call=(format!("DELETE {path}/assignee")) data-done=(view.say("担当者なしにしました", "Unassigned"))
                            data-undo=(format!("PUT {path}/assignee")) data-undo-body=(json!({ "operator_id": before })) { (icon(Icon::UserX)) (view.say("担当者なしにする", "Unassign")) }
                    }
                    @if !around.departments.is_empty() {
                        p.popover-title { (view.say("部署へ転送", "Transfer to a department")) }
                        ul.popover-list {
                            @for department in around.departments.iter().filter(|one| Some(one.id.as_str()) != conversation.department_id.as_deref()) {
                                li { button type="button" data-call=(format!("POST {path}/transfer")) data-body=(json!({ "department_id": department.id, "expect": assignee }))
                                    data-done=(view.fill("「{}」へ転送しました", "Transferred to “{}”", &department.name)) { (icon(Icon::ArrowRightLeft)) bdi { (department.name) } } }
                            }
                        }
                    }
                    hr;
                    @if conversation.kind == "one_to_one" {
                        button type="button" data-call=(format!("PUT {path}/mode")) data-body=(json!({ "mode": if bot { "operator" } else { "bot" } }))
                            data-undo=(format!("PUT {path}/mode")) data-undo-body=(json!({ "mode": conversation.mode })) data-done=(view.say("切り替えました", "Switched")) {
                            (icon(if bot { Icon::Headset } else { Icon::Bot }))
                            @if bot { (view.say("オペレーターが応答する", "Let people answer")) } @else { (view.say("ボットに任せる", "Let the bot answer")) }
                        }
                    }
                }
                @if conversation.episode > 0 { button type="button" data-command="ticket" data-episode=(conversation.episode) { (icon(Icon::Ticket)) (view.say("チケットにする", "Make a ticket")) } }
                button type="button" data-command="copy-link" { (icon(Icon::Link)) (view.say("この会話のリンクをコピー", "Copy a link to it")) }
                hr;
                @if conversation.contact.blocked.is_some() {
                    button type="button" data-call=(format!("DELETE {path}/block")) data-confirm=(view.say("ブロックを解除しますか？", "Unblock the customer?"))
                        data-confirm-text=(view.say("ブロック中に届いたメッセージは戻りません。", "What they wrote meanwhile is gone.")) data-confirm-yes=(view.say("解除する", "Unblock"))
                        data-done=(view.say("ブロックを解除しました", "Unblocked")) { (icon(Icon::CircleCheck)) (view.say("ブロックを解除", "Unblock")) }
                } @else {
                    button.danger type="button" data-command="block" { (icon(Icon::Ban)) (view.say("お客様をブロック", "Block the customer")) }
                }
                @if may_delete(view, around) {
                    button.danger type="button" data-call=(format!("DELETE {path}")) data-body=(json!({ "confirm": conversation.contact.shown() }))
                        data-confirm=(view.say("この会話を完全に削除しますか？", "Delete this conversation for ever?"))
                        data-confirm-text=(view.say("メッセージ・ファイル・メモ・チケットがすべて削除され、元に戻せません。LINEやMetaなどに残る分は削除されません。続けるにはお客様の名前を入力してください。", "Messages, files, notes and tickets are deleted and cannot be brought back. What the provider keeps is untouched. Write the customer's name to go on."))
                        data-confirm-type=(conversation.contact.shown()) data-confirm-yes=(view.say("完全に削除する", "Delete for ever")) data-go="/console/inbox" {
                        (icon(Icon::Trash2)) (view.say("完全に削除", "Delete for ever"))
                    }
                }
            }
        }
    }
}

/// Who connected the channel may; owners where that is not known. The API decides.
fn may_delete(view: &View, around: &Surroundings) -> bool {
    let installer = around.channel.as_ref().and_then(|channel| channel.installer_id.as_deref());
    match installer {
        Some(id) => {
            id == view.visitor.id() || (view.visitor.role == Role::Owner && around.name(id).is_none())
        }
        None => view.visitor.role == Role::Owner,
    }
}
