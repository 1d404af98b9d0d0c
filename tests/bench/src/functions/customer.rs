//! Customers whom nobody has to know beforehand, and what they write.

use anyhow::Context as _;
use madoguchi_channels::{InboundWork, line, messenger};
use madoguchi_domain::{ChannelKind, ConversationId, Timestamp};
use madoguchi_simulator::demo;
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

use super::world::conversation_of;

/// Customers who write in turn: enough that no chat is a long one.
pub(super) const CUSTOMERS: usize = 20;

/// Somebody who writes.
pub(super) struct Customer {
    kind: ChannelKind,
    id: String,
}

impl Customer {
    pub(super) fn line(number: usize) -> Self {
        Self { kind: ChannelKind::Line, id: format!("U{number:032x}") }
    }

    pub(super) fn messenger(number: usize) -> Self {
        Self { kind: ChannelKind::Messenger, id: format!("71735{number:011}") }
    }

    pub(super) fn conversation(&self) -> ConversationId {
        conversation_of(self.kind, &self.id)
    }

    /// A webhook's body with one text, which is new if `text` or `at` is.
    pub(super) fn webhook(&self, text: &str, at: Timestamp) -> String {
        let unique = format!("{}-{text}", at.as_ms());
        match self.kind {
            ChannelKind::Line => line_webhook(&self.id, text, at, &unique),
            _ => messenger_webhook(&self.id, text, at, &unique),
        }
        .to_string()
    }

    /// The same as `webhook-ingest` queues it.
    pub(super) fn queued(&self, text: &str, at: Timestamp) -> anyhow::Result<String> {
        let body = self.webhook(text, at);
        let mut events = match self.kind {
            ChannelKind::Line => line::split(body.as_bytes(), TestInbox::channel_id(self.kind), at)?,
            ChannelKind::Messenger => messenger::split(body.as_bytes(), at)?,
            kind => anyhow::bail!("{kind} is not measured"),
        };
        let event = events.pop().context("a webhook without an event")?;
        Ok(InboundWork::Event(event).to_json()?)
    }
}

fn line_webhook(user: &str, text: &str, at: Timestamp, unique: &str) -> Value {
    json!({
        "destination": "Uc2f91624a8940f1f836f99eee3692f09",
        "events": [{
            "type": "message",
            "message": {
                "type": "text",
                "id": format!("message-{unique}"),
                "quoteToken": "ZcUEqPbENqTyH5xJ8tpqXJQ4I9dOv8GZ4fKq1OKtbgZVaMWUFuXBVjdctBYVhnSg9EH6yO4GFQRC5xLRwI0b26",
                "text": text,
            },
            "webhookEventId": format!("event-{unique}"),
            "deliveryContext": {"isRedelivery": false},
            "timestamp": at.as_ms(),
            "source": {"type": "user", "userId": user},
            "replyToken": format!("token-{unique}"),
            "mode": "active",
        }],
    })
}

fn messenger_webhook(person: &str, text: &str, at: Timestamp, unique: &str) -> Value {
    json!({
        "object": "page",
        "entry": [{
            "time": at.as_ms(),
            "id": demo::PAGE,
            "messaging": [{
                "sender": {"id": person},
                "recipient": {"id": demo::PAGE},
                "timestamp": at.as_ms(),
                "message": {"mid": format!("m_{unique}"), "text": text},
            }],
        }],
    })
}
