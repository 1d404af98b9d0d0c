//! Where errors become answers: logged once, and told with the request's id.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Extensions, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, http};
use lambda_http::RequestExt;
use madoguchi_domain::Language;
use serde::Serialize;

use crate::ApiError;
use crate::auth::language;
use crate::error::{AssigneeView, Length};
use crate::etag::{IfNoneMatch, tag};

/// What errors are told as (RFC 9457).
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Problem details (RFC 9457). `error` says the same in the API's first form, which programs go by, and more.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Error))]
struct Problem<'a> {
    /// A name that is no address: `urn:madoguchi:error:{id}`.
    #[serde(rename = "type")]
    kind: String,
    /// The same for every occurrence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// As `error.message`.
    detail: String,
    /// As `error.request_id`, which is a relative reference (RFC 3986).
    instance: &'a str,
    /// As it is now, of what somebody else has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    current: Option<&'a serde_json::Value>,
    error: Told<'a>,
}

/// The error as programs and people read it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = ErrorDetails))]
struct Told<'a> {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ErrorId))]
    id: &'static str,
    /// What happened and what to do, for people.
    message: String,
    /// Why; only of what stands in the way of a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    cause: Option<&'static str>,
    /// What to do; the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    remedy: Option<&'static str>,
    /// Of `text_too_long`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    text: Option<Length>,
    /// Of `reply_window_over_by_then`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    window_ends_at: Option<String>,
    /// Of `assignee_changed` and `only_the_assignee`. Whose the conversation is; nulls for nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    assignee: Option<AssigneeView>,
    request_id: &'a str,
}

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(Problem<'static>)))]
pub(crate) struct Described;

/// The id under which Lambda logs this request; `-` outside Lambda.
pub fn request_id(extensions: &Extensions) -> &str {
    extensions.lambda_context_ref().map_or("-", |context| context.request_id.as_str())
}

pub(crate) async fn answer(request: Request, next: Next) -> Response {
    let id = request_id(request.extensions()).to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let language = language(request.headers());
    let had = IfNoneMatch::of(&method, request.headers());
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        log(&error, &method, &route);
        response = told(&error, language, &id);
    }
    // What customers write must not stay behind in a shared browser; what is open to everybody says itself that it may.
    response.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    had.answer(response)
}

/// `conversation_not_found` is titled `Conversation not found`.
fn title(id: &str) -> String {
    let mut title = id.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

pub(crate) fn told(error: &ApiError, language: Language, request_id: &str) -> Response {
    let known = error.problem().map(|(problem, kind)| problem.text(kind, language));
    let told = Told {
        id: error.public_id(),
        message: error.message(language),
        cause: known.map(|text| text.cause),
        remedy: known.map(|text| text.remedy),
        text: error.length(),
        window_ends_at: error.window_ends_at().map(|at| at.to_string()),
        assignee: error.assignee(),
        request_id,
    };
    let status = error.status();
    let problem = Problem {
        kind: format!("urn:madoguchi:error:{}", told.id),
        title: title(told.id),
        status: status.as_u16(),
        detail: told.message.clone(),
        instance: request_id,
        current: error.current().map(|(_, current)| current),
        error: told,
    };
    let mut response = (status, Json(problem)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, PROBLEM);
    match error {
        ApiError::Unauthenticated => {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        ApiError::ChangedMeanwhile { version, .. } => {
            response.headers_mut().insert(ETAG, tag(*version));
        }
        ApiError::TooManyRequests { after_secs } => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*after_secs));
        }
        ApiError::Busy { .. } | ApiError::RequestRunning => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    response
}

// Neither the path nor the caller's text: they may hold what a customer or an administrator wrote.
fn log(error: &ApiError, method: &http::Method, route: &str) {
    let (id, detail) = (error.public_id(), error.detail().unwrap_or_default());
    match error {
        ApiError::Internal { .. } => {
            tracing::error!(error.id = id, %method, route, detail, "Failed to answer `{method} {route}`");
        }
        ApiError::Busy { .. } => {
            tracing::warn!(error.id = id, %method, route, detail, "Too busy for `{method} {route}`");
        }
        _ => tracing::debug!(error.id = id, %method, route, "Refused `{method} {route}`: {id}"),
    }
}
