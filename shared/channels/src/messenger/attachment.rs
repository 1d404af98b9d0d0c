//! What a Messenger message says: text, stickers, attachments.

use madoguchi_domain::Content;
use madoguchi_domain::event::Attachment;
use serde_json::Value;

use crate::json;
use crate::parse::{KIND_CHARACTERS, PAYLOAD_CHARACTERS, TITLE_CHARACTERS};

/// Messenger sends at most 30 pictures at once; more would not fit a table item.
const MAX_ATTACHMENTS: usize = 30;

/// The content of a `message` object, of a customer or of an echo.
pub(super) fn content(message: &Value) -> Content {
    let payload = message
        .get("quick_reply")
        .and_then(|quick_reply| json::short_text(quick_reply, "payload", PAYLOAD_CHARACTERS));
    let list = message.get("attachments").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if let Some(text) = json::long_text(message, "text") {
        return Content::Text { text, payload, attachments: attachments(list) };
    }
    match list {
        [] => payload.map_or_else(
            || Content::Unknown { name: "message".into(), raw: json::raw(message) },
            |payload| Content::Postback { title: None, payload: Some(payload) },
        ),
        [only] => sticker(only).unwrap_or_else(|| Content::Attachments { attachments: attachments(list) }),
        _ => Content::Attachments { attachments: attachments(list) },
    }
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

fn attachments(list: &[Value]) -> Vec<Attachment> {
    list.iter().take(MAX_ATTACHMENTS).map(attachment).collect()
}

/// A placeholder for anything attached. A fallback may have no payload, or its fields beside it.
fn attachment(attachment: &Value) -> Attachment {
    let payload = attachment.get("payload").unwrap_or(&Value::Null);
    let product = payload.pointer("/product/elements/0").unwrap_or(&Value::Null);
    let kind = match json::short_text(attachment, "type", KIND_CHARACTERS) {
        Some(kind) if kind == "image" && json::id(payload, "sticker_id").is_some() => "sticker".into(),
        kind => kind.unwrap_or_else(|| "unknown".into()),
    };
    let title = [payload, attachment, product]
        .into_iter()
        .find_map(|at| json::short_text(at, "title", TITLE_CHARACTERS));
    let reference = ["sticker_id", "reel_video_id", "booking_id", "id"]
        .into_iter()
        .find_map(|name| json::id(payload, name))
        .or_else(|| json::id(product, "id"));
    let url = [(payload, "url"), (attachment, "url"), (product, "image_url")]
        .into_iter()
        .find_map(|(at, name)| json::url(at, name));
    Attachment { kind, reference, url, title, ..Attachment::default() }
}
