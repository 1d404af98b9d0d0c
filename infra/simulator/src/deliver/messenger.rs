//! Meta's envelope: what a page is subscribed to, and what another app's thread hides.

use serde_json::{Value, json};

use crate::{model::Provider, signing::escape_unicode, state::World};

/// One entry with what the page is subscribed to.
pub(super) fn body(world: &World, account: &str, events: Vec<Value>) -> Result<String, String> {
    let page = world.page(account).ok_or("no such page")?;
    let fields = page.subscribed_fields.as_ref().ok_or("the page is not subscribed to the app")?;
    let wanted =
        |event: &Value| subscription_of(event).is_none_or(|field| fields.iter().any(|own| own == field));
    let standby = |event: &Value| {
        let peer = [&event["sender"]["id"], &event["recipient"]["id"]];
        peer.iter()
            .filter_map(|id| id.as_str())
            .any(|id| world.thread(Provider::Messenger, account, id).is_some_and(|thread| thread.standby))
    };
    let (held, own): (Vec<_>, Vec<_>) = events.into_iter().filter(wanted).partition(standby);
    if held.is_empty() && own.is_empty() {
        return Err("the page is not subscribed to this kind of event".into());
    }
    let mut entry = json!({"id": account, "time": world.clock.now_ms()});
    if !own.is_empty() {
        entry["messaging"] = own.into();
    }
    if !held.is_empty() {
        entry["standby"] = held.into_iter().map(without_payload).collect();
    }
    Ok(escape_unicode(&json!({"object": "page", "entry": [entry]}).to_string()))
}

fn subscription_of(event: &Value) -> Option<&'static str> {
    let fields = [
        ("message_edit", "message_edits"),
        ("postback", "messaging_postbacks"),
        ("delivery", "message_deliveries"),
        ("read", "message_reads"),
        ("referral", "messaging_referrals"),
        ("reaction", "message_reactions"),
    ];
    if let Some(message) = event.get("message") {
        return Some(if message["is_echo"] == true { "message_echoes" } else { "messages" });
    }
    fields.into_iter().find_map(|(key, field)| event.get(key).map(|_| field))
}

/// Only the app that sent a button gets its payload.
fn without_payload(mut event: Value) -> Value {
    if let Some(postback) = event.get_mut("postback").and_then(Value::as_object_mut) {
        postback.remove("payload");
    }
    event
}
