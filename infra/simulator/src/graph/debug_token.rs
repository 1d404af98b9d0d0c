//! `GET /debug_token`.

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth};
use crate::{
    clock::{DAY_MS, SECOND_MS},
    shared::Shared,
    state::{Token, TokenKind, World},
};

pub(super) const SCOPES: [&str; 5] = [
    "pages_messaging",
    "pages_manage_metadata",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
];
const DATA_ACCESS_MS: i64 = 90 * DAY_MS;

pub(super) fn inspect(shared: &Shared, call: &GraphCall) -> Result<Value, GraphError> {
    shared.read(|world| {
        let app_token = format!("{}|{}", world.app.id, world.app.secret);
        if call.required("access_token")? != app_token {
            return Err(GraphError::unreadable_token());
        }
        let value = call.required("input_token")?;
        let Some(token) = world.tokens.iter().find(|token| token.value == value) else {
            let error =
                json!({"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"});
            return Ok(json!({"data": {"is_valid": false, "scopes": [], "error": error}}));
        };
        Ok(json!({"data": describe(world, token)}))
    })
}

fn describe(world: &World, token: &Token) -> Value {
    let mut described = json!({
        "app_id": world.app.id,
        "application": world.app.name,
        "type": "USER",
        "is_valid": true,
        "issued_at": token.issued_at_ms / SECOND_MS,
        "expires_at": token.expires_at_ms.map_or(0, |at| at / SECOND_MS),
        "data_access_expires_at": (token.issued_at_ms + DATA_ACCESS_MS) / SECOND_MS,
        "scopes": SCOPES.iter().filter(|scope| token.grant.has(scope)).collect::<Vec<_>>(),
        "user_id": world.user(token).0,
    });
    let targets: Vec<&str> = match &token.kind {
        TokenKind::User => {
            let ticked = world.pages.iter().filter(|page| token.grant.covers(&page.id));
            ticked.map(|page| page.id.as_str()).collect()
        }
        TokenKind::Page { page_id, .. } => {
            described["type"] = "PAGE".into();
            described["profile_id"] = page_id.as_str().into();
            vec![page_id]
        }
    };
    let granular = ["pages_messaging", "pages_manage_metadata"]
        .into_iter()
        .filter(|scope| token.grant.has(scope))
        .map(|scope| json!({"scope": scope, "target_ids": targets}));
    described["granular_scopes"] = granular.collect::<Vec<_>>().into();
    if let Err(error) = auth::alive(world, &token.value) {
        described["is_valid"] = false.into();
        described["error"] = json!({"code": error.code, "message": error.message});
        if let Some(subcode) = error.subcode {
            described["error"]["subcode"] = subcode.into();
        }
    }
    described
}
