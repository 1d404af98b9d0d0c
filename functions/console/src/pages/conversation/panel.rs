//! Who the customer is: what is known of them, and what was said before.

use maud::{Markup, html};

use super::model::{Conversation, Ticket};
use super::surroundings::Surroundings;
use crate::parts::{Icon, avatar, badge, channel_name, icon};
use crate::view::View;

/// The panel beside the messages.
pub(super) fn panel(
    view: &View,
    conversation: &Conversation,
    around: &Surroundings,
    tickets: &[Ticket],
) -> Markup {
    html! {
        (head(view, conversation))
        (search(view, conversation))
        (states(view, conversation, around))
        (labels(view, conversation, around))
        (tickets_of(view, tickets))
        @if let Some(people) = &conversation.participants { (members(view, people)) }
        (ids(view, conversation))
    }
}

fn head(view: &View, conversation: &Conversation) -> Markup {
    let contact = &conversation.contact;
    html! {
        div.panel-head {
            button.icon-button.small type="button" data-command="panel" title=(view.say("閉じる", "Close")) { (icon(Icon::X)) span.sr { (view.say("閉じる", "Close")) } }
            (avatar(contact.shown(), contact.picture_url.as_deref()))
            h3 { bdi { (contact.shown()) } }
            p.muted.small { (channel_name(conversation.channel_kind)) @if contact.name.is_none() { " · " (view.say("名前は未取得", "no name told")) } }
        }
    }
}

fn search(view: &View, conversation: &Conversation) -> Markup {
    html! {
        section.panel-part {
            form.panel-search role="search" hx-get=(format!("/console/conversations/{}/search", conversation.id)) hx-target="#panel-found" hx-swap="innerHTML"
                hx-trigger="submit, input changed delay:350ms from:find input" {
                label.sr for="panel-q" { (view.say("この会話を検索", "Search this conversation")) }
                input #panel-q type="search" name="q" maxlength="200" placeholder=(view.say("この会話を検索", "Search this conversation"));
            }
            div #panel-found .panel-found aria-live="polite" {}
        }
    }
}

fn states(view: &View, conversation: &Conversation, around: &Surroundings) -> Markup {
    let contact = &conversation.contact;
    let path = format!("PATCH /conversations/{}/contact", conversation.id);
    let department = conversation
        .department_id
        .as_deref()
        .and_then(|id| around.departments.iter().find(|one| one.id == id));
    html! {
        section.panel-part {
            dl.facts {
                dt { (view.say("チャンネル", "Channel")) } dd { bdi { (around.channel.as_ref().map_or("—", |channel| &channel.name)) } }
                @if let Some(department) = department { dt { (view.say("部署", "Department")) } dd { bdi { (department.name) } } }
                dt { (view.say("登録", "Registration")) }
                dd {
                    @if contact.registered { (badge("good", view.say("本登録", "Registered"))) } @else { (badge("neutral", view.say("仮登録", "Provisional"))) }
                    " "
                    button.link-button type="button" data-call=(path) data-body=(serde_json::json!({ "registered": !contact.registered })) data-undo=(path) data-undo-body=(serde_json::json!({ "registered": contact.registered }))
                        data-done=(view.say("変更しました", "Changed")) {
                        @if contact.registered { (view.say("仮登録に戻す", "Make provisional")) } @else { (view.say("本登録にする", "Register")) }
                    }
                }
                @if let Some(following) = contact.following {
                    dt { (view.say("友だち", "Friend")) }
                    dd { @if following { (badge("good", view.say("友だち", "Yes"))) } @else { (badge("warning", view.say("友だちではありません", "No"))) } }
                }
                @if contact.unreachable { dt { (view.say("送信", "Delivery")) } dd { (badge("bad", view.say("届きません", "Cannot be reached"))) } }
                dt { (view.say("対応回数", "Episodes")) } dd { (conversation.episode) }
                @if conversation.unread > 0 { dt { (view.say("未読", "Unread")) } dd { (conversation.unread) } }
            }
            @if let Some(block) = &contact.blocked {
                div.remedy.bad {
                    p { strong { (view.say("ブロック中", "Blocked")) } " " (view.time(block.since)) }
                    p { @if block.by.is_none() && block.reason == "abuse" { (view.say("不適切な発言のため自動", "By itself, for abuse")) } @else { bdi { (block.reason) } @if let Some(name) = block.by.as_deref().and_then(|id| around.name(id)) { " — " bdi { (name) } } } }
                    @if let Some(dropped) = block.dropped { p { (view.fill("破棄したメッセージ：{}件", "{} messages dropped", &dropped.to_string())) } }
                }
            }
            @if let Some(snooze) = &conversation.snooze {
                p.small.muted { (icon(Icon::AlarmClock)) " " @if let Some(name) = around.name(&snooze.by) { bdi { (name) } ": " } @match snooze.until { Some(at) => { (view.time(at)) (view.say("まで保留", " until then")) }, None => (view.say("連絡があるまで保留", "until the customer writes")) } }
            }
        }
    }
}

