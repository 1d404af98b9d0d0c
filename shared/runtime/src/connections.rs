//! Clients that are connected to the WebSocket API: told something, or disconnected.
//!
//! Two calls of API Gateway's management API. Its SDK would add a third to the size of a function.

use std::fmt;
use std::time::Duration;

use aws_smithy_types::body::SdkBody;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, Method, Request, StatusCode};
use ring::digest::{SHA256, digest};

use crate::aws::AwsConfig;
use crate::aws::transport::Transport;
use crate::bucket::sign::{Instant, encoded, hex, signature};
use crate::clock::Clock;

/// The stage of the WebSocket API, part of its address.
const STAGE: &str = "live";
const SERVICE: &str = "execute-api";
/// A client that API Gateway cannot reach is answered for at once; slower is lost.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1_500);
const ATTEMPTS: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LARGEST_ANSWER_BYTES: usize = 64 * 1024;
const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const AMZ_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// API Gateway has it and the connection stands.
    Delivered,
    /// There is no such connection any more (410).
    Gone,
}

/// A connection could not be told, and nobody knows of it being gone.
#[derive(Debug, thiserror::Error)]
#[error("the connection could not be reached for {operation}: {detail}")]
pub struct ConnectionError {
    operation: &'static str,
    /// A status or a fault, never what was to be told.
    detail: String,
}

/// The connections of one WebSocket API.
#[derive(Clone)]
pub struct Connections {
    transport: Transport,
    config: AwsConfig,
    /// `https://{api}.execute-api.{region}.amazonaws.com`, or one endpoint for every service.
    origin: String,
    /// Behind it, with the stage.
    path: String,
    clock: Clock,
}

impl Connections {
    pub(crate) fn new(transport: Transport, config: AwsConfig, api: &str, clock: Clock) -> Self {
        let (origin, path) = address(&config, api);
        Self { transport, config, origin, path, clock }
    }

    /// Where clients connect to, such as `wss://{api}.execute-api.{region}.amazonaws.com/live`.
    pub fn url(&self) -> String {
        // `http` becomes `ws`, and `https` becomes `wss`.
        format!("{}{}", self.origin.replacen("http", "ws", 1), self.path)
    }

    /// Sends `message` to a connection. One whose answer is lost is sent again: the client may have it twice.
    pub async fn post(&self, connection: &str, message: &str) -> Result<Posted, ConnectionError> {
        self.call("PostToConnection", &Method::POST, connection, message).await
    }

    /// Ends a connection; ending one that is gone succeeds.
    pub async fn close(&self, connection: &str) -> Result<(), ConnectionError> {
        self.call("DeleteConnection", &Method::DELETE, connection, "").await.map(drop)
    }

    async fn call(
        &self,
        operation: &'static str,
        method: &Method,
        connection: &str,
        message: &str,
    ) -> Result<Posted, ConnectionError> {
        let mut backoff = FIRST_BACKOFF;
        let mut attempt = 1;
        loop {
            let answer =
                tokio::time::timeout(ATTEMPT_TIMEOUT, self.attempt(method, connection, message)).await;
            let detail = match answer {
                Ok(Ok(status)) if status.is_success() => return Ok(Posted::Delivered),
                Ok(Ok(StatusCode::GONE)) => return Ok(Posted::Gone),
                Ok(Ok(status)) => {
                    let passes = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
                    if !passes {
                        attempt = ATTEMPTS;
                    }
                    status.as_u16().to_string()
                }
                Ok(Err(fault)) => fault,
                Err(_) => "timeout".to_owned(),
            };
            if attempt >= ATTEMPTS {
                return Err(ConnectionError { operation, detail });
            }
            attempt += 1;
            tokio::time::sleep(backoff).await;
            backoff *= 2;
        }
    }

    async fn attempt(&self, method: &Method, connection: &str, message: &str) -> Result<StatusCode, String> {
        let now = Instant::of(self.clock.now());
        let path = format!("{}/%40connections/{}", self.path, encoded(connection));
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header(CONTENT_TYPE, "application/json")
            .header(AMZ_DATE, &now.0)
            .header(AUTHORIZATION, self.authorization(method, &path, message, &now));
        if let Some(token) = &self.config.session_token {
            request = request.header(AMZ_TOKEN, token.expose());
        }
        let request = request
            .body(SdkBody::from(message.to_owned()))
            .map_err(|_| "an impossible request".to_owned())?;
        self.transport.send(request, LARGEST_ANSWER_BYTES).await.map(|answer| answer.status())
    }

    /// Signature Version 4, in a header. `path` as it is sent: it is encoded once more for the signature.
    fn authorization(&self, method: &Method, path: &str, message: &str, now: &Instant) -> String {
        let host = self.origin.split("://").nth(1).unwrap_or_default();
        let mut headers =
            vec![("content-type", "application/json"), ("host", host), ("x-amz-date", now.0.as_str())];
        if let Some(token) = &self.config.session_token {
            headers.push(("x-amz-security-token", token.expose()));
        }
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let twice: Vec<String> = path.split('/').map(encoded).collect();
        let body = hex(digest(&SHA256, message.as_bytes()).as_ref());
        let canonical = format!("{method}\n{}\n\n{lines}\n{names}\n{body}", twice.join("/"));
        let (date, region) = (now.date(), self.config.region.as_str());
        let scope = format!("{date}/{region}/{SERVICE}/aws4_request");
        let digest = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{digest}", now.0);
        let signature = signature(&self.config.secret_access_key, [date, region, SERVICE], &text);
        let key = &self.config.access_key_id;
        format!("AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}")
    }
}

