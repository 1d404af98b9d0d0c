//! The console: where operators and administrators work (CON-1). Pages are made here; what they show and do comes from the
//! API alone, called as any other client calls it, so that no rule is written twice.

// The tables of words for scripts are long.
#![recursion_limit = "256"]
#![expect(
    clippy::struct_field_names,
    clippy::struct_excessive_bools,
    reason = "what reads the API's answers has their shape"
)]

mod assets;
mod backend;
mod error;
mod keys;
mod moment;
mod pages;
mod parts;
pub mod remote;
mod security;
mod session;
mod shell;
mod view;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, Method};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use madoguchi_runtime::Clock;
use tower_http::compression::CompressionLayer;

pub use backend::Backend;
pub use session::Door;
pub use visitor::Visitor;

use view::View;

/// What pages are made with.
#[derive(Clone, Debug)]
pub struct Console {
    /// The API.
    pub backend: Backend,
    /// Tells the time.
    pub clock: Clock,
    /// The origin where files lie, such as `https://bucket.s3.eu-west-1.amazonaws.com`.
    pub media: String,
    /// The origin of live updates, such as `wss://abc.execute-api.eu-west-1.amazonaws.com`.
    pub live: String,
    /// Origins that may show a chat in a frame, separated by spaces; empty for none.
    pub embedders: String,
}

/// The console as it is reached: its pages behind the door.
pub fn behind(door: Door, console: Console) -> Router {
    Router::new()
        .route("/", get(async || Redirect::to("/console")))
        .merge(pages(console).layer(from_fn_with_state(Arc::new(door.clone()), session::gate)))
        .merge(session::routes(door))
        .layer(map_response(security::kept_nowhere))
}

/// The console's pages, for who is let in: whatever is laid around them puts a [`Visitor`] among each request's extensions.
pub fn pages(console: Console) -> Router {
    let policy = security::Policy::new(&console.media, &console.live, &console.embedders);
    let signed_in = Router::new()
        .route("/console", get(enter))
        .route("/console/", get(enter))
        .route("/console/api/{*path}", any(api))
        .merge(pages::routes())
        .merge(session::signed_in_routes())
        .fallback(async |view: View| error::PageError::no_page(&view).into_response())
        .layer(from_fn(security::from_own_page));
    Router::new()
        .route("/console/assets/{version}/{*name}", get(assets::serve))
        .merge(signed_in)
        .with_state(Arc::new(console))
        .layer(CompressionLayer::new().gzip(true))
        .layer(from_fn_with_state(Arc::new(policy), security::head))
}

/// Where everybody begins: in the inbox, or in the wizard if the browser comes back from a provider's login.
async fn enter(RawQuery(query): RawQuery) -> Response {
    pages::way_back(query.as_deref()).unwrap_or_else(|| Redirect::to("/console/inbox").into_response())
}

/// The API for the page's own scripts, which have a session and no token.
async fn api(
    view: View,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let path = view.path.strip_prefix("/console").unwrap_or_default();
    let path = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    view.call(method, &path, &headers, body).await
}
