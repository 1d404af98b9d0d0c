//! The list of tickets, searched and taken along.

use maud::{Markup, html};

use super::{AT, STATUSES, Ticket, number, status, status_name};
use crate::error::{For as _, Paged};
use crate::pages::known::{Listed, Names, Wanted, beginning, channel, select};
use crate::parts::{self, Icon, icon};
use crate::shell::{Place, page};
use crate::view::View;

/// What the form asks for.
const ASKED: [&str; 7] = ["status", "assignee", "channel", "department", "number", "from", "to"];
/// What is still to be done.
const UNFINISHED: &str = "open,pending,on_hold";

pub(super) async fn show(view: View, wanted: Wanted) -> Paged {
    let title = view.say("チケット", "Tickets");
    let path = query(&view, &wanted, "/api/tickets", wanted.get("cursor"));
    let (found, channels, people, departments) = tokio::join!(
        view.get::<Listed<Ticket>>(&path),
        Names::of(&view, "/api/channels"),
        Names::of(&view, "/api/operators"),
        Names::of(&view, "/api/departments"),
    );
    let found = found.for_(&view)?;
    let names = Known {
        channels: channels.unwrap_or_default(),
        people: people.unwrap_or_default(),
        departments: departments.unwrap_or_default(),
    };
    let lead = view.say(
        "お客様のメッセージから作られたチケットです。番号で問い合わせを追跡できます。",
        "Made of what customers wrote, each with a number to follow it by.",
    );
    let export = query(&view, &wanted, "/tickets/export", None);
    let acts = html! {
        button.button type="button" data-export=(export) data-export-name="tickets.csv" { (icon(Icon::Download)) (view.say("CSV で書き出す", "Export as CSV")) }
    };
    let asked = ASKED.iter().any(|name| wanted.get(name).is_some());
    let content = html! {
        div.page {
            (parts::heading(title, lead, &acts))
            (filters(&view, &wanted, &names, asked))
            @if found.items.is_empty() && found.next_cursor.is_none() {
                (nothing(&view, asked))
            } @else {
                (table(&view, &found.items, &names))
                @if let Some(next) = &found.next_cursor {
                    p.more { a.button href=(wanted.address(AT, &ASKED, &[("cursor", next)])) { (view.say("次のページ", "Next page")) } }
                }
            }
        }
    };
    Ok(page(&view, Place::Tickets, title, &content))
}

struct Known {
    channels: Names,
    people: Names,
    departments: Names,
}

fn query(view: &View, wanted: &Wanted, path: &str, cursor: Option<&str>) -> String {
    let instant =
        |name, after| wanted.get(name).and_then(|day| beginning(view, day, after)).map(|at| at.to_string());
    let (from, to) = (instant("from", 0), instant("to", 1));
    // A number is written as it is shown, too.
    let number = wanted.get("number").map(|number| number.trim_start_matches('#'));
    let pairs = [("number", number), ("from", from.as_deref()), ("to", to.as_deref()), ("cursor", cursor)];
    let pairs: Vec<_> = pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    wanted.address(path, &["status", "assignee", "channel", "department"], &pairs)
}

fn nothing(view: &View, asked: bool) -> Markup {
    if asked {
        parts::empty(
            Icon::Ticket,
            view.say("該当するチケットはありません", "There is no such ticket"),
            &html! {
                p { (view.say("条件を変えてお試しください。", "Ask for something else.")) }
                a.button href=(AT) { (view.say("すべてのチケット", "All tickets")) }
            },
        )
    } else {
        parts::empty(
            Icon::Ticket,
            view.say("チケットはまだありません", "There is no ticket yet"),
            &html! {
                p { (view.say("会話のメニューから「チケットにする」を選ぶか、チャンネルごとに自動で作るよう設定できます。", "Make one from the menu of a conversation, or let a channel make them by itself.")) }
                a.button.primary href="/console/inbox" { (view.say("受信箱へ", "To the inbox")) }
            },
        )
    }
}

