//! LINE's envelope, and the mark of a repeat.

use serde_json::{Value, json};

use crate::state::World;

pub(super) fn body(world: &World, account: &str, events: &[Value]) -> Result<String, String> {
    let channel = world.line_channel(account).ok_or("no such channel")?;
    if !channel.webhook_active {
        return Err("the channel's \"use webhook\" switch is off".into());
    }
    Ok(json!({"destination": channel.bot_user_id, "events": events}).to_string())
}

pub(super) fn redelivery(world: &mut World, body: &str) -> String {
    let Ok(mut parsed) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let now = world.clock.now_ms();
    for event in parsed["events"].as_array_mut().into_iter().flatten() {
        event["deliveryContext"] = json!({"isRedelivery": true});
        let token = event["replyToken"].as_str();
        if let Some(known) = world.reply_tokens.iter_mut().find(|known| Some(known.value.as_str()) == token) {
            known.delivered_at_ms = now;
        }
    }
    parsed.to_string()
}
