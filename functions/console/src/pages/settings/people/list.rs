//! `/console/settings/people`: everybody who has been here (MEM-1, MEM-8).

use std::collections::HashMap;

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::super::organisation::{Channel, Items, channels};
use super::{Duty, Person, availability, duties, role, seen, segment};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, channel_badge, empty, heading, icon, initials};
use crate::view::View;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    query: String,
    role: String,
    channel: String,
}

impl Wanted {
    fn path(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("query", &self.query), ("role", &self.role), ("channel", &self.channel)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("/api/people?{}", query.finish())
    }

    fn is_any(&self) -> bool {
        self.query.trim().is_empty() && self.role.is_empty() && self.channel.is_empty()
    }
}

pub(super) async fn show(view: View, Query(wanted): Query<Wanted>) -> Paged {
    let path = wanted.path();
    let (people, duties, channels) =
        tokio::try_join!(view.get::<Items<Person>>(&path), duties(&view), channels(&view)).for_(&view)?;
    let list = list(&view, &wanted, &people.items, &duties, &channels);
    if view.part {
        return Ok(list);
    }
    let title = view.say("メンバー", "People");
    let whole = html! {
        (heading(title, view.say(
            "この受信箱を使う人たちです。だれがどのチャンネルに対応し、お客様にどう表示されるかを管理します。",
            "Everybody who uses this inbox: who answers which channel, and how customers see them.",
        ), &html! {}))
        (origin(&view))
        (filters(&view, &wanted, &channels))
        div #people { (list) }
    };
    Ok(super::super::page(&view, "people", title, &whole))
}

/// Where people come from (MEM-12).
fn origin(view: &View) -> Markup {
    html! {
        details.explain {
            summary { (icon(Icon::CircleHelp)) (view.say("メンバーを追加するには", "How people are added")) }
            div {
                p { (view.say(
                    "メンバーはサインインの仕組み（ID プロバイダー）のグループから来ます。ここで招待する必要はありません。次のどれかのグループに入れると、初めてサインインしたときに一覧に現れます。",
                    "People come from the groups of your identity provider; nobody is invited here. Put them into one of these groups, and they appear in the list when they first sign in.",
                )) }
                ul.bullets {
                    li { b { (view.say("オペレーター", "Operators")) } " — " (view.say("会話に対応します。", "answer conversations.")) }
                    li { b { (view.say("管理者", "Administrators")) } " — " (view.say("設定も変更でき、すべてのチャンネルが見えます。", "also change settings, and see every channel.")) }
                    li { b { (view.say("オーナー", "Owners")) } " — " (view.say("さらに監査ログを見たり、会話を完全に削除したりできます。", "also read the audit log and delete conversations for ever.")) }
                }
                p { (view.say(
                    "役割を変えるのも ID プロバイダーで行います。新しい人を自動でチャンネルに加えるには、チャンネルの設定で「新しいメンバーを自動で追加」をオンにします。",
                    "Roles are changed there, too. To have new people added to a channel by themselves, switch on “Add new people automatically” in its settings.",
                )) }
            }
        }
    }
}

fn filters(view: &View, wanted: &Wanted, channels: &[Channel]) -> Markup {
    let roles = [
        ("operator", view.say("オペレーター", "Operator")),
        ("administrator", view.say("管理者", "Administrator")),
        ("owner", view.say("オーナー", "Owner")),
    ];
    html! {
        form.org-filters role="search" method="get" action="/console/settings/people" hx-get="/console/settings/people" hx-target="#people"
            hx-trigger="input delay:250ms, change, submit" hx-swap="morph:innerHTML" hx-sync="this:replace" hx-replace-url="true" {
            label { span.sr { (view.say("名前・アカウントで検索", "Search by name or account")) }
                input type="search" name="query" value=(wanted.query) placeholder=(view.say("名前・アカウントで検索", "Search by name or account")) autocomplete="off";
            }
            label { span.sr { (view.say("役割", "Role")) }
                select name="role" {
                    option value="" { (view.say("すべての役割", "Every role")) }
                    @for (value, name) in roles { option value=(value) selected[value == wanted.role] { (name) } }
                }
            }
            label { span.sr { (view.say("チャンネル", "Channel")) }
                select name="channel" {
                    option value="" { (view.say("すべてのチャンネル", "Every channel")) }
                    @for channel in channels { option value=(channel.id) selected[channel.id == wanted.channel] { (channel.name) } }
                }
            }
        }
    }
}

