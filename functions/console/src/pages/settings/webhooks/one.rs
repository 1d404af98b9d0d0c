//! One webhook: how it is, what it is told of, its secret, and its log.

use axum::extract::Path;
use maud::{Markup, html};

use super::form::{form, secret_words};
use super::{AT, Webhook, state};
use crate::error::{For as _, Paged};
use crate::pages::known::{Names, encoded};
use crate::pages::settings;
use crate::parts::{self, Icon, icon};
use crate::view::View;

pub(super) async fn show(view: View, Path(id): Path<String>) -> Paged {
    let path = format!("/api/webhooks/{}", encoded(&id));
    let (webhook, channels) = tokio::join!(view.get::<Webhook>(&path), Names::of(&view, "/api/channels"));
    let (webhook, channels) = (webhook.for_(&view)?, channels.for_(&view)?);
    let here = format!("{AT}/{}", webhook.id);
    let title = if webhook.description.is_empty() { &webhook.url } else { &webhook.description };
    let content = html! {
        p.back { a href=(AT) { "← " (view.say("Webhook", "Webhooks")) } }
        div #webhook hx-get=(here) hx-trigger="renew" hx-select="#webhook" hx-disinherit="*" hx-swap="morph:outerHTML" {
            (parts::heading(title, "", &acts(&view, &webhook)))
            (standing(&view, &webhook))
            div.two-columns {
                (form(&view, Some(&webhook), &channels))
                div { (secret(&view, &webhook)) (removal(&view, &webhook)) }
            }
        }
        section.card {
            div.spread {
                h2 { (view.say("送信の記録（30日間）", "What it was told (30 days)")) }
                button.button.small type="button" data-call=(format!("POST /webhooks/{}/test", webhook.id)) data-refresh="#deliveries"
                    data-done=(view.say("テストを送りました。結果は記録に出ます", "A test was sent; the log shows what came of it")) {
                    (icon(Icon::Send)) (view.say("テストを送る", "Send a test"))
                }
            }
            div #deliveries hx-get=(format!("{here}/deliveries")) hx-trigger="load, renew" hx-swap="morph:innerHTML" {}
        }
    };
    Ok(settings::page(&view, "webhooks", title, &content))
}

fn acts(view: &View, webhook: &Webhook) -> Markup {
    let body = serde_json::json!({ "enabled": !webhook.enabled }).to_string();
    html! {
        button.button type="button" data-call=(format!("PATCH /webhooks/{}", webhook.id)) data-body=(body) data-refresh="#webhook"
            data-done=(if webhook.enabled { view.say("停止しました", "It is off") } else { view.say("再開しました", "It is on") }) {
            @if webhook.enabled { (icon(Icon::PowerOff)) (view.say("停止する", "Switch off")) }
            @else { (icon(Icon::Power)) (view.say("再開する", "Switch on")) }
        }
    }
}

fn standing(view: &View, webhook: &Webhook) -> Markup {
    html! {
        p.webhook-state { (state(view, webhook)) " " code { (webhook.url) } }
        @if webhook.off_because.as_deref() == Some("failing") {
            (parts::banner("bad", &html! {
                p { (view.say(
                    "5日間、何も受け取られなかったため停止しました。送り先を直してから再開してください。停止中のできごとは送られません。",
                    "It took nothing for five days, so it was switched off. Mend what receives it, then switch it on. What happens while it is off is not sent.",
                )) }
                @if let Some(since) = webhook.off_since { p { (view.time(since)) } }
            }))
        } @else if webhook.enabled && webhook.failing_since.is_some() {
            (parts::banner("warning", &html! { (view.say(
                "送り先が受け取っていません。1日の間くり返し送り、5日続くと停止します。下の記録で応答を確認してください。",
                "Its receiver takes nothing. Each event is tried for a day; after five days it is switched off. See the answers below.",
            )) }))
        }
    }
}

fn secret(view: &View, webhook: &Webhook) -> Markup {
    html! {
        section.card {
            h2 { (view.say("秘密鍵", "Secret")) }
            p { (view.say(
                "送信内容は Standard Webhooks の方式で署名されます。受け取る側で必ず確かめてください。",
                "What is sent is signed as Standard Webhooks has it. Have the receiver check it.",
            )) }
            @if let Some(until) = webhook.previous_secret_until {
                p.hint { (view.say("以前の鍵での署名も続けています。期限", "The former secret signs, too, until")) ": " (view.time(until)) }
            }
            button.button type="button" data-call=(format!("POST /webhooks/{}/secret", webhook.id)) data-secret=(secret_words(view))
                data-confirm=(view.say("秘密鍵を作り直しますか？", "Make a new secret?"))
                data-confirm-text=(view.say("新しい鍵は一度だけ表示されます。これまでの鍵も24時間は有効です。", "The new one is shown once. The one before goes on signing for 24 hours."))
                data-confirm-yes=(view.say("作り直す", "Make a new one")) {
                (icon(Icon::KeyRound)) (view.say("作り直す", "Replace it"))
            }
        }
    }
}

fn removal(view: &View, webhook: &Webhook) -> Markup {
    html! {
        section.card {
            h2 { (view.say("削除", "Remove")) }
            p { (view.say("記録も削除され、元に戻せません。しばらく止めるだけなら「停止する」を使います。", "Its log goes, too, and cannot be brought back. To pause it, switch it off.")) }
            button.button.danger type="button" data-call=(format!("DELETE /webhooks/{}", webhook.id)) data-go=(AT)
                data-confirm=(view.say("この Webhook を削除しますか？", "Remove this webhook?"))
                data-confirm-text=(webhook.url) data-confirm-yes=(view.say("削除する", "Remove")) {
                (icon(Icon::Trash2)) (view.say("削除", "Remove"))
            }
        }
    }
}
