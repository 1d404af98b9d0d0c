//! What a webhook is told of, and where.

use maud::{Markup, html};

use super::{AT, EVENTS, Webhook, event_name};
use crate::error::{For as _, Paged};
use crate::pages::known::{Names, channel};
use crate::pages::settings;
use crate::parts;
use crate::view::View;

pub(super) async fn new(view: View) -> Paged {
    let title = view.say("Webhook を追加", "Add a webhook");
    let channels = Names::of(&view, "/api/channels").await.for_(&view)?;
    let content = html! {
        p.back { a href=(AT) { "← " (view.say("Webhook", "Webhooks")) } }
        (parts::heading(title, view.say("追加すると、署名を確かめるための秘密鍵が一度だけ表示されます。", "Once it is added, the secret that signs its events is shown, once."), &html! {}))
        (form(&view, None, &channels))
    };
    Ok(settings::page(&view, "webhooks", title, &content))
}

/// The form of one, or of another one.
pub(super) fn form(view: &View, webhook: Option<&Webhook>, channels: &Names) -> Markup {
    let call = webhook
        .map_or_else(|| "POST /webhooks".to_owned(), |webhook| format!("PATCH /webhooks/{}", webhook.id));
    let has = |event: &str| webhook.is_none_or(|webhook| webhook.events.iter().any(|one| one == event));
    let on = |id: &str| webhook.is_some_and(|webhook| webhook.channels.iter().any(|one| one == id));
    html! {
        form.card.form data-call=(call) data-version=[webhook.map(|webhook| format!("\"{}\"", webhook.version))]
            data-done=[webhook.map(|_| view.say("保存しました", "Saved"))] data-refresh=[webhook.map(|_| "#webhook")]
            data-secret=[webhook.is_none().then(|| secret_words(view))] {
            (parts::field("url", view.say("送り先の URL", "Address"), Some(view.say("https:// で始まる、インターネットから届くアドレス。", "Begins with https:// and is reached over the internet.")), &html! {
                input id="url" name="url" type="url" required placeholder="https://crm.example.com/hook" aria-describedby="url-hint" value=(webhook.map_or("", |webhook| &webhook.url));
            }))
            (parts::field("description", view.say("メモ（任意）", "Note (optional)"), None, &html! {
                input id="description" name="description" maxlength="200" dir="auto" value=(webhook.map_or("", |webhook| &webhook.description));
            }))
            fieldset.choices data-field="events" {
                legend.field-label { (view.say("知らせるできごと", "What it is told of")) }
                @for event in EVENTS {
                    label.check {
                        input type="checkbox" name="events" value=(event) data-type="list" checked[has(event)];
                        span { (event_name(view, event)) span.hint { code { (event) } } }
                    }
                }
                p.field-error role="alert" hidden {}
            }
            @if !channels.all().is_empty() {
                fieldset.choices data-field="channels" {
                    legend.field-label { (view.say("対象のチャンネル（選ばなければすべて）", "Of which channels (none: all)")) }
                    @for one in channels.all() {
                        label.check { input type="checkbox" name="channels" value=(one.id) data-type="list" checked[on(&one.id)]; (channel(channels, &one.id)) }
                    }
                    p.field-error role="alert" hidden {}
                }
            }
            p.field-error data-form-error role="alert" hidden {}
            div.form-acts {
                button.button.primary type="submit" { @if webhook.is_some() { (view.say("保存", "Save")) } @else { (view.say("追加", "Add")) } }
            }
        }
    }
}

/// What the dialog says that shows a secret, for the page's script.
pub(super) fn secret_words(view: &View) -> String {
    serde_json::json!({
        "title": view.say("秘密鍵", "The secret"),
        "text": view.say(
            "受け取る側のシステムに設定してください。この画面を閉じると、二度と表示できません。",
            "Enter it in the receiving system. Once this is closed it cannot be shown again.",
        ),
        "copy": view.say("コピー", "Copy"),
        "copied": view.say("コピーしました", "Copied"),
        "close": view.say("控えました", "I have kept it"),
        "go": format!("{AT}/{{id}}"),
    })
    .to_string()
}
