//! One element of `messaging[]` or `standby[]`: who, what, and under which name.

use madoguchi_domain::{ChannelId, ChannelKind, Party};
use serde_json::Value;

use crate::{digest, json};

/// The objects that a known element carries. The first that is there names the element.
const KINDS: [&str; 12] = [
    "message",
    "message_edit",
    "reaction",
    "postback",
    "delivery",
    "read",
    "referral",
    "pass_thread_control",
    "take_thread_control",
    "request_thread_control",
    "optin",
    "account_linking",
];
/// Fields that stand beside the object and never name the element.
const COMMON: [&str; 6] = ["field", "prior_message", "recipient", "sender", "timestamp", "value"];

/// A view of one element.
pub(super) struct Element<'a> {
    /// The element, without the wrapping of Meta's samples.
    pub(super) value: &'a Value,
    /// What it is called, such as `message`.
    pub(super) kind: &'a str,
}

impl<'a> Element<'a> {
    pub(super) fn of(raw: &'a Value) -> Self {
        // One sample of Meta's wraps an event as {field, value}.
        let wrapped = raw.get("value").filter(|value| value.is_object() && raw.get("sender").is_none());
        let value = wrapped.unwrap_or(raw);
        let kind = KINDS
            .into_iter()
            .find(|kind| value.get(kind).is_some())
            .or_else(|| {
                let mut names: Vec<_> = value.as_object()?.keys().map(String::as_str).collect();
                names.sort_unstable();
                names.into_iter().find(|name| !COMMON.contains(name))
            })
            .or_else(|| raw.get("field")?.as_str())
            .unwrap_or("malformed");
        Self { value, kind }
    }

    /// The object that the element is about.
    pub(super) fn object(&self) -> &'a Value {
        self.value.get(self.kind).unwrap_or(&Value::Null)
    }

    fn end(&self, name: &str) -> Option<String> {
        json::id(self.value.get(name)?, "id")
    }

    /// Whether the company's side acted: an echo, or anything that the page itself sent.
    pub(super) fn is_ours(&self, channel_id: ChannelId) -> bool {
        let echo = self.kind == "message" && self.object().get("is_echo") == Some(&Value::Bool(true));
        echo || self.end("sender").is_some_and(|sender| is_page(channel_id, &sender))
    }

    /// The customer: who wrote, or to whom the company's side wrote. `None` without a person in it.
    pub(super) fn party(&self, channel_id: ChannelId) -> Option<Party> {
        let customer = self.end(if self.is_ours(channel_id) { "recipient" } else { "sender" })?;
        (!is_page(channel_id, &customer)).then_some(Party::User(customer))
    }

    /// The message's id where it names the event; postbacks carry one since v11. A reaction or an edit
    /// carries the id of the message that it is about, so it needs a name of its own.
    pub(super) fn event_id(&self, page_id: &str) -> String {
        let named = matches!(self.kind, "message" | "postback");
        named.then(|| json::id(self.object(), "mid")).flatten().unwrap_or_else(|| self.digest(page_id))
    }

    fn digest(&self, page_id: &str) -> String {
        let text = |name: &str| self.end(name).unwrap_or_default();
        let timestamp = self.value.get("timestamp").map(digest::canonical).unwrap_or_default();
        let object = match self.object() {
            Value::Null => self.value,
            object => object,
        };
        digest::of(&[
            page_id.as_bytes(),
            text("sender").as_bytes(),
            text("recipient").as_bytes(),
            timestamp.as_bytes(),
            self.kind.as_bytes(),
            digest::canonical(object).as_bytes(),
        ])
    }
}

fn is_page(channel_id: ChannelId, id: &str) -> bool {
    ChannelId::derive(ChannelKind::Messenger, id) == channel_id
}
