//! Who is calling: access tokens and their proof.

use super::{GraphCall, GraphError};
use crate::{
    clock::{MINUTE_MS, SECOND_MS},
    signing::hmac_hex,
    state::{Token, TokenKind, World},
};

/// The timestamped form of the proof is good for five minutes.
const PROOF_LIFETIME_MS: i64 = 5 * MINUTE_MS;

/// The caller's token, alive and proved.
pub(super) fn caller<'w>(world: &'w World, call: &GraphCall) -> Result<&'w Token, GraphError> {
    let value = call.text("access_token").ok_or_else(|| {
        GraphError::new(
            2500,
            "An active access token must be used to query information about the current user.",
        )
    })?;
    let token = alive(world, value)?;
    check_proof(world, call, value)?;
    Ok(token)
}

/// The caller's page; `page` is its id or `me`.
pub(super) fn page_caller<'w>(world: &'w World, call: &GraphCall, page: &str) -> Result<&'w str, GraphError> {
    match &caller(world, call)?.kind {
        TokenKind::Page { page_id, .. } if page == "me" || page == page_id => Ok(page_id),
        _ => Err(GraphError::missing_object(page)),
    }
}

/// The same, of a login that may answer messages.
pub(super) fn page_messenger<'w>(
    world: &'w World,
    call: &GraphCall,
    page: &str,
) -> Result<&'w str, GraphError> {
    if caller(world, call)?.grant.has("pages_messaging") {
        return page_caller(world, call, page);
    }
    Err(GraphError::new(200, "(#200) Requires pages_messaging permission to manage the object"))
}

pub(super) fn alive<'w>(world: &'w World, value: &str) -> Result<&'w Token, GraphError> {
    let token =
        world.tokens.iter().find(|token| token.value == value).ok_or_else(GraphError::unreadable_token)?;
    if let Some(invalid) = &token.invalid {
        return Err(GraphError::invalid_token(invalid));
    }
    if token.expires_at_ms.is_some_and(|at| at <= world.clock.now_ms()) {
        return Err(GraphError::expired_token());
    }
    Ok(token)
}

fn check_proof(world: &World, call: &GraphCall, token: &str) -> Result<(), GraphError> {
    let refused = || GraphError::parameter("Invalid appsecret_proof provided in the API argument");
    let Some(proof) = call.text("appsecret_proof") else {
        let message = "API calls from the server require an appsecret_proof argument";
        return if world.app.require_proof { Err(GraphError::parameter(message)) } else { Ok(()) };
    };
    let signed = match call.params.get("appsecret_time") {
        None => token.to_owned(),
        Some(time) => {
            let time = time.as_str().map_or_else(|| time.to_string(), ToOwned::to_owned);
            let made_at_ms = time.parse::<i64>().map_err(|_| refused())? * SECOND_MS;
            if (world.clock.now_ms() - made_at_ms).abs() > PROOF_LIFETIME_MS {
                return Err(refused());
            }
            format!("{token}|{time}")
        }
    };
    if proof == hmac_hex(&world.app.secret, signed.as_bytes()) { Ok(()) } else { Err(refused()) }
}
