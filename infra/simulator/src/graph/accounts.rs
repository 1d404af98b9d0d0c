//! `GET /me/accounts`: the pages of the person who logged in, a few at a time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth};
use crate::{
    ids, params,
    shared::Shared,
    state::{Page, Token, TokenKind, World},
};

/// Small on purpose: whoever reads only the first page of results misses pages.
const MOST_PER_PAGE: usize = 3;

pub(super) fn list(shared: &Shared, user: &str, call: &GraphCall) -> Result<Value, GraphError> {
    shared.change(|world| {
        let user_token = auth::caller(world, call)?.clone();
        if user_token.kind != TokenKind::User || (user != "me" && user != world.user(&user_token).0) {
            return Err(GraphError::missing_object(user));
        }
        let limit = call.text("limit").and_then(|limit| limit.parse().ok()).unwrap_or(MOST_PER_PAGE);
        let limit = limit.clamp(1, MOST_PER_PAGE);
        let shows = user_token.grant.has("pages_show_list");
        let covered: Vec<Page> =
            world.pages.iter().filter(|page| shows && user_token.grant.covers(&page.id)).cloned().collect();
        let start = match call.text("after") {
            None => 0,
            Some(after) => {
                let id = decode(after).ok_or_else(|| GraphError::parameter("(#100) Invalid cursor"))?;
                covered.iter().position(|page| page.id == id).map_or(covered.len(), |index| index + 1)
            }
        };
        let pages: Vec<Page> = covered.iter().skip(start).take(limit).cloned().collect();
        let more = start + pages.len() < covered.len();
        let entries: Vec<Value> =
            pages.iter().map(|page| entry(world, page, &user_token, call.text("fields"))).collect();

        let mut answer = json!({"data": entries});
        if let (Some(first), Some(last)) = (pages.first(), pages.last()) {
            let after = encode(&last.id);
            answer["paging"] = json!({"cursors": {"before": encode(&first.id), "after": after}});
            if more {
                answer["paging"]["next"] = next(shared, call, user, limit, &after).into();
            }
        }
        Ok(answer)
    })
}

/// The address repeats the caller's parameters, its token included, as Meta's does.
fn next(shared: &Shared, call: &GraphCall, user: &str, limit: usize, after: &str) -> String {
    let mut address =
        format!("{}/{}/{user}/accounts?limit={limit}&after={after}", shared.base_url, call.version);
    for name in ["fields", "access_token", "appsecret_proof", "appsecret_time"] {
        if let Some(value) = call.text(name) {
            address.push('&');
            address.push_str(name);
            address.push('=');
            address.push_str(&params::encode(value));
        }
    }
    address
}

fn entry(world: &mut World, page: &Page, user_token: &Token, fields: Option<&str>) -> Value {
    let full = json!({
        "access_token": page_token(world, page, user_token),
        "category": "Shopping & retail",
        "name": page.name,
        "id": page.id,
        "tasks": page.tasks,
    });
    let Some(fields) = fields else { return full };
    let wanted = fields.split(',').chain(["id"]).map(str::trim);
    wanted.filter_map(|name| full.get(name).map(|value| (name.to_owned(), value.clone()))).collect()
}

/// The page token lives as long as the user token it comes from: for ever, when that one is long-lived.
fn page_token(world: &mut World, page: &Page, user_token: &Token) -> String {
    let kind = TokenKind::Page { page_id: page.id.clone(), parent: user_token.value.clone() };
    if let Some(token) = world.tokens.iter().find(|token| token.kind == kind && token.invalid.is_none()) {
        return token.value.clone();
    }
    let lifetime_ms = user_token.expires_at_ms.map(|at| at - user_token.issued_at_ms);
    let long_lived = lifetime_ms.is_none_or(|lifetime_ms| lifetime_ms > crate::clock::DAY_MS);
    let token = Token {
        value: ids::secret("EAAP"),
        kind,
        issued_at_ms: world.clock.now_ms(),
        expires_at_ms: if long_lived { None } else { user_token.expires_at_ms },
        grant: user_token.grant.clone(),
        invalid: None,
    };
    world.tokens.push(token.clone());
    token.value
}

fn encode(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

fn decode(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
