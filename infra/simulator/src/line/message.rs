//! Message objects, checked against the documented limits.

use serde_json::Value;

use super::LineError;
use crate::state::{Choice, ChoiceKind};

const MESSAGES_LIMIT: usize = 5;
/// In UTF-16 code units.
const TEXT_LIMIT: usize = 5_000;
const URL_LIMIT: usize = 2_000;
const SENDER_NAME_LIMIT: usize = 20;
const QUICK_REPLY_LIMIT: usize = 13;
const PLACE_LIMIT: usize = 100;
const TRACKING_LIMIT: usize = 100;
const POSTBACK_DATA_LIMIT: usize = 300;
/// "Sticker definitions": the packages that accounts may send. The stickers in them are not told apart here.
const SENDABLE_PACKAGES: [&str; 15] = [
    "446", "789", "1070", "6136", "6325", "6359", "6362", "6370", "6632", "8515", "8522", "8525", "11537",
    "11538", "11539",
];

pub(super) fn validate_all(messages: &Value) -> Result<(), LineError> {
    let Some(messages) =
        messages.as_array().filter(|messages| (1..=MESSAGES_LIMIT).contains(&messages.len()))
    else {
        return Err(LineError::property("messages", "Size must be between 1 and 5"));
    };
    messages.iter().enumerate().try_for_each(|(index, message)| Object { index, message }.validate())
}

struct Object<'a> {
    index: usize,
    message: &'a Value,
}

impl Object<'_> {
    fn validate(&self) -> Result<(), LineError> {
        match self.message["type"].as_str() {
            Some("text" | "textV2") => self.text("text", TEXT_LIMIT)?,
            Some("sticker") => {
                self.text("packageId", URL_LIMIT)?;
                self.text("stickerId", URL_LIMIT)?;
                self.sendable()?;
            }
            Some("image" | "video") => {
                self.url("originalContentUrl")?;
                self.url("previewImageUrl")?;
                self.tracking()?;
            }
            Some("audio") => {
                self.url("originalContentUrl")?;
                self.number("duration")?;
            }
            Some("location") => {
                self.text("title", PLACE_LIMIT)?;
                self.text("address", PLACE_LIMIT)?;
                self.degrees("latitude", 90.0)?;
                self.degrees("longitude", 180.0)?;
            }
            Some("template" | "flex" | "imagemap") => self.text("altText", 1_500)?,
            Some("coupon") => self.text("couponId", URL_LIMIT)?,
            // `file` is received but cannot be sent.
            _ => return Err(self.wrong("type", "The type is unknown or cannot be sent")),
        }
        self.sender()?;
        self.quick_reply()
    }

    fn wrong(&self, property: &str, message: &str) -> LineError {
        LineError::property(&format!("messages[{}].{property}", self.index), message)
    }

    fn text(&self, property: &str, most: usize) -> Result<(), LineError> {
        let length = self.message[property].as_str().map(|text| text.encode_utf16().count());
        match length {
            None => Err(self.wrong(property, "May not be null")),
            Some(0) => Err(self.wrong(property, "May not be empty")),
            Some(length) if length > most => {
                Err(self.wrong(property, &format!("Length must be between 0 and {most}")))
            }
            Some(_) => Ok(()),
        }
    }

    fn number(&self, property: &str) -> Result<(), LineError> {
        if self.message[property].is_number() { Ok(()) } else { Err(self.wrong(property, "May not be null")) }
    }

    fn degrees(&self, property: &str, most: f64) -> Result<(), LineError> {
        match self.message[property].as_f64() {
            None => Err(self.wrong(property, "May not be null")),
            Some(degrees) if degrees.abs() > most => {
                Err(self.wrong(property, &format!("Must be between -{most} and {most}")))
            }
            Some(_) => Ok(()),
        }
    }

    fn sendable(&self) -> Result<(), LineError> {
        let package = self.message["packageId"].as_str().unwrap_or_default();
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        if !SENDABLE_PACKAGES.contains(&package) {
            return Err(self.wrong("packageId", "The sticker cannot be sent"));
        }
        if self.message["stickerId"].as_str().is_some_and(is_number) {
            Ok(())
        } else {
            Err(self.wrong("stickerId", "The sticker cannot be sent"))
        }
    }

    fn tracking(&self) -> Result<(), LineError> {
        let id = self.message["trackingId"].as_str().unwrap_or_default();
        if id.encode_utf16().count() <= TRACKING_LIMIT {
            Ok(())
        } else {
            Err(self.wrong("trackingId", "Too long"))
        }
    }

    fn url(&self, property: &str) -> Result<(), LineError> {
        self.text(property, URL_LIMIT)?;
        if is_https(&self.message[property]) {
            Ok(())
        } else {
            Err(self.wrong(property, "Invalid uri scheme. Only https is allowed"))
        }
    }

    fn sender(&self) -> Result<(), LineError> {
        let sender = &self.message["sender"];
        if let Some(name) = sender["name"].as_str() {
            if name.chars().count() > SENDER_NAME_LIMIT {
                return Err(self.wrong("sender.name", "Length must be between 0 and 20"));
            }
            // LINE does not publish the list of refused words; this one it names.
            if name.to_uppercase().contains("LINE") {
                return Err(self.wrong("sender.name", "The name contains a word that cannot be used"));
            }
        }
        match &sender["iconUrl"] {
            Value::Null => Ok(()),
            url if is_https(url) && url.as_str().is_some_and(|url| url.len() <= URL_LIMIT) => Ok(()),
            _ => Err(self.wrong("sender.iconUrl", "Invalid uri scheme. Only https is allowed")),
        }
    }

    fn quick_reply(&self) -> Result<(), LineError> {
        let items = self.message["quickReply"]["items"].as_array();
        if items.is_some_and(|items| items.len() > QUICK_REPLY_LIMIT) {
            return Err(self.wrong("quickReply.items", "Size must be between 0 and 13"));
        }
        let too_long = |item: &&Value| {
            item["action"]["data"]
                .as_str()
                .is_some_and(|data| data.encode_utf16().count() > POSTBACK_DATA_LIMIT)
        };
        match items.into_iter().flatten().find(too_long) {
            Some(_) => Err(self.wrong("quickReply.items", "Length of data must be between 0 and 300")),
            None => Ok(()),
        }
    }
}

