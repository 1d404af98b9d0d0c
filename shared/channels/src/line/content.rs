//! What a LINE message says.

use madoguchi_domain::Content;
use madoguchi_domain::event::Attachment;
use serde_json::Value;

use crate::json;
use crate::parse::{KIND_CHARACTERS, TITLE_CHARACTERS};

/// The longest title of a place.
const PLACE_CHARACTERS: usize = 100;
/// The longest address.
const ADDRESS_CHARACTERS: usize = 300;
/// The longest text of a sticker, or its keywords together.
const STICKER_CHARACTERS: usize = 200;

/// The content of a `message` object.
pub(super) fn content(message: &Value) -> Content {
    let kind = json::text(message, "type").unwrap_or("message");
    let known = match kind {
        "text" => json::long_text(message, "text").map(Content::text),
        "sticker" => sticker(message),
        "image" | "video" | "audio" | "file" => {
            Some(Content::Attachments { attachments: vec![attachment(kind, message)] })
        }
        "location" => location(message),
        _ => None,
    };
    known.unwrap_or_else(|| Content::Unknown {
        name: json::cut(kind, KIND_CHARACTERS),
        raw: json::raw(message),
    })
}

/// Pictures of stickers cannot be fetched; the words have to do.
fn sticker(message: &Value) -> Option<Content> {
    let sticker = format!("{}/{}", json::id(message, "packageId")?, json::id(message, "stickerId")?);
    let keywords = || {
        let words: Vec<_> = message.get("keywords")?.as_array()?.iter().filter_map(Value::as_str).collect();
        (!words.is_empty()).then(|| json::cut(&words.join(", "), STICKER_CHARACTERS))
    };
    let text = json::short_text(message, "text", STICKER_CHARACTERS).or_else(keywords);
    Some(Content::Sticker { sticker, url: None, text })
}

/// Content is fetched by the message's id, unless it lies outside LINE: then by its address only.
fn attachment(kind: &str, message: &Value) -> Attachment {
    let provider = message.get("contentProvider").unwrap_or(&Value::Null);
    let external = json::text(provider, "type") == Some("external");
    Attachment {
        kind: kind.to_owned(),
        reference: json::id(message, "id").filter(|_| !external),
        url: json::url(provider, "originalContentUrl"),
        title: json::short_text(message, "fileName", TITLE_CHARACTERS),
        size_bytes: json::unsigned(message, "fileSize"),
        duration_ms: json::unsigned(message, "duration"),
        set_id: message.get("imageSet").and_then(|set| json::id(set, "id")),
        ..Attachment::default()
    }
}

fn location(message: &Value) -> Option<Content> {
    let degrees = |name: &str| message.get(name).and_then(Value::as_f64);
    Some(Content::Location {
        title: json::short_text(message, "title", PLACE_CHARACTERS),
        address: json::short_text(message, "address", ADDRESS_CHARACTERS),
        latitude: degrees("latitude")?,
        longitude: degrees("longitude")?,
    })
}
