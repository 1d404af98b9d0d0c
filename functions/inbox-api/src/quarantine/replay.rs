//! `POST /api/quarantine/{quarantined}/replay`: sends a quarantined event through the inbound queue
//! again, once what kept it out has been mended.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_channels::envelope::UnreadableWork;
use madoguchi_channels::{InboundEvent, InboundWork};
use madoguchi_domain::Timestamp;
use madoguchi_runtime::FifoEntry;
use madoguchi_store::inbox::Quarantined;
use serde::Serialize;

use crate::auth::Administrator;
use crate::input::InPath;
use crate::view::QuarantinedId;
use crate::{Api, ApiError, Shared};

#[derive(Debug, Serialize)]
struct Replayed {
    replayed: usize,
}

pub(crate) async fn replay(
    State(api): Shared,
    Administrator(administrator): Administrator,
    InPath(QuarantinedId(id)): InPath<QuarantinedId>,
) -> Result<impl IntoResponse, ApiError> {
    let quarantined = api.inbox.quarantined_by_id(&id).await?;
    if quarantined.is_empty() {
        return Err(ApiError::QuarantinedNotFound);
    }
    let events: Vec<_> = quarantined.iter().map(event).collect::<Result<_, _>>()?;
    for event in &events {
        check_channel(&api, event).await?;
    }
    let now = api.clock.now();
    let replayed = events.len();
    for (event, quarantined) in events.into_iter().zip(&quarantined) {
        // Sent first: after a crash it is here and in the queue, and filing it twice is harmless.
        api.inbound.send_fifo(entry(InboundWork::Event(event), quarantined, now)).await?;
        api.inbox.release(quarantined).await?;
    }
    tracing::info!(quarantined.id = id, operator.id = administrator.id.0, "Replayed `{id}` from quarantine");
    Ok((StatusCode::ACCEPTED, Json(Replayed { replayed })))
}

fn event(quarantined: &Quarantined) -> Result<InboundEvent, ApiError> {
    let reason = match InboundWork::from_json(&quarantined.content) {
        Ok(InboundWork::Event(event)) => return Ok(event),
        Ok(InboundWork::Quarantine(_)) | Err(UnreadableWork::Shape(_)) => {
            "it is a body that could not be split into events, and would fail in the same way"
        }
        Err(UnreadableWork::Version(_)) => "it was written by another version of the software",
    };
    Err(ApiError::NotReplayable { reason })
}

/// Without its channel an event would come back at once, perhaps before it is released here.
async fn check_channel(api: &Api, event: &InboundEvent) -> Result<(), ApiError> {
    match api.directory.channel(event.channel_id).await? {
        Some(_) => Ok(()),
        None => {
            Err(ApiError::NotReplayable { reason: "its channel is not connected; add the channel first" })
        }
    }
}

/// The queue still knows the event's own deduplication id for some minutes and would swallow it.
fn entry(work: InboundWork, quarantined: &Quarantined, now: Timestamp) -> FifoEntry {
    FifoEntry {
        group: work.group_id(),
        deduplication: format!("replay:{}:{}", now.as_ms(), work.dedupe_id()),
        body: quarantined.content.clone(),
    }
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
            part: 0,
            parts: 1,
            content: content.into(),
        }
    }

    #[test]
    fn only_an_event_of_this_version_can_be_replayed() {
        assert_eq!(event(&quarantined(EVENT)).unwrap().event_id, "e1");
        for (content, expected) in [
            ("eyJldmVudHMiOg==", "could not be split"),
            ("", "could not be split"),
            (&EVENT.replace("\"v\":1", "\"v\":2"), "another version"),
        ] {
            let error = event(&quarantined(content)).unwrap_err();
            assert_eq!(error.public_id(), "not_replayable");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_replay_keeps_the_order_of_its_conversation_and_is_not_taken_for_a_redelivery() {
        let quarantined = quarantined(EVENT);
        let work = InboundWork::Event(event(&quarantined).unwrap());
        let (group, own) = (work.group_id(), work.dedupe_id());
        let one = entry(work.clone(), &quarantined, Timestamp::from_ms(1_700_000_000_001));
        let two = entry(work, &quarantined, Timestamp::from_ms(1_700_000_000_002));
        assert_eq!(one.group, group);
        assert_eq!(one.body, EVENT);
        assert!(one.deduplication != own && one.deduplication != two.deduplication);
        assert!(one.deduplication.len() <= 128);
    }
}
