//! `POST /oauth2/v3/token`: stateless channel access tokens, good for 15 minutes and not revocable.

use serde_json::{Value, json};

use super::LineError;
use crate::{clock::SECOND_MS, ids, params, provider::ApiRequest, shared::Shared, state::LineToken};

const LIFETIME_S: i64 = 900;

pub(super) fn issue(shared: &Shared, request: &ApiRequest) -> Result<Value, LineError> {
    if request.content_type() != "application/x-www-form-urlencoded" {
        return Err(LineError::oauth("invalid_request", "the request body must be form-encoded"));
    }
    let (grant, id, secret) =
        (field(request, "grant_type"), client_id(request), field(request, "client_secret"));
    if grant.as_deref() != Some("client_credentials") {
        return Err(LineError::oauth("unsupported_grant_type", "grant_type must be client_credentials"));
    }
    shared.change(|world| {
        let channel = id
            .and_then(|id| world.line_channel(&id))
            .filter(|channel| Some(&channel.secret) == secret.as_ref());
        let Some(channel) = channel.map(|channel| channel.id.clone()) else {
            return Err(LineError::oauth("invalid_request", "invalid client_id or client_secret"));
        };
        let now = world.clock.now_ms();
        world.line_tokens.retain(|token| token.expires_at_ms > now);
        let value = ids::secret("stateless.");
        let expires_at_ms = now + LIFETIME_S * SECOND_MS;
        world.line_tokens.push(LineToken { value: value.clone(), channel, expires_at_ms, revoked: false });
        Ok(json!({"token_type": "Bearer", "access_token": value, "expires_in": LIFETIME_S}))
    })
}

pub(super) fn client_id(request: &ApiRequest) -> Option<String> {
    field(request, "client_id")
}

fn field(request: &ApiRequest, name: &str) -> Option<String> {
    let form = String::from_utf8_lossy(&request.body);
    params::pairs(&form).into_iter().find_map(|(key, value)| (key == name).then_some(value))
}
