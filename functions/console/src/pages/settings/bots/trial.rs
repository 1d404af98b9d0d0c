//! `/console/settings/bots/{id}/trial`: what the bot would do about a text. Nothing is sent, and nothing is changed.

use axum::extract::{Path, Query};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{Template, templates};
use crate::error::Paged;
use crate::parts::{Icon, banner, icon};
use crate::view::View;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    text: String,
}

#[derive(Deserialize)]
struct Outcome {
    outcome: String,
    template_id: Option<String>,
    why: Option<String>,
}

pub(super) async fn show(view: View, Path(id): Path<String>, Query(Said { text }): Query<Said>) -> Paged {
    if text.trim().is_empty() {
        return Ok(html! {});
    }
    let (path, said) = (format!("/api/channels/{id}/bot/test"), json!({ "text": text }));
    let (outcome, templates) =
        tokio::join!(view.send::<Outcome>(Method::POST, &path, &said), templates(&view));
    Ok(match outcome {
        Ok(outcome) => told(&view, &outcome, &templates.unwrap_or_default()),
        Err(refusal) if refusal.id == "bot_not_found" => {
            banner("info", &html! { (view.say("先にボットを保存してください。", "Save the bot first.")) })
        }
        Err(refusal) => banner("bad", &html! { (refusal.message) }),
    })
}

fn told(view: &View, outcome: &Outcome, templates: &[Template]) -> Markup {
    match outcome.outcome.as_str() {
        "say" => {
            let template = templates.iter().find(|known| Some(&known.id) == outcome.template_id.as_ref());
            let language = if view.is_japanese() { "ja" } else { "en" };
            let said = template
                .and_then(|known| known.variants.get(language).or_else(|| known.variants.values().next()));
            html! {
                p { (icon(Icon::Bot)) " " strong { (view.say("このテンプレートで答えます: ", "It answers with: ")) } @if let Some(template) = template { span dir="auto" { (template.path()) } } }
                @if let Some(said) = said { blockquote.bot-says dir="auto" { (said.text) } }
            }
        }
        "ask" => html! {
            p { (icon(Icon::Webhook)) " " strong { (view.say("外部のボットに問い合わせます。", "The outside bot is asked.")) } }
            p.hint { (view.say("返答を確かめるには、実際のアカウントからメッセージを送ってください。", "To see its answer, write to the account.")) }
        },
        "hand_over" => html! {
            p { (icon(Icon::Headset)) " " strong { (view.say("オペレーターに引き継ぎます。", "It hands over to people.")) } }
            p.hint { (why(view, outcome.why.as_deref())) }
        },
        other => html! { p { (other) } },
    }
}

fn why<'a>(view: &View, why: Option<&'a str>) -> &'a str {
    match why {
        Some("customer_asked") => view.say(
            "引き継ぎの言葉が含まれているためです。",
            "One of the words that ask for a person is in it.",
        ),
        Some("no_answer") => view.say("当てはまるルールがないためです。", "No rule fits."),
        other => other.unwrap_or_default(),
    }
}
