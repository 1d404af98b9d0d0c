//! `/console/settings/people/{person}`: one person, their channels, their capacity (MEM-2 to MEM-9).

use axum::extract::Path;
use maud::{Markup, html};

use super::super::organisation::{Channel, channels, errors};
use super::{Duty, Membership, Person, availability, duties, role, seen, segment, state};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, channel_badge, icon, initials};
use crate::view::View;

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/people/{}", segment(&id));
    let (person, duties, channels) =
        tokio::try_join!(view.get::<Person>(&path), duties(&view), channels(&view)).for_(&view)?;
    let content = content(&view, &person, duties.get(&person.id), &channels);
    if view.part {
        return Ok(content);
    }
    let whole = html! {
        p.org-back { a href="/console/settings/people" { (icon(Icon::ArrowLeft)) (view.say("メンバー", "People")) } }
        div #person hx-get=(view.path) hx-trigger="renew" hx-swap="morph:innerHTML" { (content) }
    };
    Ok(super::super::page(&view, "people", &person.name, &whole))
}

fn content(view: &View, person: &Person, duty: Option<&Duty>, channels: &[Channel]) -> Markup {
    let gone = person.removed_at.is_some();
    html! {
        div.heading {
            div.person-head {
                (initials(&person.name))
                div {
                    h1 dir="auto" { (person.name) }
                    p.lead { @if let Some(account) = &person.account { (account) " · " } (role(view, &person.role)) }
                }
            }
        }
        @if let Some(at) = person.removed_at {
            (banner("info", &html! { (view.say("削除されたメンバーです。返信に名前が残っています。もう一度サインインすると、チャンネルのない状態で戻ります。", "This person was removed; their replies keep the name. Signing in again brings them back, without channels.")) " (" (view.time(at)) ")" }))
        }
        div.card {
            dl.facts {
                dt { (view.say("受付", "Availability")) } dd { (availability(view, duty)) }
                dt { (view.say("対応中", "Open now")) } dd { (duty.map_or(0, |duty| duty.load)) " " (view.say("件", "conversations")) }
                dt { (view.say("最終利用", "Last seen")) } dd { (seen(view, person.last_seen_at)) }
                dt { (view.say("初回利用", "First seen")) } dd { (seen(view, person.first_seen_at)) }
                dt { (view.say("役割", "Role")) } dd { span { (view.say("ID プロバイダーのグループで決まります。", "Given by a group of the identity provider.")) } }
            }
        }
        @if !gone {
            (memberships(view, person, channels))
            (capacity(view, person, duty))
            (removal(view, person))
        }
    }
}

fn memberships(view: &View, person: &Person, channels: &[Channel]) -> Markup {
    let of = |channel: &Channel| person.channels.iter().find(|of| of.channel_id == channel.id);
    let (theirs, others): (Vec<_>, Vec<_>) = channels.iter().partition(|channel| of(channel).is_some());
    html! {
        section.card aria-labelledby="memberships" {
            h2 #memberships { (view.say("チャンネル", "Channels")) }
            p.hint { (view.say(
                "追加すると、そのチャンネルの会話が見えて返信でき、名前を出す設定ならお客様に名前で表示されます。",
                "Who is added sees and answers the channel's conversations, and customers see their name where names are shown.",
            )) }
            @if channels.is_empty() {
                p { (view.say("チャンネルがまだありません。", "There are no channels yet.")) " " a href="/console/settings/connect" { (view.say("チャンネルを接続", "Connect one")) } }
            }
            ul.org-rows.memberships {
                @for channel in theirs {
                    @if let Some(of) = of(channel) { (member(view, person, channel, of)) }
                }
            }
            @if !others.is_empty() {
                h3 { (view.say("追加できるチャンネル", "Can be added to")) }
                ul.org-rows.memberships {
                    @for channel in others { (outsider(view, person, channel)) }
                }
            }
        }
    }
}

fn member(view: &View, person: &Person, channel: &Channel, of: &Membership) -> Markup {
    let path = format!("/channels/{}/operators/{}", channel.id, segment(&person.id));
    let stuck = matches!(of.state.as_str(), "failed" | "retry");
    let confirm = view
        .say("「{c}」から {p} さんを外しますか？", "Take {p} off “{c}”?")
        .replace("{c}", &channel.name)
        .replace("{p}", &person.name);
    let consequence = if channel.settings.operators == "associated" {
        view.say(
            "30秒以内にこのチャンネルの会話が見えなくなり、担当していた会話は担当者なしに戻ります。書いた返信は名前とともに残ります。",
            "Within half a minute they no longer see its conversations, and what they held there is unassigned again. What they wrote stays, with their name.",
        )
    } else {
        view.say(
            "このチャンネルは全員が対応できる設定なので、会話は引き続き見えます。書いた返信は名前とともに残ります。",
            "Everybody answers this channel, so they still see its conversations. What they wrote stays, with their name.",
        )
    };
    html! {
        li.org-row.membership {
            (channel_badge(channel.kind))
            div.membership-what {
                p { b dir="auto" { (channel.name) } " " (state(view, &of.state)) }
                @match &of.reason {
                    Some(reason) => { p.membership-reason { (reason.message) " " b { (reason.remedy) } } },
                    None => { p.hint { (since(view, of)) } },
                }
            }
            div.membership-acts {
                @if stuck {
                    button.button.small type="button" data-call=(format!("POST {path}/retry")) data-refresh="#person" data-errors=[errors(view)]
                        data-done=(view.say("もう一度試します。結果は1分以内に出ます", "Trying again; the outcome shows within a minute")) {
                        (icon(Icon::RefreshCw)) (view.say("再試行", "Retry"))
                    }
                }
                button.button.small type="button" data-call=(format!("DELETE {path}")) data-confirm=(confirm) data-confirm-text=(consequence)
                    data-confirm-yes=(view.say("外す", "Take off")) data-refresh="#person" data-errors=[errors(view)]
                    data-done=(view.say("チャンネルから外しました", "Taken off the channel"))
                    data-undo=(format!("POST /channels/{}/operators", channel.id))
                    data-undo-body=(serde_json::json!({ "operators": [person.id] })) {
                    (view.say("外す", "Take off")) span.sr { ": " (channel.name) }
                }
            }
        }
    }
}

