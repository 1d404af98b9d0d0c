//! `POST /api/quarantine/{quarantined}/replay`: sends a quarantined event, or the events of a quarantined
//! body, through the inbound queue again, once what kept them out has been mended.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_channels::envelope::{self, UnreadableWork};
use madoguchi_channels::twilio::{self, Form};
use madoguchi_channels::{InboundEvent, InboundWork, QuarantinePart, line, messenger};
use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::{ChannelId, ChannelKind, ChannelStatus, Timestamp};
use madoguchi_runtime::FifoEntry;
use madoguchi_store::inbox::Quarantined;
use serde::Serialize;

use crate::auth::Operator;
use crate::input::InPath;
use crate::view::QuarantinedId;
use crate::{AdminApi, ApiError, SharedAdmin};

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Replayed {
    replayed: usize,
}

/// Send a quarantined event through the inbox again
///
/// For administrators, once what kept it out has been mended (its channel was added, or a release understands a
/// body that the one before could not split). What still cannot be read is refused with `not_replayable`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/quarantine/{quarantined}/replay",
    operation_id = "replayQuarantined", tag = "Quarantine",
    responses((status = 202, description = "Sent again.", body = inline(Replayed))),
    extensions(("x-errors" = json!(["not_replayable"]))),
))]
pub(crate) async fn replay(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(QuarantinedId(id)): InPath<QuarantinedId>,
) -> Result<impl IntoResponse, ApiError> {
    let quarantined = api.inbox.quarantined_by_id(&id).await?;
    if quarantined.is_empty() {
        return Err(ApiError::QuarantinedNotFound);
    }
    let events = events(&quarantined)?;
    for event in &events {
        check_channel(&api, event).await?;
    }
    let now = api.clock.now();
    let replayed = events.len();
    let told = Fields::from([("events".to_owned(), replayed.into())]);
    let asked = administrator.asks("quarantine.replayed", format!("quarantine/{id}"), told, now);
    // A body of Meta's may be for several Pages, or hold nothing.
    let channels: BTreeSet<ChannelId> = events.iter().map(|event| event.channel_id).collect();
    let mut entries: Vec<Entry> = channels.into_iter().map(|id| asked.clone().about(id)).collect();
    if entries.is_empty() {
        entries.push(asked);
    }
    for entry in &entries {
        let _once = api.audit.record(entry).await?;
    }
    let entries: Vec<_> = events.into_iter().map(|event| entry(event, now)).collect::<Result<_, _>>()?;
    // Sent first: after a crash it is here and in the queue, and filing it twice is harmless.
    for entry in entries {
        api.inbound.send_fifo(entry).await?;
    }
    for part in &quarantined {
        api.inbox.release(part).await?;
    }
    tracing::info!(quarantined.id = id, operator.id = administrator.id.0, "Replayed `{id}` from quarantine");
    Ok((StatusCode::ACCEPTED, Json(Replayed { replayed })))
}

/// The events that are quarantined under one id: one event as it was queued, or a body in parts, which is
/// split anew (what this version cannot split, a later one may).
fn events(quarantined: &[Quarantined]) -> Result<Vec<InboundEvent>, ApiError> {
    let refused = |reason| ApiError::NotReplayable { reason };
    if let [single] = quarantined {
        match InboundWork::from_json(&single.content) {
            Ok(InboundWork::Event(event)) => return Ok(vec![event]),
            Ok(InboundWork::Quarantine(_)) | Err(UnreadableWork::Shape(_)) => {}
            Err(UnreadableWork::Version(_)) => {
                return Err(refused("it was written by another version of the software"));
            }
        }
    }
    let parts: Option<Vec<QuarantinePart>> = quarantined.iter().map(part).collect();
    let body = parts.as_deref().and_then(envelope::joined);
    let (Some(parts), Some(body)) = (parts, body) else {
        return Err(refused("a part of its body is missing"));
    };
    let (channel, received_at) = (parts[0].channel_id, parts[0].received_at);
    let split = match (parts[0].channel_kind, channel) {
        (ChannelKind::Messenger, _) => messenger::split(&body, received_at),
        (ChannelKind::Line, Some(channel)) => line::split(&body, channel, received_at),
        // Its forms are always split; what was kept is a body of JSON.
        (ChannelKind::WhatsApp | ChannelKind::Sms, Some(channel)) => {
            Form::from_json(&body).and_then(|form| twilio::split(&form, None, None, channel, received_at))
        }
        (ChannelKind::WhatsApp | ChannelKind::Sms, None) => {
            return Err(refused("nobody knows which sender it was sent to"));
        }
        (ChannelKind::Line, None) => return Err(refused("nobody knows which LINE channel it was sent to")),
    };
    split.map_err(|_| refused("it is a body that still cannot be split into events"))
}

