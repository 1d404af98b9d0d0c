//! `/console/settings/channels/{id}/operators`: who answers the channel, how each association stands, and what to do where
//! one failed (MEM-1, MEM-7, MEM-8).

use axum::extract::{Path, Query};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::data::{Channel, items};
use super::frame::{self, Tab};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, badge, banner, icon, initials};
use crate::view::View;

/// So many are shown at once to choose from.
const SHOWN: usize = 50;

#[derive(Deserialize)]
struct Member {
    id: String,
    name: String,
    account: Option<String>,
    role: String,
    state: String,
    since: Timestamp,
    reason: Option<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    message: String,
    remedy: String,
}

#[derive(Deserialize)]
struct Person {
    id: String,
    name: String,
    account: Option<String>,
    role: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    query: String,
    state: String,
}

impl Wanted {
    /// As the API's routes take it.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("query", &self.query), ("state", &self.state)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

pub(super) async fn show(view: View, Path(id): Path<String>, Query(wanted): Query<Wanted>) -> Paged {
    let path = format!("/api/channels/{id}/operators?{}", wanted.query());
    let (channel, members) = tokio::join!(Channel::read(&view, &id), items::<Member>(&view, &path));
    let (channel, members) = (channel.for_(&view)?, members.for_(&view)?);
    let list = list(&view, &id, &members, &wanted);
    if view.part {
        return Ok(list);
    }
    let base = format!("/console/settings/channels/{id}/operators");
    let moving = members.iter().any(|member| member.state == "waiting");
    let trigger = if moving { "renew, every 5s" } else { "renew, every 60s" };
    let everybody = channel.settings.operators != "associated";
    let content = html! {
        @if everybody {
            (banner("info", &html! {
                (view.say("いまはすべてのオペレーターがこのチャンネルを見て返信できます。", "At the moment all operators see and answer this channel. "))
                a href=(format!("/console/settings/channels/{id}/settings#operators")) { (view.say("ここに追加した人だけに限る", "Restrict it to those who are listed here")) }
            }))
        }
        section.card aria-labelledby="members-title" {
            h2 #members-title { (view.say("このチャンネルのオペレーター", "Operators of this channel")) }
            form.filter method="get" action=(base) {
                label { span.sr { (view.say("名前で絞り込む", "Filter by name")) }
                    input type="search" name="query" value=(wanted.query) placeholder=(view.say("名前・アカウント", "Name or account")); }
                label { span.sr { (view.say("状態", "State")) }
                    select name="state" {
                        @for (value, name) in [
                            ("", view.say("すべての状態", "All states")),
                            ("available", state(&view, "available").1),
                            ("waiting", state(&view, "waiting").1),
                            ("failed", state(&view, "failed").1),
                            ("retry", state(&view, "retry").1),
                        ] { option value=(value) selected[wanted.state == value] { (name) } }
                    } }
                button.plain.button type="submit" { (icon(Icon::Filter)) (view.say("絞り込む", "Filter")) }
            }
            div #members hx-get=(format!("{base}?{}", wanted.query())) hx-trigger=(trigger) hx-swap="morph:innerHTML" { (list) }
        }
        @if !channel.is_deleted() { (adding(&view, &base)) }
    };
    Ok(frame::page(&view, &channel, Tab::Operators, &content))
}

fn list(view: &View, channel: &str, members: &[Member], wanted: &Wanted) -> Markup {
    if members.is_empty() {
        let filtered = !wanted.query.is_empty() || !wanted.state.is_empty();
        let text = if filtered {
            view.say("条件に合うオペレーターはいません。", "Nobody is like that.")
        } else {
            view.say(
                "まだ誰も追加されていません。下から追加してください。",
                "Nobody was added yet. Add operators below.",
            )
        };
        return html! { p.muted { (text) } };
    }
    html! {
        ul.members {
            @for member in members { li id=(format!("member-{}", member.id)) { (one(view, channel, member)) } }
        }
    }
}

fn one(view: &View, channel: &str, member: &Member) -> Markup {
    let (tone, words) = state(view, &member.state);
    let path = format!("/channels/{channel}/operators/{}", member.id);
    let title = if view.is_japanese() {
        format!("{} さんをこのチャンネルから外しますか？", member.name)
    } else {
        format!("Take {} out of this channel?", member.name)
    };
    html! {
        (initials(&member.name))
        div.member {
            p { strong dir="auto" { (member.name) } " " (badge(tone, words)) }
            p.muted { (member.account.as_deref().unwrap_or(&member.id)) " · " (role(view, &member.role)) " · " (view.time(member.since)) }
            @if let Some(reason) = &member.reason {
                p.what-to-do { (reason.message) " " (reason.remedy) }
            } @else if member.state == "waiting" {
                p.what-to-do { (view.say("お客様への表示名をプロバイダーに登録しています。1分ほどで完了します。", "The provider is asked to show their name; it takes about a minute.")) }
            }
        }
        div.member-acts {
            @if matches!(member.state.as_str(), "failed" | "retry") {
                button.button.small type="button" data-call=(format!("POST {path}/retry")) data-done=(view.say("もう一度試します", "It is tried again")) data-refresh="#members" {
                    (icon(Icon::RefreshCw)) (view.say("再試行", "Try again"))
                }
            }
            button.button.small type="button" data-call=(format!("DELETE {path}")) data-confirm=(title)
                data-confirm-text=(view.say("担当の会話は担当者なしに戻ります。送信済みのメッセージは残ります。", "Conversations that they hold may lose their assignee. What they have written stays."))
                data-confirm-yes=(view.say("外す", "Take out")) data-done=(view.say("外しました", "Taken out")) data-refresh="#members, #candidates"
                data-undo=(format!("POST /channels/{channel}/operators")) data-undo-body=(serde_json::json!({ "operators": [member.id] })) {
                (icon(Icon::UserX)) (view.say("外す", "Take out"))
            }
        }
    }
}

fn state<'a>(view: &View, state: &'a str) -> (&'static str, &'a str) {
    match state {
        "available" => ("good", view.say("利用可能", "Available")),
        "waiting" => ("info", view.say("登録中", "Being registered")),
        "failed" => ("bad", view.say("登録失敗", "Failed")),
        "retry" => ("warning", view.say("再試行待ち", "Will be tried again")),
        other => ("neutral", other),
    }
}

