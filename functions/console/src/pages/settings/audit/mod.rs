//! The audit log (AUD-2, AUD-3): who changed what, searched and taken along.

mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::Console;
use crate::error::{For as _, Paged};
use crate::pages::known::{Listed, Names, Wanted, beginning, select};
use crate::parts::{self, Icon, icon};
use crate::view::View;

const AT: &str = "/console/settings/audit";
/// What the form asks for.
const ASKED: [&str; 5] = ["from", "to", "actor", "act", "channel"];

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(AT, get(show))
}

#[derive(Debug, Deserialize)]
struct Entry {
    id: String,
    at: Timestamp,
    act: String,
    actor: Actor,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    channel_id: Option<String>,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    before: BTreeMap<String, Value>,
    #[serde(default)]
    after: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Actor {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    ip: Option<String>,
    #[serde(default)]
    user_agent: Option<String>,
    #[serde(default)]
    request_id: Option<String>,
}

async fn show(view: View, wanted: Wanted) -> Paged {
    let title = view.say("監査ログ", "Audit log");
    let path = query(&view, &wanted, "/api/audit", wanted.get("cursor"));
    let (found, channels, people) = tokio::join!(
        view.get::<Listed<Entry>>(&path),
        Names::of(&view, "/api/channels"),
        Names::of(&view, "/api/people"),
    );
    let found = found.for_(&view)?;
    let names = (channels.unwrap_or_default(), people.unwrap_or_default());
    let lead = view.say(
        "設定の変更、資格情報の操作、管理者による会話の閲覧などの記録です。誰も変更・削除できません。",
        "Changes of settings, what was done with credentials, conversations that administrators read. Nobody can change or delete an entry.",
    );
    let export = query(&view, &wanted, "/audit/export", None);
    let acts = html! {
        button.button type="button" data-export=(export) data-export-name="audit.csv" { (icon(Icon::Download)) (view.say("CSV で書き出す", "Export as CSV")) }
    };
    let content = html! {
        (parts::heading(title, lead, &acts))
        (filters(&view, &wanted, &names))
        @if found.items.is_empty() && found.next_cursor.is_none() {
            (parts::empty(Icon::ScrollText, view.say("該当する記録はありません", "There is no such entry"), &html! {
                p { (view.say("期間や条件を変えてお試しください。", "Try another time, or ask for less.")) }
                a.button href=(AT) { (view.say("条件をすべて外す", "Show everything")) }
            }))
        } @else {
            ol.audit { @for entry in &found.items { li { (row(&view, entry, &names)) } } }
            @if let Some(next) = &found.next_cursor {
                p.more { a.button href=(wanted.address(AT, &ASKED, &[("cursor", next)])) { (view.say("さらに古い記録", "Older entries")) } }
            }
        }
    };
    Ok(super::page(&view, "audit", title, &content))
}

/// The API's address for what the form asks for.
fn query(view: &View, wanted: &Wanted, path: &str, cursor: Option<&str>) -> String {
    let instant =
        |name, after| wanted.get(name).and_then(|day| beginning(view, day, after)).map(|at| at.to_string());
    let (from, to) = (instant("from", 0), instant("to", 1));
    let pairs = [("from", from.as_deref()), ("to", to.as_deref()), ("cursor", cursor)];
    let pairs: Vec<_> = pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    wanted.address(path, &["actor", "act", "channel"], &pairs)
}

fn filters(view: &View, wanted: &Wanted, (channels, people): &(Names, Names)) -> Markup {
    let all = view.say("すべて", "All");
    let mut acts = vec![("", all)];
    acts.extend(words::KINDS.iter().map(|kind| (*kind, words::kind(view, kind))));
    let mut persons = vec![("", all)];
    persons.extend(people.all().iter().map(|person| (person.id.as_str(), person.name.as_str())));
    let actor = wanted.get("actor").unwrap_or_default();
    if !actor.is_empty() && people.get(actor).is_none() {
        persons.push((actor, actor));
    }
    let mut on = vec![("", all)];
    on.extend(channels.all().iter().map(|channel| (channel.id.as_str(), channel.name.as_str())));
    let day = |id, name| html! { div.field { label for=(id) { (name) } input type="date" id=(id) name=(id) value=(wanted.get(id).unwrap_or_default()); } };
    let choice = |id: &str, name, options: &[(&str, &str)]| html! { div.field { label for=(id) { (name) } (select(id, id, wanted.get(id).unwrap_or_default(), options)) } };
    html! {
        form.filters method="get" action=(AT) {
            (day("from", view.say("開始日", "From")))
            (day("to", view.say("終了日", "To")))
            (choice("actor", view.say("操作した人", "Who"), &persons))
            (choice("act", view.say("対象", "What"), &acts))
            (choice("channel", view.say("チャンネル", "Channel"), &on))
            div.filters-acts {
                button.button.primary type="submit" { (icon(Icon::Search)) (view.say("検索", "Search")) }
                @if ASKED.iter().any(|name| wanted.get(name).is_some()) { a.button href=(AT) { (view.say("クリア", "Clear")) } }
            }
        }
    }
}

fn row(view: &View, entry: &Entry, (channels, people): &(Names, Names)) -> Markup {
    let who = entry.actor.name.as_deref().unwrap_or_else(|| words::actor(view, people.name(&entry.actor.id)));
    let changes: BTreeSet<&String> = entry.before.keys().chain(entry.after.keys()).collect();
    html! {
        details #{ "entry-" (entry.id) } {
            summary {
                span.audit-at { (view.time(entry.at)) }
                span.audit-what {
                    strong dir="auto" { (who) } " "
                    span { (words::act(view, &entry.act)) }
                    @if let Some(id) = &entry.channel_id { " " span.muted dir="auto" { (channels.name(id)) } }
                }
                @if entry.actor.role.is_none() { (parts::badge("neutral", view.say("自動・プログラム", "Software"))) }
            }
            div.audit-more {
                @if !changes.is_empty() { (difference(view, entry, &changes)) }
                dl.facts {
                    dt { (view.say("記録名", "Act")) } dd { code { (entry.act) } }
                    dt { (view.say("対象", "Subject")) } dd { code { (entry.subject) } }
                    @if let Some(id) = &entry.conversation_id { dt { (view.say("会話", "Conversation")) } dd { a href=(format!("/console/inbox/{id}")) { (view.say("開く", "Open")) } } }
                    dt { (view.say("操作した人の ID", "Who, by id")) } dd { code { (entry.actor.id) } }
                    @if let Some(ip) = &entry.actor.ip { dt { (view.say("IP アドレス", "Address")) } dd { code { (ip) } } }
                    @if let Some(agent) = &entry.actor.user_agent { dt { (view.say("ブラウザー", "Browser")) } dd.hint { (agent) } }
                    @if let Some(request) = &entry.actor.request_id { dt { (view.say("リクエスト番号", "Request")) } dd { code { (request) } } }
                }
            }
        }
    }
}

fn difference(view: &View, entry: &Entry, changes: &BTreeSet<&String>) -> Markup {
    html! {
        div.table-scroll { table.difference {
            thead { tr {
                th scope="col" { (view.say("項目", "Field")) }
                th scope="col" { (view.say("変更前", "Before")) }
                th scope="col" { (view.say("変更後", "After")) }
            } }
            tbody { @for path in changes {
                tr {
                    th scope="row" { (words::field(view, path)) @if words::field(view, path) != path.as_str() { " " code.muted { (path) } } }
                    td.before dir="auto" { (words::value(view, entry.before.get(*path))) }
                    td.after dir="auto" { (words::value(view, entry.after.get(*path))) }
                }
            } }
        } }
    }
}
