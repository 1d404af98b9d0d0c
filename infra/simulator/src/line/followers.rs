//! `GET /v2/bot/followers/ids`: friends who have not blocked the account.

use serde_json::{Value, json};

use super::LineError;
use crate::{model::Provider, provider::ApiRequest, shared::Shared};

const DEFAULT_LIMIT: usize = 300;
const MOST: usize = 1_000;

pub(super) fn list(shared: &Shared, channel: &str, request: &ApiRequest) -> Result<Value, LineError> {
    let value =
        |name: &str| request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let limit = value("limit").map_or(Ok(DEFAULT_LIMIT), str::parse).ok();
    let limit = limit
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| LineError::bad("The value for the 'limit' parameter is invalid"))?;
    let start = value("start").map_or(Ok(0), str::parse::<usize>);
    let start = start.map_err(|_| LineError::bad("The value for the 'start' parameter is invalid"))?;
    shared.read(|world| {
        let threads = world.threads.values().filter(|thread| {
            thread.provider == Provider::Line && thread.account == channel && thread.friend && !thread.blocked
        });
        let all: Vec<&str> = threads.map(|thread| thread.peer.as_str()).collect();
        let ids: Vec<&str> = all.iter().copied().skip(start).take(limit).collect();
        let end = start + ids.len();
        let mut answer = json!({"userIds": ids});
        if end < all.len() {
            answer["next"] = end.to_string().into();
        }
        Ok(answer)
    })
}
