//! The channel's webhook address, and LINE's test of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::LineError;
use crate::{
    clock::HOUR_MS,
    deliver::{self, Outcome},
    model::Provider,
    shared::Shared,
};

const URL_LIMIT: usize = 500;
const TESTS_PER_HOUR: usize = 60;

pub(super) fn endpoint(shared: &Shared, channel: &str) -> Result<Value, LineError> {
    let address =
        address(shared, channel).ok_or_else(|| LineError::not_found("Webhook endpoint not found"))?;
    let active =
        shared.read(|world| world.line_channel(channel).is_some_and(|channel| channel.webhook_active));
    Ok(json!({"endpoint": address, "active": active}))
}

pub(super) fn set_endpoint(shared: &Shared, channel: &str, body: &Value) -> Result<Value, LineError> {
    let address =
        body["endpoint"].as_str().ok_or_else(|| LineError::property("endpoint", "May not be null"))?;
    // LINE takes HTTPS only; a local stack has none.
    let local = address.starts_with("http://127.0.0.1") || address.starts_with("http://localhost");
    if address.len() > URL_LIMIT || !(local || address.starts_with("https://")) {
        return Err(LineError::bad("Invalid webhook endpoint URL"));
    }
    shared.change(|world| {
        if let Some(channel) = world.line_channel_mut(channel) {
            channel.webhook_endpoint = Some(address.to_owned());
        }
    });
    Ok(json!({}))
}

/// Sends a normally signed body without events.
pub(super) async fn test(shared: &Arc<Shared>, channel: &str, body: &Value) -> Result<Value, LineError> {
    if let Some(other) = body["endpoint"].as_str()
        && address(shared, channel).as_deref() != Some(other)
    {
        return Err(LineError::bad("Only the channel's own webhook endpoint can be tested here"));
    }
    address(shared, channel).ok_or_else(|| LineError::not_found("Webhook endpoint not found"))?;
    let timestamp = shared.change(|world| {
        let now = world.clock.now_ms();
        let own = world.line_channel_mut(channel)?;
        own.webhook_tests.retain(|at| now - at < HOUR_MS);
        own.webhook_tests.push(now);
        (own.webhook_tests.len() <= TESTS_PER_HOUR).then_some(now)
    });
    let timestamp = timestamp.ok_or_else(LineError::rate_limit)?;
    let empty = shared.read(|world| {
        let bot = world.line_channel(channel).map(|channel| channel.bot_user_id.clone());
        json!({"destination": bot, "events": []}).to_string()
    });
    let sent =
        deliver::send_raw(shared, Provider::Line, channel, &empty, &deliver::Signature::Valid, 1).await;
    let (success, status, reason, detail) = match sent.first().map(|webhook| &webhook.outcome) {
        Some(Outcome::Answered { status: 200, .. }) => (true, 200, "OK", "200".to_owned()),
        Some(Outcome::Answered { status, .. }) => {
            (false, i32::from(*status), "ERROR_STATUS_CODE", status.to_string())
        }
        Some(Outcome::Failed { reason, .. }) if reason.contains("in time") => {
            (false, 0, "REQUEST_TIMEOUT", reason.clone())
        }
        Some(Outcome::Failed { reason, .. } | Outcome::NotSent { reason }) => {
            (false, 0, "COULD_NOT_CONNECT", reason.clone())
        }
        None => (false, 0, "UNCLASSIFIED", String::new()),
    };
    let timestamp = jiff::Timestamp::from_millisecond(timestamp).unwrap_or_default().to_string();
    Ok(json!({
        "success": success, "timestamp": timestamp, "statusCode": status, "reason": reason, "detail": detail,
    }))
}

fn address(shared: &Shared, channel: &str) -> Option<String> {
    let own =
        shared.read(|world| world.line_channel(channel).and_then(|channel| channel.webhook_endpoint.clone()));
    own.or_else(|| shared.targets().line_webhook(channel))
}
