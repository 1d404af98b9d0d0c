//! The API as the console calls it: the same routes, the same door, the same errors as for any other client.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use axum::response::Response;
use lambda_http::RequestExt as _;
use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayRequestAuthorizer, ApiGatewayRequestAuthorizerJwtDescription, ApiGatewayV2httpRequestContext,
};
use lambda_http::request::RequestContext;
use madoguchi_domain::Language;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt as _;

use crate::visitor::Visitor;

/// What an answer may weigh: API Gateway's own limit is 10 MB, Lambda's 6.
const LARGEST_ANSWER_BYTES: usize = 6 * 1_024 * 1_024;

/// The API, as the routes that answer it.
#[derive(Clone, Debug)]
pub struct Backend {
    routes: Router,
}

/// From where a visitor calls, as the gateway told it; the audit log keeps it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin(ApiGatewayV2httpRequestContext, Option<lambda_http::Context>);

impl Origin {
    pub(crate) fn of(extensions: &http::Extensions) -> Self {
        match extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                Self(context.clone(), extensions.lambda_context_ref().cloned())
            }
            _ => Self::default(),
        }
    }
}

/// Why the API did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API answered {status} {id}")]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// The error's public id.
    pub(crate) id: String,
    /// For the person, in their language.
    pub(crate) message: String,
    pub(crate) request_id: String,
}

/// The part of a problem (RFC 9457) that pages show.
#[derive(Deserialize)]
struct Problem {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    message: String,
    #[serde(default)]
    request_id: String,
}

impl Backend {
    /// `routes` answer `/api/…`, errors included.
    pub fn new(routes: Router) -> Self {
        Self { routes }
    }

    /// Calls the API for `visitor`; returns what it answers.
    pub(crate) async fn call(
        &self,
        (visitor, origin, language): (&Visitor, &Origin, Language),
        method: Method,
        path: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Body,
    ) -> Response {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = match path.parse() {
            Ok(uri) if stays_in_the_api(path) => uri,
            _ => return axum::response::IntoResponse::into_response(StatusCode::BAD_REQUEST),
        };
        let sent = request.headers_mut();
        for (name, value) in headers {
            sent.insert(name, value.clone());
        }
        let language = match language {
            Language::En => "en",
            Language::Ja => "ja",
        };
        sent.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        request.extensions_mut().insert(RequestContext::ApiGatewayV2(signed(origin, visitor)));
        request.extensions_mut().insert(visitor.clone());
        // Errors and the audit log name the request as the log does.
        if let Some(context) = &origin.1 {
            request = request.with_lambda_context(context.clone());
        }
        let Ok(answer) = self.routes.clone().oneshot(request).await;
        answer
    }

    /// What the API tells `visitor` of `path`.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        who: (&Visitor, &Origin, Language),
        path: &str,
    ) -> Result<T, Refusal> {
        Ok(self.get_tagged(who, path).await?.0)
    }

    /// The same, with the `ETag` of the answer; empty if there is none.
    pub(crate) async fn get_tagged<T: DeserializeOwned>(
        &self,
        who: (&Visitor, &Origin, Language),
        path: &str,
    ) -> Result<(T, String), Refusal> {
        let answer = self.call(who, Method::GET, path, &[], Body::empty()).await;
        let tag = answer.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        let (status, bytes) = read(answer).await;
        if !status.is_success() {
            return Err(Refusal::read(status, &bytes));
        }
        let told = serde_json::from_slice(&bytes).map_err(|error| {
            tracing::error!(path = path.split('?').next(), %error, "The API's answer is not what a page expects");
            Refusal::broken()
        })?;
        Ok((told, tag))
    }

    /// Sends `body` to the API; returns what it answers.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        who: (&Visitor, &Origin, Language),
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, Refusal> {
        let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        let answer = self.call(who, method, path, &json, Body::from(body.to_string())).await;
        let (status, bytes) = read(answer).await;
        if !status.is_success() {
            return Err(Refusal::read(status, &bytes));
        }
        let bytes = if bytes.is_empty() { Bytes::from_static(b"null") } else { bytes };
        serde_json::from_slice(&bytes).map_err(|_| Refusal::broken())
    }
}

impl Refusal {
    pub(crate) fn read(status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice::<Problem>(body) {
            Ok(Problem { error }) => {
                Self { status, id: error.id, message: error.message, request_id: error.request_id }
            }
            Err(_) => Self { status, ..Self::broken() },
        }
    }

    fn broken() -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            id: "no_answer".to_owned(),
            message: String::new(),
            request_id: String::new(),
        }
    }
}

async fn read(answer: Response) -> (StatusCode, Bytes) {
    let status = answer.status();
    match to_bytes(answer.into_body(), LARGEST_ANSWER_BYTES).await {
        Ok(bytes) => (status, bytes),
        Err(_) => (StatusCode::BAD_GATEWAY, Bytes::new()),
    }
}

/// The request as the gateway would hand it over with the visitor's token.
fn signed(origin: &Origin, visitor: &Visitor) -> ApiGatewayV2httpRequestContext {
    let mut jwt = ApiGatewayRequestAuthorizerJwtDescription::default();
    jwt.claims.clone_from(&visitor.claims);
    let mut authorizer = ApiGatewayRequestAuthorizer::default();
    authorizer.jwt = Some(jwt);
    let mut context = origin.0.clone();
    context.authorizer = Some(authorizer);
    context
}

/// Whether a path leads into the API, however whoever passes it on reads dots and slashes that are written as `%2e` and `%2f`.
fn stays_in_the_api(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let read = path.replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    let mut parts = read.split('/');
    (parts.next(), parts.next()) == (Some(""), Some("api"))
        && parts.all(|part| !matches!(part, "" | "." | ".."))
}

/// The headers of a browser's request that reach the API.
pub(crate) fn passed_on(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    const PASSED: [&str; 4] = ["content-type", "idempotency-key", "if-match", "if-none-match"];
    PASSED
        .into_iter()
        .filter_map(|name| Some((HeaderName::from_static(name), headers.get(name)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_no_path_leads_out_of_the_api() {
        for (path, stays) in [
            ("/api/me", true),
            ("/api/conversations?q=../x", true),
            ("/api/conversations/a%20b/messages", true),
            ("/webhooks/line/1", false),
            ("/api/../webhooks", false),
            ("/api/x/%2e%2E/webhooks", false),
            ("/api/a%2F..%2F..%2Fwebhooks", false),
            ("/api/a%5c..%5cb", false),
            ("/api//me", false),
            ("//example.com/api", false),
            ("", false),
        ] {
            assert_eq!(stays_in_the_api(path), stays, "{path}");
        }
    }
}
