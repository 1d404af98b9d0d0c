//! Where LINE sends webhooks: read, set and tried out (Messaging API reference, "Webhook settings").

use madoguchi_domain::ChannelId;
use madoguchi_domain::account::TestFault;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::error::classify;
use super::token::transport;
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;

/// Where LINE sends webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEndpoint {
    /// The address.
    pub endpoint: String,
    /// The "Use webhook" switch, which only the console has.
    pub active: bool,
}

/// How LINE's own try of the address went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointTest {
    /// What went wrong, or nothing.
    pub fault: Option<TestFault>,
    /// What the address answered; `None`: it did not.
    pub status: Option<u16>,
    /// When, as LINE writes it.
    pub timestamp: Option<String>,
    /// LINE's own words about it, for maintainers.
    pub detail: Option<String>,
}

/// The address of a channel's webhooks, below the public address of all webhooks.
pub fn webhook_address(public_base_url: &str, channel: ChannelId) -> String {
    format!("{}/webhooks/line/{channel}", public_base_url.trim_end_matches('/'))
}

/// Asks where webhooks go: `GET /v2/bot/channel/webhook/endpoint`; `None` if no address is set.
pub async fn webhook_endpoint(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
) -> Result<Option<WebhookEndpoint>, TokenError> {
    let url = http::address(base_url, &ENDPOINT).map_err(transport)?;
    let Some(found) = ask(http, http.get(url).bearer_auth(token)).await? else { return Ok(None) };
    let active = found.get("active") == Some(&Value::Bool(true));
    Ok(json::url(&found, "endpoint").map(|endpoint| WebhookEndpoint { endpoint, active }))
}

/// Has webhooks sent to `endpoint`: `PUT /v2/bot/channel/webhook/endpoint`. It takes HTTPS addresses of at most 500
/// characters, and up to a minute until LINE heeds it everywhere.
pub async fn set_webhook_endpoint(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    endpoint: &str,
) -> Result<(), TokenError> {
    let url = http::address(base_url, &ENDPOINT).map_err(transport)?;
    let request = http.put(url).bearer_auth(token).json(&json!({"endpoint": endpoint}));
    let answer = http.call(request).await.map_err(transport)?;
    if answer.is_success() {
        return Ok(());
    }
    Err(classify(answer.status, &answer.body, &answer.headers).into())
}

/// Has LINE send a signed webhook without events to the address that is set: `POST /v2/bot/channel/webhook/test`, at
/// most 60 times an hour. `None` if no address is set.
pub async fn test_webhook_endpoint(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
) -> Result<Option<EndpointTest>, TokenError> {
    let url = http::address(base_url, &["v2", "bot", "channel", "webhook", "test"]).map_err(transport)?;
    let request = http.post(url).bearer_auth(token).json(&json!({}));
    let Some(found) = ask(http, request).await? else { return Ok(None) };
    let succeeded = match found.get("success") {
        Some(Value::Bool(succeeded)) => *succeeded,
        _ => return Err(TokenError::unavailable("answer without a result")),
    };
    Ok(Some(EndpointTest {
        fault: (!succeeded).then(|| fault(json::text(&found, "reason").unwrap_or_default())),
        // "If the webhook response isn't received, the status code is set to zero or a negative number."
        status: json::unsigned(&found, "statusCode")
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| *code > 0),
        timestamp: json::short_text(&found, "timestamp", 40),
        detail: json::short_text(&found, "detail", 200),
    }))
}

const ENDPOINT: [&str; 5] = ["v2", "bot", "channel", "webhook", "endpoint"];

/// The answer, or `None` where LINE says that no address is set.
async fn ask(http: &ProviderHttp, request: RequestBuilder) -> Result<Option<Value>, TokenError> {
    let answer = http.call(request).await.map_err(transport)?;
    match answer.status {
        404 => Ok(None),
        _ if !answer.is_success() => Err(classify(answer.status, &answer.body, &answer.headers).into()),
        _ => serde_json::from_slice(&answer.body)
            .map(Some)
            .map_err(|_| TokenError::unavailable("answer without JSON")),
    }
}

