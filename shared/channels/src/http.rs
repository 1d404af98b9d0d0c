//! One call to a provider, and whether it can have had an effect.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, Url};
use tracing::debug;

/// Calls providers through a client that somebody else built, so that one TLS stack serves all.
///
/// The client should not follow redirects (no provider uses them, and a repeated POST is a second
/// message) and should have a connect time-out well below [`ProviderHttp::with_timeout`]'s: only then is
/// an unreachable host told from a lost answer.
#[derive(Clone, Debug)]
pub struct ProviderHttp {
    client: Client,
    timeout: Duration,
}

/// Providers answer within a second or two; a function that waits longer holds its queue up.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// No answer that we ask for is near it.
const LARGEST_ANSWER_BYTES: usize = 4 * 1024 * 1024;

impl ProviderHttp {
    /// Calls through `client`, each for at most 10 seconds.
    pub const fn new(client: Client) -> Self {
        Self { client, timeout: DEFAULT_TIMEOUT }
    }

    /// With another time-out for a whole call.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    pub(crate) fn delete(&self, url: Url) -> RequestBuilder {
        self.client.delete(url)
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    pub(crate) fn put(&self, url: Url) -> RequestBuilder {
        self.client.put(url)
    }

    /// The answer's head; its body is read by the caller, within the same time-out.
    pub(crate) async fn open(&self, request: RequestBuilder) -> Result<Response, TransportError> {
        request.timeout(self.timeout).send().await.map_err(|error| TransportError::of(&error))
    }

    pub(crate) async fn call(&self, request: RequestBuilder) -> Result<Answer, TransportError> {
        let mut response =
            request.timeout(self.timeout).send().await.map_err(|error| TransportError::of(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= LARGEST_ANSWER_BYTES => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(_)) => return Err(TransportError::broken_off(status, "too large")),
                Ok(None) => break,
                Err(error) => return Err(TransportError::broken_off(status, &fault(&error))),
            }
        }
        let request_id = REQUEST_ID_HEADERS
            .iter()
            .find_map(|name| headers.get(*name))
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        debug!(provider.status = status, provider.request_id = request_id, "Provider answered {status}");
        Ok(Answer { status, headers, body })
    }
}

/// What a provider's support asks for: LINE's, Meta's and Twilio's.
const REQUEST_ID_HEADERS: [&str; 4] =
    ["x-line-request-id", "x-fb-trace-id", "x-fb-request-id", "twilio-request-id"];

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. The details name the fault only: no address, no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing left this machine: the call certainly had no effect.
    #[error("the provider was not reached: {detail}")]
    NotSent {
        /// The fault.
        detail: String,
    },
    /// The call may have had its effect.
    #[error("the provider's answer was lost: {detail}")]
    Unclear {
        /// The fault.
        detail: String,
    },
}

impl TransportError {
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        let detail = fault(error);
        if error.is_connect() || error.is_builder() {
            Self::NotSent { detail }
        } else {
            Self::Unclear { detail }
        }
    }

    fn broken_off(status: u16, fault: &str) -> Self {
        Self::Unclear { detail: format!("answer {status} broken off: {fault}") }
    }

    pub(crate) fn bad_address() -> Self {
        Self::NotSent { detail: "the provider's address is not a URL".into() }
    }
}

/// The kind of a fault in words. The error's own text carries the URL, and with it tokens.
fn fault(error: &reqwest::Error) -> String {
    let stage = match error {
        e if e.is_timeout() && e.is_connect() => "connect timeout",
        e if e.is_timeout() => "timeout",
        e if e.is_connect() => "connect",
        e if e.is_builder() => "invalid request",
        e if e.is_redirect() => "redirect",
        e if e.is_body() || e.is_decode() => "body",
        _ => "request",
    };
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return format!("{stage}: {}", io.kind());
        }
        source = cause.source();
    }
    stage.to_owned()
}

/// `base` followed by path segments, each encoded.
pub(crate) fn address(base: &str, segments: &[&str]) -> Result<Url, TransportError> {
    let mut url = Url::parse(base).map_err(|_| TransportError::bad_address())?;
    url.path_segments_mut().map_err(|()| TransportError::bad_address())?.pop_if_empty().extend(segments);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    async fn call(url: Url) -> Result<Answer, TransportError> {
        let http = http().with_timeout(Duration::from_millis(200));
        http.call(http.post(url).query(&[("access_token", "SECRET-TOKEN")]).body("x")).await
    }

    #[tokio::test]
    async fn a_refused_connection_was_never_sent() {
        let base = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let error = call(address(&base, &["x"]).unwrap()).await.unwrap_err();
        assert_eq!(error, TransportError::NotSent { detail: "connect: connection refused".into() });
    }

    #[tokio::test]
    async fn after_the_request_left_every_fault_is_unclear_and_none_shows_the_token() {
        for step in [Step::Hang, Step::Close, Step::HalfAnswer] {
            let server = TestServer::start([step.clone()]);
            let error = call(address(&server.base(), &["x"]).unwrap()).await.unwrap_err();
            assert!(matches!(error, TransportError::Unclear { .. }), "{step:?}: {error}");
            assert!(!format!("{error:?} {error}").contains("SECRET-TOKEN"), "{error:?}");
            assert_eq!(server.requests().len(), 1, "{step:?}");
        }
    }

    #[test]
    fn ids_become_single_path_segments() {
        let table = [
            ("https://graph.facebook.com", "https://graph.facebook.com/v26.0/a%2Fb%3Fc"),
            ("http://127.0.0.1:9000/graph/", "http://127.0.0.1:9000/graph/v26.0/a%2Fb%3Fc"),
        ];
        for (base, expected) in table {
            assert_eq!(address(base, &["v26.0", "a/b?c"]).unwrap().as_str(), expected);
        }
        assert!(matches!(address("not a url", &[]), Err(TransportError::NotSent { .. })));
    }
}
