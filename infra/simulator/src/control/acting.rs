//! Playing the customer, and bodies made by hand.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Person, done};
use crate::{
    customer::{self, ActError},
    deliver::{self, Signature},
    model::{Act, Provider},
    shared::Shared,
};

type Control = State<Arc<Shared>>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/act", post(act))
        .route("/control/batch", post(batch))
        .route("/control/see", post(see))
        .route("/control/open", post(open))
        .route("/control/person", post(person))
        .route("/control/peer", get(peer))
        .route("/control/deliver", post(deliver_raw))
        .route("/control/redeliver", post(redeliver))
        .route("/control/handshake", post(handshake))
}

async fn act(State(shared): Control, Json(act): Json<Act>) -> Response {
    match customer::act(&shared, &act).await {
        Ok(performed) => Json(json!(performed)).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn batch(State(shared): Control, Json(acts): Json<Vec<Act>>) -> Response {
    match customer::batch(&shared, &acts).await {
        Ok(webhook) => Json(json!({"webhook": webhook})).into_response(),
        Err(error) => error.into_response(),
    }
}

#[derive(Deserialize)]
struct See {
    provider: Option<Provider>,
    account: Option<String>,
    customer: Option<String>,
    #[serde(default = "yes")]
    read: bool,
}

const fn yes() -> bool {
    true
}

async fn see(State(shared): Control, Json(see): Json<See>) -> Response {
    let (account, customer) = (see.account.as_deref(), see.customer.as_deref());
    let seen = match see.provider {
        Some(Provider::WhatsApp) => customer::seen::open_whatsapp(&shared, account, customer).await,
        Some(Provider::Line | Provider::Sms) => Ok(Vec::new()),
        Some(Provider::Messenger) | None => customer::seen::see(&shared, account, customer, see.read).await,
    };
    match seen {
        Ok(webhooks) => Json(json!({"webhooks": webhooks})).into_response(),
        Err(error) => error.into_response(),
    }
}

#[derive(Deserialize)]
struct Opening {
    message_id: String,
}

async fn open(State(shared): Control, Json(opening): Json<Opening>) -> Json<Value> {
    Json(json!({"opened": super::open(&shared, &opening.message_id).await}))
}

#[derive(Deserialize)]
struct Whom {
    provider: Provider,
    account: Option<String>,
    customer: Option<String>,
}

#[derive(Deserialize)]
struct PersonChange {
    #[serde(flatten)]
    whom: Whom,
    #[serde(flatten)]
    person: Person,
}

async fn person(State(shared): Control, Json(change): Json<PersonChange>) -> Response {
    let Whom { provider, account, customer } = change.whom;
    match super::set_person(&shared, provider, account.as_deref(), customer.as_deref(), &change.person) {
        Ok(()) => done().into_response(),
        Err(error) => error.into_response(),
    }
}

async fn peer(State(shared): Control, Query(whom): Query<Whom>) -> Response {
    match super::peer(&shared, whom.provider, whom.account.as_deref(), whom.customer.as_deref()) {
        Ok(peer) => Json(json!({"peer": peer})).into_response(),
        Err(error) => error.into_response(),
    }
}

#[derive(Deserialize)]
struct RawDelivery {
    provider: Provider,
    account: String,
    body: String,
    #[serde(default = "valid")]
    signature: Signature,
    #[serde(default = "once")]
    times: usize,
}

const fn valid() -> Signature {
    Signature::Valid
}

const fn once() -> usize {
    1
}

async fn deliver_raw(State(shared): Control, Json(raw): Json<RawDelivery>) -> Json<Value> {
    let sent =
        deliver::send_raw(&shared, raw.provider, &raw.account, &raw.body, &raw.signature, raw.times).await;
    Json(json!({"webhooks": sent}))
}

#[derive(Deserialize)]
struct Redelivery {
    webhook_id: u64,
    #[serde(default = "once")]
    times: usize,
}

async fn redeliver(State(shared): Control, Json(again): Json<Redelivery>) -> Response {
    let earlier =
        shared.read(|world| world.webhooks.iter().find(|webhook| webhook.id == again.webhook_id).cloned());
    let Some(earlier) = earlier else {
        return (StatusCode::NOT_FOUND, Json(json!({"error": "no such webhook"}))).into_response();
    };
    let repeats = (0..again.times).map(|_| deliver::redeliver(&shared, &earlier));
    let sent = futures::future::join_all(repeats).await;
    Json(json!({"webhooks": sent})).into_response()
}

#[derive(Deserialize)]
struct HandshakeRequest {
    verify_token: Option<String>,
}

async fn handshake(State(shared): Control, Json(request): Json<HandshakeRequest>) -> Json<Value> {
    Json(json!(super::handshake(&shared, request.verify_token.as_deref()).await))
}

impl IntoResponse for ActError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotPossible(_) | Self::MixedBatch => StatusCode::CONFLICT,
            _ => StatusCode::NOT_FOUND,
        };
        (status, Json(json!({"error": self.to_string()}))).into_response()
    }
}
