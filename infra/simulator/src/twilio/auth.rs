//! Who is calling: the account with its auth token, or one of its API keys.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::TwilioError;
use crate::{provider::ApiRequest, state::World};

/// The path keeps the account's id, whichever the credentials are.
pub(super) fn check(world: &World, request: &ApiRequest, account: &str) -> Result<(), TwilioError> {
    let twilio = &world.twilio;
    let (user, password) = credentials(request).ok_or_else(TwilioError::authentication)?;
    let by_token = user == twilio.sid && password == twilio.auth_token;
    let by_key = twilio.api_keys.iter().any(|key| key.sid == user && key.secret == password);
    if account == twilio.sid && !twilio.suspended && (by_token || by_key) {
        Ok(())
    } else {
        Err(TwilioError::authentication())
    }
}

fn credentials(request: &ApiRequest) -> Option<(String, String)> {
    let encoded = request.header("authorization")?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
