//! `/console/settings/connect`: what can be connected and what it takes, and what was begun.

use madoguchi_domain::ChannelKind;
use maud::{Markup, html};
use serde_json::json;

use super::super::channels::data::{Channel, items};
use super::data::Setup;
use super::{name, title};
use crate::error::{For as _, Paged};
use crate::parts::{Icon, badge, channel_badge, channel_name, heading, icon};
use crate::view::View;

pub(super) async fn show(view: View) -> Paged {
    let (setups, channels) = tokio::join!(items::<Setup>(&view, "/api/setups"), Channel::all(&view));
    let (setups, channels) = (setups.for_(&view)?, channels.for_(&view)?);
    let mine = |setup: &&Setup| setup.state == "open" && setup.started_by == view.visitor.id();
    let (open, rest): (Vec<_>, Vec<_>) = setups.iter().partition(mine);
    let page_title = view.say("チャンネルを接続", "Connect a channel");
    let lead = view.say(
        "接続したいサービスを選ぶと、順番にご案内します。所要時間は5〜10分です。最後の「接続する」までは何も変わりません。",
        "Choose a service, and you are led step by step. It takes 5 to 10 minutes, and nothing is changed before the last step.",
    );
    let content = html! {
        (heading(page_title, lead, &html! {}))
        @if !open.is_empty() {
            section aria-labelledby="open-title" {
                h2 #open-title { (view.say("途中の接続", "Under way")) }
                ul.setups { @for setup in &open { li.card { (one(&view, setup, &channels)) } } }
            }
        }
        section aria-labelledby="kinds-title" {
            h2 #kinds-title { (view.say("新しく接続する", "Connect a new one")) }
            div.kinds {
                @for kind in [ChannelKind::Messenger, ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms] { (offer(&view, kind)) }
            }
        }
        @if !rest.is_empty() {
            details.by-hand {
                summary { (view.say("ほかの接続と、終わった接続", "Others, and those that ended")) " " span.muted { (rest.len()) } }
                ul.setups { @for setup in &rest { li.card { (one(&view, setup, &channels)) } } }
            }
        }
    };
    Ok(super::super::page(&view, "connect", page_title, &html! { div.connections { (content) } }))
}

/// A kind of channel, with what one needs before beginning.
fn offer(view: &View, kind: ChannelKind) -> Markup {
    let needs = match kind {
        ChannelKind::Messenger => [
            view.say(
                "メッセージに答える権限のある Facebook ページ",
                "A Facebook Page whose messages you may answer",
            ),
            view.say("その権限を持つ人の Facebook ログイン", "The Facebook login of a person who may"),
        ],
        ChannelKind::Line => [
            view.say(
                "Messaging API を有効にした LINE公式アカウント",
                "A LINE Official Account with the Messaging API enabled",
            ),
            view.say("チャネルIDとチャネルシークレット", "Its channel id and channel secret"),
        ],
        ChannelKind::WhatsApp => [
            view.say("Twilio の WhatsApp 送信者（Online）", "A WhatsApp sender at Twilio that is Online"),
            view.say("Account SID と Auth Token", "The Account SID and the Auth Token"),
        ],
        ChannelKind::Sms => [
            view.say("SMS を送受信できる Twilio の番号", "A number at Twilio that sends and receives SMS"),
            view.say("Account SID と Auth Token", "The Account SID and the Auth Token"),
        ],
    };
    let connect = if view.is_japanese() {
        format!("{} を接続", channel_name(kind))
    } else {
        format!("Connect {}", channel_name(kind))
    };
    html! {
        div.card.kind {
            h3 { (channel_badge(kind)) (channel_name(kind)) }
            p.hint { (view.say("必要なもの", "What you need")) }
            ul.told-list { @for need in needs { li { (need) } } }
            button.button.primary type="button" data-call="POST /setups" data-body=(json!({ "kind": kind })) data-go="/console/settings/connect/{id}" {
                (icon(Icon::PlugZap)) (connect)
            }
        }
    }
}

fn one(view: &View, setup: &Setup, channels: &[Channel]) -> Markup {
    let href = format!("/console/settings/connect/{}", setup.id);
    let is_mine = setup.started_by == view.visitor.id();
    let anew = setup.channel_id.as_ref().and_then(|id| channels.iter().find(|channel| channel.id == *id));
    html! {
        div.setup {
            (channel_badge(setup.kind))
            div {
                strong { (title(view, setup)) } " "
                @match setup.state.as_str() {
                    "finished" => (badge("good", view.say("完了", "Finished"))),
                    "expired" => (badge("neutral", view.say("期限切れ", "Expired"))),
                    _ if is_mine => { @if let Some(step) = &setup.next_step { (badge("info", name(view, step))) } }
                    _ => (badge("neutral", view.say("ほかの人が進行中", "Somebody else's"))),
                }
                p.muted {
                    @if let Some(channel) = anew { span dir="auto" { (channel.name) } " · " }
                    @if let Some(account) = &setup.account { span dir="auto" { (account.name) } " · " }
                    (view.say("開始: ", "Begun ")) (view.time(setup.started_at))
                    @if setup.state == "open" { " · " (view.say("期限まで ", "left: ")) (view.until(setup.ends_at)) }
                }
            }
            div.setup-acts {
                @if setup.state == "open" && is_mine {
                    a.button.primary.small href=(href) { (view.say("再開", "Go on")) }
                    button.button.small type="button" data-call=(format!("DELETE /setups/{}", setup.id))
                        data-confirm=(view.say("この接続をやめますか？", "Give this up?"))
                        data-confirm-text=(view.say("ここまでの入力内容とログイン情報は破棄されます。", "What was entered so far, and the login, are destroyed."))
                        data-confirm-yes=(view.say("やめる", "Give up")) data-refresh="page" { (view.say("やめる", "Give up")) }
                } @else if setup.is_finished() {
                    a.button.small href=(href) { (view.say("結果を見る", "See what came of it")) }
                }
            }
        }
    }
}
