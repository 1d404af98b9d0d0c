//! `GET /oauth/access_token`: a code for a token, a short-lived token for a long-lived one.

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth};
use crate::{
    clock::{DAY_MS, HOUR_MS, SECOND_MS},
    ids,
    shared::Shared,
    state::{Grant, Token, TokenKind, World},
};

const SHORT_LIVED_MS: i64 = HOUR_MS;
const LONG_LIVED_MS: i64 = 60 * DAY_MS;

pub(super) fn access_token(shared: &Shared, call: &GraphCall) -> Result<Value, GraphError> {
    shared.change(|world| {
        check_app(world, call)?;
        match call.text("grant_type") {
            Some("fb_exchange_token") => exchange(world, call.required("fb_exchange_token")?),
            Some("client_credentials") => {
                Ok(json!({"access_token": format!("{}|{}", world.app.id, world.app.secret), "token_type": "bearer"}))
            }
            None | Some("authorization_code") => redeem(world, call.required("code")?, call.required("redirect_uri")?),
            Some(other) => Err(GraphError::parameter(format!("Unsupported grant_type {other}"))),
        }
    })
}

fn check_app(world: &World, call: &GraphCall) -> Result<(), GraphError> {
    if call.required("client_id")? != world.app.id {
        return Err(GraphError::new(101, "Error validating application. Cannot get application info."));
    }
    if call.required("client_secret")? != world.app.secret {
        return Err(GraphError::new(1, "Error validating client secret."));
    }
    Ok(())
}

/// An expired token cannot be exchanged: the person has to log in again.
fn exchange(world: &mut World, value: &str) -> Result<Value, GraphError> {
    let token = auth::alive(world, value)?;
    if token.kind != TokenKind::User {
        return Err(GraphError::parameter("(#100) Only user access tokens can be exchanged"));
    }
    let grant = token.grant.clone();
    Ok(issue(world, LONG_LIVED_MS, grant))
}

fn redeem(world: &mut World, value: &str, redirect_uri: &str) -> Result<Value, GraphError> {
    let code = world.codes.iter_mut().find(|code| code.value == value);
    let code = code.ok_or_else(|| GraphError::parameter("Invalid verification code format."))?;
    if code.used {
        return Err(GraphError::parameter("This authorization code has been used.").subcode(36_009));
    }
    if code.redirect_uri != redirect_uri {
        let message = "Error validating verification code. Please make sure your redirect_uri is identical to the \
                       one you used in the OAuth dialog request";
        return Err(GraphError::parameter(message).subcode(36_008));
    }
    code.used = true;
    let grant = code.grant.clone();
    Ok(issue(world, SHORT_LIVED_MS, grant))
}

fn issue(world: &mut World, lifetime_ms: i64, grant: Grant) -> Value {
    let now = world.clock.now_ms();
    let value = ids::secret("EAAB");
    world.tokens.push(Token {
        value: value.clone(),
        kind: TokenKind::User,
        issued_at_ms: now,
        expires_at_ms: Some(now + lifetime_ms),
        grant,
        invalid: None,
    });
    json!({"access_token": value, "token_type": "bearer", "expires_in": lifetime_ms / SECOND_MS})
}
