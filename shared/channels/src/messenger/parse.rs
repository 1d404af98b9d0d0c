//! One event of Meta → what it says.

use madoguchi_domain::event::{CustomerMessage, Echo, EchoSource, Sender};
use madoguchi_domain::{Content, Event, EventBody};
use serde_json::Value;

use super::attachment::content;
use super::element::Element;
use crate::envelope::InboundEvent;
use crate::json;
use crate::parse::{KIND_CHARACTERS, PAYLOAD_CHARACTERS, ParseOptions, TITLE_CHARACTERS};

/// What the event says, or `None` if it belongs to no conversation. Never fails.
pub fn parse(event: &InboundEvent, options: &ParseOptions<'_>) -> Option<Event> {
    event.conversation_id?;
    let element = Element::of(&event.raw);
    let party = element.party(event.channel_id)?;
    let body = body(event, &element, options);
    // One sample of a delivery has no timestamp; its watermark is a time that redeliveries share.
    let watermark = match body {
        EventBody::Delivered { through } | EventBody::Read { through } => Some(through),
        _ => None,
    };
    Some(Event {
        id: event.event_id.clone(),
        at: json::instant(element.value, "timestamp").or(watermark).unwrap_or(event.received_at),
        received_at: event.received_at,
        party,
        participant: None,
        sender: Sender::default(),
        standby: event.standby,
        body,
    })
}

fn body(event: &InboundEvent, element: &Element<'_>, options: &ParseOptions<'_>) -> EventBody {
    let object = element.object();
    let ours = element.is_ours(event.channel_id);
    let known = match element.kind {
        _ if !object.is_object() => None,
        "message" if ours => Some(EventBody::Echo(echo(event, object, options))),
        // A page that reads, reacts or presses a button is not the customer.
        _ if ours => None,
        "message" => Some(EventBody::Message(CustomerMessage {
            provider_message_id: message_id(event, object),
            content: content(object),
            reply_to: object.get("reply_to").and_then(|quoted| json::id(quoted, "mid")),
            reply_token: None,
        })),
        "postback" => Some(EventBody::Message(CustomerMessage {
            provider_message_id: message_id(event, object),
            content: Content::Postback {
                title: json::short_text(object, "title", TITLE_CHARACTERS),
                // In standby there is none: only the app that made the button gets it.
                payload: json::short_text(object, "payload", PAYLOAD_CHARACTERS),
            },
            reply_to: None,
            reply_token: None,
        })),
        "message_edit" => edit(object),
        "reaction" => reaction(object),
        "delivery" => json::instant(object, "watermark").map(|through| EventBody::Delivered { through }),
        "read" => json::instant(object, "watermark").map(|through| EventBody::Read { through }),
        "referral" => Some(EventBody::Referral { summary: referral(object) }),
        _ => None,
    };
    known.unwrap_or_else(|| EventBody::Unknown {
        kind: json::cut(element.kind, KIND_CHARACTERS),
        raw: json::raw(element.value),
    })
}

fn message_id(event: &InboundEvent, object: &Value) -> String {
    json::id(object, "mid").unwrap_or_else(|| event.event_id.clone())
}

fn echo(event: &InboundEvent, message: &Value, options: &ParseOptions<'_>) -> Echo {
    let from_inbox = json::id(message, "app_id").is_some_and(|app| options.page_inbox_app_ids.contains(&app));
    Echo {
        provider_message_id: message_id(event, message),
        // Our own sends carry their message key; other apps put there what they like.
        ours: json::text(message, "metadata").and_then(|metadata| metadata.parse().ok()),
        source: if from_inbox { EchoSource::ProviderInbox } else { EchoSource::OtherApp },
        content: content(message),
    }
}

fn edit(object: &Value) -> Option<EventBody> {
    Some(EventBody::Edit { target: json::id(object, "mid")?, text: json::long_text(object, "text")? })
}

fn reaction(object: &Value) -> Option<EventBody> {
    let target = json::id(object, "mid")?;
    let emoji = match json::text(object, "action")? {
        "unreact" => None,
        "react" => {
            Some(json::short_text(object, "emoji", 32).or_else(|| json::short_text(object, "reaction", 32))?)
        }
        _ => return None,
    };
    Some(EventBody::Reaction { target, emoji })
}

/// Such as `ADS OPEN_THREAD ref=summer ad=120…`.
fn referral(object: &Value) -> String {
    let field = |label: &str, name: &str| Some(format!("{label}{}", json::id(object, name)?));
    let fields = [field("", "source"), field("", "type"), field("ref=", "ref"), field("ad=", "ad_id")];
    json::cut(&fields.into_iter().flatten().collect::<Vec<_>>().join(" "), TITLE_CHARACTERS)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
