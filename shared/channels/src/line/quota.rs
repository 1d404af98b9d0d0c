//! How many messages an account may send in this month, and how many it has sent.

use serde_json::Value;

use super::token::{call, transport};
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;

/// The month's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meter {
    /// What the plan allows; `None`: no limit.
    pub limit: Option<u64>,
    /// What is used, sends from the OA Manager included; approximate.
    pub used: u64,
}

/// Reads both: `GET /v2/bot/message/quota` and `…/quota/consumption`.
pub async fn meter(http: &ProviderHttp, base_url: &str, token: &str) -> Result<Meter, TokenError> {
    let quota = ask(http, base_url, token, &["quota"]).await?;
    let consumption = ask(http, base_url, token, &["quota", "consumption"]).await?;
    let limit = match json::text(&quota, "type") {
        Some("none") => None,
        Some("limited") => Some(number(&quota, "value")?),
        _ => return Err(TokenError::unavailable("answer without a kind of quota")),
    };
    Ok(Meter { limit, used: number(&consumption, "totalUsage")? })
}

async fn ask(http: &ProviderHttp, base_url: &str, token: &str, path: &[&str]) -> Result<Value, TokenError> {
    let mut segments = vec!["v2", "bot", "message"];
    segments.extend(path);
    let url = http::address(base_url, &segments).map_err(transport)?;
    Ok(call(http, http.get(url).bearer_auth(token)).await?)
}

fn number(found: &Value, key: &str) -> Result<u64, TokenError> {
    json::integer(found, key)
        .and_then(|number| u64::try_from(number).ok())
        .ok_or_else(|| TokenError::unavailable(format!("answer without `{key}`")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    async fn read(quota: Value, consumption: Value) -> Result<Meter, TokenError> {
        let server = TestServer::start([Step::json(200, &quota), Step::json(200, &consumption)]);
        meter(&http(), &server.base(), "t").await
    }

    #[tokio::test]
    async fn rpl_13_a_plan_has_a_limit_or_none() {
        let limited = read(json!({"type": "limited", "value": 200}), json!({"totalUsage": 12})).await;
        assert_eq!(limited.unwrap(), Meter { limit: Some(200), used: 12 });
        let unlimited = read(json!({"type": "none"}), json!({"totalUsage": 12})).await;
        assert_eq!(unlimited.unwrap(), Meter { limit: None, used: 12 });
    }

    #[tokio::test]
    async fn an_answer_that_is_not_understood_is_no_verdict() {
        for (quota, consumption) in [
            (json!({}), json!({"totalUsage": 1})),
            (json!({"type": "weekly", "value": 1}), json!({"totalUsage": 1})),
            (json!({"type": "limited"}), json!({"totalUsage": 1})),
            (json!({"type": "limited", "value": -1}), json!({"totalUsage": 1})),
            (json!({"type": "none"}), json!({})),
        ] {
            assert!(matches!(read(quota, consumption).await, Err(TokenError::Unavailable { .. })));
        }
    }
}