fn list(
    view: &View,
    wanted: &Wanted,
    people: &[Person],
    duties: &HashMap<String, Duty>,
    channels: &[Channel],
) -> Markup {
    if people.is_empty() {
        return if wanted.is_any() {
            empty(
                Icon::Users,
                view.say("メンバーはまだいません", "Nobody yet"),
                &html! {
                    p { (view.say("ID プロバイダーのグループに入れた人が初めてサインインすると、ここに現れます。", "Whoever is in a group of your identity provider appears here when they first sign in.")) }
                },
            )
        } else {
            empty(
                Icon::Search,
                view.say("見つかりません", "Nobody found"),
                &html! {
                    p { (view.say("条件を変えるか、検索の文字を短くしてください。", "Change the filters, or search for less.")) }
                    a.button href="/console/settings/people" { (view.say("条件を消す", "Clear filters")) }
                },
            )
        };
    }
    let stuck = people.iter().filter(|person| person.channels.iter().any(|of| of.state == "failed")).count();
    html! {
        @if stuck > 0 {
            (banner("warning", &html! { (view.say(
                "お客様に名前で表示できないメンバーがいます。印の付いた人を開くと、理由と直し方がわかります。",
                "Some people cannot be shown to customers by name. Open who is marked to see why, and what to do.",
            )) }))
        }
        ul.org-rows.people {
            @for person in people { (row(view, person, duties.get(&person.id), channels)) }
        }
        p.hint { (count(view, people.len())) }
    }
}

fn count(view: &View, people: usize) -> String {
    if view.is_japanese() {
        format!("{people}人")
    } else {
        format!("{people} {}", if people == 1 { "person" } else { "people" })
    }
}

fn row(view: &View, person: &Person, duty: Option<&Duty>, channels: &[Channel]) -> Markup {
    let of = |channel: &Channel| person.channels.iter().find(|of| of.channel_id == channel.id);
    let stuck = person.channels.iter().any(|of| of.state == "failed");
    html! {
        li.org-row.person-row {
            a.org-person-link href=(format!("/console/settings/people/{}", segment(&person.id))) {
                (initials(&person.name))
                span.person-name {
                    b dir="auto" { (person.name) }
                    @if let Some(account) = &person.account { span.muted { (account) } }
                }
            }
            span.person-role { (role(view, &person.role)) }
            span.person-duty {
                (availability(view, duty))
                @if let Some(duty) = duty {
                    span.muted title=(view.say("対応中の会話 / 自動割り当ての上限", "Open conversations / most by the rules")) {
                        (duty.load) " / " @match duty.capacity { Some(most) => (most), None => (view.say("チャンネルどおり", "as channels say")) }
                    }
                }
            }
            span.person-channels {
                @for channel in channels {
                    @if of(channel).is_some() { (channel_badge(channel.kind)) }
                }
                @if person.channels.is_empty() { span.muted { (view.say("チャンネルなし", "No channels")) } }
                @if stuck { span.badge.bad { (icon(Icon::TriangleAlert)) (view.say("要対応", "Needs care")) } }
            }
            span.person-seen.muted { (view.say("最終利用", "Last seen")) " " (seen(view, person.last_seen_at)) }
            (icon(Icon::ChevronRight))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mem_8_what_is_searched_for_reaches_the_api_as_it_is_written() {
        for (query, role, expected) in [
            ("", "", "/api/people?"),
            ("山田 & co", "", "/api/people?query=%E5%B1%B1%E7%94%B0+%26+co"),
            ("", "owner", "/api/people?role=owner"),
        ] {
            let wanted = Wanted { query: query.into(), role: role.into(), channel: String::new() };
            assert_eq!(wanted.path(), expected);
        }
    }
}
