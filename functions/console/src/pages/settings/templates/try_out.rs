//! `/console/settings/templates/{template}/try`: what a template says in a conversation that there is (TPL-4).

use axum::extract::{Path, Query};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::super::organisation::Items;
use crate::error::{For as _, Paged};
use crate::parts::{Icon, banner, channel_name, icon};
use crate::view::View;

#[derive(Deserialize)]
struct Conversation {
    id: String,
    channel_kind: madoguchi_domain::ChannelKind,
    contact: Contact,
}

#[derive(Deserialize)]
struct Contact {
    name: Option<String>,
    external_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    conversation: String,
    language: String,
}

#[derive(Deserialize)]
struct Preview {
    text: String,
    sends_as: String,
    missing: Vec<String>,
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    message: String,
}

/// A choice of the latest conversations.
pub(super) async fn choice(view: &View, id: &str, languages: &[String]) -> Markup {
    let found = view.get::<Items<Conversation>>("/api/conversations?limit=20").await;
    let conversations = found.map(|page| page.items).unwrap_or_default();
    let path = format!("/console/settings/templates/{id}/try");
    html! {
        section.card aria-labelledby="try-title" {
            h2 #try-title { (view.say("実際の会話で確かめる", "See it in a conversation")) }
            @if conversations.is_empty() {
                p.muted { (view.say("開いている会話がありません。", "No conversation is open.")) }
            } @else {
                p.hint { (view.say("保存した内容を、選んだお客様に送るとどうなるかを表示します。送信はされません。", "What is saved, as the chosen customer would get it. Nothing is sent.")) }
                form.org-filters hx-get=(path) hx-target="#tried" hx-trigger="change, submit" hx-swap="morph:innerHTML" {
                    label { span.sr { (view.say("会話", "Conversation")) }
                        select name="conversation" {
                            option value="" { (view.say("会話を選ぶ", "Choose a conversation")) }
                            @for of in &conversations {
                                option value=(of.id) { (of.contact.name.as_deref().unwrap_or(&of.contact.external_id)) " · " (channel_name(of.channel_kind)) }
                            }
                        }
                    }
                    @if languages.len() > 1 {
                        label { span.sr { (view.say("言語", "Language")) }
                            select name="language" { @for tag in languages { option value=(tag) { (super::language(tag)) } } }
                        }
                    }
                }
                div #tried aria-live="polite" {}
            }
        }
    }
}

pub(super) async fn show(view: View, Path(id): Path<String>, Query(wanted): Query<Wanted>) -> Paged {
    if wanted.conversation.is_empty() {
        return Ok(html! {});
    }
    let language = Some(wanted.language).filter(|language| !language.is_empty());
    let body = json!({ "conversation_id": wanted.conversation, "language": language });
    let preview: Preview =
        view.send(Method::POST, &format!("/api/templates/{id}/preview"), &body).await.for_(&view)?;
    Ok(html! {
        p.org-bubble dir="auto" { (preview.text) }
        @if preview.sends_as == "template" {
            p.hint { (icon(Icon::Info)) " " (view.say("返信期限が過ぎているため、承認済みテンプレートとして送られます。", "The reply window is over: it goes out as the approved template.")) }
        }
        @if !preview.missing.is_empty() {
            (banner("warning", &html! { (view.say("このお客様には値がない項目: ", "Without a value for this customer: ")) code { (preview.missing.join(", ")) } }))
        }
        @for problem in &preview.problems { (banner("bad", &html! { (problem.message) })) }
    })
}
