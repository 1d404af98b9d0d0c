//! `Idempotency-Key`: what is posted twice under one key is done once (OPS-1).
//!
//! It costs nothing unless the header is there, and then two writes. Only successes are kept: what was refused may be put
//! right and sent again under the same key. Whoever crashes in the middle leaves the key taken for a minute.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use madoguchi_runtime::{Clock, sha256};
use madoguchi_store::Requests;
use madoguchi_store::requests::{Begun, KeptAnswer};
use serde_json::Value;

use crate::input::{BODY_LIMIT_BYTES, IdempotencyKey};
use crate::{ApiError, Operator};

/// Routes whose answer must not be repeated: replies and notes have keys of their own, which live as long as they; forms
/// for uploads and logins are good for minutes and once.
pub(crate) const EXEMPT: [&str; 5] = [
    "/api/conversations/{conversation}/messages",
    "/api/conversations/{conversation}/notes",
    "/api/conversations/{conversation}/uploads",
    "/api/me/picture/uploads",
    "/api/setups/{setup}/facebook",
];
/// Tells that an answer is one of before.
const REPLAYED: &str = "idempotency-replayed";

#[derive(Debug)]
struct Once {
    requests: Requests,
    clock: Clock,
}

/// `routes`, which do once what is posted under one key, and what machines ask within their limits; `requests` has what
/// was answered, and counts.
pub fn once(routes: Router, requests: Requests, clock: Clock) -> Router {
    let once = Arc::new(Once { requests, clock });
    routes
        .route_layer(from_fn_with_state(Arc::clone(&once), answer_once))
        .route_layer(from_fn_with_state(once, within_limits))
}

/// A machine may send so many requests and no more (see [`Requests::count`]); people are limited by the gateway alone.
async fn within_limits(State(once): State<Arc<Once>>, request: Request, next: Next) -> Response {
    let machine = request.extensions().get::<Operator>().filter(|caller| caller.is_machine());
    if let Some(machine) = machine {
        match once.requests.count(&machine.id.0, once.clock.now()).await {
            Ok(None) => {}
            Ok(Some(wait)) => {
                let after_secs = u64::try_from(wait.as_secs_ceil()).unwrap_or(1).max(1);
                return ApiError::TooManyRequests { after_secs }.into_response();
            }
            // A count that cannot be had is no reason to refuse what can be done.
            Err(error) => tracing::warn!(%error, "A machine's request was not counted"),
        }
    }
    next.run(request).await
}

async fn answer_once(State(once): State<Arc<Once>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let has_key = request.headers().contains_key("idempotency-key");
    if request.method() != Method::POST || !has_key || EXEMPT.contains(&path) {
        return next.run(request).await;
    }
    once.answer(request, next).await.unwrap_or_else(IntoResponse::into_response)
}

impl Once {
    async fn answer(&self, request: Request, next: Next) -> Result<Response, ApiError> {
        let (mut parts, body) = request.into_parts();
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(&mut parts, &()).await?;
        let Some(caller) = parts.extensions.get::<Operator>() else {
            return Err(ApiError::Unauthenticated);
        };
        let key = format!("once#{}#{key}", caller.id.0);
        let body = to_bytes(body, BODY_LIMIT_BYTES)
            .await
            .map_err(|_| ApiError::BodyTooLarge { limit_bytes: BODY_LIMIT_BYTES })?;
        let fingerprint = fingerprint(parts.uri.path_and_query().map_or("", |uri| uri.as_str()), &body);
        match self.requests.begin(&key, &fingerprint, self.clock.now()).await? {
            Begun::First => {}
            Begun::Answered(answer) => return Ok(repeated(answer)),
            Begun::Running => return Err(ApiError::RequestRunning),
            Begun::Another => return Err(ApiError::IdempotencyKeyMismatch),
        }
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        if !response.status().is_success() {
            note(self.requests.abandon(&key).await);
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let detail = |error: axum::Error| ApiError::Internal { detail: error.to_string() };
        let body = to_bytes(body, usize::MAX).await.map_err(detail)?;
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let answer = KeptAnswer {
            status: head.status.as_u16(),
            content_type: content_type.map(str::to_owned),
            body: without_secret(&body),
        };
        note(self.requests.finish(&key, &answer).await);
        Ok(Response::from_parts(head, Body::from(body)))
    }
}

/// What was asked for is done; that this was not written down is no reason to say otherwise.
fn note(kept: Result<(), madoguchi_store::StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(%error, "What a request was answered is not kept");
    }
}

fn fingerprint(uri: &str, body: &Bytes) -> String {
    sha256(&[uri.as_bytes(), b"\n", body].concat())
}

fn repeated(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    response.headers_mut().remove(CONTENT_TYPE);
    if let Some(kind) = answer.content_type.and_then(|kind| HeaderValue::from_str(&kind).ok()) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// A secret is shown once and kept nowhere.
fn without_secret(body: &Bytes) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(mut fields)) if fields.contains_key("secret") => {
            fields.remove("secret");
            Value::Object(fields).to_string()
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}