/// LINE takes HTTPS only; a local stack has none.
fn is_https(url: &Value) -> bool {
    let allowed = ["https://", "http://127.0.0.1:", "http://localhost:"];
    url.as_str().is_some_and(|url| allowed.iter().any(|start| url.starts_with(start)))
}

/// What the customer can tap below or inside a message.
pub(super) fn choices(message: &Value) -> Vec<Choice> {
    let quick = message["quickReply"]["items"].as_array().into_iter().flatten().map(|item| &item["action"]);
    let buttons = message["template"]["actions"].as_array().into_iter().flatten();
    let quick = quick.filter_map(|action| choice(action, false));
    quick.chain(buttons.filter_map(|action| choice(action, true))).collect()
}

fn choice(action: &Value, lasting: bool) -> Option<Choice> {
    let title = action["label"].as_str().or_else(|| action["displayText"].as_str())?.to_owned();
    let (kind, payload) = match action["type"].as_str()? {
        "postback" => (ChoiceKind::Postback, action["data"].as_str()?),
        "message" => (ChoiceKind::Message, action["text"].as_str()?),
        _ => return None,
    };
    Some(Choice { kind, title, payload: payload.to_owned(), lasting })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(text: &str) -> Value {
        json!({"type": "text", "text": text})
    }

    /// A location that can be sent, with some of it changed.
    fn place(changed: &Value) -> Value {
        let mut place = json!({"type": "location", "title": "駅", "address": "東京", "latitude": 35.6, "longitude": 139.7});
        for (name, value) in changed.as_object().unwrap() {
            place[name] = value.clone();
        }
        place
    }

    #[test]
    fn text_is_counted_in_utf16_code_units() {
        assert!(validate_all(&json!([text(&"あ".repeat(5_000))])).is_ok());
        assert!(validate_all(&json!([text(&"😀".repeat(2_500))])).is_ok());
        for long in ["あ".repeat(5_001), "😀".repeat(2_500) + "a"] {
            let error = validate_all(&json!([text("ok"), text(&long)])).unwrap_err();
            assert_eq!(error.body["details"][0]["property"], "messages[1].text");
        }
    }

    #[test]
    fn one_to_five_messages_are_sent_at_once() {
        assert!(validate_all(&json!([])).is_err());
        assert!(validate_all(&json!(vec![text("a"); 5])).is_ok());
        assert!(validate_all(&json!(vec![text("a"); 6])).is_err());
        assert!(validate_all(&Value::Null).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let url = "https://example.com/a.jpg";
        let refused = [
            json!({"type": "file", "fileName": "a.pdf"}),
            json!({"type": "image", "originalContentUrl": url}),
            json!({"type": "image", "originalContentUrl": "http://example.com/a.jpg", "previewImageUrl": url}),
            json!({"type": "audio", "originalContentUrl": url}),
            json!({"type": "text", "text": ""}),
            json!({"type": "sticker", "packageId": "446"}),
            json!({"type": "sticker", "packageId": "446", "stickerId": "smile"}),
            json!({"type": "sticker", "packageId": "447", "stickerId": "1988"}),
            place(&json!({"title": null})),
            place(&json!({"address": ""})),
            place(&json!({"title": "あ".repeat(101)})),
            place(&json!({"latitude": 90.1})),
            place(&json!({"longitude": -180.1})),
            place(&json!({"longitude": "139"})),
            json!({"type": "hologram"}),
            json!({"type": "text", "text": "a", "sender": {"name": "Fine name of 21 chars"}}),
            json!({"type": "text", "text": "a", "sender": {"name": "line support"}}),
            json!({"type": "text", "text": "a", "sender": {"iconUrl": "http://example.com/a.png"}}),
        ];
        for message in refused {
            assert!(validate_all(&json!([message])).is_err(), "{message}");
        }
        let allowed = [
            json!({"type": "image", "originalContentUrl": url, "previewImageUrl": url}),
            json!({"type": "text", "text": "a", "sender": {"name": "佐藤"}}),
            json!({"type": "sticker", "packageId": "446", "stickerId": "1988"}),
            place(&json!({})),
            place(&json!({"title": "あ".repeat(100), "latitude": -90, "longitude": 180})),
        ];
        for message in allowed {
            assert!(validate_all(&json!([message])).is_ok(), "{message}");
        }
    }
}
