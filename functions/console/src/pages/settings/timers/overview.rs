//! `/console/settings/timers`: what acts where, and how it comes to that.

use maud::{Markup, html};

use super::super::organisation::{Brand, Channel, Department, brands, channels, departments};
use super::above::{Above, Which};
use super::{given, sentence};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, channel_badge, empty, heading, icon};
use crate::view::View;

pub(super) async fn show(view: View) -> Paged {
    let (channels, departments, brands) =
        tokio::try_join!(channels(&view), departments(&view), brands(&view)).for_(&view)?;
    let title = view.say("タイマー", "Timers");
    let whole = html! {
        (heading(title, view.say(
            "返信がないとき、やりとりが止まったときに、会話がどうなるかを決めます。変更は1分以内に、開いている会話にも反映されます。",
            "What happens to conversations that nobody answers, or where nobody writes any more. A change reaches open conversations within a minute.",
        ), &html! {}))
        (rules(&view))
        h2.section-title { (view.say("チャンネル", "Channels")) }
        @if channels.is_empty() {
            (empty(Icon::Plug, view.say("チャンネルがまだありません", "No channels yet"), &html! {
                p { (view.say("チャンネルを接続すると、ここでタイマーを決められます。", "Connect one to set its timers here.")) }
                a.button.primary href="/console/settings/connect" { (view.say("チャンネルを接続", "Connect a channel")) }
            }))
        }
        div.stack { @for channel in &channels { (card(&view, channel, &departments, &brands)) } }
        @if !departments.is_empty() || !brands.is_empty() {
            h2.section-title { (view.say("部門・ブランドに共通のタイマー", "In common for departments and brands")) }
            ul.org-rows {
                @for department in &departments {
                    (shared(&view, "department", Icon::Building2, (&department.id, &department.name), &given(&view, &department.timers)))
                }
                @for brand in &brands {
                    (shared(&view, "brand", Icon::Store, (&brand.id, &brand.name), &given(&view, &brand.timers)))
                }
            }
        }
    };
    Ok(super::super::page(&view, "timers", title, &whole))
}

fn rules(view: &View) -> Markup {
    html! {
        details.explain {
            summary { (icon(Icon::CircleHelp)) (view.say("タイマーの決まり方", "How timers work")) }
            div {
                ul.bullets {
                    li { (view.say("はじめは「未対応」の時間が進みます。担当者が返信するか「対応完了」にすると止まります。ボットの返信では止まりません。", "At first the unanswered time runs. An operator's answer, or 対応完了, ends it; a bot's does not.")) }
                    li { (view.say("返信した後は「やりとりなし」の時間が進み、どちらかが書くたびに最初から数え直します。", "Once answered, the silence is counted; every message of either side starts it anew.")) }
                    li { (view.say("チャンネルに設定がなければ部門の設定、部門にもなければブランドの設定が使われます。", "What a channel does not set comes from its department, else from its brand.")) }
                    li { (view.say("保留(スヌーズ)中の会話では、どのタイマーも進みません。", "No timer runs over a snoozed conversation.")) }
                    li { (view.say("完了した会話にお客様が書くと、チャンネルの設定に従って再開します。", "When the customer writes again, a closed conversation reopens as its channel says.")) }
                }
            }
        }
    }
}

fn card(view: &View, channel: &Channel, departments: &[Department], brands: &[Brand]) -> Markup {
    let above = Above::of(channel, departments, brands);
    let timer = |which| above.effective(&channel.settings, which);
    let path = format!("/console/settings/timers/channel/{}", channel.id);
    html! {
        article.card.timer-card {
            div.timer-head {
                h3 { (channel_badge(channel.kind)) " " span dir="auto" { (channel.name) } }
                a.button.small href=(path) { (icon(Icon::Pencil)) (view.say("変更", "Change")) span.sr { ": " (channel.name) } }
            }
            ul.sentences {
                li { (icon(Icon::Hourglass)) span { (sentence::unanswered(view, &timer(Which::Unanswered), Some(&channel.settings))) (sentence::too_long(view, Some(channel.kind), &timer(Which::Unanswered))) } }
                li { (icon(Icon::Timer)) span { (sentence::idle(view, &timer(Which::Idle), Some(&channel.settings))) } }
                @if timer(Which::Idle).minutes.is_some() && channel.settings.idle_warning.is_some() {
                    li { (icon(Icon::Bell)) span { (sentence::warning(view, &timer(Which::Idle), &channel.settings)) } }
                }
                @if channel.settings.bot.starts || timer(Which::Bot).minutes.is_some() {
                    li { (icon(Icon::Bot)) span { (sentence::bot(view, &timer(Which::Bot))) } }
                }
                @if channel.settings.window_reminder.is_some() {
                    li { (icon(Icon::BellRing)) span { (sentence::reminder(view, &channel.settings)) } }
                }
                @if channel.settings.pause_outside_hours {
                    li { (icon(Icon::Moon)) span { (sentence::pause(view, &channel.settings)) } }
                }
            }
        }
    }
}

fn shared(view: &View, kind: &str, shape: Icon, (id, name): (&str, &str), words: &str) -> Markup {
    html! {
        li.org-row {
            (icon(shape))
            span.org-row-name { b dir="auto" { (name) } br; span.muted { (words) } }
            a.button.small href=(format!("/console/settings/timers/{kind}/{id}")) { (icon(Icon::Pencil)) (view.say("変更", "Change")) span.sr { ": " (name) } }
        }
    }
}
