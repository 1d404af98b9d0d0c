//! `Idempotency-Key`: what is posted twice under one key is done once (OPS-1).
//!
//! It costs nothing unless the header is there, and then two writes. Only successes are kept: what was refused may be put
//! right and sent again under the same key. Whoever crashes in the middle leaves the key taken for a minute, and then it is
//! done again; what has an id of its own derives it from [`RequestKey`], so that this finds what was done.
//!
//! Nothing that a customer said or is called is kept: where an answer shows a conversation or a ticket, a repetition reads it
//! anew, as whoever asks may see it by then.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use lambda_http::Service as _;
use madoguchi_runtime::{Clock, sha256};
use madoguchi_store::Requests;
use madoguchi_store::requests::{Begun, KeptAnswer};
use serde_json::Value;

use crate::input::{BODY_LIMIT_BYTES, IdempotencyKey};
use crate::{ApiError, Operator};

/// Routes whose answer must not be repeated: replies and notes have keys of their own, which live as long as they; forms
/// for uploads and logins and tickets for live updates are good for minutes and once; and what is only tried out does nothing.
pub(crate) const EXEMPT: [&str; 9] = [
    "/api/conversations/{conversation}/messages",
    "/api/conversations/{conversation}/notes",
    "/api/conversations/{conversation}/uploads",
    "/api/me/picture/uploads",
    "/api/setups/{setup}/facebook",
    "/api/live/tickets",
    "/api/templates/{template}/preview",
    "/api/brands/{brand}/profanity/test",
    "/api/channels/{channel}/bot/test",
];
/// Routes of one message: of their answer nothing but its id is kept.
const MESSAGE: &str = "/api/conversations/{conversation}/messages/{message}/";
/// Routes that answer with the conversation or with the ticket.
const CONVERSATION: &str = "/api/conversations/{conversation}/";
const TICKETS: &str = "/api/tickets";
/// Tells that an answer is one of before.
const REPLAYED: &str = "idempotency-replayed";

/// What tells a request with a key from every other: by its caller, key, route and body.
#[derive(Clone, Debug)]
pub(crate) struct RequestKey(pub(crate) String);

#[derive(Debug)]
struct Once {
    requests: Requests,
    clock: Clock,
    /// The routes themselves, for what is read anew.
    routes: Router,
}

/// `routes`, which do once what is posted under one key, and what machines ask within their limits; `requests` has what
/// was answered, and counts.
pub fn once(routes: Router, requests: Requests, clock: Clock) -> Router {
    let once = Arc::new(Once { requests, clock, routes: routes.clone() });
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
        let Some(caller) = parts.extensions.get::<Operator>().cloned() else {
            return Err(ApiError::Unauthenticated);
        };
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        let path = parts.uri.path().to_owned();
        let key = format!("once#{}#{key}", caller.id.0);
        let body = to_bytes(body, BODY_LIMIT_BYTES)
            .await
            .map_err(|_| ApiError::BodyTooLarge { limit_bytes: BODY_LIMIT_BYTES })?;
        let fingerprint = fingerprint(parts.uri.path_and_query().map_or("", |uri| uri.as_str()), &body);
        match self.requests.begin(&key, &fingerprint, self.clock.now()).await? {
            Begun::First => {}
            Begun::Answered(answer) => return Ok(self.repeated(answer, caller).await),
            Begun::Running => return Err(ApiError::RequestRunning),
            Begun::Another => return Err(ApiError::IdempotencyKeyMismatch),
        }
        parts.extensions.insert(RequestKey(format!("{key}#{fingerprint}")));
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        if !response.status().is_success() {
            note(self.requests.abandon(&key).await);
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        let detail = |error: axum::Error| ApiError::Internal { detail: error.to_string() };
        let body = to_bytes(body, usize::MAX).await.map_err(detail)?;
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let status = head.status.as_u16();
        let answer = match shown_at(&route, &path, &body) {
            Some(place) => KeptAnswer { status, shown_at: Some(place), ..KeptAnswer::default() },
            None => KeptAnswer {
                status,
                content_type: header(CONTENT_TYPE),
                etag: header(ETAG),
                shown_at: None,
                body: if route.starts_with(MESSAGE) { only_id(&body) } else { without_secret(&body) },
            },
        };
        note(self.requests.finish(&key, &answer).await);
        Ok(Response::from_parts(head, Body::from(body)))
    }

    /// The answer of before. What it shows is read anew, as `caller` may see it now; if they may not, that is the answer.
    async fn repeated(&self, answer: KeptAnswer, caller: Operator) -> Response {
        let Some(place) = &answer.shown_at else { return kept(answer) };
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = place.parse().unwrap_or_default();
        request.extensions_mut().insert(caller);
        let Ok(mut response) = self.routes.clone().call(request).await;
        if response.status().is_success() {
            *response.status_mut() = status(&answer);
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
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

/// Where the conversation or the ticket is read that a route answers with.
fn shown_at(route: &str, path: &str, body: &Bytes) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    if route == TICKETS {
        let ticket: Value = serde_json::from_slice(body).ok()?;
        return Some(format!("{TICKETS}/{}", ticket.get("number")?.as_u64()?));
    }
    let verb = route.strip_prefix(CONVERSATION)?;
    let place = path.strip_suffix(verb)?.strip_suffix('/')?;
    Some(place.to_owned())
}

fn status(answer: &KeptAnswer) -> StatusCode {
    StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK)
}

fn kept(answer: KeptAnswer) -> Response {
    let mut response = (status(&answer), answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    for (name, value) in [(CONTENT_TYPE, answer.content_type), (ETAG, answer.etag)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn only_id(body: &Bytes) -> String {
    let shown: Value = serde_json::from_slice(body).unwrap_or_default();
    serde_json::json!({ "id": shown["id"] }).to_string()
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
