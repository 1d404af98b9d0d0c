//! How much of the month's messages an official account has used. Only explains a refusal that stands by itself, so
//! whatever goes wrong is no answer.

use serde_json::Value;

use super::token::call;
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::verdict::Verdict;

/// The messages that the plan allows in this month: `GET /v2/bot/message/quota`. `None` if there is no limit or LINE
/// does not tell.
pub async fn monthly_limit(http: &ProviderHttp, base_url: &str, token: &str) -> Option<u64> {
    let quota = ask(http, base_url, token, &["v2", "bot", "message", "quota"]).await.ok()?;
    json::unsigned(&quota, "value").filter(|_| json::text(&quota, "type") == Some("limited"))
}

/// The messages that were sent in this month: `GET /v2/bot/message/quota/consumption`. LINE's count is approximate,
/// and includes what was sent from its own manager.
pub async fn used_this_month(http: &ProviderHttp, base_url: &str, token: &str) -> Option<u64> {
    let path = ["v2", "bot", "message", "quota", "consumption"];
    json::unsigned(&ask(http, base_url, token, &path).await.ok()?, "totalUsage")
}

async fn ask(http: &ProviderHttp, base_url: &str, token: &str, path: &[&str]) -> Result<Value, Verdict> {
    call(http, http.get(http::address(base_url, path)?).bearer_auth(token)).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn the_limit_is_told_where_there_is_one() {
        let table = [
            (Step::json(200, &json!({"type": "limited", "value": 200})), Some(200)),
            (Step::json(200, &json!({"type": "none"})), None),
            (Step::json(200, &json!({"type": "limited", "value": "many"})), None),
            (Step::json(401, &json!({})), None),
            (Step::Close, None),
        ];
        for (step, expected) in table {
            let server = TestServer::start([step]);
            assert_eq!(monthly_limit(&http(), &server.base(), "t").await, expected);
            assert_eq!(server.only_request().line, "GET /v2/bot/message/quota");
        }
    }

    #[tokio::test]
    async fn what_was_used_is_told() {
        for (step, expected) in [
            (Step::json(200, &json!({"totalUsage": 198})), Some(198)),
            (Step::json(200, &json!({})), None),
            (Step::json(500, &json!({})), None),
        ] {
            let server = TestServer::start([step]);
            assert_eq!(used_this_month(&http(), &server.base(), "t").await, expected);
            assert_eq!(server.only_request().line, "GET /v2/bot/message/quota/consumption");
        }
    }
}
