//! One ticket: what it is about, who has it, how far it is.

use axum::extract::Path;
use maud::{Markup, html};

use super::{AT, STATUSES, Ticket, number, source, status, status_name};
use crate::error::{For as _, Paged};
use crate::pages::known::{Names, channel, encoded, select};
use crate::parts::{self, Icon, icon};
use crate::shell::{Place, page};
use crate::view::View;

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/tickets/{}", encoded(&id));
    let (ticket, channels, people, departments) = tokio::join!(
        view.get::<Ticket>(&path),
        Names::of(&view, "/api/channels"),
        Names::of(&view, "/api/operators"),
        Names::of(&view, "/api/departments"),
    );
    let ticket = ticket.for_(&view)?;
    let (channels, people) = (channels.unwrap_or_default(), people.unwrap_or_default());
    let departments = departments.unwrap_or_default();
    let here = format!("{AT}/{}", ticket.number);
    let content = html! {
        div.page {
            p.back { a href=(AT) { "← " (view.say("チケット", "Tickets")) } }
            div #ticket hx-get=(here) hx-trigger="renew" hx-select="#ticket" hx-swap="morph:outerHTML" {
                div.heading {
                    div {
                        p.ticket-line { (number(ticket.number)) (status(&view, &ticket.status)) }
                        h1 dir="auto" { (ticket.subject) }
                    }
                    div.heading-acts {
                        a.button href=(format!("/console/inbox/{}", ticket.conversation_id)) { (icon(Icon::MessagesSquare)) (view.say("会話を開く", "Open the conversation")) }
                        (quick(&view, &ticket))
                    }
                }
                div.ticket-columns {
                    section.card aria-labelledby="ticket-messages" {
                        h2 #ticket-messages { (view.say("このチケットのメッセージ", "What went into it")) }
                        div #messages hx-get=(format!("{here}/messages")) hx-trigger="load" hx-swap="innerHTML" data-keep {}
                    }
                    div {
                        (form(&view, &ticket, &people))
                        (facts(&view, &ticket, &channels, &people, &departments))
                    }
                }
            }
        }
    };
    let title = format!("#{} {}", ticket.number, ticket.subject);
    Ok(page(&view, Place::Tickets, &title, &content))
}

/// What is most often done with it.
fn quick(view: &View, ticket: &Ticket) -> Markup {
    let closed = ticket.status == "closed";
    let call = format!("PATCH /tickets/{}", ticket.number);
    let back = serde_json::json!({ "status": ticket.status }).to_string();
    html! {
        @if closed {
            button.button type="button" data-call=(call) data-body=r#"{"status":"open"}"# data-refresh="#ticket" data-done=(view.say("チケットを再開しました", "The ticket is open again")) {
                (icon(Icon::RotateCcw)) (view.say("再開する", "Reopen"))
            }
        } @else {
            button.button.primary type="button" data-call=(call) data-body=r#"{"status":"closed"}"# data-refresh="#ticket" data-done=(view.say("チケットを完了にしました", "The ticket is closed"))
                data-undo=[(ticket.status == "open").then_some(&call)] data-undo-body=(back) {
                (icon(Icon::Check)) (view.say("完了にする", "Close"))
            }
        }
    }
}

fn form(view: &View, ticket: &Ticket, people: &Names) -> Markup {
    // A closed one is opened before it becomes anything else.
    let open: &[&str] = if ticket.status == "closed" { &["open", "closed"] } else { &STATUSES };
    let mut statuses: Vec<_> = open.iter().map(|status| (*status, status_name(view, status))).collect();
    if !open.contains(&ticket.status.as_str()) {
        statuses.push((&ticket.status, &ticket.status));
    }
    let assignee = ticket.assignee_id.as_deref().unwrap_or_default();
    let mut persons = vec![("", view.say("なし", "Nobody"))];
    persons.extend(people.all().iter().map(|person| (person.id.as_str(), person.name.as_str())));
    if !assignee.is_empty() && people.get(assignee).is_none() {
        persons.push((assignee, view.say("以前のメンバー", "A former colleague")));
    }
    let assignees = html! {
        select id="assignee_id" name="assignee_id" data-type="text-or-null" {
            @for (id, name) in &persons { option value=(id) selected[*id == assignee] { (name) } }
        }
    };
    html! {
        form.card.form data-call=(format!("PATCH /tickets/{}", ticket.number)) data-version=(format!("\"{}\"", ticket.version)) data-refresh="#ticket" data-done=(view.say("保存しました", "Saved")) {
            (parts::field("status", view.say("状態", "Status"), None, &select("status", "status", &ticket.status, &statuses)))
            (parts::field("assignee_id", view.say("担当者", "Assignee"), None, &assignees))
            (parts::field("subject", view.say("件名", "Subject"), Some(view.say("空欄にすると、最初のメッセージの冒頭になります。", "Left empty, it is how its first message begins.")), &html! {
                input id="subject" name="subject" data-type="text-or-null" maxlength="200" dir="auto" aria-describedby="subject-hint" value=(ticket.subject);
            }))
            (parts::field("reference", view.say("外部システムの番号", "Number in another system"), None, &html! {
                input id="reference" name="reference" data-type="text-or-null" maxlength="200" dir="auto" value=(ticket.reference.as_deref().unwrap_or_default());
            }))
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts { button.button.primary type="submit" { (view.say("保存", "Save")) } }
        }
    }
}

fn facts(view: &View, ticket: &Ticket, channels: &Names, people: &Names, departments: &Names) -> Markup {
    html! {
        section.card {
            h2 { (view.say("経過", "History")) }
            ol.history {
                li {
                    (view.time(ticket.created_at)) " "
                    (view.say("作成", "Made")) " · " (source(view, &ticket.source))
                    @if let Some(by) = &ticket.created_by { " · " span dir="auto" { (people.name(by)) } }
                }
                @if ticket.updated_at != ticket.created_at && Some(ticket.updated_at) != ticket.closed_at { li { (view.time(ticket.updated_at)) " " (view.say("最後の変更", "Changed last")) } }
                @if let Some(at) = ticket.closed_at { li { (view.time(at)) " " (view.say("完了", "Closed")) } }
            }
            dl.facts {
                dt { (view.say("チャンネル", "Channel")) } dd { (channel(channels, &ticket.channel_id)) }
                @if let Some(id) = &ticket.department_id { dt { (view.say("部門", "Department")) } dd dir="auto" { (departments.name(id)) } }
                dt { (view.say("メッセージ", "Messages")) } dd { (ticket.message_count) }
            }
        }
    }
}
