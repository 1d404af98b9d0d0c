//! Webhooks as LINE posts them and API Gateway hands them over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::{ChannelId, ChannelKind, Party};
use madoguchi_simulator::line_signature;
use serde_json::{Value, json};

/// What LINE signs with.
pub(super) const CHANNEL_SECRET: &str = "0123456789abcdef0123456789abcdef";
/// The bot's user id, in every webhook.
pub(super) const DESTINATION: &str = "U00000000000000000000000000000b07";

/// One event of a webhook.
pub(super) struct Sent {
    pub(super) event: Value,
    pub(super) party: Party,
}

/// A webhook's body, and how it is delivered.
pub(super) struct Webhook {
    body: String,
    signature: Option<String>,
    base64: bool,
}

/// The channel whose address is posted to.
pub(super) fn channel() -> ChannelId {
    ChannelId::derive(ChannelKind::Line, "1650000001")
}

impl Sent {
    /// A text of `party`; its event is like no other of the same process and `number`.
    pub(super) fn text(party: Party, number: u64) -> Self {
        let source = match &party {
            Party::User(user) => json!({"type": "user", "userId": user}),
            Party::Group(group) => json!({"type": "group", "groupId": group, "userId": user(0)}),
            Party::Room(room) => json!({"type": "room", "roomId": room, "userId": user(0)}),
        };
        let event = json!({
            "type": "message",
            "mode": "active",
            "timestamp": 1_790_000_000_000 + number,
            "source": source,
            "webhookEventId": format!("01J{number:023}"),
            "deliveryContext": {"isRedelivery": false},
            "replyToken": format!("{number:032x}"),
            "message": {
                "type": "text",
                "id": format!("{}", 468_789_577_898_262_530 + number),
                "quoteToken": "q3Plxr4AgKd",
                "text": format!("こんにちは。注文 {number} はいつ届きますか？"),
            },
        });
        Self { event, party }
    }

    /// LINE's id of the event.
    pub(super) fn id(&self) -> &str {
        self.event["webhookEventId"].as_str().unwrap_or_default()
    }
}

/// LINE's id of a user.
pub(super) fn user(number: u64) -> String {
    format!("U{number:032x}")
}

impl Webhook {
    /// One webhook with these events, signed with the channel's secret.
    pub(super) fn new(events: &[Sent]) -> Self {
        let events: Vec<_> = events.iter().map(|sent| &sent.event).collect();
        let body = json!({"destination": DESTINATION, "events": events}).to_string();
        Self { signature: Some(line_signature(CHANNEL_SECRET, body.as_bytes())), body, base64: false }
    }

    /// The same in Base64, as API Gateway delivers what it takes for binary.
    pub(super) fn in_base64(self) -> Self {
        Self { base64: true, ..self }
    }

    /// The same with a signature under another secret.
    pub(super) fn signed_by_another(self) -> Self {
        Self { signature: Some(line_signature("another secret", self.body.as_bytes())), ..self }
    }

    /// The same with a signature of another body.
    pub(super) fn changed(self) -> Self {
        Self { body: self.body.replacen("届きますか", "届きません", 1), ..self }
    }

    /// The same without a signature.
    pub(super) fn unsigned(self) -> Self {
        Self { signature: None, ..self }
    }

    /// The event of an HTTP API, payload format 2.0.
    pub(super) fn request(&self) -> Value {
        let path = format!("/webhooks/line/{}", channel());
        let route = "POST /webhooks/line/{channel_id}";
        let body = if self.base64 { STANDARD.encode(&self.body) } else { self.body.clone() };
        let mut headers = json!({
            "accept": "*/*",
            "content-length": self.body.len().to_string(),
            "content-type": "application/json; charset=utf-8",
            "host": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "LineBotWebhook/2.0",
            "x-amzn-trace-id": "Root=1-6abcdef0-0123456789abcdef01234567",
            "x-forwarded-for": "147.92.150.192",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        });
        if let Some(signature) = &self.signature {
            headers["x-line-signature"] = json!(signature);
        }
        json!({
            "version": "2.0",
            "routeKey": route,
            "rawPath": path,
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": "POST",
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "147.92.150.192",
                    "userAgent": "LineBotWebhook/2.0",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": route,
                "stage": "$default",
                "time": "21/Sep/2026:14:13:20 +0000",
                "timeEpoch": 1_790_000_000_000_u64,
            },
            "pathParameters": {"channel_id": channel().to_string()},
            "body": body,
            "isBase64Encoded": self.base64,
        })
    }
}
