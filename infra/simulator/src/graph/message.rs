//! The message object of a send, checked against the documented limits.

use serde_json::Value;

use super::{GraphError, attachment::no_url};
use crate::{
    media::{Media, MediaKind},
    state::{Choice, ChoiceKind},
};

/// "Less than 2000 characters", "less than 1000 characters".
const TEXT_LIMIT: usize = 2_000;
const METADATA_LIMIT: usize = 1_000;
const TITLE_LIMIT: usize = 20;
const PAYLOAD_LIMIT: usize = 1_000;
const QUICK_REPLIES_LIMIT: usize = 13;
const TEMPLATE_TEXT_LIMIT: usize = 640;

/// What the phone will show.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) attachment: Option<Attached>,
    pub(super) sticker_id: Option<String>,
    pub(super) metadata: Option<String>,
    pub(super) choices: Vec<Choice>,
}

/// A file in a message, as the request names it.
#[derive(Debug)]
pub(super) enum Attached {
    /// To be fetched; kept to be sent again if it is `reusable`.
    Link { media: Box<Media>, reusable: bool },
    /// Uploaded before.
    Uploaded(Value),
}

impl Outgoing {
    pub(super) fn parse(message: &Value) -> Result<Self, GraphError> {
        let metadata = message["metadata"].as_str();
        check_length("message[metadata]", metadata, METADATA_LIMIT - 1)?;
        let mut choices = quick_replies(message)?;
        let sticker = sticker(message)?;
        let (kind, text, attachment) = match (message["text"].as_str(), message.get("attachment")) {
            (Some(text), None) => {
                if text.is_empty() {
                    return Err(empty());
                }
                check_length("message[text]", Some(text), TEXT_LIMIT - 1)?;
                ("text".to_owned(), Some(text.to_owned()), None)
            }
            (None, Some(attachment)) => attachment_of(attachment, &mut choices)?,
            (Some(_), Some(_)) => {
                return Err(GraphError::parameter(
                    "(#100) Cannot have both text and attachment in one message",
                ));
            }
            (None, None) if sticker.is_some() => ("sticker".to_owned(), None, None),
            (None, None) => return Err(empty()),
        };
        let (metadata, sticker_id) = (metadata.map(ToOwned::to_owned), sticker.filter(|_| kind == "sticker"));
        Ok(Self { kind, text, attachment, sticker_id, metadata, choices })
    }
}

/// The documents show a number; ids come as strings too.
fn sticker(message: &Value) -> Result<Option<String>, GraphError> {
    let number = match &message["sticker_id"] {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| *number > 0);
    let number = number.ok_or_else(|| GraphError::parameter("(#100) Invalid sticker_id"))?;
    Ok(Some(number.to_string()))
}

fn empty() -> GraphError {
    GraphError::parameter("(#100) Message cannot be empty, must provide valid attachment or text")
}

fn check_length(name: &str, value: Option<&str>, most: usize) -> Result<(), GraphError> {
    if value.is_some_and(|value| value.chars().count() > most) {
        return Err(GraphError::parameter(format!(
            "(#100) Length of param {name} must be less than {}",
            most + 1
        )));
    }
    Ok(())
}

fn quick_replies(message: &Value) -> Result<Vec<Choice>, GraphError> {
    let Some(replies) = message.get("quick_replies") else { return Ok(Vec::new()) };
    let replies =
        replies.as_array().ok_or_else(|| GraphError::parameter("(#100) quick_replies must be a list"))?;
    if replies.len() > QUICK_REPLIES_LIMIT {
        return Err(GraphError::parameter("(#100) Too many quick replies: 13 at most"));
    }
    let choice = |reply: &Value| choice(reply, ChoiceKind::QuickReply);
    replies.iter().filter(|reply| reply["content_type"] == "text").map(choice).collect()
}

fn choice(source: &Value, kind: ChoiceKind) -> Result<Choice, GraphError> {
    let (title, payload) = (source["title"].as_str(), source["payload"].as_str());
    check_length("title", title, TITLE_LIMIT)?;
    check_length("payload", payload, PAYLOAD_LIMIT)?;
    match (title, payload) {
        (Some(title), Some(payload)) => Ok(Choice {
            kind,
            title: title.to_owned(),
            payload: payload.to_owned(),
            lasting: kind == ChoiceKind::Postback,
        }),
        _ => Err(GraphError::parameter("(#100) A button needs a title and a payload")),
    }
}

type Shown = (String, Option<String>, Option<Attached>);

fn attachment_of(attachment: &Value, choices: &mut Vec<Choice>) -> Result<Shown, GraphError> {
    let payload = &attachment["payload"];
    match attachment["type"].as_str() {
        Some(name @ ("image" | "video" | "audio" | "file")) => {
            let kind = MediaKind::parse(name).unwrap_or_default();
            let attached = match (payload["url"].as_str(), &payload["attachment_id"]) {
                (Some(url), _) => Attached::Link {
                    media: Box::new(Media::linked(kind, url)),
                    reusable: payload["is_reusable"] == true,
                },
                (None, Value::Null) => return Err(no_url()),
                (None, id) => Attached::Uploaded(id.clone()),
            };
            Ok((name.to_owned(), None, Some(attached)))
        }
        Some("template") => {
            check_length("text", payload["text"].as_str(), TEMPLATE_TEXT_LIMIT)?;
            let buttons = payload["buttons"].as_array().into_iter().flatten();
            for button in buttons.filter(|button| button["type"] == "postback") {
                choices.push(choice(button, ChoiceKind::Postback)?);
            }
            Ok(("template".to_owned(), payload["text"].as_str().map(ToOwned::to_owned), None))
        }
        _ => Err(GraphError::parameter("(#100) Attachment type unknown")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_less_than_2000_characters_and_metadata_less_than_1000() {
        assert!(Outgoing::parse(&json!({"text": "窓".repeat(1_999)})).is_ok());
        assert_eq!(Outgoing::parse(&json!({"text": "窓".repeat(2_000)})).unwrap_err().code, 100);
        assert!(Outgoing::parse(&json!({"text": "a", "metadata": "m".repeat(999)})).is_ok());
        assert_eq!(
            Outgoing::parse(&json!({"text": "a", "metadata": "m".repeat(1_000)})).unwrap_err().code,
            100
        );
    }

    #[test]
    fn fourteen_quick_replies_are_too_many() {
        let reply = json!({"content_type": "text", "title": "はい", "payload": "yes"});
        assert_eq!(
            Outgoing::parse(&json!({"text": "a", "quick_replies": vec![reply.clone(); 13]}))
                .unwrap()
                .choices
                .len(),
            13
        );
        assert!(Outgoing::parse(&json!({"text": "a", "quick_replies": vec![reply; 14]})).is_err());
    }

    #[test]
    fn a_sticker_is_named_by_its_number() {
        for id in [json!(767_226_160_478_561_u64), json!("767226160478561")] {
            let sent = Outgoing::parse(&json!({"sticker_id": id})).unwrap();
            assert_eq!(
                (sent.kind.as_str(), sent.sticker_id.as_deref()),
                ("sticker", Some("767226160478561"))
            );
        }
        for id in [json!("like"), json!(0), json!(-1), json!(1.5), json!({})] {
            assert_eq!(Outgoing::parse(&json!({"sticker_id": id})).unwrap_err().code, 100, "{id}");
        }
    }

    #[test]
    fn nothing_is_not_a_message() {
        assert!(Outgoing::parse(&json!({})).is_err());
        assert!(Outgoing::parse(&json!({"text": ""})).is_err());
    }
}
