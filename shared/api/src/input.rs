//! What comes in with a request: ids in the path, the query, the body, the idempotency key.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use madoguchi_domain::webhook::DeliveryKey;
use madoguchi_domain::{
    BrandId, ChannelId, ConversationId, DepartmentId, LabelId, MessageKey, OperatorId, SetupId, TemplateId,
    Timestamp, ViewId, WebhookId,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::ApiError;

/// The longest text that a provider takes is some 15 KB of UTF-8; JSON escapes can make it six times
/// as long.
pub(crate) const BODY_LIMIT_BYTES: usize = 128 * 1024;

/// Something that a path names. A text that is no id names nothing: 404.
pub(crate) trait PathId: Sized {
    /// The parameter of the route.
    const PARAMETER: &'static str;
    fn parse(text: &str) -> Option<Self>;
    fn not_found() -> ApiError;
}

impl PathId for ConversationId {
    const PARAMETER: &'static str = "conversation";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::ConversationNotFound
    }
}

impl PathId for MessageKey {
    const PARAMETER: &'static str = "message";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::MessageNotFound
    }
}

impl PathId for ChannelId {
    const PARAMETER: &'static str = "channel";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::ChannelNotFound
    }
}

impl PathId for BrandId {
    const PARAMETER: &'static str = "brand";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::BrandNotFound
    }
}

impl PathId for DepartmentId {
    const PARAMETER: &'static str = "department";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::DepartmentNotFound
    }
}

impl PathId for WebhookId {
    const PARAMETER: &'static str = "webhook";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::WebhookNotFound
    }
}

impl PathId for DeliveryKey {
    const PARAMETER: &'static str = "delivery";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::DeliveryNotFound
    }
}

impl PathId for SetupId {
    const PARAMETER: &'static str = "setup";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::SetupNotFound
    }
}

impl PathId for LabelId {
    const PARAMETER: &'static str = "label";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::LabelNotFound
    }
}

impl PathId for ViewId {
    const PARAMETER: &'static str = "view";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::ViewNotFound
    }
}

impl PathId for TemplateId {
    const PARAMETER: &'static str = "template";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    fn not_found() -> ApiError {
        ApiError::TemplateNotFound
    }
}

impl PathId for OperatorId {
    const PARAMETER: &'static str = "person";
    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned())).filter(Self::is_possible)
    }
    fn not_found() -> ApiError {
        ApiError::PersonNotFound
    }
}

/// Which attachment of a message, from 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttachmentIndex(pub(crate) usize);

impl PathId for AttachmentIndex {
    const PARAMETER: &'static str = "attachment";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
    fn not_found() -> ApiError {
        ApiError::AttachmentNotFound
    }
}

/// An id of the path.
pub(crate) struct InPath<T>(pub(crate) T);

impl<S: Send + Sync, T: PathId> FromRequestParts<S> for InPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let named = path.ok().and_then(|Path(parameters)| T::parse(parameters.get(T::PARAMETER)?));
        named.map(Self).ok_or_else(T::not_found)
    }
}

/// The query string; unknown parameters are refused by `T`.
pub(crate) struct InQuery<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for InQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(ApiError::InvalidQuery { what: reason(&rejection.body_text()) }),
        }
    }
}

/// A JSON body, whatever its content type says. Unknown fields are refused by `T`.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = to_bytes(request.into_body(), BODY_LIMIT_BYTES)
            .await
            .map_err(|_| ApiError::BodyTooLarge { limit_bytes: BODY_LIMIT_BYTES })?;
        parse(&bytes).map(Self)
    }
}

/// The same of a route that takes a body but needs none.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let bytes = to_bytes(request.into_body(), BODY_LIMIT_BYTES)
            .await
            .map_err(|_| ApiError::BodyTooLarge { limit_bytes: BODY_LIMIT_BYTES })?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        // Clients that always send JSON say `null` for nothing.
        parse::<Option<T>>(&bytes).map(|body| Self(body.unwrap_or_default()))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::InvalidBody { what: "it is empty; send JSON".into() });
    }
    match Json::from_bytes(bytes) {
        Ok(Json(body)) => Ok(body),
        Err(rejection) => Err(ApiError::InvalidBody { what: reason(&rejection.body_text()) }),
    }
}

/// Tells a field that is there, and perhaps null, from one that is left out.
pub(crate) fn named<'de, T, D>(field: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(field).map(Some)
}

/// What axum says after `Failed to …:`, beginning with the field's name.
fn reason(rejection: &str) -> String {
    rejection.split_once(": ").map_or(rejection, |(_, reason)| reason).to_owned()
}

/// An instant in a body, as RFC 3339 tells it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "openapi", derive(serde::Serialize, utoipa::ToSchema), schema(value_type = String, format = DateTime))]
pub(crate) struct Instant(pub(crate) Timestamp);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let instant = Timestamp::from_rfc_3339(&text);
        instant
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("it is no time such as 2026-01-31T09:00:00Z"))
    }
}

/// The client's name for a reply.
pub(crate) struct IdempotencyKey(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut keys = parts.headers.get_all("idempotency-key").iter();
        match (keys.next().and_then(|key| key.to_str().ok()), keys.next()) {
            (Some(key), None) if is_visible_ascii(key, 1..=200) => Ok(Self(key.to_owned())),
            _ => Err(ApiError::IdempotencyKeyInvalid),
        }
    }
}

/// The version that a change is made to, where the header `If-Match` tells it: `"7"`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Version(Option<u64>);

