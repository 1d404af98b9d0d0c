//! One event of LINE → what it says.

use madoguchi_domain::event::{CustomerMessage, Sender};
use madoguchi_domain::{Content, Event, EventBody};
use serde_json::Value;

use super::content::content;
use super::event::source;
use crate::envelope::InboundEvent;
use crate::json;
use crate::parse::{KIND_CHARACTERS, PAYLOAD_CHARACTERS};

/// What the event says, or `None` if it belongs to no conversation. Never fails.
pub fn parse(event: &InboundEvent) -> Option<Event> {
    event.conversation_id?;
    let (party, participant) = source(&event.raw)?;
    Some(Event {
        id: event.event_id.clone(),
        at: json::instant(&event.raw, "timestamp").unwrap_or(event.received_at),
        received_at: event.received_at,
        party,
        participant,
        sender: Sender::default(),
        standby: event.standby,
        body: body(event),
    })
}

fn body(event: &InboundEvent) -> EventBody {
    let raw = &event.raw;
    let kind = json::text(raw, "type").unwrap_or("malformed");
    let known = match kind {
        "message" => message(event),
        "messageEdited" => edit(raw),
        "unsend" => raw
            .get("unsend")
            .and_then(|u| json::id(u, "messageId"))
            .map(|target| EventBody::Unsend { target }),
        "follow" => Some(EventBody::Follow {
            unblocked: raw.pointer("/follow/isUnblocked") == Some(&Value::Bool(true)),
            reply_token: reply_token(event),
        }),
        "unfollow" => Some(EventBody::Unfollow),
        "postback" => postback(event),
        _ => None,
    };
    known.unwrap_or_else(|| EventBody::Unknown {
        kind: json::cut(kind, KIND_CHARACTERS),
        raw: json::raw(&without_tokens(raw)),
    })
}

fn message(event: &InboundEvent) -> Option<EventBody> {
    let message = event.raw.get("message").filter(|message| message.is_object())?;
    Some(EventBody::Message(CustomerMessage {
        provider_message_id: json::id(message, "id").unwrap_or_else(|| event.event_id.clone()),
        content: content(message),
        reply_to: json::id(message, "quotedMessageId"),
        reply_token: reply_token(event),
    }))
}

/// Carries the id of the message that it changes; the largest timestamp wins.
fn edit(raw: &Value) -> Option<EventBody> {
    let message = raw.get("message")?;
    Some(EventBody::Edit { target: json::id(message, "id")?, text: json::long_text(message, "text")? })
}

/// A pressed button has no message of its own, so the event's id stands for it.
fn postback(event: &InboundEvent) -> Option<EventBody> {
    let postback = event.raw.get("postback").filter(|postback| postback.is_object())?;
    let params = postback.get("params").unwrap_or(&Value::Null);
    // What was picked in a date and time picker is all that the customer said.
    let picked = ["datetime", "date", "time"].into_iter().find_map(|name| json::short_text(params, name, 32));
    Some(EventBody::Message(CustomerMessage {
        provider_message_id: event.event_id.clone(),
        content: Content::Postback {
            title: picked,
            payload: json::short_text(postback, "data", PAYLOAD_CHARACTERS),
        },
        reply_to: None,
        reply_token: reply_token(event),
    }))
}

/// In standby another module answers.
fn reply_token(event: &InboundEvent) -> Option<String> {
    json::text(&event.raw, "replyToken").filter(|_| !event.standby).map(str::to_owned)
}

/// What is kept of an unknown event is shown to people; a token that still works is not for them.
fn without_tokens(raw: &Value) -> Value {
    let mut raw = raw.clone();
    if let Some(fields) = raw.as_object_mut() {
        fields.remove("replyToken");
    }
    raw
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
