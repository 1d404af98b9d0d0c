//! One event of Twilio → what it says.

use std::collections::BTreeMap;

use madoguchi_domain::event::{Attachment, CustomerMessage, Progress, Sender};
use madoguchi_domain::happening::Referral;
use madoguchi_domain::{Content, Event, EventBody, Party};

use super::Form;
use super::split::{opt_out, parameter, part};
use super::status::stage;
use crate::envelope::InboundEvent;
use crate::json;
use crate::parse::{
    ADDRESS_CHARACTERS, KIND_CHARACTERS, PAYLOAD_CHARACTERS, PLACE_CHARACTERS, TITLE_CHARACTERS,
};

/// What the event says, or `None` if it belongs to no conversation. Never fails. Twilio tells no time, so an event
/// happened when it came.
pub fn parse(event: &InboundEvent) -> Option<Event> {
    event.conversation_id?;
    let form = Form::of_value(event.raw.get("parameters")?)?;
    let (key, body) = match json::text(&event.raw, "part")? {
        part::STATUS => {
            (json::id(&event.raw["parameters"], "To").unwrap_or_default(), progress(event, &form)?)
        }
        part::MESSAGE => (super::split::contact(&form)?, message(event, &form)),
        part::OPT_OUT => (super::split::contact(&form)?, EventBody::OptOut { opted_out: opt_out(&form)? }),
        part::REFERRAL => (super::split::contact(&form)?, EventBody::Referral(referral(&form))),
        _ => return None,
    };
    Some(Event {
        id: event.event_id.clone(),
        at: event.received_at,
        received_at: event.received_at,
        party: Party::User(key),
        participant: None,
        sender: sender(&form),
        standby: event.standby,
        body,
    })
}

/// The longest name that is kept.
const NAME_CHARACTERS: usize = 100;

fn sender(form: &Form) -> Sender {
    let name = parameter(form, "ProfileName").map(|name| json::cut(name.trim(), NAME_CHARACTERS));
    Sender { name: name.filter(|name| !name.is_empty()), address: parameter(form, "From").map(str::to_owned) }
}

fn progress(event: &InboundEvent, form: &Form) -> Option<EventBody> {
    let status = parameter(form, "MessageStatus").or_else(|| parameter(form, "SmsStatus"))?;
    let error_code = parameter(form, "ErrorCode").and_then(|code| code.trim().parse().ok());
    let sid = event.event_id.rsplit_once(':').map_or(event.event_id.as_str(), |(sid, _)| sid);
    Some(EventBody::Progress(Progress {
        provider_message_id: sid.to_owned(),
        ours: json::text(&event.raw, "message_key").and_then(|key| key.parse().ok()),
        stage: stage(status, error_code)?,
    }))
}

fn message(event: &InboundEvent, form: &Form) -> EventBody {
    EventBody::Message(CustomerMessage {
        provider_message_id: event.event_id.clone(),
        content: content(event, form),
        reply_to: json::id(&event.raw["parameters"], "OriginalRepliedMessageSid"),
        reply_token: None,
        read_token: None,
        referral: None,
    })
}

fn content(event: &InboundEvent, form: &Form) -> Content {
    let parameters = &event.raw["parameters"];
    let text = json::long_text(parameters, "Body");
    if let Some(place) = location(form, text.as_deref()) {
        return place;
    }
    let attachments = attachments(form);
    let payload = json::short_text(parameters, "ButtonPayload", PAYLOAD_CHARACTERS);
    let title = json::short_text(parameters, "ButtonText", TITLE_CHARACTERS);
    match (text.or_else(|| title.clone()), title, attachments) {
        // What the customer sees themselves say is the button's text.
        (Some(text), _, attachments) => Content::Text { text, payload, attachments, insets: Vec::new() },
        (None, title, attachments) if attachments.is_empty() && (title.is_some() || payload.is_some()) => {
            Content::Postback { title, payload, params: BTreeMap::new() }
        }
        (None, _, attachments) if !attachments.is_empty() => {
            Content::Attachments { attachments, album: None }
        }
        _ => Content::Unknown {
            name: json::cut(parameter(form, "MessageType").unwrap_or("message"), KIND_CHARACTERS),
            raw: json::raw(parameters),
        },
    }
}

/// Twilio takes and delivers at most 10 files with a message.
const MAX_FILES: usize = 10;

/// Files stay at Twilio and are fetched with the account's credential.
fn attachments(form: &Form) -> Vec<Attachment> {
    let told: usize = parameter(form, "NumMedia").and_then(|count| count.trim().parse().ok()).unwrap_or(0);
    (0..told.min(MAX_FILES))
        .filter_map(|index| {
            let url = parameter(form, &format!("MediaUrl{index}")).filter(|url| url.len() <= URL_BYTES)?;
            let content_type = parameter(form, &format!("MediaContentType{index}"));
            let content_type = content_type.map(|content_type| json::cut(content_type, KIND_CHARACTERS));
            Some(Attachment {
                kind: kind(content_type.as_deref()).to_owned(),
                url: Some(url.to_owned()),
                content_type,
                ..Attachment::default()
            })
        })
        .collect()
}

/// An address that is longer is none.
const URL_BYTES: usize = 4096;

fn kind(content_type: Option<&str>) -> &'static str {
    match content_type.and_then(|text| text.split('/').next()).map(str::trim) {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "file",
    }
}

fn location(form: &Form, text: Option<&str>) -> Option<Content> {
    let degrees = |name: &str, most: f64| json::degrees(parameter(form, name)?.trim().parse().ok()?, most);
    let (latitude, longitude) = (degrees("Latitude", 90.0)?, degrees("Longitude", 180.0)?);
    let short = |text: Option<&str>, max| text.map(|text| json::cut(text, max));
    Some(Content::Location {
        title: short(parameter(form, "Label").or(text), PLACE_CHARACTERS),
        address: short(parameter(form, "Address"), ADDRESS_CHARACTERS),
        latitude,
        longitude,
    })
}

/// The advertisement or link that the customer came from.
fn referral(form: &Form) -> Referral {
    let told = |name: &str| parameter(form, name).map(|text| json::cut(text, TITLE_CHARACTERS));
    Referral {
        source: told("ReferralSourceType"),
        kind: None,
        reference: told("ReferralCtwaClid"),
        ad_id: told("ReferralSourceId"),
        title: told("ReferralHeadline"),
        referer: told("ReferralSourceUrl"),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
