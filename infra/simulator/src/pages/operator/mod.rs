//! The plain page to answer as an operator: signs in at the identity provider, calls the product's API.

mod login;
mod proxy;
mod session;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::json;

pub(crate) use self::session::Sessions;
use crate::shared::Shared;

/// A page elsewhere can make a browser send a request here, but not with this header.
const OWN_PAGE_HEADER: &str = "x-operator-page";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/operator/session", get(current))
        .route("/operator/login", post(login::log_in))
        .route("/operator/logout", post(login::log_out))
        .route("/operator/api/{*path}", any(proxy::forward))
        .layer(middleware::from_fn(only_own_page))
}

async fn only_own_page(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if safe || request.headers().contains_key(OWN_PAGE_HEADER) {
        return next.run(request).await;
    }
    problem(StatusCode::FORBIDDEN, "foreign_page", "The request did not come from the operator page.")
}

/// Who is signed in, and whether the product can be reached at all.
async fn current(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let ready = shared.targets().api_base().is_some() && shared.targets().cognito().is_some();
    let person = session::id_from(&headers).and_then(|id| shared.sessions.get(&id));
    let person = person.map(|session| json!({"email": session.email, "groups": session.groups}));
    Json(json!({"ready": ready, "person": person, "demo_logins": shared.targets().demo_logins()}))
        .into_response()
}

/// The same shape as the product's own errors, so that the page needs to know only one.
fn problem(status: StatusCode, id: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"id": id, "message": message, "request_id": null}}))).into_response()
}
