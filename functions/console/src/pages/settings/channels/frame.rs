//! What all pages of one channel have around them.

use maud::{Markup, html};

use super::data::Channel;
use crate::assets::address;
use crate::parts::{Icon, badge, banner, channel_badge, channel_name, icon};
use crate::view::View;

/// The pages of one channel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Settings,
    Operators,
    Access,
}

/// A page of `channel`.
pub(super) fn page(view: &View, channel: &Channel, at: Tab, content: &Markup) -> Markup {
    let base = format!("/console/settings/channels/{}", channel.id);
    let tabs = [
        (Tab::Overview, "", view.say("概要", "Overview")),
        (Tab::Settings, "/settings", view.say("設定", "Settings")),
        (Tab::Operators, "/operators", view.say("オペレーター", "Operators")),
        (Tab::Access, "/access", view.say("認証と停止・削除", "Access, off, delete")),
    ];
    let whole = html! {
        p.way-up { a href="/console/settings/channels" { (icon(Icon::ArrowLeft)) (view.say("チャンネル一覧", "All channels")) } }
        div.channel-head {
            (picture(channel))
            div.channel-title {
                h1 dir="auto" { (channel.name) }
                p { (kind(channel)) " " (status(view, channel)) }
            }
        }
        nav.tabs aria-label=(view.say("チャンネルのページ", "Pages of the channel")) {
            @for (tab, path, name) in tabs {
                a href=(format!("{base}{path}")) aria-current=[(tab == at).then_some("page")] { (name) }
            }
        }
        @if !matches!(at, Tab::Access | Tab::Overview) { (held(view, channel)) }
        (content)
        script type="module" src=(address("js/channels.js")) {}
    };
    super::super::page(view, "channels", &channel.name, &html! { div.connections { (whole) } })
}

/// A channel's icon, or its kind in its colour.
pub(in crate::pages::settings) fn picture(channel: &Channel) -> Markup {
    html! {
        @match &channel.icon_url {
            Some(url) => img.channel-icon src=(url) alt="" width="48" height="48" loading="lazy";,
            None => span.channel-icon { (channel_badge(channel.kind)) }
        }
    }
}

/// `LINE · 1650000001`.
pub(super) fn kind(channel: &Channel) -> Markup {
    html! { span.muted { (channel_name(channel.kind)) " · " code { (channel.external_id) } } }
}

/// Whether it is in use, in a word.
pub(super) fn status(view: &View, channel: &Channel) -> Markup {
    match (channel.status.state.as_str(), channel.health.state.as_str()) {
        ("off", _) => badge("neutral", view.say("停止中", "Off")),
        ("deleted", _) => badge("neutral", view.say("削除済み", "Deleted")),
        (_, "needs_reauthorization") => badge("bad", view.say("再認証が必要", "Needs re-authorization")),
        (_, "connecting") => badge("info", view.say("確認中", "Being checked")),
        (_, "healthy") => badge("good", view.say("正常", "Works")),
        _ => badge("neutral", &channel.status.state),
    }
}

/// What is wrong with one that must be let in again, and the way there.
pub(super) fn held(view: &View, channel: &Channel) -> Markup {
    if !channel.is_held() {
        return html! {};
    }
    let access = format!("/console/settings/channels/{}/access", channel.id);
    banner(
        "bad",
        &html! {
            p { strong { (view.say("再認証が必要です。返信は送信されずに待機しています。", "This channel needs re-authorization. Replies wait and are not sent.")) } }
            @if let Some((message, remedy)) = channel.trouble(view) { p { (message) " " (remedy) } }
            @if let Some(since) = channel.health.since {
                p { (view.say("発生: ", "Since ")) (view.time(since)) }
            }
            p { a.button.small href=(access) { (icon(Icon::KeyRound)) (view.say("再認証する", "Re-authorize")) } }
        },
    )
}