fn filters(view: &View, wanted: &Wanted, names: &Known, asked: bool) -> Markup {
    let all = view.say("すべて", "All");
    let mut statuses = vec![("", all), (UNFINISHED, view.say("未完了", "Not closed"))];
    statuses.extend(STATUSES.map(|status| (status, status_name(view, status))));
    let mut persons = vec![("", all), ("me", view.say("自分", "Me"))];
    persons.extend(names.people.all().iter().map(|person| (person.id.as_str(), person.name.as_str())));
    let listed = |names: &'_ Names| {
        names.all().iter().map(|one| (one.id.clone(), one.name.clone())).collect::<Vec<_>>()
    };
    let choice = |id: &str, name, options: &[(&str, &str)]| html! { div.field { label for=(id) { (name) } (select(id, id, wanted.get(id).unwrap_or_default(), options)) } };
    let of = |id: &str, name, known: &[(String, String)]| {
        let mut options = vec![("", all)];
        options.extend(known.iter().map(|(id, name)| (id.as_str(), name.as_str())));
        choice(id, name, &options)
    };
    let day = |id, name| html! { div.field { label for=(id) { (name) } input type="date" id=(id) name=(id) value=(wanted.get(id).unwrap_or_default()); } };
    html! {
        form.filters method="get" action=(AT) {
            div.field.short { label for="number" { (view.say("番号", "Number")) } input id="number" name="number" inputmode="numeric" pattern="#?[0-9]+" placeholder="#123" value=(wanted.get("number").unwrap_or_default()); }
            (choice("status", view.say("状態", "Status"), &statuses))
            (choice("assignee", view.say("担当者", "Assignee"), &persons))
            (of("channel", view.say("チャンネル", "Channel"), &listed(&names.channels)))
            @if !names.departments.all().is_empty() { (of("department", view.say("部門", "Department"), &listed(&names.departments))) }
            (day("from", view.say("作成日（から）", "Made from")))
            (day("to", view.say("作成日（まで）", "Made until")))
            div.filters-acts {
                button.button.primary type="submit" { (icon(Icon::Search)) (view.say("絞り込む", "Filter")) }
                @if asked { a.button href=(AT) { (view.say("クリア", "Clear")) } }
            }
        }
    }
}

fn table(view: &View, tickets: &[Ticket], names: &Known) -> Markup {
    let heads = [
        view.say("番号", "Number"),
        view.say("件名", "Subject"),
        view.say("状態", "Status"),
        view.say("担当者", "Assignee"),
        view.say("チャンネル", "Channel"),
        view.say("更新", "Changed"),
    ];
    html! {
        div.table-scroll.as-cards {
            table.tickets {
                caption.sr { (view.say("チケットの一覧", "Tickets")) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for ticket in tickets {
                        tr {
                            td { (number(ticket.number)) }
                            td.ticket-subject {
                                a href=(format!("{AT}/{}", ticket.number)) dir="auto" { (ticket.subject) }
                                span.hint {
                                    (ticket.message_count) (view.say("件のメッセージ", " messages"))
                                    @if let Some(reference) = &ticket.reference { " · " span dir="auto" { (reference) } }
                                    @if let Some(id) = &ticket.department_id { " · " span dir="auto" { (names.departments.name(id)) } }
                                }
                            }
                            td { (status(view, &ticket.status)) }
                            td data-label=(heads[3]) { @match &ticket.assignee_id { Some(id) => span.with-badge { (parts::initials(names.people.name(id))) span dir="auto" { (names.people.name(id)) } }, None => span.muted { (view.say("なし", "Nobody")) } } }
                            td data-label=(heads[4]) { (channel(&names.channels, &ticket.channel_id)) }
                            td data-label=(heads[5]) { (view.time(ticket.updated_at)) }
                        }
                    }
                }
            }
        }
    }
}
