//! `/console/settings/channels/{id}`: how it is, and what it is.

use axum::extract::Path;
use maud::{Markup, html};

use super::data::{Channel, Health, Named, items};
use super::frame::{self, Tab};
use super::health;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, channel_name, icon};
use crate::view::View;

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/channels/{id}/health");
    let (channel, found, brands, departments) = tokio::join!(
        Channel::read(&view, &id),
        view.get::<Health>(&path),
        items::<Named>(&view, "/api/brands"),
        items::<Named>(&view, "/api/departments"),
    );
    let (channel, found) = (channel.for_(&view)?, found.for_(&view)?);
    let (brands, departments) = (brands.for_(&view)?, departments.for_(&view)?);
    let base = format!("/console/settings/channels/{id}");
    let content = html! {
        @for warning in &channel.warnings { (banner("warning", &html! { (told(&view, &warning.id, &warning.message)) })) }
        section.card aria-labelledby="health-title" {
            div.heading {
                h2 #health-title { (view.say("状態", "Health")) }
                @if channel.is_on() {
                    button.button type="button" data-call=(format!("POST /channels/{id}/check"))
                        data-done=(view.say("確認を依頼しました。1分以内に反映されます。", "The check is asked for; it is made within a minute."))
                        data-refresh="#health" { (icon(Icon::RefreshCw)) (view.say("今すぐ確認", "Check now")) }
                }
            }
            div #health hx-get=(format!("{base}/health")) hx-trigger="renew, every 20s" hx-swap="morph:innerHTML" {
                (health::points(&view, &channel, &found))
            }
        }
        section.card aria-labelledby="about-title" {
            h2 #about-title { (view.say("このチャンネルについて", "About this channel")) }
            dl.facts {
                dt { (view.say("種類", "Kind")) }
                dd { (channel_name(channel.kind)) }
                dt { (account(&view, &channel)) }
                dd { code { (channel.external_id) } }
                dt { (view.say("ブランド", "Brand")) }
                dd { (place(&view, &brands, channel.brand_id.as_deref())) }
                dt { (view.say("部門", "Department")) }
                dd { (place(&view, &departments, channel.department_id.as_deref())) }
                dt { (view.say("接続日時", "Connected")) }
                dd { (view.time(channel.created_at)) }
            }
        }
        @if !channel.is_deleted() { (webhook(&view, &channel)) }
        @if channel.is_on() { (next(&view, &base, &channel.id)) }
    };
    Ok(frame::page(&view, &channel, Tab::Overview, &content))
}

/// What the account's id is called at its provider.
const fn account(view: &View, channel: &Channel) -> &'static str {
    use madoguchi_domain::ChannelKind::{Line, Messenger, Sms, WhatsApp};
    match channel.kind {
        Messenger => view.say("ページ ID", "Page id"),
        Line => view.say("LINE チャネル ID", "LINE channel id"),
        WhatsApp | Sms => view.say("送信者", "Sender"),
    }
}

fn place(view: &View, of: &[Named], id: Option<&str>) -> Markup {
    let found = of.iter().find(|place| Some(place.id.as_str()) == id);
    match found {
        Some(place) => html! { span dir="auto" { (place.name) } },
        None => html! { span.muted { (view.say("なし", "None")) } },
    }
}

/// Where the provider sends what comes in, to be copied.
fn webhook(view: &View, channel: &Channel) -> Markup {
    use madoguchi_domain::ChannelKind::{Line, Messenger, Sms, WhatsApp};
    let hint = match channel.kind {
        Messenger => view.say(
            "アプリ全体で一つのアドレスです。接続時に自動で登録されます。",
            "One address for the whole app. It is registered by itself when a Page is connected.",
        ),
        Line => view.say(
            "接続時に自動で登録されます。LINE Developers コンソールの「Messaging API設定」で同じアドレスになっていて、「Webhookの利用」と「Webhookの再送」がオンであることをご確認ください。",
            "It is entered by itself when you connect. In the LINE Developers console, tab Messaging API, it must be the same, with “Use webhook” and “Webhook redelivery” on.",
        ),
        WhatsApp | Sms => view.say(
            "接続時に自動で登録されます。手動で登録する場合は、末尾に #rc=3&rp=5xx,ct,rt を付けてください。",
            "It is entered by itself when you connect. If you enter it by hand, put #rc=3&rp=5xx,ct,rt behind it.",
        ),
    };
    html! {
        section.card aria-labelledby="webhook-title" {
            h2 #webhook-title { (view.say("Webhook のアドレス", "Webhook address")) }
            p.hint { (hint) }
            div.copyable {
                code #webhook-address data-origin { (channel.webhook_path) }
                button.button.small type="button" data-copy="#webhook-address" data-done=(view.say("コピーしました", "Copied")) {
                    (icon(Icon::Copy)) (view.say("コピー", "Copy"))
                }
            }
        }
    }
}

/// Where to go from here.
fn next(view: &View, base: &str, id: &str) -> Markup {
    let ways = [
        (format!("{base}/operators"), Icon::Users, view.say("オペレーターを追加", "Add operators")),
        ("/console/settings/timers".to_owned(), Icon::Timer, view.say("タイマーを設定", "Set timers")),
        (format!("/console/settings/bots/{id}"), Icon::Bot, view.say("ボットを設定", "Set up a bot")),
        (
            "/console/settings/ticket-rules".to_owned(),
            Icon::Ticket,
            view.say("チケット化のルール", "Ticket rules"),
        ),
    ];
    html! {
        nav.ways aria-label=(view.say("関連する設定", "Related settings")) {
            @for (href, shape, name) in ways { a.button.small href=(href) { (icon(shape)) (name) } }
        }
    }
}

/// A warning in the visitor's language.
pub(super) fn told<'a>(view: &View, id: &str, message: &'a str) -> &'a str {
    match id {
        "unanswered_exceeds_reply_limit" if view.is_japanese() => {
            "Messenger では7日を過ぎると返信できません。未対応のまま終了するタイマーが7日より長いため、先に「返信期限切れ」として完了になります。"
        }
        _ => message,
    }
}
