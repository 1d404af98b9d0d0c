//! What of a message can be found.

use crate::event::Content;
use crate::message::{Body, Message};

/// What of `message` can be found: its text as last edited, names of files and places, what a button said, what was
/// filled into a template. `None` if it has no words, was taken back, or is a line of the timeline.
pub fn words(message: &Message) -> Option<String> {
    let Body::Said { content } = &message.body else { return None };
    if message.annotations.unsent_at.is_some() {
        return None;
    }
    let edited = message.annotations.edit.as_ref().map(|edit| edit.text.as_str());
    let mut pieces: Vec<&str> = match content {
        Content::Text { text, .. } => vec![edited.unwrap_or(text)],
        Content::Sticker { text, .. } => text.iter().map(String::as_str).collect(),
        Content::Location { title, address, .. } => {
            [title, address].into_iter().flatten().map(String::as_str).collect()
        }
        Content::Postback { title, .. } => title.iter().map(String::as_str).collect(),
        Content::Template(template) => template.variables.values().map(String::as_str).collect(),
        Content::Attachments { .. } | Content::Unknown { .. } => edited.into_iter().collect(),
        Content::Unsent => return None,
    };
    pieces.extend(message.attachments().iter().filter_map(|attachment| attachment.title.as_deref()));
    pieces.retain(|piece| !piece.trim().is_empty());
    (!pieces.is_empty()).then(|| pieces.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(body: Value, annotations: Value) -> Message {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        serde_json::from_value(json!({
            "key": format!("1700000000000-{id}"), "conversation_id": id, "channel_id": id,
            "sent_by": {"by": "customer"}, "body": body, "annotations": annotations, "stored_at": 1,
        }))
        .unwrap()
    }

    fn said(content: Value) -> Value {
        json!({"type": "said", "content": content})
    }

    #[test]
    fn src_3_words_are_found_wherever_a_message_has_them() {
        let none = json!({});
        for (content, expected) in [
            (json!({"kind": "text", "text": "a"}), Some("a")),
            (
                json!({"kind": "text", "text": "a", "attachments": [{"kind": "file", "title": "見積.pdf"}]}),
                Some("a\n見積.pdf"),
            ),
            (json!({"kind": "sticker", "sticker": "1/2"}), None),
            (json!({"kind": "sticker", "sticker": "1/2", "text": "やった"}), Some("やった")),
            (json!({"kind": "attachments", "attachments": [{"kind": "image"}]}), None),
            (
                json!({"kind": "location", "title": "駅", "address": "港区", "latitude": 1.0, "longitude": 2.0}),
                Some("駅\n港区"),
            ),
            (json!({"kind": "postback", "title": "予約", "payload": "x=1"}), Some("予約")),
            (json!({"kind": "unknown", "name": "poll", "raw": "{}"}), None),
            (json!({"kind": "unsent"}), None),
        ] {
            let found = words(&message(said(content.clone()), none.clone()));
            assert_eq!(found.as_deref(), expected, "{content}");
        }
        let line = json!({"type": "timeline", "event": "closed", "detail": "idle"});
        assert_eq!(words(&message(line, none)), None);
    }

    #[test]
    fn msg_14_an_edited_message_is_found_by_its_latest_text_and_an_unsent_one_not_at_all() {
        let text = said(json!({"kind": "text", "text": "old"}));
        let edited = message(text.clone(), json!({"edit": {"at": 2, "text": "new"}}));
        assert_eq!(words(&edited).as_deref(), Some("new"));
        assert_eq!(words(&message(text, json!({"unsent_at": 3}))), None);
    }
}