fn since(view: &View, of: &Membership) -> Markup {
    let words = match of.state.as_str() {
        "waiting" => view.say(
            "提供元に確認しています。自動で進みます。それまでの返信はアカウント名で届きます。",
            "The provider is being asked; this moves on by itself. Until then replies go out as the account.",
        ),
        "retry" => view.say(
            "提供元に確認できませんでした。自動でもう一度試します。",
            "The provider could not be asked; it is tried again by itself.",
        ),
        _ => view.say("追加・確認した日時:", "Since"),
    };
    html! { (words) " " (view.time(of.since)) }
}

fn outsider(view: &View, person: &Person, channel: &Channel) -> Markup {
    let hint = if channel.settings.operators == "associated" {
        view.say("追加されたメンバーだけが対応します", "Only those who are added answer it")
    } else {
        view.say(
            "全員が対応できます。追加すると名前の表示を確認できます",
            "Everybody answers it; adding them checks how their name is shown",
        )
    };
    html! {
        li.org-row.membership {
            (channel_badge(channel.kind))
            div.membership-what { p { b dir="auto" { (channel.name) } } p.hint { (hint) } }
            div.membership-acts {
                button.button.small type="button" data-call=(format!("POST /channels/{}/operators", channel.id))
                    data-body=(serde_json::json!({ "operators": [person.id] })) data-refresh="#person" data-errors=[errors(view)]
                    data-done=(view.say("チャンネルに追加しました", "Added to the channel"))
                    data-undo=(format!("DELETE /channels/{}/operators/{}", channel.id, segment(&person.id))) {
                    (icon(Icon::Plus)) (view.say("追加", "Add")) span.sr { ": " (channel.name) }
                }
            }
        }
    }
}

fn capacity(view: &View, person: &Person, duty: Option<&Duty>) -> Markup {
    let capacity = duty.and_then(|duty| duty.capacity);
    html! {
        section.card aria-labelledby="capacity-title" {
            h2 #capacity-title { (view.say("自動割り当ての上限", "Most conversations at once")) }
            form.form data-call=(format!("PUT /people/{}/capacity", segment(&person.id))) data-refresh="#person" data-done=(view.say("保存しました", "Saved")) data-errors=[errors(view)] {
                div.field data-field="capacity" {
                    label for="capacity" { (view.say("同時に対応する会話", "Open conversations")) }
                    input.org-short #capacity type="number" inputmode="numeric" name="capacity" min="1" max="200" value=[capacity]
                        placeholder=(view.say("チャンネルどおり", "As channels say")) aria-describedby="capacity-hint";
                    p.hint #capacity-hint { (view.say(
                        "この数に達すると、自動では割り当てられません（1〜200）。空欄なら各チャンネルの設定に従います。手動ではいつでも割り当てられます。",
                        "With so many they are given no more by the rules (1 to 200); empty: as each channel says. By hand anybody can be given more.",
                    )) }
                    p.field-error role="alert" hidden {}
                }
                p.field-error data-form-error role="alert" hidden {}
                div.form-acts { button type="submit" { (view.say("保存", "Save")) } }
            }
        }
    }
}

fn removal(view: &View, person: &Person) -> Markup {
    let own = person.id == view.visitor.id();
    let confirm = view.say("{} さんを削除しますか？", "Remove {}?").replace("{}", &person.name);
    html! {
        section.card aria-labelledby="removal" {
            h2 #removal { (view.say("メンバーの削除", "Remove this person")) }
            @if own {
                p { (view.say("自分自身です。使い終わるときは、ほかの管理者に頼んでください。", "This is you. Ask another administrator to remove you.")) }
            } @else {
                ul.bullets {
                    li { (view.say("すべてのチャンネルから外れ、担当していた会話は担当者なしに戻ります。", "They are taken off every channel; what they held is unassigned again.")) }
                    li { (view.say("書いた返信やメモは、名前とともに残ります。", "What they wrote stays, with their name.")) }
                    li { (view.say("登録したブラウザーへの通知は止まります。", "Notifications to their browsers end.")) }
                    li { (view.say("サインインを止めるには、ID プロバイダーでもグループから外してください。そうしないと、次のサインインで戻ってきます。", "To stop them from signing in, also take them out of the groups of your identity provider: else the next sign-in brings them back.")) }
                }
                div.form-acts {
                    button.button.danger type="button" data-call=(format!("DELETE /people/{}", segment(&person.id))) data-confirm=(confirm)
                        data-confirm-text=(view.say("すべてのチャンネルから外れます。この操作は元に戻せません。", "They are taken off every channel. This cannot be undone."))
                        data-confirm-yes=(view.say("削除する", "Remove")) data-go="/console/settings/people" data-errors=[errors(view)] {
                        (icon(Icon::UserX)) (view.say("削除", "Remove"))
                    }
                }
            }
        }
    }
}