/// Origin and path of the stage.
fn address(config: &AwsConfig, api: &str) -> (String, String) {
    if let Some(endpoint) = &config.endpoint_url {
        return (endpoint.clone(), format!("/_aws/execute-api/{api}/{STAGE}"));
    }
    let suffix = if config.region.starts_with("cn-") { ".cn" } else { "" };
    (format!("https://{api}.execute-api.{}.amazonaws.com{suffix}", config.region), format!("/{STAGE}"))
}

/// Without keys.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("url", &self.url()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::http::Uri;
    use madoguchi_domain::Timestamp;
    use tokio::net::TcpListener;

    use super::*;
    use crate::{Aws, Secret, fake_aws};

    // 2026-11-01T00:00:00Z.
    const AT: Timestamp = Timestamp::from_ms(1_793_491_200_000);

    fn of(endpoint: Option<&str>, token: Option<&str>) -> Connections {
        let config = AwsConfig {
            region: "ap-northeast-1".into(),
            access_key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            session_token: token.map(|token| Secret::new(token.to_owned())),
            endpoint_url: endpoint.map(str::to_owned),
        };
        Aws::new(config).unwrap().connections("abcdef1234", Clock::stopped_at(AT).0)
    }

    #[test]
    fn calls_are_signed_as_botocore_signs_them() {
        // botocore 1.43.106, SigV4Auth of execute-api over `…/%40connections/L0SM9cOFvHcCIhw%3D`.
        for (token, method, message, expected) in [
            (
                None,
                Method::POST,
                r#"{"type":"pong"}"#,
                "07663d9e8dddc1eb52dd64a8a5016a5922894beb4dcb18edb889457be293aa5a",
            ),
            (
                Some("FwoGZXIvYXdzE/tok+en=="),
                Method::POST,
                "窓口",
                "d0b31d0538fb0a18e2f74895878686e82883c2f0e9f601b1faca1c898c5f74aa",
            ),
            (None, Method::DELETE, "", "fd84ac5cedaef4d053131a4649df4ff3cc46b694e483e96029b4f3c1de2a5e35"),
        ] {
            let path = "/live/%40connections/L0SM9cOFvHcCIhw%3D";
            let signed = of(None, token).authorization(&method, path, message, &Instant::of(AT));
            assert!(signed.ends_with(&format!("Signature={expected}")), "{signed}");
        }
    }

    #[test]
    fn clients_connect_where_the_api_is() {
        let url = "wss://abcdef1234.execute-api.ap-northeast-1.amazonaws.com/live";
        assert_eq!(of(None, None).url(), url);
        let local = "ws://127.0.0.1:4566/_aws/execute-api/abcdef1234/live";
        assert_eq!(of(Some("http://127.0.0.1:4566"), None).url(), local);
    }

    /// What the management API answers to the first call, the second and so on; the last for good.
    async fn answering(statuses: &'static [u16]) -> (Connections, Arc<Mutex<Vec<(Method, String)>>>) {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        let endpoint = Router::new().fallback(move |method: Method, uri: Uri| async move {
            let mut seen = seen.lock().unwrap();
            seen.push((method, uri.path().to_owned()));
            StatusCode::from_u16(statuses[seen.len().min(statuses.len()) - 1]).unwrap()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, endpoint).await });
        let aws = Aws::new(fake_aws::config(format!("http://{address}"))).unwrap();
        (aws.connections("api", Clock::system()), calls)
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_and_what_is_gone_is_gone() {
        // What is answered; how often it is asked; what came of it.
        let table: [(&'static [u16], usize, Option<Posted>); 6] = [
            (&[200], 1, Some(Posted::Delivered)),
            (&[410], 1, Some(Posted::Gone)),
            (&[500, 429, 200], 3, Some(Posted::Delivered)),
            (&[503, 410], 2, Some(Posted::Gone)),
            (&[500], 3, None),
            (&[403], 1, None),
        ];
        for (statuses, asked, expected) in table {
            let (connections, calls) = answering(statuses).await;
            let posted = connections.post("a/b=", "{}").await;
            assert_eq!(posted.as_ref().ok(), expected.as_ref(), "{statuses:?}");
            if let Err(error) = posted {
                assert!(!error.to_string().contains("{}"), "{error}");
            }
            let calls = calls.lock().unwrap();
            assert_eq!(calls.len(), asked, "{statuses:?}");
            let path = "/_aws/execute-api/api/live/%40connections/a%2Fb%3D".to_owned();
            assert_eq!(calls[0], (Method::POST, path));
        }
        let (connections, calls) = answering(&[410]).await;
        connections.close("c").await.unwrap();
        assert_eq!(calls.lock().unwrap()[0].0, Method::DELETE);
    }
}
