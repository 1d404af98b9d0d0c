//! Tokens and secrets that die and come back.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::done;
use crate::{shared::Shared, state::Token};

type Control = State<Arc<Shared>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/messenger/invalidate", post(invalidate))
        .route("/control/messenger/login", post(log_in))
        .route("/control/messenger/grant", post(grant))
        .route("/control/messenger/code", post(code))
        .route("/control/messenger/app", post(app))
        .route("/control/line/secret", post(line_secret))
        .route("/control/line/revoke", post(line_revoke))
}

#[derive(Deserialize)]
struct Invalidation {
    /// One token; without it and without a page, every one.
    token: Option<String>,
    page: Option<String>,
    subcode: Option<i64>,
    message: Option<String>,
}

async fn invalidate(State(shared): Control, Json(wanted): Json<Invalidation>) -> Json<Value> {
    let count = shared.change(|world| {
        let of_page = wanted.page.as_deref().map(super::of_page);
        let chosen = |token: &Token| {
            wanted.token.as_ref().is_none_or(|value| token.value == *value)
                && of_page.as_ref().is_none_or(|of_page| of_page(token))
        };
        super::invalidate(world, chosen, wanted.subcode, wanted.message.as_deref())
    });
    Json(json!({"tokens": count}))
}

async fn log_in(State(shared): Control) -> Json<Value> {
    Json(json!({"user_token": shared.change(super::log_in)}))
}

#[derive(Deserialize)]
struct GrantChange {
    /// Whose; the app's usual person if left out.
    person: Option<String>,
    declined: Option<Vec<String>>,
    pages: Option<Vec<String>>,
}

async fn grant(State(shared): Control, Json(change): Json<GrantChange>) -> Json<Value> {
    let count = shared.change(|world| {
        let person = change.person.unwrap_or_else(|| world.app.user_id.clone());
        super::change_grant(world, &person, change.declined.as_deref(), change.pages.as_deref())
    });
    Json(json!({"tokens": count}))
}

#[derive(Deserialize)]
struct NewCode {
    redirect_uri: String,
}

async fn code(State(shared): Control, Json(new): Json<NewCode>) -> Json<Value> {
    Json(json!({"code": shared.change(|world| super::issue_code(world, &new.redirect_uri))}))
}

#[derive(Deserialize)]
struct AppChange {
    secret: Option<String>,
    verify_token: Option<String>,
    require_proof: Option<bool>,
    redirect_uris: Option<Vec<String>>,
}

async fn app(State(shared): Control, Json(change): Json<AppChange>) -> Json<Value> {
    shared.change(|world| {
        let app = &mut world.app;
        app.secret = change.secret.unwrap_or_else(|| app.secret.clone());
        app.verify_token = change.verify_token.unwrap_or_else(|| app.verify_token.clone());
        app.redirect_uris = change.redirect_uris.unwrap_or_else(|| app.redirect_uris.clone());
        app.require_proof = change.require_proof.unwrap_or(app.require_proof);
    });
    done()
}

#[derive(Deserialize)]
struct ChannelSecret {
    channel: String,
    secret: Option<String>,
}

async fn line_secret(State(shared): Control, Json(change): Json<ChannelSecret>) -> Json<Value> {
    let secret =
        shared.change(|world| super::rotate_line_secret(world, &change.channel, change.secret.as_deref()));
    Json(json!({"secret": secret}))
}

async fn line_revoke(State(shared): Control, Json(which): Json<ChannelSecret>) -> Json<Value> {
    shared.change(|world| super::revoke_line_tokens(world, &which.channel));
    done()
}
