//! One event of Meta → what it says.

use std::collections::BTreeMap;

use madoguchi_domain::event::{CustomerMessage, Echo, EchoSource, Sender};
use madoguchi_domain::happening::{ControlChange, PAGE_INBOX, Referral, ThreadControl};
use madoguchi_domain::{Content, Event, EventBody, Happening};
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
        standby: match &body {
            EventBody::Control(control) => is_elsewhere(control).unwrap_or(event.standby),
            _ => event.standby,
        },
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
            read_token: None,
            referral: object.get("referral").map(referral),
        })),
        "postback" => Some(EventBody::Message(CustomerMessage {
            provider_message_id: message_id(event, object),
            content: Content::Postback {
                title: json::short_text(object, "title", TITLE_CHARACTERS),
                // In standby there is none: only the app that made the button gets it.
                payload: json::short_text(object, "payload", PAYLOAD_CHARACTERS),
                params: BTreeMap::new(),
            },
            reply_to: None,
            reply_token: None,
            read_token: None,
            referral: object.get("referral").map(referral),
        })),
        "message_edit" => edit(object),
        "reaction" => reaction(object),
        "delivery" => json::instant(object, "watermark").map(|through| EventBody::Delivered { through }),
        "read" => json::instant(object, "watermark").map(|through| EventBody::Read { through }),
        "referral" => Some(EventBody::Referral(referral(object))),
        "pass_thread_control" => Some(control(ControlChange::Passed, object, options)),
        "take_thread_control" => Some(control(ControlChange::Taken, object, options)),
        "request_thread_control" => Some(control(ControlChange::Requested, object, options)),
        "optin" => Some(happened(Happening::OptedIn {
            to: json::short_text(object, "type", KIND_CHARACTERS),
            payload: ["payload", "ref", "title"]
                .into_iter()
                .find_map(|name| json::short_text(object, name, TITLE_CHARACTERS)),
        })),
        "account_linking" => json::short_text(object, "status", KIND_CHARACTERS)
            .map(|result| happened(Happening::AccountLink { result })),
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
    Some(EventBody::Edit {
        target: json::id(object, "mid")?,
        text: json::long_text(object, "text")?,
        reply_token: None,
    })
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

fn happened(what: Happening) -> EventBody {
    EventBody::Happened { what, reply_token: None }
}

fn referral(object: &Value) -> Referral {
    let field = |name: &str| json::id(object, name).map(|text| json::cut(&text, TITLE_CHARACTERS));
    let ad = object.get("ads_context_data").unwrap_or(&Value::Null);
    Referral {
        source: field("source"),
        kind: field("type"),
        reference: field("ref"),
        ad_id: field("ad_id"),
        title: json::short_text(ad, "ad_title", TITLE_CHARACTERS),
        referer: json::url(object, "referer_uri"),
    }
}

/// Conversation Routing. Who only asks for control is named in a field of its own.
fn control(change: ControlChange, object: &Value, options: &ParseOptions<'_>) -> EventBody {
    let named =
        ["requested_owner_app_id", "new_owner_app_id"].into_iter().find_map(|name| json::id(object, name));
    let owner =
        named.map(|app| if options.page_inbox_app_ids.contains(&app) { PAGE_INBOX.to_owned() } else { app });
    EventBody::Control(ThreadControl { change, owner, until: None })
}

/// Whether another app answers from now on; `None` if nothing has changed. Meta tells an app when control was passed
/// to it and when it was taken from it (`messaging_handovers`); a thread of nobody may be answered by everybody.
fn is_elsewhere(control: &ThreadControl) -> Option<bool> {
    match (control.change, control.owner.as_deref()) {
        (ControlChange::Requested, _) => None,
        (_, Some(PAGE_INBOX)) | (ControlChange::Taken, Some(_)) => Some(true),
        (_, None) | (ControlChange::Passed, Some(_)) => Some(false),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
