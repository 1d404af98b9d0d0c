//! Bots of channels (BOT-2, BOT-3): which channel has one, what it answers and when, and a place to try it out.

mod edit;
mod list;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use serde::Deserialize;

use crate::Console;
use crate::backend::Refusal;
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/bots", get(list::show))
        .route("/console/settings/bots/{id}", get(edit::show))
        .route("/console/settings/bots/{id}/trial", get(trial::show))
}

/// A bot as the API tells of it.
#[derive(Deserialize)]
struct Bot {
    kind: String,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    fallback: Option<Fallback>,
    #[serde(default)]
    url: String,
    #[serde(default)]
    timeout_seconds: Option<u8>,
    #[serde(default)]
    hand_over_words: Vec<String>,
}

#[derive(Deserialize)]
struct Rule {
    words: Vec<String>,
    template_id: String,
}

#[derive(Deserialize)]
struct Fallback {
    template_id: Option<String>,
}

/// What a bot can say.
#[derive(Deserialize)]
struct Template {
    id: String,
    name: String,
    #[serde(default)]
    folder: Vec<String>,
    /// By language.
    #[serde(default)]
    variants: BTreeMap<String, Variant>,
}

#[derive(Deserialize)]
struct Variant {
    text: String,
}

impl Template {
    /// `営業 / 挨拶 / はじめまして`.
    fn path(&self) -> String {
        let parts: Vec<_> = self.folder.iter().chain([&self.name]).map(String::as_str).collect();
        parts.join(" / ")
    }
}

/// The channel's bot with its version, if it has one.
async fn bot_of(view: &View, channel: &str) -> Result<Option<(Bot, String)>, Refusal> {
    match view.get_tagged(&format!("/api/channels/{channel}/bot")).await {
        Ok(found) => Ok(Some(found)),
        Err(refusal) if refusal.id == "bot_not_found" => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Of so many pages of a hundred each, templates can be chosen: as many as there can be.
const MOST_PAGES: usize = 10;

#[derive(Deserialize)]
struct TemplatePage {
    items: Vec<Template>,
    next_cursor: Option<String>,
}

/// Every template, by folder and name.
async fn templates(view: &View) -> Result<Vec<Template>, Refusal> {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let from = cursor.map(|cursor| {
            form_urlencoded::Serializer::new(String::new()).append_pair("cursor", &cursor).finish()
        });
        let path = format!("/api/templates?limit=100&{}", from.unwrap_or_default());
        let page: TemplatePage = view.get(&path).await?;
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(all)
}
