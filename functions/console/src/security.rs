//! What every answer of the console carries, and what every change must.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq as _;

use crate::visitor::Visitor;

/// What pages must send to change something; a page of another origin can not.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// What a page may load and talk to.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    page: HeaderValue,
    frame: HeaderValue,
}

impl Policy {
    /// Files lie at `media`, live updates are at `live`, and `embedders` may show a chat in a frame; all of them origins.
    pub(crate) fn new(media: &str, live: &str, embedders: &str) -> Self {
        let with = |ancestors: &str| {
            let policy = format!(
                "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
                 img-src 'self' data: blob: {media}; media-src 'self' blob: {media}; \
                 connect-src 'self' {live} {media}; manifest-src 'self'; worker-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
            );
            HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
        };
        let embedders = if embedders.trim().is_empty() { "'none'" } else { embedders };
        Self { page: with("'none'"), frame: with(embedders) }
    }
}

/// Whether an answer may be shown in another site's frame; put among its extensions.
#[derive(Clone, Copy)]
pub(crate) struct Framed;

/// Adds what browsers need to know to every answer.
pub(crate) async fn head(State(policy): State<Arc<Policy>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let framed = response.extensions().get::<Framed>().is_some();
    let headers = response.headers_mut();
    let policy = if framed { &policy.frame } else { &policy.page };
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let closed = "camera=(), microphone=(), geolocation=(), payment=()";
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(closed));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses what would change something and does not come from our own page.
pub(crate) async fn from_own_page(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let sent = request.headers().get(CSRF_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    let expected = request.extensions().get::<Visitor>().map(|visitor| visitor.csrf.clone());
    let same = expected.is_some_and(|csrf| !csrf.is_empty() && bool::from(csrf.as_bytes().ct_eq(sent)));
    if same { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}
