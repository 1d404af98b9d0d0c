//! LINE's side: channels, tokens, groups, and what makes a repeat harmless.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineChannel {
    /// The numeric channel id, which is also the OAuth client id.
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) name: String,
    pub(crate) basic_id: String,
    pub(crate) bot_user_id: String,
    /// Set through the endpoint API; otherwise the address comes from the configuration.
    pub(crate) webhook_endpoint: Option<String>,
    pub(crate) webhook_active: bool,
    /// Webhook redelivery is off by default at LINE.
    pub(crate) redelivery: bool,
    /// Messages a month; `None` is a plan without a limit.
    pub(crate) quota: Option<u64>,
    pub(crate) used: u64,
    pub(crate) webhook_tests: Vec<i64>,
    /// "Chat" in the OA Manager: on, people mark messages as read; off, LINE does.
    #[serde(default = "on")]
    pub(crate) chat: bool,
}

fn on() -> bool {
    true
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LineToken {
    pub(crate) value: String,
    pub(crate) channel: String,
    pub(crate) expires_at_ms: i64,
    pub(crate) revoked: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReplyToken {
    pub(crate) value: String,
    pub(crate) channel: String,
    pub(crate) peer: String,
    pub(crate) event_at_ms: i64,
    /// When the webhook with it last went out; its minute counts from here.
    pub(crate) delivered_at_ms: i64,
    pub(crate) used: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RetryKey {
    pub(crate) first_at_ms: i64,
    pub(crate) request: Value,
    pub(crate) request_id: String,
    pub(crate) answer: Value,
    pub(crate) peer: String,
}

/// A group (`C…`) or a room (`R…`) with the bot in it or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) channel: String,
    pub(crate) name: String,
    pub(crate) members: Vec<String>,
    pub(crate) bot_joined: bool,
}
