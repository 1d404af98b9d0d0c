//! What an account does in a chat without writing: the loading animation and marking as read.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::LineError;
use crate::{clock::SECOND_MS, model::Provider, state::World};

const DEFAULT_SECONDS: u64 = 20;

/// `POST /v2/bot/chat/loading/start`: one-to-one chats only, 5 to 60 seconds in steps of five.
pub(super) fn start_loading(world: &mut World, channel: &str, body: &Value) -> Response {
    match loading(world, channel, body) {
        Ok(()) => (StatusCode::ACCEPTED, Json(json!({}))).into_response(),
        Err(error) => error.into_response(),
    }
}

fn loading(world: &mut World, channel: &str, body: &Value) -> Result<(), LineError> {
    let chat = body["chatId"].as_str().filter(|id| id.starts_with('U'));
    let chat = chat.ok_or_else(|| LineError::property("chatId", "Must be a user ID"))?;
    let seconds = match &body["loadingSeconds"] {
        Value::Null => DEFAULT_SECONDS,
        given => given
            .as_u64()
            .filter(|seconds| (5..=60).contains(seconds) && seconds % 5 == 0)
            .ok_or_else(|| LineError::property("loadingSeconds", "Must be a multiple of 5 from 5 to 60"))?,
    };
    let now = world.clock.now_ms();
    let until_ms = now + i64::try_from(seconds).unwrap_or(0) * SECOND_MS;
    if let Some(thread) = world.thread_mut(Provider::Line, channel, chat) {
        thread.loading_until_ms = Some(until_ms);
        thread.show("loading", None, now);
    }
    Ok(())
}

/// `POST /v2/bot/chat/markAsRead`: the message of the token and all before it.
pub(super) fn mark_as_read(world: &mut World, channel: &str, body: &Value) -> Result<Value, LineError> {
    let token = body["markAsReadToken"].as_str();
    let now = world.clock.now_ms();
    let mut threads = world
        .threads
        .values_mut()
        .filter(|thread| thread.provider == Provider::Line && thread.account == channel);
    let found = threads.find_map(|thread| {
        let at = thread
            .messages
            .iter()
            .position(|message| token.is_some() && message.read_token.as_deref() == token)?;
        Some((thread, at))
    });
    let (thread, at) = found.ok_or_else(|| LineError::bad("The markAsReadToken is invalid"))?;
    let through = thread.read_by_company(Some(at), now);
    thread.show("mark_as_read", through, now);
    Ok(json!({}))
}
