//! What a LINE message says.

use madoguchi_domain::Content;
use madoguchi_domain::event::{Album, Attachment, Inset, StandsFor};
use serde_json::Value;

use crate::json;
use crate::parse::{ADDRESS_CHARACTERS, KIND_CHARACTERS, PLACE_CHARACTERS, TITLE_CHARACTERS};

/// The longest text of a sticker, or its keywords together.
const STICKER_CHARACTERS: usize = 200;

/// LINE sends at most 20 emoji and 20 mentions in a text.
const MAX_INSETS: usize = 40;

/// The content of a `message` object.
pub(super) fn content(message: &Value) -> Content {
    let kind = json::text(message, "type").unwrap_or("message");
    let known = match kind {
        "text" => json::long_text(message, "text").map(|text| Content::Text {
            text,
            payload: None,
            attachments: Vec::new(),
            insets: insets(message),
        }),
        "sticker" => sticker(message),
        "image" | "video" | "audio" | "file" => {
            Some(Content::Attachments { attachments: vec![attachment(kind, message)], album: album(message) })
        }
        "location" => location(message),
        _ => None,
    };
    known.unwrap_or_else(|| Content::Unknown {
        name: json::cut(kind, KIND_CHARACTERS),
        raw: json::raw(message),
    })
}

/// LINE's own emoji and the people who are spoken to, in the order of the text.
fn insets(message: &Value) -> Vec<Inset> {
    let list = |list: Option<&Value>| list.and_then(Value::as_array).cloned().unwrap_or_default();
    let emoji = list(message.get("emojis")).into_iter().filter_map(|emoji| {
        let name = format!("{}/{}", json::id(&emoji, "productId")?, json::id(&emoji, "emojiId")?);
        inset(&emoji, StandsFor::Emoji { emoji: name })
    });
    let mentions = list(message.pointer("/mention/mentionees")).into_iter().filter_map(|mention| {
        let stands_for = StandsFor::Mention {
            user: json::id(&mention, "userId"),
            everybody: json::text(&mention, "type") == Some("all"),
            us: mention.get("isSelf") == Some(&Value::Bool(true)),
        };
        inset(&mention, stands_for)
    });
    let mut insets: Vec<_> = emoji.chain(mentions).take(MAX_INSETS).collect();
    insets.sort_by_key(|inset| inset.index);
    insets
}

fn inset(place: &Value, stands_for: StandsFor) -> Option<Inset> {
    Some(Inset { index: json::small(place, "index")?, length: json::small(place, "length")?, stands_for })
}

/// Pictures that were sent together come one by one, in any order; only some apps tell which is which.
fn album(message: &Value) -> Option<Album> {
    let set = message.get("imageSet")?;
    Some(Album {
        id: json::id(set, "id")?,
        index: json::small(set, "index"),
        total: json::small(set, "total"),
    })
}

/// Pictures of stickers cannot be fetched; see [`super::sticker_picture`] for where they are shown.
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
    let degrees = |name: &str, most: f64| json::degrees(message.get(name)?.as_f64()?, most);
    Some(Content::Location {
        title: json::short_text(message, "title", PLACE_CHARACTERS),
        address: json::short_text(message, "address", ADDRESS_CHARACTERS),
        latitude: degrees("latitude", 90.0)?,
        longitude: degrees("longitude", 180.0)?,
    })
}
