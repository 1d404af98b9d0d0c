//! The work that waits in the inbound queue: one event, or a part of a body that nobody could split.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::{ChannelId, ChannelKind, ConversationId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest;

/// The version of the queue's messages. A message of another version is not read.
pub const VERSION: u8 = 1;

/// The body of one message of the inbound queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InboundWork {
    /// One thing that a provider told us.
    Event(InboundEvent),
    /// A part of a signed body that could not be split into events.
    Quarantine(QuarantinePart),
}

/// One thing that a provider told us, still in the provider's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboundEvent {
    /// [`VERSION`].
    pub v: u8,
    /// Whose words `raw` is in.
    pub channel_kind: ChannelKind,
    /// The channel that it came through.
    pub channel_id: ChannelId,
    /// The conversation it belongs to; `None` if it concerns the channel as a whole or nobody we can name.
    pub conversation_id: Option<ConversationId>,
    /// The provider's id of the event, or a digest where it has none. Equal for redeliveries.
    pub event_id: String,
    /// When the webhook reached us.
    pub received_at: Timestamp,
    /// Another app controls the thread.
    pub standby: bool,
    /// The provider's event object.
    pub raw: Value,
}

/// A part of a signed body that could not be split into events. Parts fit an item of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinePart {
    /// [`VERSION`].
    pub v: u8,
    /// The provider.
    pub channel_kind: ChannelKind,
    /// The channel, where the webhook's address tells (LINE).
    pub channel_id: Option<ChannelId>,
    /// Why, by its stable name ([`Malformed::public_id`]).
    pub reason: String,
    /// When the webhook reached us.
    pub received_at: Timestamp,
    /// A digest of the whole body: equal for redeliveries and for all parts.
    pub id: String,
    /// Which part, from 1.
    pub part: u32,
    /// How many parts there are.
    pub parts: u32,
    /// This part of the body.
    pub body_base64: String,
}

/// Why a signed body could not be split into events. It is kept in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON in UTF-8.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, but not the provider's envelope.
    #[error("the body is not the provider's envelope")]
    UnknownShape,
    /// A Graph webhook of another product.
    #[error("the webhook concerns `{object}` and not a page")]
    NotPage {
        /// Meta's word, cut if over-long.
        object: String,
    },
    /// An event that does not fit an item of the table.
    #[error("an event is {size_bytes} bytes long")]
    EventTooLarge {
        /// The size of its JSON.
        size_bytes: usize,
    },
}

impl Malformed {
    /// The stable name that a quarantined body is listed with.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::UnknownShape => "unknown_shape",
            Self::NotPage { .. } => "not_page",
            Self::EventTooLarge { .. } => "event_too_large",
        }
    }
}

/// An event of a channel that we do not have is kept whole in one item of the table, which holds 400 KB.
/// Providers' own limits keep events far below; what exceeds it is quarantined in parts.
pub(crate) const MAX_EVENT_BYTES: usize = 300_000;

pub(crate) const fn check_size(size_bytes: usize) -> Result<(), Malformed> {
    if size_bytes > MAX_EVENT_BYTES { Err(Malformed::EventTooLarge { size_bytes }) } else { Ok(()) }
}

/// A queue message that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableWork {
    /// Not in the form of [`InboundWork`].
    #[error("not a message of the inbound queue")]
    Shape(#[from] serde_json::Error),
    /// Written by another release.
    #[error("a message of version {0}")]
    Version(u8),
}

impl InboundWork {
    /// Reads a queue message.
    pub fn from_json(text: &str) -> Result<Self, UnreadableWork> {
        let work: Self = serde_json::from_str(text)?;
        match &work {
            Self::Event(InboundEvent { v, .. }) | Self::Quarantine(QuarantinePart { v, .. })
                if *v != VERSION =>
            {
                Err(UnreadableWork::Version(*v))
            }
            _ => Ok(work),
        }
    }

    /// Writes a queue message.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The FIFO group: events of one conversation keep their order, everything else is independent.
    /// Within SQS's 128 characters by construction.
    pub fn group_id(&self) -> String {
        match self {
            Self::Event(event) => {
                event.conversation_id.map_or_else(|| event.channel_id.to_string(), |id| id.to_string())
            }
            Self::Quarantine(part) => quarantine_id(part),
        }
    }

    /// The FIFO deduplication id: equal for redeliveries. A digest, because a provider's id may hold
    /// characters that SQS refuses.
    pub fn dedupe_id(&self) -> String {
        match self {
            Self::Event(event) => digest::of(&[event.event_id.as_bytes()]),
            Self::Quarantine(part) => format!("{}:{}", quarantine_id(part), part.part),
        }
    }
}

/// `id` is ours, but a message may have been put into the queue by hand.
fn quarantine_id(part: &QuarantinePart) -> String {
    if part.id.len() == 64 && part.id.bytes().all(|b| b.is_ascii_hexdigit()) {
        part.id.clone()
    } else {
        digest::of(&[part.id.as_bytes()])
    }
}

