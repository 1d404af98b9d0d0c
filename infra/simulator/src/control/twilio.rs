//! The Twilio account, its numbers, and status callbacks made by hand.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{TwilioChange, done};
use crate::{shared::Shared, twilio::status};

type Control = State<Arc<Shared>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/twilio/account", post(account))
        .route("/control/twilio/sender", post(sender))
        .route("/control/twilio/service", post(service))
        .route("/control/twilio/template", post(template))
        .route("/control/twilio/status", post(tell))
}

async fn account(State(shared): Control, Json(change): Json<TwilioChange>) -> Json<Value> {
    shared.change(|world| super::change_twilio(world, change));
    done()
}

#[derive(Deserialize)]
struct SenderChange {
    address: String,
    connection: Option<String>,
    fallback: Option<String>,
    uses_get: Option<bool>,
    inbound: Option<String>,
    application: Option<String>,
    unlisted: Option<bool>,
    offline: Option<bool>,
}

/// Changes a sender, or adds one.
async fn sender(State(shared): Control, Json(change): Json<SenderChange>) -> Json<Value> {
    shared.change(|world| {
        let sender = super::twilio_sender(world, &change.address);
        sender.connection = change.connection.unwrap_or_else(|| sender.connection.clone());
        sender.fallback = change.fallback.or(sender.fallback.take());
        sender.uses_get = change.uses_get.unwrap_or(sender.uses_get);
        sender.inbound = change.inbound.or(sender.inbound.take());
        sender.application = change.application.or(sender.application.take()).filter(|sid| !sid.is_empty());
        sender.unlisted = change.unlisted.unwrap_or(sender.unlisted);
        sender.offline = change.offline.unwrap_or(sender.offline);
    });
    done()
}

#[derive(Deserialize)]
struct ServiceChange {
    sid: String,
    senders: Vec<String>,
}

async fn service(State(shared): Control, Json(change): Json<ServiceChange>) -> Json<Value> {
    shared.change(|world| super::set_twilio_service(world, &change.sid, change.senders));
    done()
}

#[derive(Deserialize)]
struct NewTemplate {
    sid: String,
    text: String,
    error_code: Option<u32>,
}

async fn template(State(shared): Control, Json(new): Json<NewTemplate>) -> Json<Value> {
    shared.change(|world| super::add_twilio_template(world, &new.sid, &new.text, new.error_code));
    done()
}

#[derive(Deserialize)]
struct StatusOf {
    sid: String,
    status: String,
    error_code: Option<u32>,
}

async fn tell(State(shared): Control, Json(of): Json<StatusOf>) -> Response {
    match status::tell_once(&shared, &of.sid, &of.status, of.error_code).await {
        Some(webhook) => Json(json!({"webhook": webhook})).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "no such message with a status callback"})))
            .into_response(),
    }
}
