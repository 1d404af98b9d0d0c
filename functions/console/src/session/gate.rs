//! Before every page: who is it, and may they come in?

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use madoguchi_api::role_of;
use madoguchi_domain::session::{Session, way_back};
use madoguchi_runtime::fingerprint;
use serde_json::json;

use super::cookie::Kept;
use super::{Door, DoorError, page};
use crate::visitor::Visitor;

/// Puts the [`Visitor`] among the request's extensions; who is not signed in is sent to sign in, or told so.
pub(crate) async fn gate(State(door): State<Arc<Door>>, mut request: Request, next: Next) -> Response {
    // Whoever signs in needs them, too.
    if request.uri().path().starts_with("/console/assets/") {
        return next.run(request).await;
    }
    match door.session(request.headers()).await {
        Ok(Some(session)) => match role_of(&session.claims, &door.roles) {
            Some(role) => {
                let visitor = Visitor {
                    claims: session.claims.into(),
                    token: session.id_token.into(),
                    csrf: session.csrf.into(),
                    role,
                };
                request.extensions_mut().insert(visitor);
                next.run(request).await
            }
            None if is_part(&request) => problem(StatusCode::FORBIDDEN, "no_role", "You have no role here."),
            None => page::no_role(request.headers(), &session),
        },
        Ok(None) => stranger(&request),
        Err(error) if is_part(&request) => {
            tracing::warn!(%error, "Nobody could be let in");
            problem(StatusCode::SERVICE_UNAVAILABLE, "sign_in_unavailable", "Please try again in a moment.")
        }
        Err(error) => page::failed(&error, request.headers()),
    }
}

impl Door {
    /// The session of whoever sent these headers, if it has not ended.
    async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, DoorError> {
        let Some(id) = self.cookies.read(headers, Kept::Session).map(fingerprint) else { return Ok(None) };
        let Some(session) = self.sessions.read(&id).await? else { return Ok(None) };
        let now = self.clock.now();
        if session.is_over(self.limits, now) {
            self.sessions.end(&id).await?;
            return Ok(None);
        }
        let Some(session) = self.renewed(&id, session).await? else { return Ok(None) };
        if session.wants_noting(now) {
            // One that somebody has just ended stays so.
            let _ = self.sessions.note_use(&id, now).await?;
        }
        Ok(Some(session))
    }
}

/// Whether the page's script asks, which shows what it is told in the page.
fn is_part(request: &Request) -> bool {
    let page = matches!(*request.method(), Method::GET | Method::HEAD);
    !page || request.headers().contains_key("hx-request") || request.uri().path().starts_with("/console/api/")
}

fn stranger(request: &Request) -> Response {
    if is_part(request) {
        return problem(StatusCode::UNAUTHORIZED, "unauthenticated", "Please sign in.");
    }
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    let to = way_back(path).unwrap_or("/console");
    let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    Redirect::to(&format!("/console/sign-in?to={to}")).into_response()
}

/// The shape of the API's own errors (RFC 9457), as far as scripts read it.
fn problem(status: StatusCode, id: &str, message: &str) -> Response {
    let told = json!({
        "type": format!("urn:madoguchi:error:{id}"),
        "status": status.as_u16(),
        "error": { "id": id, "message": message, "request_id": "-" },
    });
    let mut response = (status, Json(told)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