impl Version {
    /// The same, or what the field `version` of the body tells. One of the two is needed: a change is never blind.
    pub(crate) fn or(self, field: Option<u64>) -> Result<u64, ApiError> {
        let missing = "missing field `version`: send that of what you have read, here or as If-Match";
        field.or(self.0).ok_or_else(|| ApiError::InvalidBody { what: missing.to_owned() })
    }
}

impl<S: Sync> FromRequestParts<S> for Version {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(header) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let tag = header.to_str().ok().map(|tag| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"'));
        let version = tag.and_then(|tag| tag.parse().ok());
        let what = "the header If-Match must be a version such as \"7\"".to_owned();
        version.map(|version| Self(Some(version))).ok_or(ApiError::InvalidBody { what })
    }
}

/// Whether `text` is of visible ASCII characters, this many of them.
pub(crate) fn is_visible_ascii(text: &str, lengths: RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A parameter that is there and not empty: `?cursor=` asks for the first page.
pub(crate) fn given(parameter: Option<&str>) -> Option<&str> {
    parameter.filter(|text| !text.is_empty())
}

/// How many items a page holds: 1 to 100, 25 unless told.
pub(crate) fn page_size(limit: Option<&str>) -> Result<usize, ApiError> {
    match given(limit).map(str::parse) {
        None => Ok(25),
        Some(Ok(limit @ 1..=100)) => Ok(limit),
        Some(_) => Err(ApiError::InvalidQuery { what: "`limit` must be a number from 1 to 100".into() }),
    }
}

/// What a query can get wrong about a cursor.
pub(crate) fn not_a_cursor() -> ApiError {
    ApiError::InvalidQuery { what: "`cursor` must be the next_cursor of an earlier page".into() }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Draft {
        #[serde(rename = "text")]
        _text: String,
    }

    #[tokio::test]
    async fn a_body_that_cannot_be_used_is_refused_with_what_is_wrong() {
        let table = [
            ("", "it is empty; send JSON"),
            ("{", "EOF while parsing an object at line 1 column 1"),
            ("[]", "invalid length 0"),
            ("{}", "missing field `text`"),
            (r#"{"text":1}"#, "text: invalid type: integer `1`, expected a string"),
            (r#"{"text":"a","colour":"red"}"#, "colour: unknown field `colour`"),
        ];
        for (body, expected) in table {
            let error = JsonBody::<Draft>::from_request(Request::new(Body::from(body)), &()).await.err();
            match error {
                Some(ApiError::InvalidBody { what }) => assert!(what.starts_with(expected), "{body}: {what}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_body_above_the_limit_is_not_read() {
        let body = |spaces: usize| Body::from(format!("{}{{\"text\":\"a\"}}", " ".repeat(spaces)));
        let fits = Request::new(body(BODY_LIMIT_BYTES - 12));
        assert!(JsonBody::<Draft>::from_request(fits, &()).await.is_ok());
        let over = Request::new(body(BODY_LIMIT_BYTES - 11));
        let error = JsonBody::<Draft>::from_request(over, &()).await.err().unwrap();
        assert_eq!(error.public_id(), "body_too_large");
    }

    #[tokio::test]
    async fn an_idempotency_key_is_one_header_of_visible_ascii() {
        let long = "k".repeat(200);
        let longer = "k".repeat(201);
        let table: &[(&[&str], Option<&str>)] = &[
            (&[], None),
            (&[""], None),
            (&["a b"], None),
            (&["鍵"], None),
            (&[&longer], None),
            (&["a", "b"], None),
            (&[&long], Some(&long)),
            (&["a!~"], Some("a!~")),
        ];
        for (keys, expected) in table {
            let mut request = Request::builder();
            for key in *keys {
                request = request.header("Idempotency-Key", *key);
            }
            let mut parts = request.body(()).unwrap().into_parts().0;
            let key = IdempotencyKey::from_request_parts(&mut parts, &()).await;
            assert_eq!(key.ok().map(|key| key.0).as_deref(), *expected, "{keys:?}");
        }
    }

    #[tokio::test]
    async fn a_change_names_the_version_that_it_is_made_to() {
        for (header, field, expected) in [
            (None, None, None),
            (None, Some(3), Some(3)),
            (Some("\"7\""), None, Some(7)),
            (Some("W/\"7\""), None, Some(7)),
            (Some("7"), None, Some(7)),
            (Some("*"), Some(3), None),
            (Some("\"x\""), None, None),
        ] {
            let mut request = Request::builder();
            if let Some(header) = header {
                request = request.header("If-Match", header);
            }
            let mut parts = request.body(()).unwrap().into_parts().0;
            let version = Version::from_request_parts(&mut parts, &()).await;
            assert_eq!(version.and_then(|version| version.or(field)).ok(), expected, "{header:?} {field:?}");
        }
    }

    #[tokio::test]
    async fn an_unknown_parameter_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Page {
            #[serde(rename = "limit")]
            _limit: Option<String>,
        }
        let request = Request::builder().uri("/api/x?limt=3").body(()).unwrap();
        let error = InQuery::<Page>::from_request_parts(&mut request.into_parts().0, &()).await.err();
        let text = error.unwrap().to_string();
        assert_eq!(text, "The query cannot be used: limt: unknown field `limt`, expected `limit`.");
    }

    #[test]
    fn a_page_holds_25_items_unless_told() {
        for (limit, expected) in [
            (None, Some(25)),
            (Some(""), Some(25)),
            (Some("1"), Some(1)),
            (Some("100"), Some(100)),
            (Some("0"), None),
            (Some("101"), None),
            (Some("-1"), None),
            (Some("ten"), None),
        ] {
            assert_eq!(page_size(limit).ok(), expected, "{limit:?}");
        }
    }
}
