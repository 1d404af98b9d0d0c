//! LINE's stateless tokens.

use madoguchi_domain::Span;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::RefusalClass;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::error::classify;
use crate::http::{self, ProviderHttp, TransportError};
use crate::json;
use crate::token::{Token, TokenError};
use crate::verdict::Verdict;

/// A token of 15 minutes that nobody has to store, count or revoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatelessToken {
    /// The token.
    pub token: Token,
    /// How long it lives from now.
    pub expires_in: Span,
}

/// LINE's documented life of a stateless token, if the answer does not tell.
const DEFAULT_LIFE: Span = Span::from_minutes(15);

/// Issues a stateless token: `POST /oauth2/v3/token`, form-encoded. A wrong secret is answered 400
/// `invalid_request`, an unknown channel 400 `invalid_client`.
pub async fn issue_stateless(
    http: &ProviderHttp,
    base_url: &str,
    client_id: &str,
    client_secret: &str,
) -> Result<StatelessToken, TokenError> {
    let url = http::address(base_url, &["oauth2", "v3", "token"]).map_err(transport)?;
    let form =
        [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", client_secret)];
    let answer = http.call(http.post(url).form(&form)).await.map_err(transport)?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if !answer.is_success() {
        let error = json::text(&body, "error").unwrap_or_default();
        if answer.status == 401
            || (answer.status == 400 && matches!(error, "invalid_request" | "invalid_client"))
        {
            let detail = format!("{} {error}", answer.status).trim_end().to_owned();
            return Err(Verdict::refused(RefusalClass::Credential(Cause::SecretMismatch), detail).into());
        }
        return Err(classify(answer.status, &answer.body, &answer.headers).into());
    }
    let token =
        json::text(&body, "access_token").ok_or_else(|| TokenError::unavailable("answer without a token"))?;
    let seconds = json::integer(&body, "expires_in").filter(|seconds| (1..=1_000_000_000).contains(seconds));
    Ok(StatelessToken { token: Token::new(token), expires_in: seconds.map_or(DEFAULT_LIFE, Span::from_secs) })
}

pub(super) fn transport(error: TransportError) -> TokenError {
    Verdict::from(error).into()
}

/// Makes the call; an answer that is a success is a JSON object.
pub(super) async fn call(http: &ProviderHttp, request: RequestBuilder) -> Result<Value, Verdict> {
    let answer = http.call(request).await?;
    if !answer.is_success() {
        return Err(classify(answer.status, &answer.body, &answer.headers));
    }
    serde_json::from_slice(&answer.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Verdict::Unclear { detail: format!("{} without JSON", answer.status) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    async fn issue(step: Step) -> (Result<StatelessToken, TokenError>, crate::test_server::Request) {
        let server = TestServer::start([step]);
        (issue_stateless(&http(), &server.base(), "1650000001", "s3cret&").await, server.only_request())
    }

    #[tokio::test]
    async fn a_stateless_token_is_issued_by_a_form() {
        let body = json!({"token_type": "Bearer", "access_token": "eyJ", "expires_in": 900});
        let (issued, request) = issue(Step::json(200, &body)).await;
        let issued = issued.unwrap();
        assert_eq!((issued.token.as_str(), issued.expires_in), ("eyJ", Span::from_secs(900)));
        assert!(!format!("{issued:?}").contains("eyJ"));
        assert_eq!(request.line, "POST /oauth2/v3/token");
        assert!(request.headers.contains("content-type: application/x-www-form-urlencoded\n"));
        assert_eq!(
            request.body,
            "grant_type=client_credentials&client_id=1650000001&client_secret=s3cret%26"
        );
    }

    #[tokio::test]
    async fn aut_13_a_wrong_secret_is_told_from_a_fault() {
        let table = [
            (
                400,
                json!({"error": "invalid_request", "error_description": "s3cret"}),
                Some(Cause::SecretMismatch),
            ),
            (400, json!({"error": "invalid_client"}), Some(Cause::SecretMismatch)),
            (401, json!({"message": "Authentication failed"}), Some(Cause::SecretMismatch)),
            (400, json!({"message": "something else"}), None),
            (429, json!({"message": "The API rate limit has been exceeded."}), None),
        ];
        for (status, body, cause) in table {
            let error = issue(Step::json(status, &body)).await.0.unwrap_err();
            assert!(matches!(error, TokenError::Refused(_)), "{error:?}");
            assert_eq!(error.cause(), cause, "{status} {body}");
            assert!(!format!("{error:?}").contains("s3cret"));
        }
        let without_verdict = [
            Step::Close,
            Step::json(500, &json!({})),
            Step::json(200, &json!({})),
            Step::Answer(200, vec![], "x".into()),
        ];
        for step in without_verdict {
            let error = issue(step).await.0.unwrap_err();
            assert!(matches!(error, TokenError::Unavailable { .. }), "{error:?}");
        }
    }
}
