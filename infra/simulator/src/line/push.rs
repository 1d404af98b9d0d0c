//! `POST /v2/bot/message/push`: counted, to whom it may concern, repeatable under a retry key.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{LineError, message, sending::Sending};
use crate::{
    clock::DAY_MS,
    faults::Fault,
    model::Provider,
    provider::ApiRequest,
    state::{RetryKey, World},
};

const RETRY_KEY_LIFE_MS: i64 = DAY_MS;
/// How long somebody who is no friend can be written to after their own message.
const STRANGER_WINDOW_MS: i64 = 7 * DAY_MS;

pub(super) fn push(
    world: &mut World,
    channel: &str,
    request: &ApiRequest,
    body: &Value,
    request_id: &str,
    fault: Option<&Fault>,
) -> Response {
    let key = match retry_key(request) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    if let Some(key) = &key
        && let Some(earlier) = earlier_answer(world, channel, key, body)
    {
        return earlier.map_or_else(IntoResponse::into_response, |earlier| accepted_before(&earlier));
    }
    let answer = match first_time(world, channel, key.as_deref(), body, fault) {
        Ok(answer) => answer,
        Err(error) => return error.into_response(),
    };
    let record = RetryKey {
        first_at_ms: world.clock.now_ms(),
        request: body.clone(),
        request_id: request_id.to_owned(),
        answer: answer.clone(),
        peer: body["to"].as_str().unwrap_or_default().to_owned(),
    };
    if matches!(fault, Some(Fault::Conflict)) {
        return accepted_before(&record);
    }
    if let Some(key) = key {
        world.retry_keys.insert(qualified(channel, &key), record);
    }
    Json(answer).into_response()
}

fn retry_key(request: &ApiRequest) -> Result<Option<String>, LineError> {
    let Some(key) = request.header("x-line-retry-key") else { return Ok(None) };
    // Only the hyphenated form of 36 characters; the library would also read others.
    match uuid::Uuid::parse_str(key) {
        Ok(parsed) if key.len() == 36 => Ok(Some(parsed.to_string())),
        _ => Err(LineError::bad("Invalid retry key: a UUID in hexadecimal form is expected")),
    }
}

/// What the first request under this key was answered, if it was accepted less than a day ago.
fn earlier_answer(
    world: &mut World,
    channel: &str,
    key: &str,
    body: &Value,
) -> Option<Result<RetryKey, LineError>> {
    let now = world.clock.now_ms();
    world.retry_keys.retain(|_, earlier| now - earlier.first_at_ms <= RETRY_KEY_LIFE_MS);
    let earlier = world.retry_keys.get(&qualified(channel, key))?.clone();
    if earlier.request != *body {
        // LINE leaves this undefined; whoever does it is wrong either way.
        world.violations.push(format!("push: retry key {key} came back with another request"));
        return Some(Err(LineError::bad("The request differs from the first one of this retry key")));
    }
    if let Some(thread) = world.thread_mut(Provider::Line, channel, &earlier.peer) {
        for sent in thread.messages.iter_mut().filter_map(|message| message.sent.as_mut()) {
            if sent.retry_key.as_deref() == Some(key) {
                sent.attempts += 1;
            }
        }
    }
    Some(Ok(earlier))
}

fn accepted_before(earlier: &RetryKey) -> Response {
    let mut body = json!({"message": "The retry key is already accepted"});
    body["sentMessages"] = earlier.answer["sentMessages"].clone();
    let mut response = (StatusCode::CONFLICT, Json(body)).into_response();
    if let Ok(value) = HeaderValue::from_str(&earlier.request_id) {
        response.headers_mut().insert(HeaderName::from_static("x-line-accepted-request-id"), value);
    }
    response
}

fn first_time(
    world: &mut World,
    channel: &str,
    retry_key: Option<&str>,
    body: &Value,
    fault: Option<&Fault>,
) -> Result<Value, LineError> {
    let Some(to) = body["to"].as_str() else {
        return Err(LineError::property("to", "May not be empty"));
    };
    message::validate_all(&body["messages"])?;
    let Reach { recipients, received } = reach(world, channel, to)?;
    let received = received && !matches!(fault, Some(Fault::OutsideWindow));
    let sending = Sending { channel, peer: to, via: "push", retry_key, received };
    sending.check_quotes(world, &body["messages"])?;
    if let Some(own) = world.line_channel_mut(channel) {
        if own.quota.is_some_and(|quota| own.used + recipients > quota) {
            return Err(LineError::monthly_limit());
        }
        // Per recipient, not per message object; what is not delivered is not counted.
        own.used += if received { recipients } else { 0 };
    }
    Ok(sending.deliver(world, &body["messages"]))
}

struct Reach {
    recipients: u64,
    received: bool,
}

/// Accepted is not delivered: blockers and strangers get 200 and see nothing.
fn reach(world: &mut World, channel: &str, to: &str) -> Result<Reach, LineError> {
    if to.starts_with(['C', 'R']) {
        let group =
            world.groups.iter().find(|group| group.id == to && group.channel == channel && group.bot_joined);
        let group = group.cloned().ok_or_else(LineError::failed_to_send)?;
        world.group_thread(channel, &group);
        return Ok(Reach { recipients: group.members.len() as u64, received: true });
    }
    let customer = world.customer_of_line_user(to).cloned().ok_or_else(LineError::failed_to_send)?;
    let now = world.clock.now_ms();
    let thread = world.thread_of(Provider::Line, channel, &customer);
    let wrote_lately = thread.last_opener_ms.is_some_and(|at| now - at <= STRANGER_WINDOW_MS);
    Ok(Reach { recipients: 1, received: !thread.blocked && (thread.friend || wrote_lately) })
}

fn qualified(channel: &str, key: &str) -> String {
    format!("{channel}:{key}")
}
