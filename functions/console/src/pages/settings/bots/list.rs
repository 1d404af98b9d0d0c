//! `/console/settings/bots`: which channel has a bot.

use maud::{Markup, html};

use super::super::channels::data::Channel;
use super::{Bot, bot_of};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, badge, channel_badge, empty, heading, icon};
use crate::view::View;

pub(super) async fn show(view: View) -> Paged {
    let mut channels = Channel::all(&view).await.for_(&view)?;
    channels.retain(|channel| !channel.is_deleted());
    let bots = futures::future::join_all(channels.iter().map(|channel| bot_of(&view, &channel.id))).await;
    let title = view.say("ボット", "Bots");
    let lead = view.say(
        "よくある質問に自動で答え、答えられないときやお客様が希望したときは、オペレーターに引き継ぎます。",
        "A bot answers what is asked often, and hands over to people when it cannot, or when the customer wants one.",
    );
    let mut rows = Vec::with_capacity(channels.len());
    for (channel, bot) in channels.iter().zip(bots) {
        rows.push(one(&view, channel, bot.for_(&view)?.map(|(bot, _)| bot).as_ref()));
    }
    let content = html! {
        (heading(title, lead, &html! {}))
        @if rows.is_empty() {
            (empty(Icon::Bot, view.say("チャンネルがまだありません", "There is no channel yet"), &html! {
                p { (view.say("ボットはチャンネルごとに設定します。", "Each channel has a bot of its own.")) }
                a.button.primary href="/console/settings/connect" { (view.say("チャンネルを接続", "Connect a channel")) }
            }))
        } @else {
            ul.channel-list { @for row in &rows { li.card { (row) } } }
        }
    };
    Ok(super::super::page(&view, "bots", title, &html! { div.connections { (content) } }))
}

fn one(view: &View, channel: &Channel, bot: Option<&Bot>) -> Markup {
    let href = format!("/console/settings/bots/{}", channel.id);
    let kind = match bot.map(|bot| bot.kind.as_str()) {
        None => badge("neutral", view.say("ボットなし", "No bot")),
        Some("keywords") => badge("info", view.say("キーワード", "Keywords")),
        Some("webhook") => badge("info", view.say("外部のボット", "An outside bot")),
        Some(other) => badge("neutral", other),
    };
    let starts = channel.settings.bot.starts;
    html! {
        div.channel-head {
            (channel_badge(channel.kind))
            div.channel-title {
                h2 { a href=(href) dir="auto" { (channel.name) } }
                @if bot.is_some() {
                    p.muted { @if starts { (view.say("会話の最初はボットが対応します", "Conversations begin with the bot")) } @else { (view.say("オペレーターが渡した会話だけボットが対応します", "It has only what operators hand to it")) } }
                } @else if starts {
                    p.what-to-do { (view.say("「会話の最初はボット」がオンですが、ボットが設定されていません。", "Conversations shall begin with the bot, but there is none.")) }
                }
            }
            (kind)
            a.button.small href=(href) { (icon(Icon::Pencil)) @if bot.is_some() { (view.say("編集", "Change")) } @else { (view.say("設定する", "Set it up")) } }
        }
    }
}
