//! Message templates: texts that operators send again and again (TPL).

mod editor;
mod list;
mod preview;
mod try_out;
mod variant;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use jiff::Timestamp;
use serde::Deserialize;

use crate::Console;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/templates", get(list::show))
        .route("/console/settings/templates/new", get(editor::new))
        .route("/console/settings/templates/preview", post(preview::show))
        .route("/console/settings/templates/{template}", get(editor::edit))
        .route("/console/settings/templates/{template}/try", get(try_out::show))
}

/// A template as the API tells of it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Template {
    id: String,
    name: String,
    folder: Vec<String>,
    department_id: Option<String>,
    object: String,
    variants: BTreeMap<String, Variant>,
    uses: u64,
    last_used_at: Option<Timestamp>,
    version: u64,
}

/// Its text in one language.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Variant {
    text: String,
    approved: Option<Approved>,
}

/// What the provider has approved, to go out in its place.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Approved {
    content_sid: String,
    variables: BTreeMap<String, String>,
}

/// Languages that templates are commonly written in, by their own names.
const LANGUAGES: [(&str, &str); 14] = [
    ("ja", "日本語"),
    ("en", "English"),
    ("zh-cn", "简体中文"),
    ("zh-tw", "繁體中文"),
    ("ko", "한국어"),
    ("vi", "Tiếng Việt"),
    ("th", "ไทย"),
    ("id", "Bahasa Indonesia"),
    ("ne", "नेपाली"),
    ("my", "မြန်မာ"),
    ("pt", "Português"),
    ("es", "Español"),
    ("fr", "Français"),
    ("de", "Deutsch"),
];

/// What a language is called, by itself.
fn language(tag: &str) -> &str {
    LANGUAGES.iter().find(|(known, _)| *known == tag).map_or(tag, |(_, name)| name)
}
