//! One reply, by reply token or by push.

use madoguchi_domain::send::Outcome;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::classify;
use crate::http::{self, Answer, ProviderHttp};
use crate::json;
use crate::verdict::Verdict;

/// Answers with a reply token, free of charge: `POST /v2/bot/message/reply`. A token is good once,
/// for about a minute, and takes no retry key: an unclear outcome cannot be repeated.
pub async fn reply(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    reply_token: &str,
    text: &str,
) -> Outcome {
    let body = json!({ "replyToken": reply_token, "messages": [{ "type": "text", "text": text }] });
    let sent = async {
        let url = http::address(base_url, &["v2", "bot", "message", "reply"])?;
        attempt(http, http.post(url).bearer_auth(token).json(&body), Call::Reply).await
    };
    outcome(sent.await)
}

/// Pushes to a user, group or room: `POST /v2/bot/message/push`. For 24 hours the same `retry_key` never
/// sends twice, so an unclear outcome is repeated with the same key and the same text. A key that LINE
/// already accepted is answered 409 with the ids of the first call.
pub async fn push(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    to: &str,
    text: &str,
    retry_key: Uuid,
) -> Outcome {
    let body = json!({ "to": to, "messages": [{ "type": "text", "text": text }] });
    let sent = async {
        let url = http::address(base_url, &["v2", "bot", "message", "push"])?;
        let request = http.post(url).bearer_auth(token).header(RETRY_KEY, retry_key.to_string());
        attempt(http, request.json(&body), Call::Push).await
    };
    outcome(sent.await)
}

const RETRY_KEY: &str = "X-Line-Retry-Key";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Reply,
    Push,
}

fn outcome(sent: Result<Option<String>, Verdict>) -> Outcome {
    sent.map_or_else(Outcome::from, |provider_message_id| Outcome::Accepted { provider_message_id })
}

async fn attempt(
    http: &ProviderHttp,
    request: RequestBuilder,
    call: Call,
) -> Result<Option<String>, Verdict> {
    let Answer { status, headers, body } = http.call(request).await?;
    let accepted_before = call == Call::Push && status == 409;
    if !accepted_before && !(200..300).contains(&status) {
        return Err(classify(status, &body, &headers));
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(body) if body.is_object() => {
            Ok(body.pointer("/sentMessages/0").and_then(|sent| json::id(sent, "id")))
        }
        _ if accepted_before => Ok(None),
        // Not LINE's: something in between answered.
        _ => Err(Verdict::Unclear { detail: format!("{status} without JSON") }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use madoguchi_domain::credential::Cause;
    use madoguchi_domain::send::{Refusal, RefusalClass};

    use super::*;
    use crate::test_server::{Request, Step, TestServer, http};

    const KEY: Uuid = Uuid::from_u128(0x1234);

    async fn with(step: Step, call: Call) -> (Outcome, Request) {
        let server = TestServer::start([step]);
        let http = http().with_timeout(Duration::from_millis(300));
        let outcome = match call {
            Call::Reply => reply(&http, &server.base(), "access", "reply-token", "はい").await,
            Call::Push => push(&http, &server.base(), "access", "U1", "はい", KEY).await,
        };
        (outcome, server.only_request())
    }

    fn taken(status: u16) -> Step {
        Step::json(status, &json!({"sentMessages": [{"id": "461230966842064897", "quoteToken": "q"}]}))
    }

    fn accepted(id: Option<&str>) -> Outcome {
        Outcome::Accepted { provider_message_id: id.map(str::to_owned) }
    }

    #[tokio::test]
    async fn rpl_13_a_reply_spends_its_token_and_carries_no_retry_key() {
        let (outcome, request) = with(taken(200), Call::Reply).await;
        assert_eq!(outcome, accepted(Some("461230966842064897")));
        assert_eq!(request.line, "POST /v2/bot/message/reply");
        assert!(request.headers.contains("authorization: Bearer access\n"));
        assert!(!request.headers.contains("x-line-retry-key"));
        assert_eq!(
            request.json(),
            json!({"replyToken": "reply-token", "messages": [{"type": "text", "text": "はい"}]})
        );
    }

    #[tokio::test]
    async fn rpl_14_a_push_carries_its_retry_key_on_the_first_call_already() {
        let (outcome, request) = with(taken(200), Call::Push).await;
        assert_eq!(outcome, accepted(Some("461230966842064897")));
        assert_eq!(request.line, "POST /v2/bot/message/push");
        assert!(request.headers.contains("x-line-retry-key: 00000000-0000-0000-0000-000000001234\n"));
        assert_eq!(request.json(), json!({"to": "U1", "messages": [{"type": "text", "text": "はい"}]}));
    }

    #[tokio::test]
    async fn a_retry_key_that_was_accepted_before_is_a_success() {
        let mut body = json!({"message": "The retry key is already accepted"});
        assert_eq!(with(Step::json(409, &body), Call::Push).await.0, accepted(None));
        assert_eq!(with(Step::Answer(409, vec![], String::new()), Call::Push).await.0, accepted(None));
        body["sentMessages"] = json!([{"id": "1"}]);
        assert_eq!(with(Step::json(409, &body), Call::Push).await.0, accepted(Some("1")));
        // A reply knows no retry key, so there 409 means nothing good.
        let (outcome, _) = with(Step::json(409, &body), Call::Reply).await;
        assert!(
            matches!(outcome, Outcome::Refused(Refusal { class: RefusalClass::Invalid, .. })),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn refusals_are_told_from_each_other() {
        let table = [
            (400, "Invalid reply token", RefusalClass::ReplyTokenSpent),
            (400, "Failed to send messages", RefusalClass::Recipient),
            (401, "Authentication failed", RefusalClass::Credential(Cause::TokenExpired)),
            (429, "You have reached your monthly limit.", RefusalClass::Quota),
        ];
        for (status, message, class) in table {
            let (outcome, _) = with(Step::json(status, &json!({ "message": message })), Call::Reply).await;
            let refusal = Refusal::new(class, status.to_string());
            assert_eq!(outcome, Outcome::Refused(refusal));
        }
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_unclear() {
        for call in [Call::Reply, Call::Push] {
            let server_error = Step::json(500, &json!({"message": "Internal Server Error"}));
            for step in [
                Step::Hang,
                Step::Close,
                Step::HalfAnswer,
                server_error,
                Step::Answer(200, vec![], "<html>".into()),
            ] {
                let (outcome, _) = with(step.clone(), call).await;
                assert!(matches!(outcome, Outcome::Unclear { .. }), "{step:?}: {outcome:?}");
            }
        }
    }
}
