//! `ETag` and `If-Match`: who changes what somebody else has changed meanwhile is told so, if they ask for it (OPS-1).
//!
//! The tag is the version of the item, in quotes; views show it as `version`. A change without `If-Match` goes through: one
//! person's last word counts, as it always has.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
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

    #[test]
    fn ops_1_a_version_is_told_in_quotes() {
        assert_eq!(Tagged(12, "view").into_response().headers()[ETAG], "\"12\"");
    }
}