fn part(quarantined: &Quarantined) -> Option<QuarantinePart> {
    let channel_kind = match quarantined.channel_kind.as_str() {
        "messenger" => ChannelKind::Messenger,
        "line" => ChannelKind::Line,
        "whatsapp" => ChannelKind::WhatsApp,
        "sms" => ChannelKind::Sms,
        _ => return None,
    };
    Some(QuarantinePart {
        v: envelope::VERSION,
        channel_kind,
        channel_id: quarantined.channel_id.as_deref().and_then(|id| id.parse().ok()),
        reason: quarantined.reason.clone(),
        received_at: quarantined.received_at,
        id: quarantined.id.clone(),
        part: quarantined.part,
        parts: quarantined.parts,
        body_base64: quarantined.content.clone(),
    })
}

/// Without its channel an event would come back at once, perhaps before it is released here; while the channel is not in
/// use it would be dropped.
async fn check_channel(api: &AdminApi, event: &InboundEvent) -> Result<(), ApiError> {
    let channel = api.directory.channel(event.channel_id).await?;
    let reason = match channel.map(|channel| channel.status) {
        Some(ChannelStatus::On) => return Ok(()),
        Some(ChannelStatus::Off { .. }) => "its channel is switched off; switch it on first",
        Some(ChannelStatus::Deleted { .. }) => "its channel was deleted; connect the account again first",
        None => "its channel is not connected; add the channel first",
    };
    Err(ApiError::NotReplayable { reason })
}

/// The queue still knows the event's own deduplication id for some minutes and would swallow it.
fn entry(event: InboundEvent, now: Timestamp) -> Result<FifoEntry, ApiError> {
    let work = InboundWork::Event(event);
    let body = work
        .to_json()
        .map_err(|_| ApiError::NotReplayable { reason: "it cannot be written as a queue message" })?;
    let deduplication = format!("replay:{}:{}", now.as_ms(), work.dedupe_id());
    Ok(FifoEntry { group: work.group_id(), deduplication, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"v":1,"kind":"event","channel_kind":"line",
        "channel_id":"1809223c-a54e-5e9b-ae37-4058be706671","conversation_id":null,"event_id":"e1",
        "received_at":1700000000000,"standby":false,"raw":{}}"#;

    fn quarantined(content: &str) -> Quarantined {
        Quarantined {
            id: "e1".into(),
            reason: "unknown_channel".into(),
            detail: String::new(),
            channel_kind: "line".into(),
            channel_id: None,
            received_at: Timestamp::from_ms(1_700_000_000_000),
            part: 1,
            parts: 1,
            content: content.into(),
        }
    }

    #[test]
    fn what_cannot_be_replayed_is_told_in_words() {
        assert_eq!(events(&[quarantined(EVENT)]).unwrap()[0].event_id, "e1");
        for (content, expected) in [
            ("eyJldmVudHMiOg==", "which LINE channel"),
            ("not base64!", "missing"),
            (&EVENT.replace("\"v\":1", "\"v\":2"), "another version"),
        ] {
            let error = events(&[quarantined(content)]).unwrap_err();
            assert_eq!(error.public_id(), "not_replayable");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn ing_11_a_body_in_parts_is_joined_and_split_anew() {
        let body = br#"{"destination":"U","events":[{"type":"follow","timestamp":1,"webhookEventId":"w1"}]}"#;
        let channel = "1809223c-a54e-5e9b-ae37-4058be706671".to_owned();
        let halves = [(2, &body[40..]), (1, &body[..40])].map(|(part, piece)| Quarantined {
            channel_id: Some(channel.clone()),
            part,
            parts: 2,
            content: base64::Engine::encode(&base64::engine::general_purpose::STANDARD, piece),
            ..quarantined("")
        });
        let found = events(&halves).unwrap();
        assert_eq!((found.len(), found[0].event_id.as_str()), (1, "w1"));
        assert!(events(&halves[..1]).unwrap_err().to_string().contains("missing"));
    }

    #[test]
    fn a_replay_keeps_the_order_of_its_conversation_and_is_not_taken_for_a_redelivery() {
        let event = events(&[quarantined(EVENT)]).unwrap().remove(0);
        let work = InboundWork::Event(event.clone());
        let (group, own) = (work.group_id(), work.dedupe_id());
        let one = entry(event.clone(), Timestamp::from_ms(1_700_000_000_001)).unwrap();
        let two = entry(event, Timestamp::from_ms(1_700_000_000_002)).unwrap();
        assert_eq!(one.group, group);
        assert_eq!(InboundWork::from_json(&one.body).unwrap(), work);
        assert!(one.deduplication != own && one.deduplication != two.deduplication);
        assert!(one.deduplication.len() <= 128);
    }
}
