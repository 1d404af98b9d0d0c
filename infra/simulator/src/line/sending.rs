//! What reply and push have in common: messages land in a thread, or nowhere.

use serde_json::{Value, json};

use super::{LineError, message};
use crate::{
    clock::machine_ms,
    ids,
    media::{Link, Media, MediaKind},
    model::Provider,
    state::{Place, SentDetails, ThreadMessage, World},
};

pub(super) struct Sending<'a> {
    pub(super) channel: &'a str,
    pub(super) peer: &'a str,
    pub(super) via: &'a str,
    pub(super) retry_key: Option<&'a str>,
    pub(super) received: bool,
}

impl Sending<'_> {
    /// Every quote token belongs to this chat.
    pub(super) fn check_quotes(&self, world: &World, messages: &Value) -> Result<(), LineError> {
        let thread = world.thread(Provider::Line, self.channel, self.peer);
        for (index, message) in messages.as_array().into_iter().flatten().enumerate() {
            let Some(token) = message["quoteToken"].as_str() else { continue };
            let known = thread.is_some_and(|thread| {
                thread.messages.iter().any(|message| message.quote_token.as_deref() == Some(token))
            });
            if !known {
                return Err(LineError::property(
                    &format!("messages[{index}].quoteToken"),
                    "Invalid quote token",
                ));
            }
        }
        Ok(())
    }

    /// Puts the messages on the phone; the answer names them.
    pub(super) fn deliver(&self, world: &mut World, messages: &Value) -> Value {
        let mut answers = Vec::new();
        for message in messages.as_array().into_iter().flatten() {
            let sent = self.message(world, message);
            let mut answer = json!({"id": sent.id});
            if let Some(token) = &sent.quote_token {
                answer["quoteToken"] = token.as_str().into();
            }
            answers.push(answer);
            if let Some(thread) = world.thread_mut(Provider::Line, self.channel, self.peer) {
                thread.loading_until_ms = None;
                thread.messages.push(sent);
            }
        }
        json!({"sentMessages": answers})
    }

    fn message(&self, world: &mut World, message: &Value) -> ThreadMessage {
        let kind = match message["type"].as_str().unwrap_or_default() {
            "textV2" => "text",
            other => other,
        };
        let text = |property: &str| message[property].as_str().map(ToOwned::to_owned);
        let number = machine_ms().unsigned_abs() * 100_000 + (world.next_number() * 100) % 100_000;
        ThreadMessage {
            id: number.to_string(),
            from_company: true,
            at_ms: world.clock.stamp_ms(),
            kind: kind.to_owned(),
            text: text("text").or_else(|| text("altText")).or_else(|| text("title")),
            media: linked(message),
            place: place(message),
            sticker_id: text("stickerId"),
            choices: message::choices(message),
            sender_name: message["sender"]["name"].as_str().map(ToOwned::to_owned),
            sender_picture: message["sender"]["iconUrl"].as_str().map(ToOwned::to_owned),
            quote_token: matches!(kind, "text" | "sticker" | "image" | "video" | "template" | "flex")
                .then(ids::quote_token),
            sent: Some(SentDetails {
                via: self.via.to_owned(),
                retry_key: self.retry_key.map(ToOwned::to_owned),
                attempts: 1,
                received: self.received,
                request: message.clone(),
                ..SentDetails::default()
            }),
            ..ThreadMessage::default()
        }
    }
}

/// The file of a message; LINE fetches it when the customer opens it.
fn linked(message: &Value) -> Vec<Media> {
    let kind = message["type"].as_str().and_then(MediaKind::parse);
    let (Some(kind), Some(url)) = (kind, message["originalContentUrl"].as_str()) else { return Vec::new() };
    let preview_url = message["previewImageUrl"].as_str().map(ToOwned::to_owned);
    let duration_ms = message["duration"].as_u64().and_then(|duration| u32::try_from(duration).ok());
    let link = Some(Link { url: url.to_owned(), preview_url, opened: None });
    vec![Media { duration_ms, link, ..Media::linked(kind, url) }]
}

fn place(message: &Value) -> Option<Place> {
    Some(Place {
        latitude: message["latitude"].as_f64()?,
        longitude: message["longitude"].as_f64()?,
        title: message["title"].as_str().unwrap_or_default().to_owned(),
        address: message["address"].as_str().unwrap_or_default().to_owned(),
    })
}
