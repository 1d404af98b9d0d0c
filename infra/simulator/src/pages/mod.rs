//! Everything that is served: the providers, the control routes, and the two pages for people.

mod customer;
mod files;
mod language;
mod media;
pub(crate) mod operator;
mod webhook_line;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, connect_info::IntoMakeServiceWithConnectInfo},
    http::{HeaderMap, HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{control, provider, server, shared::Shared};

/// Nothing inline and nothing from elsewhere. Pictures may come from the other spelling of this machine's
/// name, because profile pictures carry the address that the product was given.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     img-src 'self' data: http://127.0.0.1:* http://localhost:*; media-src 'self' http://127.0.0.1:* \
     http://localhost:*; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

const CONTROL_BODY_LIMIT_BYTES: usize = 32 * 1024 * 1024;

pub(crate) fn router(shared: Arc<Shared>) -> IntoMakeServiceWithConnectInfo<Router, server::Switch> {
    Router::new()
        .route("/", get(landing))
        .route("/operator", get(async || page(include_str!("assets/operator.html"))))
        .route("/assets/style.css", get(async || asset("text/css", include_str!("assets/style.css"))))
        .route("/assets/customer.css", get(async || asset("text/css", include_str!("assets/customer.css"))))
        .route("/assets/dom.js", get(async || script(include_str!("assets/dom.js"))))
        .route("/assets/customer.js", get(async || script(include_str!("assets/customer.js"))))
        .route("/assets/phone.js", get(async || script(include_str!("assets/phone.js"))))
        .route("/assets/bubble.js", get(async || script(include_str!("assets/bubble.js"))))
        .route("/assets/offers.js", get(async || script(include_str!("assets/offers.js"))))
        .route("/assets/icons.js", get(async || script(include_str!("assets/icons.js"))))
        .route("/assets/words.js", get(async || script(include_str!("assets/words.js"))))
        .route("/assets/operator.js", get(async || script(include_str!("assets/operator.js"))))
        .route("/favicon.ico", get(async || asset("image/svg+xml", include_str!("assets/icon.svg"))))
        .route("/customer/view", get(customer::view))
        .route("/media/{name}", get(media::picture))
        .route("/customer/senders/{id}", get(files::sender))
        .route("/files/{id}", get(files::file))
        .route("/files/{id}/preview", get(files::preview))
        .merge(operator::router())
        .merge(control::router())
        .fallback(provider::dispatch)
        .with_state(shared)
        .layer(DefaultBodyLimit::max(CONTROL_BODY_LIMIT_BYTES))
        .layer(middleware::from_fn(server::only_local_names))
        .layer(middleware::from_fn(server::cut_when_asked))
        .into_make_service_with_connect_info()
}

/// In the language that the browser asks for; the page itself can be told otherwise.
async fn landing(headers: HeaderMap) -> Response {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let language = language::chosen(wanted.unwrap_or_default());
    let html =
        include_str!("assets/customer.html").replacen("lang=\"ja\"", &format!("lang=\"{language}\""), 1);
    let mut response = page(html);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

fn page(html: impl Into<Body>) -> Response {
    let mut response = asset("text/html", html);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

fn script(source: &'static str) -> Response {
    asset("text/javascript", source)
}

fn asset(kind: &str, content: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, content.into()).into_response()
}
