//! Searching the conversation, and the templates that can be sent in it.

use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

use super::bubble::beginning;
use super::model::{Found, MessageTemplate, Page};
use super::text;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, icon};
use crate::view::View;

#[derive(Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    q: String,
}

/// `GET /console/conversations/{id}/search?q=`.
pub(super) async fn messages(view: View, Path(id): Path<String>, Query(Words { q }): Query<Words>) -> Paged {
    if q.trim().is_empty() {
        return Ok(html! {});
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("q", q.trim())
        .append_pair("limit", "30")
        .finish();
    let found: Page<Found> =
        view.get(&format!("/api/conversations/{id}/search?{query}")).await.for_(&view)?;
    Ok(html! {
        @if found.items.is_empty() && found.next_cursor.is_none() {
            p.muted.small { (view.say("見つかりませんでした。", "Nothing was found.")) }
        }
        ol.panel-list {
            @for hit in &found.items {
                li { a.panel-hit href=(format!("?message={}", hit.message_id)) data-jump=(hit.message_id) {
                    span.muted.small {
                        @match hit.direction.as_str() { "in" => (view.say("お客様", "Customer")), "internal" => (view.say("社内メモ", "Note")), _ => (view.say("返信", "Reply")) }
                        " · " (view.time(hit.at))
                    }
                    span dir="auto" { @if hit.excerpt.begins_inside { "…" } (text::marked(&hit.excerpt.text, &hit.excerpt.marks)) @if hit.excerpt.ends_inside { "…" } }
                } }
            }
        }
        @if found.next_cursor.is_some() { p.muted.small { (view.say("ほかにも見つかりました。言葉を足して絞り込んでください。", "There is more: add a word to narrow it down.")) } }
    })
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
    /// Only what WhatsApp has approved.
    #[serde(default)]
    approved: bool,
}

/// `GET /console/conversations/{id}/templates?q=`: to choose from.
pub(super) async fn templates(view: View, Path(_): Path<String>, Query(wanted): Query<Wanted>) -> Paged {
    let searched = Some(wanted.q.trim()).filter(|words| !words.is_empty()).map(|words| ("search", words));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("limit", "50")].into_iter().chain(searched))
        .finish();
    let found: Page<MessageTemplate> = view.get(&format!("/api/templates?{query}")).await.for_(&view)?;
    let fits = |template: &&MessageTemplate| {
        !wanted.approved || template.variants.values().any(|variant| variant.approved.is_some())
    };
    let templates: Vec<_> = found.items.iter().filter(fits).collect();
    Ok(list(&view, &templates))
}

fn list(view: &View, templates: &[&MessageTemplate]) -> Markup {
    let (first, second) = if view.is_japanese() { ("ja", "en") } else { ("en", "ja") };
    html! {
        @if templates.is_empty() {
            p.popover-hint { (view.say("テンプレートがありません。設定の「テンプレート」で追加できます。", "There are none. Add them under “Templates” in the settings.")) }
        }
        @for template in templates {
            @let said = template.variants.get(first).or_else(|| template.variants.get(second)).or_else(|| template.variants.values().next());
            button.template-choice type="button" role="option" data-template=(template.id) data-languages=(template.variants.keys().cloned().collect::<Vec<_>>().join(",")) {
                span.template-words {
                    span { @if !template.folder.is_empty() { span.muted.small { (template.folder.join(" / ")) " / " } } bdi { (template.name) } }
                    span.muted.small dir="auto" { (said.map_or_else(String::new, |variant| beginning(&variant.text, 60))) }
                }
                @if template.variants.values().any(|variant| variant.approved.is_some()) { span.badge.good { (icon(Icon::CircleCheck)) (view.say("承認済み", "approved")) } }
            }
        }
    }
}
