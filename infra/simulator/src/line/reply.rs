//! `POST /v2/bot/message/reply`: free, once per token, within a minute of the webhook.

use serde_json::Value;

use super::{LineError, message, sending::Sending};
use crate::{clock::MINUTE_MS, faults::Fault, model::Provider, provider::ApiRequest, state::World};

const TOKEN_LIFE_MS: i64 = MINUTE_MS;
/// A repeated webhook gives the token another minute, but never later than this after the event.
const TOKEN_LAST_CALL_MS: i64 = 20 * MINUTE_MS;

pub(super) fn reply(
    world: &mut World,
    channel: &str,
    request: &ApiRequest,
    body: &Value,
    fault: Option<&Fault>,
) -> Result<Value, LineError> {
    if request.header("x-line-retry-key").is_some() {
        return Err(LineError::bad("The retry key is not allowed for this endpoint"));
    }
    let Some(value) = body["replyToken"].as_str() else {
        return Err(LineError::property("replyToken", "May not be empty"));
    };
    message::validate_all(&body["messages"])?;
    if matches!(fault, Some(Fault::OutsideWindow)) {
        return Err(LineError::invalid_reply_token());
    }
    let now = world.clock.now_ms();
    let token = world.reply_tokens.iter().find(|token| {
        token.value == value
            && token.channel == channel
            && !token.used
            && now - token.delivered_at_ms <= TOKEN_LIFE_MS
            && now - token.event_at_ms <= TOKEN_LAST_CALL_MS
    });
    let Some(peer) = token.map(|token| token.peer.clone()) else {
        return Err(LineError::invalid_reply_token());
    };
    let blocked = world.thread(Provider::Line, channel, &peer).is_some_and(|thread| thread.blocked);
    let sending = Sending { channel, peer: &peer, via: "reply", retry_key: None, received: !blocked };
    sending.check_quotes(world, &body["messages"])?;
    for token in world.reply_tokens.iter_mut().filter(|token| token.value == value) {
        token.used = true;
    }
    Ok(sending.deliver(world, &body["messages"]))
}
