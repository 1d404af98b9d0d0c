//! `ETag` and `If-Match`: who changes what somebody else has changed meanwhile is told so, if they ask for it (OPS-1).
//!
//! Who has it already, and says so with `If-None-Match`, is told 304 and nothing else.
//!
//! The tag is the version of the item, in quotes; views show it as `version`. A change without `If-Match` goes through: one
//! person's last word counts, as it always has.

use axum::Json;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::ApiError;

/// A view with the version of what it shows.
#[derive(Debug)]
pub(crate) struct Tagged<T>(pub(crate) u64, pub(crate) T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let Self(version, view) = self;
        let mut response = Json(view).into_response();
        response.headers_mut().insert(ETAG, tag(version));
        response
    }
}

/// The tag of `version`.
pub(crate) fn tag(version: u64) -> HeaderValue {
    // Digits in quotes are a header value.
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// The version that a change is meant for; `None` for whatever is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Refuses the change unless it is meant for `version`; the answer shows `current`.
    pub(crate) fn check<T: Serialize>(
        &self,
        version: u64,
        current: impl FnOnce() -> T,
    ) -> Result<(), ApiError> {
        let is_meant = |tags: &Vec<String>| {
            let tag = format!("\"{version}\"");
            tags.iter().any(|given| *given == tag || given == "*")
        };
        if self.0.as_ref().is_none_or(is_meant) {
            return Ok(());
        }
        let current = serde_json::to_value(current()).unwrap_or_default();
        Err(ApiError::ChangedMeanwhile { version, current })
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut tags = Vec::new();
        for value in parts.headers.get_all(IF_MATCH) {
            let value = value.to_str().unwrap_or_default();
            tags.extend(value.split(',').map(|tag| tag.trim().to_owned()));
        }
        Ok(Self((!tags.is_empty()).then_some(tags)))
    }
}

/// The tags that a client has already (RFC 9110, 13.1.2).
#[derive(Clone, Debug)]
pub(crate) struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        // A change that is meant for what is not there yet is not one of this API.
        let given = headers.get_all(IF_NONE_MATCH).into_iter().filter(|_| method == Method::GET);
        let given = given.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        Self(given.map(|tag| tag.trim().to_owned()).collect())
    }

    /// The answer, or that it is what the client has. Compared weakly, as GET does.
    pub(crate) fn answer(&self, mut response: Response) -> Response {
        let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        let current = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(opaque);
        let is_had = |current: &String| self.0.iter().any(|had| had == "*" || opaque(had) == *current);
        if response.status() == StatusCode::OK && current.as_ref().is_some_and(is_had) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
            for name in [CONTENT_TYPE, CONTENT_LENGTH] {
                response.headers_mut().remove(name);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn given(values: &[&str]) -> IfMatch {
        let mut request = Request::builder();
        for value in values {
            request = request.header("If-Match", *value);
        }
        IfMatch::from_request_parts(&mut request.body(()).unwrap().into_parts().0, &()).await.unwrap()
    }

    #[tokio::test]
    async fn ops_1_a_change_is_made_only_of_the_version_that_it_is_meant_for() {
        let table: [(&[&str], bool); 9] = [
            (&[], true),
            (&["\"7\""], true),
            (&["*"], true),
            (&["\"6\", \"7\""], true),
            (&["\"6\"", "\"7\""], true),
            (&["\"6\""], false),
            (&["7"], false),
            // A weak tag never matches here (RFC 9110, 13.1.1).
            (&["W/\"7\""], false),
            (&[""], false),
        ];
        for (values, expected) in table {
            let checked = given(values).await.check(7, || "now");
            assert_eq!(checked.is_ok(), expected, "{values:?}");
            if let Err(error) = checked {
                assert_eq!(error.public_id(), "changed_meanwhile");
            }
        }
    }

    #[tokio::test]
    async fn ops_1_what_a_client_has_already_is_not_sent_again() {
        let table: [(&str, &str, &[&str], u16); 9] = [
            ("\"7\"", "GET", &["\"7\""], 304),
            ("\"7\"", "GET", &["W/\"7\""], 304),
            ("\"7\"", "GET", &["\"6\", \"7\""], 304),
            ("\"7\"", "GET", &["\"6\"", "\"7\""], 304),
            ("\"7\"", "GET", &["*"], 304),
            ("\"7\"", "GET", &["\"6\""], 200),
            ("\"7\"", "GET", &["7"], 200),
            ("\"7\"", "GET", &[], 200),
            ("\"7\"", "PATCH", &["\"7\""], 200),
        ];
        for (tag, method, had, expected) in table {
            let mut request = Request::builder().method(method);
            for value in had {
                request = request.header("If-None-Match", *value);
            }
            let request = request.body(()).unwrap();
            let answer = IfNoneMatch::of(request.method(), request.headers())
                .answer(Tagged(7, "view").into_response());
            assert_eq!(answer.status(), expected, "{had:?}");
            assert_eq!(answer.headers()[ETAG], tag);
            let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            assert_eq!(body.is_empty(), expected == 304, "{had:?}");
        }
        let refused = (StatusCode::CONFLICT, [(ETAG, "\"7\"")]).into_response();
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("*"));
        assert_eq!(IfNoneMatch::of(&Method::GET, &headers).answer(refused).status(), StatusCode::CONFLICT);
    }

    #[test]
    fn ops_1_a_version_is_told_in_quotes() {
        assert_eq!(Tagged(12, "view").into_response().headers()[ETAG], "\"12\"");
    }
}