fn fault(reason: &str) -> TestFault {
    match reason.to_ascii_uppercase().as_str() {
        "COULD_NOT_CONNECT" => TestFault::NotReached,
        "CERTIFICATION_ERROR" => TestFault::Certificate,
        "REQUEST_TIMEOUT" => TestFault::TooSlow,
        "ERROR_STATUS_CODE" => TestFault::Refused,
        _ => TestFault::Other,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::send::{Refusal, RefusalClass};

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn an_unset_webhook_address_is_no_error() {
        let set = json!({"endpoint": "https://example.com/webhooks/line/1", "active": true});
        let off = json!({"endpoint": "https://example.com/", "active": false});
        let steps =
            [Step::json(200, &set), Step::json(404, &json!({"message": "Not found"})), Step::json(200, &off)];
        let server = TestServer::start(steps);
        let endpoint = webhook_endpoint(&http(), &server.base(), "t").await.unwrap().unwrap();
        assert!(endpoint.active && endpoint.endpoint.ends_with("/webhooks/line/1"));
        assert_eq!(webhook_endpoint(&http(), &server.base(), "t").await, Ok(None));
        assert!(!webhook_endpoint(&http(), &server.base(), "t").await.unwrap().unwrap().active);
        assert_eq!(server.requests()[0].line, "GET /v2/bot/channel/webhook/endpoint");
    }

    #[tokio::test]
    async fn chn_2_the_address_is_set_or_refused() {
        let steps = [
            Step::json(200, &json!({})),
            Step::json(400, &json!({"message": "Invalid webhook endpoint URL"})),
            Step::json(429, &json!({"message": "The API rate limit has been exceeded."})),
            Step::json(500, &json!({})),
        ];
        let server = TestServer::start(steps);
        let mut found = Vec::new();
        for _ in 0..4 {
            found.push(set_webhook_endpoint(&http(), &server.base(), "t", "https://example.com/x").await);
        }
        let class = |found: &Result<(), TokenError>| match found {
            Err(TokenError::Refused(Refusal { class, .. })) => Some(*class),
            _ => None,
        };
        assert_eq!(found[0], Ok(()));
        assert_eq!(
            (class(&found[1]), class(&found[2])),
            (Some(RefusalClass::Invalid), Some(RefusalClass::Rate))
        );
        assert!(matches!(found[3], Err(TokenError::Unavailable { .. })));
        let request = &server.requests()[0];
        assert_eq!(request.line, "PUT /v2/bot/channel/webhook/endpoint");
        assert_eq!(request.json(), json!({"endpoint": "https://example.com/x"}));
        assert!(request.headers.contains("content-type: application/json\n"));
    }

    #[tokio::test]
    async fn chn_2_every_reason_of_a_test_is_told_apart() {
        let table = [
            (true, 200, "OK", None, Some(200)),
            (false, 0, "COULD_NOT_CONNECT", Some(TestFault::NotReached), None),
            (false, -1, "CERTIFICATION_ERROR", Some(TestFault::Certificate), None),
            (false, 0, "REQUEST_TIMEOUT", Some(TestFault::TooSlow), None),
            (false, 502, "ERROR_STATUS_CODE", Some(TestFault::Refused), Some(502)),
            (false, 0, "UNCLASSIFIED", Some(TestFault::Other), None),
            (false, 0, "SOMETHING_NEW", Some(TestFault::Other), None),
            // The statistics of the console write them small.
            (false, 0, "request_timeout", Some(TestFault::TooSlow), None),
        ];
        for (success, code, reason, fault, status) in table {
            let body = json!({
                "success": success, "timestamp": "2026-11-22T05:38:20.031Z", "statusCode": code, "reason": reason,
                "detail": "x",
            });
            let server = TestServer::start([Step::json(200, &body)]);
            let test = test_webhook_endpoint(&http(), &server.base(), "t").await.unwrap().unwrap();
            assert_eq!((test.fault, test.status), (fault, status), "{reason}");
            assert_eq!(test.timestamp.as_deref(), Some("2026-11-22T05:38:20.031Z"));
            assert_eq!(server.only_request().line, "POST /v2/bot/channel/webhook/test");
        }
    }

    #[tokio::test]
    async fn a_test_without_an_address_or_a_result_is_no_verdict() {
        let steps = [
            Step::json(404, &json!({"message": "Webhook endpoint not found"})),
            Step::json(200, &json!({"reason": "OK"})),
            Step::json(429, &json!({"message": "The API rate limit has been exceeded."})),
        ];
        let server = TestServer::start(steps);
        assert_eq!(test_webhook_endpoint(&http(), &server.base(), "t").await, Ok(None));
        let unclear = test_webhook_endpoint(&http(), &server.base(), "t").await;
        assert!(matches!(unclear, Err(TokenError::Unavailable { .. })), "{unclear:?}");
        let limited = test_webhook_endpoint(&http(), &server.base(), "t").await;
        assert!(matches!(limited, Err(TokenError::Refused(_))), "{limited:?}");
    }
}