fn labels(view: &View, conversation: &Conversation, around: &Surroundings) -> Markup {
    let path = |label: &str| format!("/conversations/{}/labels/{label}", conversation.id);
    let on = |id: &str| conversation.labels.iter().any(|label| label == id);
    let free: Vec<_> = around.labels.iter().filter(|label| !on(&label.id)).collect();
    html! {
        section.panel-part aria-labelledby="panel-labels" {
            h4 #panel-labels { (view.say("ラベル", "Labels")) }
            ul.labels {
                @for label in around.labels.iter().filter(|label| on(&label.id)) {
                    li.label-chip { svg.label-dot viewBox="0 0 8 8" aria-hidden="true" { circle cx="4" cy="4" r="4" fill=(label.color) {} } bdi { (label.name) }
                        button type="button" data-call=(format!("DELETE {}", path(&label.id))) data-undo=(format!("PUT {}", path(&label.id))) data-done=(view.say("ラベルを外しました", "Label removed"))
                            title=(view.say("外す", "Remove")) { (icon(Icon::X)) span.sr { (view.fill("「{}」を外す", "Remove “{}”", &label.name)) } } }
                }
                li {
                    details.act-menu data-popover {
                        summary.link-button { (icon(Icon::Plus)) (view.say("追加", "Add")) }
                        div.popover.popover-long {
                            @for label in &free {
                                button type="button" data-call=(format!("PUT {}", path(&label.id))) data-undo=(format!("DELETE {}", path(&label.id))) data-done=(view.say("ラベルを付けました", "Label added")) {
                                    svg.label-dot viewBox="0 0 8 8" aria-hidden="true" { circle cx="4" cy="4" r="4" fill=(label.color) {} } bdi { (label.name) }
                                }
                            }
                            @if free.is_empty() { p.popover-hint { (view.say("ほかのラベルはありません。設定で管理者が追加できます。", "There are no others. Administrators add them in the settings.")) } }
                        }
                    }
                }
            }
        }
    }
}

fn tickets_of(view: &View, tickets: &[Ticket]) -> Markup {
    html! {
        @if !tickets.is_empty() {
            section.panel-part aria-labelledby="panel-tickets" {
                h4 #panel-tickets { (view.say("最近のチケット", "Recent tickets")) }
                ul.panel-list {
                    @for ticket in tickets {
                        li { a href=(format!("/console/tickets/{}", ticket.number)) { "#" (ticket.number) " " bdi { (ticket.subject) } } " " (ticket_state(view, &ticket.status)) " " span.muted.small { (view.time(ticket.created_at)) } }
                    }
                }
            }
        }
    }
}

fn ticket_state(view: &View, status: &str) -> Markup {
    match status {
        "open" => badge("info", view.say("対応中", "Open")),
        "pending" => badge("warning", view.say("回答待ち", "Pending")),
        "on_hold" => badge("neutral", view.say("保留", "On hold")),
        "closed" => badge("good", view.say("完了", "Closed")),
        other => badge("neutral", other),
    }
}

fn members(view: &View, people: &[super::model::Participant]) -> Markup {
    html! {
        @if !people.is_empty() {
            section.panel-part aria-labelledby="panel-people" {
                h4 #panel-people { (view.say("メンバー", "Members")) " " span.muted { (people.iter().filter(|person| person.present).count()) } }
                ul.panel-list {
                    @for person in people {
                        @let name = person.name.as_deref().unwrap_or(&person.id);
                        li.panel-person { (avatar(name, person.picture_url.as_deref())) bdi { (name) } @if !person.present { " " (badge("neutral", view.say("退出", "left"))) } }
                    }
                }
            }
        }
    }
}

fn ids(view: &View, conversation: &Conversation) -> Markup {
    let copy = |name: &str, value: &str| {
        html! {
            dt { (name) }
            dd.panel-id { code { (value) } button.icon-button.small type="button" data-command="copy" data-copy=(value) title=(view.say("コピー", "Copy")) { (icon(Icon::Copy)) span.sr { (view.say("コピー", "Copy")) } } }
        }
    };
    html! {
        section.panel-part {
            dl.facts.panel-ids {
                (copy(view.say("お客様ID", "Customer's id"), &conversation.contact.external_id))
                (copy(view.say("会話ID", "Conversation's id"), &conversation.id))
            }
        }
    }
}
