//! What a Messenger message says: text, stickers, attachments.

use std::collections::BTreeMap;

use madoguchi_domain::Content;
use madoguchi_domain::event::Attachment;
use serde_json::Value;

use crate::json;
use crate::parse::{KIND_CHARACTERS, PAYLOAD_CHARACTERS, PLACE_CHARACTERS, TITLE_CHARACTERS};

/// Messenger sends at most 30 pictures at once; more would not fit a table item.
const MAX_ATTACHMENTS: usize = 30;

/// The content of a `message` object, of a customer or of an echo.
pub(super) fn content(message: &Value) -> Content {
    let payload = message
        .get("quick_reply")
        .and_then(|quick_reply| json::short_text(quick_reply, "payload", PAYLOAD_CHARACTERS));
    let list = message.get("attachments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(text) = json::long_text(message, "text") {
        return Content::Text { text, payload, attachments: attachments(list), insets: Vec::new() };
    }
    match list {
        [] => payload.map_or_else(
            || Content::Unknown { name: "message".into(), raw: json::raw(message) },
            |payload| Content::Postback { title: None, payload: Some(payload), params: BTreeMap::new() },
        ),
        [only] => sticker(only).or_else(|| place(only)).unwrap_or_else(|| files(list)),
        _ => files(list),
    }
}

fn files(list: &[Value]) -> Content {
    Content::Attachments { attachments: attachments(list), album: None }
}

/// A sticker: `type: "sticker"` since 2026-08-30, before that an image with a `sticker_id`.
fn sticker(attachment: &Value) -> Option<Content> {
    let payload = attachment.get("payload").unwrap_or(&Value::Null);
    let number = json::id(payload, "sticker_id");
    let kind = json::text(attachment, "type");
    if kind != Some("sticker") && !(kind == Some("image") && number.is_some()) {
        return None;
    }
    Some(Content::Sticker { sticker: number.unwrap_or_default(), url: json::url(payload, "url"), text: None })
}

/// A place. Meta's documents do not name it any more, older apps still send it.
fn place(attachment: &Value) -> Option<Content> {
    let at = attachment
        .pointer("/payload/coordinates")
        .filter(|_| json::text(attachment, "type") == Some("location"))?;
    let degrees = |name: &str, most: f64| json::degrees(at.get(name)?.as_f64()?, most);
    Some(Content::Location {
        title: json::short_text(attachment, "title", PLACE_CHARACTERS),
        address: None,
        latitude: degrees("lat", 90.0)?,
        longitude: degrees("long", 180.0)?,
    })
}

fn attachments(list: &[Value]) -> Vec<Attachment> {
    list.iter().flat_map(parts).take(MAX_ATTACHMENTS).collect()
}

/// A template shows several products side by side; everything else is one thing.
fn parts(shared: &Value) -> Vec<Attachment> {
    let products = shared.pointer("/payload/product/elements").and_then(Value::as_array);
    match products.map(Vec::as_slice) {
        Some(products @ [_, _, ..]) => products.iter().map(|product| attachment(shared, product)).collect(),
        Some([product]) => vec![attachment(shared, product)],
        _ => vec![attachment(shared, &Value::Null)],
    }
}

/// A placeholder for anything attached. A fallback may have no payload, or its fields beside it.
fn attachment(attachment: &Value, product: &Value) -> Attachment {
    let payload = attachment.get("payload").unwrap_or(&Value::Null);
    let kind = match json::short_text(attachment, "type", KIND_CHARACTERS) {
        Some(kind) if kind == "image" && json::id(payload, "sticker_id").is_some() => "sticker".into(),
        kind => kind.unwrap_or_else(|| "unknown".into()),
    };
    let title = [payload, attachment, product]
        .into_iter()
        .find_map(|at| json::short_text(at, "title", TITLE_CHARACTERS))
        .or_else(|| booking(payload));
    let reference = ["sticker_id", "reel_video_id", "booking_id", "id"]
        .into_iter()
        .find_map(|name| json::id(payload, name))
        .or_else(|| json::id(product, "id"));
    let url = [(payload, "url"), (attachment, "url"), (product, "image_url")]
        .into_iter()
        .find_map(|(at, name)| json::url(at, name));
    Attachment { kind, reference, url, title, ..Attachment::default() }
}

/// An appointment: its state and when it begins (UTC), with the time zone that it was booked in.
fn booking(payload: &Value) -> Option<String> {
    let begins = json::instant(payload, "start_time")?;
    let words = [
        json::short_text(payload, "status", KIND_CHARACTERS),
        Some(begins.to_string()),
        json::short_text(payload, "timezone", KIND_CHARACTERS),
    ];
    Some(words.into_iter().flatten().collect::<Vec<_>>().join(" "))
}
