//! All webhooks.

use maud::html;

use super::{AT, Webhook, event_name, state};
use crate::error::{For as _, Paged};
use crate::pages::known::Listed;
use crate::pages::settings;
use crate::parts::{self, Icon, icon};
use crate::view::View;

pub(super) async fn show(view: View) -> Paged {
    let title = view.say("Webhook", "Webhooks");
    let webhooks: Listed<Webhook> = view.get("/api/webhooks").await.for_(&view)?;
    let lead = view.say(
        "会話やチケットで起きたことを、ほかのシステムにすぐに知らせます。CRM との連携や独自の集計に使えます。",
        "Tell other systems at once what happens: for a CRM, say, or figures of your own.",
    );
    let add = html! { a.button.primary href=(format!("{AT}/new")) { (icon(Icon::Plus)) (view.say("追加", "Add")) } };
    let content = html! {
        (parts::heading(title, lead, &add))
        @if webhooks.items.is_empty() {
            (parts::empty(Icon::Webhook, view.say("Webhook はまだありません", "There is no webhook yet"), &html! {
                p { (view.say("送り先の URL と、知らせるできごとを選ぶだけで始められます。", "Choose an address and what it shall be told of.")) }
                a.button.primary href=(format!("{AT}/new")) { (view.say("Webhook を追加", "Add a webhook")) }
            }))
        } @else {
            ul.cards {
                @for webhook in &webhooks.items {
                    li.card.webhook-card {
                        div.spread { (state(&view, webhook)) span.muted { (view.time(webhook.created_at)) } }
                        h2 { a href=(format!("{AT}/{}", webhook.id)) { (if webhook.description.is_empty() { &webhook.url } else { &webhook.description }) } }
                        @if !webhook.description.is_empty() { p { code { (webhook.url) } } }
                        p.tags { @for event in &webhook.events { span.badge { (event_name(&view, event)) } } }
                    }
                }
            }
        }
    };
    Ok(settings::page(&view, "webhooks", title, &content))
}
