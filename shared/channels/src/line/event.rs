//! What every LINE event has: source, mode, id.

use madoguchi_domain::{ChannelId, Party};
use serde_json::Value;

use crate::{digest, json};

/// With whom, and in a group or room: who acted. A group is never filed as the person who spoke in it.
/// `None` for events without a source (failed account links, modules, notification deliveries).
pub(super) fn source(event: &Value) -> Option<(Party, Option<String>)> {
    let source = event.get("source")?;
    let user = || json::id(source, "userId");
    match json::text(source, "type")? {
        "user" => Some((Party::User(user()?), None)),
        "group" => Some((Party::Group(json::id(source, "groupId")?), user())),
        "room" => Some((Party::Room(json::id(source, "roomId")?), user())),
        _ => None,
    }
}

/// Another module holds the chat: nothing may be sent.
pub(super) fn standby(event: &Value) -> bool {
    json::text(event, "mode") == Some("standby")
}

/// `webhookEventId`, or a digest of the event without what a redelivery changes.
pub(super) fn event_id(event: &Value, channel_id: ChannelId) -> String {
    json::id(event, "webhookEventId").unwrap_or_else(|| {
        let mut event = event.clone();
        if let Some(fields) = event.as_object_mut() {
            fields.remove("deliveryContext");
        }
        digest::of(&[channel_id.as_uuid().as_bytes(), digest::canonical(&event).as_bytes()])
    })
}
