//! `GET /me/permissions`: what the person who logged in granted and declined.

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth, debug_token::SCOPES};
use crate::{shared::Shared, state::TokenKind};

pub(super) fn list(shared: &Shared, user: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.read(|world| {
        let token = auth::caller(world, call)?;
        if token.kind != TokenKind::User || (user != "me" && user != world.user(token).0) {
            return Err(GraphError::missing_object(user));
        }
        let entry = |scope: &&str| {
            let status = if token.grant.has(scope) { "granted" } else { "declined" };
            json!({"permission": scope, "status": status})
        };
        Ok(json!({"data": SCOPES.iter().map(entry).collect::<Vec<_>>()}))
    })
}