/// A table item holds 400 KB; in base64 this is 240 KB.
const PART_BYTES: usize = 180_000;

/// Cuts a body into parts that each fit an item of the table. An empty body is one empty part.
pub fn quarantine_parts(
    reason: &str,
    kind: ChannelKind,
    channel: Option<ChannelId>,
    body: &[u8],
    received_at: Timestamp,
) -> Vec<QuarantinePart> {
    let channel_name = channel.map(|id| id.to_string()).unwrap_or_default();
    let id = digest::of(&[kind.as_str().as_bytes(), channel_name.as_bytes(), body]);
    let pieces: Vec<&[u8]> = if body.is_empty() { vec![body] } else { body.chunks(PART_BYTES).collect() };
    let parts = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    (1..)
        .zip(pieces)
        .map(|(part, piece)| QuarantinePart {
            v: VERSION,
            channel_kind: kind,
            channel_id: channel,
            reason: reason.to_owned(),
            received_at,
            id: id.clone(),
            part,
            parts,
            body_base64: STANDARD.encode(piece),
        })
        .collect()
}

/// The body that `parts` were cut from, in any order; `None` if one is missing or unreadable.
pub fn joined(parts: &[QuarantinePart]) -> Option<Vec<u8>> {
    let total = parts.first()?.parts;
    (1..=total).try_fold(Vec::new(), |mut body, number| {
        let part = parts.iter().find(|part| part.part == number)?;
        body.extend(STANDARD.decode(&part.body_base64).ok()?);
        Some(body)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(event_id: &str, conversation_id: Option<ConversationId>) -> InboundWork {
        InboundWork::Event(InboundEvent {
            v: VERSION,
            channel_kind: ChannelKind::Line,
            channel_id: ChannelId::derive(ChannelKind::Line, "1650000001"),
            conversation_id,
            event_id: event_id.into(),
            received_at: Timestamp::from_ms(1_700_000_000_000),
            standby: false,
            raw: json!({"type": "follow", "number": 18_446_744_073_709_551_615_u64}),
        })
    }

    #[test]
    fn an_event_is_written_as_the_queue_expects_it_and_reads_back() {
        let work = event("e1", None);
        let text = work.to_json().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({
                "v": 1, "kind": "event", "channel_kind": "line",
                "channel_id": ChannelId::derive(ChannelKind::Line, "1650000001").to_string(),
                "conversation_id": null,
                "event_id": "e1", "received_at": 1_700_000_000_000_i64, "standby": false,
                "raw": {"type": "follow", "number": 18_446_744_073_709_551_615_u64},
            })
        );
        assert_eq!(InboundWork::from_json(&text).unwrap(), work);
    }

    #[test]
    fn another_version_is_not_read() {
        let text = event("e1", None).to_json().unwrap().replace("\"v\":1", "\"v\":2");
        assert!(matches!(InboundWork::from_json(&text), Err(UnreadableWork::Version(2))));
        assert!(matches!(InboundWork::from_json("{}"), Err(UnreadableWork::Shape(_))));
    }

    #[test]
    fn queue_ids_are_what_sqs_takes_whatever_the_provider_sent() {
        let long = event(&"あ".repeat(500), None);
        let parts = quarantine_parts("not_json", ChannelKind::Messenger, None, b"x", Timestamp::from_ms(0));
        let by_hand = QuarantinePart { id: "あ ".repeat(100), ..parts[0].clone() };
        for work in [long, InboundWork::Quarantine(parts[0].clone()), InboundWork::Quarantine(by_hand)] {
            for id in [work.group_id(), work.dedupe_id()] {
                assert!((1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()), "{id}");
            }
        }
    }

    #[test]
    fn a_body_of_any_size_is_cut_and_joined_again() {
        for size in [0, 1, PART_BYTES, PART_BYTES + 1, 1_048_576] {
            let body: Vec<u8> = (0..=250).cycle().take(size).collect();
            let mut parts =
                quarantine_parts("not_json", ChannelKind::Messenger, None, &body, Timestamp::from_ms(0));
            assert_eq!(parts.len(), size.div_ceil(PART_BYTES).max(1));
            for part in &parts {
                let text = InboundWork::Quarantine(part.clone()).to_json().unwrap();
                assert!(text.len() < 250_000);
                assert_eq!(InboundWork::from_json(&text).unwrap(), InboundWork::Quarantine(part.clone()));
            }
            parts.reverse();
            assert_eq!(joined(&parts), Some(body));
            parts.pop();
            assert_eq!(joined(&parts), None);
        }
    }

    #[test]
    fn a_redelivered_body_has_the_same_quarantine_id_and_another_channels_does_not() {
        let id = |channel: &str, at| {
            let channel = ChannelId::derive(ChannelKind::Line, channel);
            quarantine_parts("not_json", ChannelKind::Line, Some(channel), b"null", Timestamp::from_ms(at))[0]
                .id
                .clone()
        };
        assert_eq!(id("1", 1), id("1", 2));
        assert_ne!(id("1", 1), id("2", 1));
    }
}
