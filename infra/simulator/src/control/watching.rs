//! Looking behind the stage, and starting over.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::done;
use crate::{model::Provider, shared::Shared, state::World};

type Control = State<Arc<Shared>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/health", get(async || Json(json!({"ok": true}))))
        .route("/control/state", get(async |State(shared): Control| Json(super::overview(&shared))))
        .route(
            "/control/calls",
            get(async |State(shared): Control| Json(shared.read(|world| json!(world.calls)))),
        )
        .route(
            "/control/webhooks",
            get(async |State(shared): Control| Json(shared.read(|world| json!(world.webhooks)))),
        )
        .route(
            "/control/violations",
            get(async |State(shared): Control| Json(shared.read(|world| json!(world.violations)))),
        )
        .route("/control/sent", get(sent))
        .route(
            "/control/secrets",
            get(async |State(shared): Control| {
                Json(json!({"items": shared.read(|world| json!(super::secrets::all(world)))}))
            }),
        )
        .route(
            "/control/shown",
            get(async |State(shared): Control| Json(json!({"items": shared.read(super::shown)}))),
        )
        .route("/control/reset", post(reset))
}

#[derive(Deserialize)]
struct SentFilter {
    provider: Option<Provider>,
    account: Option<String>,
    recipient: Option<String>,
}

async fn sent(State(shared): Control, Query(filter): Query<SentFilter>) -> Json<Value> {
    let mut sent = shared.read(super::sent);
    sent.retain(|message| {
        let recipients = [Some(&message.recipient), message.customer.as_ref()];
        filter.provider.is_none_or(|provider| message.provider == provider)
            && filter.account.as_ref().is_none_or(|account| message.account == *account)
            && (filter.recipient.is_none() || recipients.contains(&filter.recipient.as_ref()))
    });
    Json(json!({"items": sent}))
}

async fn reset(State(shared): Control) -> Json<Value> {
    shared.change(World::reset);
    done()
}
