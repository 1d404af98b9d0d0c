//! A setup that is finished: what was proved, what is left to do, and where to go next.

use madoguchi_domain::ChannelKind;
use maud::{Markup, html};

use super::super::channels::data::Channel;
use super::data::Setup;
use super::finish::notes;
use crate::error::{For as _, PageError};
use crate::parts::{Icon, banner, icon};
use crate::view::View;

pub(super) async fn show(view: &View, setup: &Setup) -> Result<Markup, PageError> {
    let channels = Channel::all(view).await.for_(view)?;
    let account = setup.account.as_ref().and_then(|account| account.channel_id.as_deref());
    let pages = setup.facebook.iter().flat_map(|facebook| &facebook.pages);
    let made: Vec<&str> = pages.filter_map(|page| page.channel_id.as_deref()).chain(account).collect();
    let made: Vec<_> = channels.iter().filter(|channel| made.contains(&channel.id.as_str())).collect();
    let notes_of = setup.account.as_ref().map_or(&[][..], |account| &account.notes);
    let red = notes_of.iter().any(|note| note.light == "red");
    let title = match (setup.channel_id.is_some(), red) {
        (true, _) => view.say("再認証しました", "It is authorized anew"),
        (false, false) => view.say("接続しました", "It is connected"),
        (false, true) => view.say("接続しました。あと少しです", "It is connected; one thing is left"),
    };
    Ok(html! {
        section.card.step {
            h2.ready-title { (icon(if red { Icon::TriangleAlert } else { Icon::CircleCheck })) (title) }
            (proofs(view, setup.kind))
            (notes(view, notes_of))
            @for channel in &made { (one(view, channel)) }
        }
        section.card {
            h2 { (view.say("次にすること", "What comes next")) }
            ol.guide-steps {
                li { strong { (view.say("試しに書いてみる", "Try it out")) } p { (trial(view, setup.kind)) } p { a href="/console/inbox" { (view.say("受信箱を開く", "Open the inbox")) } } }
                @if let Some(channel) = made.first() {
                    li { strong { (view.say("オペレーターを追加する", "Add operators")) } p { a href=(format!("/console/settings/channels/{}/operators", channel.id)) { (view.say("このチャンネルに答える人を選ぶ", "Choose who answers the channel")) } } }
                    li { strong { (view.say("タイマーを設定する", "Set timers")) } p { a href="/console/settings/timers" { (view.say("自動で完了にするまでの時間を決める", "Choose when conversations close by themselves")) } } }
                }
                li { a href="/console/settings/connect" { (view.say("別のアカウントを接続する", "Connect another account")) } }
            }
        }
    })
}

/// What connecting has proved.
fn proofs(view: &View, kind: ChannelKind) -> Markup {
    let second = match kind {
        ChannelKind::Messenger => view.say(
            "ページの Webhook が登録され、メッセージが届くようになりました。",
            "The Page's webhooks are subscribed: what customers write comes in.",
        ),
        ChannelKind::Line => view.say(
            "Webhook のアドレスを LINE に登録し、LINE からの接続を試しました。",
            "The webhook address is entered at LINE, and LINE has tried it out.",
        ),
        ChannelKind::WhatsApp | ChannelKind::Sms => view
            .say("Webhook のアドレスを Twilio に登録しました。", "The webhook address is entered at Twilio."),
    };
    html! {
        ul.proofs {
            li { (icon(Icon::Check)) span { (view.say("認証情報で実際に呼び出しができました。", "A real call with the credential was answered.")) } }
            li { (icon(Icon::Check)) span { (second) } }
        }
        @if kind == ChannelKind::Messenger || kind == ChannelKind::Line { p.sr { (view.say("対処が必要な点は下に表示されます。", "What is left to do is listed below.")) } }
    }
}

fn one(view: &View, channel: &Channel) -> Markup {
    let base = format!("/console/settings/channels/{}", channel.id);
    let address = format!("address-{}", channel.id);
    html! {
        div.ready-channel {
            div.channel-head {
                (super::super::channels::picture(channel))
                div.channel-title { strong dir="auto" { (channel.name) } p.muted { code { (channel.external_id) } } }
                a.button.small href=(base) { (view.say("チャンネルを開く", "Open the channel")) }
            }
            @if channel.kind != ChannelKind::Messenger {
                p.hint { (view.say("登録した Webhook のアドレス", "The webhook address that was entered")) }
                div.copyable {
                    code id=(address) data-origin { (channel.webhook_path) }
                    button.button.small type="button" data-copy=(format!("#{address}")) data-done=(view.say("コピーしました", "Copied")) { (icon(Icon::Copy)) (view.say("コピー", "Copy")) }
                }
            }
            @if channel.is_held() { (banner("warning", &html! { (view.say("このチャンネルはまだ再認証が必要です。", "This channel still needs re-authorization.")) })) }
        }
    }
}

const fn trial(view: &View, kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Messenger => view.say("ご自分の Facebook アカウントから、ページにメッセージを送ってください。数秒で受信箱に届きます。", "Write to the Page from your own Facebook account. It arrives in the inbox within seconds."),
        ChannelKind::Line => view.say("スマートフォンの LINE で公式アカウントを友だち追加し、メッセージを送ってください。数秒で受信箱に届きます。", "Add the account as a friend in LINE on your phone and write to it. It arrives in the inbox within seconds."),
        ChannelKind::WhatsApp => view.say("WhatsApp から、この番号にメッセージを送ってください。数秒で受信箱に届きます。", "Write to the number by WhatsApp. It arrives in the inbox within seconds."),
        ChannelKind::Sms => view.say("携帯電話から、この番号に SMS を送ってください。数秒で受信箱に届きます。", "Send the number a text message. It arrives in the inbox within seconds."),
    }
}