fn role<'a>(view: &View, role: &'a str) -> &'a str {
    match role {
        "owner" => view.say("オーナー", "Owner"),
        "administrator" => view.say("管理者", "Administrator"),
        "operator" => view.say("オペレーター", "Operator"),
        other => other,
    }
}

fn adding(view: &View, base: &str) -> Markup {
    html! {
        section.card aria-labelledby="add-title" {
            h2 #add-title { (view.say("オペレーターを追加", "Add operators")) }
            p.hint { (view.say("一度でもサインインした人が表示されます。", "Everybody who has signed in once is listed.")) }
            div.field {
                label for="candidate-query" { (view.say("メンバーを探す", "Find people")) }
                input #candidate-query type="search" name="query" autocomplete="off" hx-get=(format!("{base}/candidates")) hx-trigger="input changed delay:250ms, search" hx-target="#candidates" hx-swap="morph:innerHTML";
            }
            div #candidates hx-get=(format!("{base}/candidates")) hx-include="#candidate-query" hx-trigger="load, renew" hx-swap="morph:innerHTML" {}
        }
    }
}

/// `/console/settings/channels/{id}/operators/candidates`: people who are not among its operators.
pub(super) async fn candidates(view: View, Path(id): Path<String>, Query(wanted): Query<Wanted>) -> Paged {
    let (people, members) =
        (format!("/api/people?{}", wanted.query()), format!("/api/channels/{id}/operators"));
    let (people, members) = tokio::join!(items::<Person>(&view, &people), items::<Member>(&view, &members));
    let (mut people, members) = (people.for_(&view)?, members.for_(&view)?);
    people.retain(|person| members.iter().all(|member| member.id != person.id));
    let more = people.len() > SHOWN;
    people.truncate(SHOWN);
    Ok(html! {
        @if people.is_empty() {
            p.muted { (view.say("追加できる人はいません。", "There is nobody to add.")) }
        } @else {
            form data-call=(format!("POST /channels/{id}/operators")) data-done=(view.say("追加しました", "Added")) data-refresh="#members, #candidates" {
                ul.candidates {
                    @for person in &people {
                        li id=(format!("candidate-{}", person.id)) {
                            label.check {
                                input type="checkbox" name="operators" data-type="list" value=(person.id);
                                span { span dir="auto" { (person.name) } span.hint { (person.account.as_deref().unwrap_or_default()) " " (role(&view, &person.role)) } }
                            }
                        }
                    }
                }
                @if more { p.hint { (view.say("先頭の50人です。名前で絞り込んでください。", "These are the first 50. Type a part of the name.")) } }
                p.form-error data-form-error role="alert" hidden {}
                div.form-acts { button type="submit" { (icon(Icon::UserPlus)) (view.say("選んだ人を追加", "Add those who are ticked")) } }
            }
        }
    })
}
