//! One event of LINE → what it says.

use std::collections::BTreeMap;

use madoguchi_domain::event::{CustomerMessage, Sender};
use madoguchi_domain::happening::{ControlChange, ThreadControl};
use madoguchi_domain::{Content, Event, EventBody, Happening, ReadToken};
use serde_json::Value;

use super::content::content;
use super::event::source;
use crate::envelope::InboundEvent;
use crate::json;
use crate::parse::{KIND_CHARACTERS, MAX_MEMBERS, PAYLOAD_CHARACTERS, TITLE_CHARACTERS};

/// What the event says, or `None` if it belongs to no conversation. Never fails.
pub fn parse(event: &InboundEvent) -> Option<Event> {
    event.conversation_id?;
    let (party, participant) = source(&event.raw)?;
    let body = body(event);
    Some(Event {
        id: event.event_id.clone(),
        at: json::instant(&event.raw, "timestamp").unwrap_or(event.received_at),
        received_at: event.received_at,
        party,
        participant,
        sender: Sender::default(),
        standby: match &body {
            // Whatever the mode of the event says, from now on it is the other way round.
            EventBody::Control(control) => control.change == ControlChange::Taken,
            _ => event.standby,
        },
        body,
    })
}

fn body(event: &InboundEvent) -> EventBody {
    let raw = &event.raw;
    let kind = json::text(raw, "type").unwrap_or("malformed");
    let known = match kind {
        "message" => message(event),
        "messageEdited" => edit(event),
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
        "activated" | "deactivated" => Some(control(kind, raw)),
        _ => happening(kind, raw).map(|what| EventBody::Happened { what, reply_token: reply_token(event) }),
    };
    known
        .unwrap_or_else(|| EventBody::Unknown { kind: json::cut(kind, KIND_CHARACTERS), raw: json::raw(raw) })
}

/// What nobody said (Messaging API reference, "Webhook event objects").
fn happening(kind: &str, raw: &Value) -> Option<Happening> {
    let field = |object: &str, name: &str| json::short_text(raw.get(object)?, name, TITLE_CHARACTERS);
    let members = |object: &str| {
        let members = json::ids(raw.get(object)?.get("members"), "userId", MAX_MEMBERS);
        (!members.is_empty()).then_some(members)
    };
    Some(match kind {
        "join" => Happening::JoinedGroup,
        "leave" => Happening::LeftGroup,
        "memberJoined" => Happening::MembersJoined { members: members("joined")? },
        "memberLeft" => Happening::MembersLeft { members: members("left")? },
        "beacon" => {
            Happening::Beacon { hardware: field("beacon", "hwid")?, action: field("beacon", "type")? }
        }
        "videoPlayComplete" => Happening::VideoPlayed { tracking: field("videoPlayComplete", "trackingId")? },
        // The nonce is for the service that made it and stays out.
        "accountLink" => Happening::AccountLink { result: field("link", "result")? },
        "membership" => Happening::Membership {
            action: field("membership", "type")?,
            plan: raw.get("membership").and_then(|membership| json::id(membership, "membershipId")),
        },
        _ => return None,
    })
}

/// Module channels: control is given to us, or ends.
fn control(kind: &str, raw: &Value) -> EventBody {
    let change = if kind == "activated" { ControlChange::Passed } else { ControlChange::Taken };
    let until = raw.get("chatControl").and_then(|control| json::instant(control, "expireAt"));
    EventBody::Control(ThreadControl { change, owner: None, until })
}

fn message(event: &InboundEvent) -> Option<EventBody> {
    let message = event.raw.get("message").filter(|message| message.is_object())?;
    Some(EventBody::Message(CustomerMessage {
        provider_message_id: json::id(message, "id").unwrap_or_else(|| event.event_id.clone()),
        content: content(message),
        reply_to: json::id(message, "quotedMessageId"),
        reply_token: reply_token(event),
        read_token: read_token(message),
        referral: None,
    }))
}

/// Longer ones are not kept: they would make every message dearer to store.
const READ_TOKEN_BYTES: usize = 1_000;

/// Only texts and pictures are documented to carry one; each kind may.
fn read_token(message: &Value) -> Option<ReadToken> {
    let token = json::text(message, "markAsReadToken");
    token.filter(|token| (1..=READ_TOKEN_BYTES).contains(&token.len())).map(ReadToken::new)
}

/// Carries the id of the message that it changes; the largest timestamp wins.
fn edit(event: &InboundEvent) -> Option<EventBody> {
    let message = event.raw.get("message")?;
    Some(EventBody::Edit {
        target: json::id(message, "id")?,
        text: json::long_text(message, "text")?,
        reply_token: reply_token(event),
    })
}

/// A postback carries one or two values beside its data; more of them are a thing of the future.
const MAX_PARAMS: usize = 8;

/// A pressed button has no message of its own, so the event's id stands for it. Switching the tab of a rich menu is a
/// postback too, but says nothing.
fn postback(event: &InboundEvent) -> Option<EventBody> {
    let postback = event.raw.get("postback").filter(|postback| postback.is_object())?;
    let params = postback.get("params").unwrap_or(&Value::Null);
    let param = |name: &str| json::short_text(params, name, 100);
    let payload = json::short_text(postback, "data", PAYLOAD_CHARACTERS);
    if params.get("newRichMenuAliasId").is_some() || params.get("status").is_some() {
        let (menu, status) = (param("newRichMenuAliasId"), param("status"));
        let what = Happening::MenuSwitched { menu, status, payload };
        return Some(EventBody::Happened { what, reply_token: reply_token(event) });
    }
    let names = params.as_object().into_iter().flat_map(|params| params.keys());
    let params: BTreeMap<String, String> = names
        .filter_map(|name| Some((json::cut(name, KIND_CHARACTERS), param(name)?)))
        .take(MAX_PARAMS)
        .collect();
    Some(EventBody::Message(CustomerMessage {
        provider_message_id: event.event_id.clone(),
        content: Content::Postback {
            // What was picked in a date and time picker is all that the customer said.
            title: ["datetime", "date", "time"].into_iter().find_map(|name| params.get(name).cloned()),
            payload,
            params,
        },
        reply_to: None,
        reply_token: reply_token(event),
        read_token: None,
        referral: None,
    }))
}

/// In standby another module answers.
fn reply_token(event: &InboundEvent) -> Option<String> {
    json::text(&event.raw, "replyToken").filter(|_| !event.standby).map(str::to_owned)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
