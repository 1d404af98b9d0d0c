//! A messaging service: `/v1/Services/{MG}` of `messaging.twilio.com`.

use madoguchi_domain::account::SenderSetup;
use serde_json::Value;

use super::{FoundSender, Resource, SenderWebhooks, ask, gone};
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;
use crate::twilio::Account;
use crate::verdict::Verdict;

/// `GET /v1/Services/{MG}`.
pub(super) async fn find(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    sid: &str,
) -> Result<Option<FoundSender>, TokenError> {
    let url = http::address(base_url, &["v1", "Services", sid]).map_err(Verdict::from)?;
    let found = ask(http, http.get(url), account).await?;
    Ok(found
        .map(|service| FoundSender { resource: Resource::Service(sid.to_owned()), setup: setup(&service) }))
}

/// `POST /v1/Services/{MG}`. The service's address must count, not the one of each of its numbers.
pub(super) async fn set(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    sid: &str,
    webhooks: SenderWebhooks<'_>,
) -> Result<SenderSetup, TokenError> {
    let url = http::address(base_url, &["v1", "Services", sid]).map_err(Verdict::from)?;
    let request = http.post(url).form(&[
        ("InboundRequestUrl", webhooks.inbound),
        ("InboundMethod", "POST"),
        ("StatusCallback", webhooks.status),
        ("UseInboundWebhookOnNumber", "false"),
    ]);
    Ok(setup(&ask(http, request, account).await?.ok_or_else(gone)?))
}

fn setup(service: &Value) -> SenderSetup {
    SenderSetup {
        inbound: json::url(service, "inbound_request_url"),
        taken_over: service.get("use_inbound_webhook_on_number") == Some(&Value::Bool(true)),
        offline: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::ACCOUNT;
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn chn_2_a_service_is_read_and_set() {
        let before =
            json!({"sid": "MG1", "inbound_request_url": null, "use_inbound_webhook_on_number": true});
        let after = json!({
            "sid": "MG1", "inbound_request_url": "https://ours/", "inbound_method": "POST",
            "use_inbound_webhook_on_number": false,
        });
        let steps =
            [Step::json(200, &before), Step::json(200, &after), Step::json(404, &json!({"code": 20404}))];
        let server = TestServer::start(steps);
        let found = find(&http(), &server.base(), ACCOUNT, "MG1").await.unwrap().unwrap();
        assert_eq!((found.setup.inbound.as_deref(), found.setup.taken_over), (None, true));
        let webhooks = SenderWebhooks { inbound: "https://ours/", status: "https://ours/s" };
        let after = set(&http(), &server.base(), ACCOUNT, "MG1", webhooks).await.unwrap();
        assert_eq!((after.inbound.as_deref(), after.taken_over), (Some("https://ours/"), false));
        assert_eq!(find(&http(), &server.base(), ACCOUNT, "MG1").await, Ok(None));
        let requests = server.requests();
        assert_eq!(
            (&*requests[0].line, &*requests[1].line),
            ("GET /v1/Services/MG1", "POST /v1/Services/MG1")
        );
        assert_eq!(
            requests[1].body,
            "InboundRequestUrl=https%3A%2F%2Fours%2F&InboundMethod=POST&StatusCallback=https%3A%2F%2Fours%2Fs\
             &UseInboundWebhookOnNumber=false"
        );
    }
}
