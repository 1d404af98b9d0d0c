//! A WhatsApp sender: `/v2/Channels/Senders` of `messaging.twilio.com`.

use madoguchi_domain::account::SenderSetup;
use reqwest::Url;
use serde_json::{Value, json};

use super::{FoundSender, Resource, SenderWebhooks, ask, gone};
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;
use crate::twilio::Account;
use crate::verdict::Verdict;

/// There is no filter by address. No account has so many senders that more pages are worth reading.
const MOST_PAGES: usize = 50;

/// `GET /v2/Channels/Senders?Channel=whatsapp`, page by page.
pub(super) async fn find(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    address: &str,
) -> Result<Option<FoundSender>, TokenError> {
    let first = http::address(base_url, &["v2", "Channels", "Senders"]).map_err(Verdict::from)?;
    let mut query = "Channel=whatsapp&PageSize=100".to_owned();
    for _ in 0..MOST_PAGES {
        let mut url = first.clone();
        url.set_query(Some(&query));
        let Some(page) = ask(http, http.get(url), account).await? else { return Ok(None) };
        let senders = page.get("senders").and_then(Value::as_array);
        let own = senders.into_iter().flatten().find(|own| json::text(own, "sender_id") == Some(address));
        if let Some(own) = own {
            return Ok(json::id(own, "sid")
                .map(|sid| FoundSender { resource: Resource::WhatsApp(sid), setup: setup(own) }));
        }
        match next_query(&page) {
            Some(next) => query = next,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// `POST /v2/Channels/Senders/{XE}`, in JSON. What is left out of `webhook` is left as it is.
pub(super) async fn set(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    sid: &str,
    webhooks: SenderWebhooks<'_>,
) -> Result<SenderSetup, TokenError> {
    let url = http::address(base_url, &["v2", "Channels", "Senders", sid]).map_err(Verdict::from)?;
    let webhook = json!({
        "callback_url": webhooks.inbound, "callback_method": "POST",
        "status_callback_url": webhooks.status, "status_callback_method": "POST",
    });
    let request = http.post(url).json(&json!({ "webhook": webhook }));
    Ok(setup(&ask(http, request, account).await?.ok_or_else(gone)?))
}

fn setup(sender: &Value) -> SenderSetup {
    let webhook = sender.get("webhook").unwrap_or(&Value::Null);
    SenderSetup {
        inbound: json::url(webhook, "callback_url"),
        taken_over: false,
        // `ONLINE:UPDATING` while a change is carried out.
        offline: json::text(sender, "status").is_some_and(|status| !status.starts_with("ONLINE")),
    }
}

/// Only the query of the next page's address: the credential goes nowhere but to the host that it is for.
fn next_query(page: &Value) -> Option<String> {
    let next = json::text(page.get("meta")?, "next_page_url")?;
    Url::parse(next).ok()?.query().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::tests::ACCOUNT;
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn chn_2_a_whatsapp_sender_is_found_on_any_page_and_set() {
        let page = |id: &str, next: Value| {
            json!({
                "senders": [{"sid": "XE1", "sender_id": id, "status": "ONLINE", "webhook": null}],
                "meta": {"key": "senders", "next_page_url": next},
            })
        };
        let next = json!("https://elsewhere.example.com/v2/Channels/Senders?Channel=whatsapp&PageToken=p2");
        let webhook = json!({"callback_url": "https://ours/", "callback_method": "POST"});
        let set_up = json!({"sid": "XE1", "status": "ONLINE:UPDATING", "webhook": webhook});
        let steps = [
            Step::json(200, &page("whatsapp:+81509", next)),
            Step::json(200, &page("whatsapp:+81501", Value::Null)),
            Step::json(202, &set_up),
        ];
        let server = TestServer::start(steps);
        let found = find(&http(), &server.base(), ACCOUNT, "whatsapp:+81501").await.unwrap().unwrap();
        assert_eq!((found.setup.inbound, found.setup.offline), (None, false));
        let webhooks = SenderWebhooks { inbound: "https://ours/", status: "https://ours/s" };
        let after = set(&http(), &server.base(), ACCOUNT, "XE1", webhooks).await.unwrap();
        assert_eq!((after.inbound.as_deref(), after.offline), (Some("https://ours/"), false));
        let requests = server.requests();
        assert_eq!(requests[0].line, "GET /v2/Channels/Senders?Channel=whatsapp&PageSize=100");
        assert_eq!(requests[1].line, "GET /v2/Channels/Senders?Channel=whatsapp&PageToken=p2");
        assert_eq!(requests[2].line, "POST /v2/Channels/Senders/XE1");
        assert_eq!(requests[2].json()["webhook"]["status_callback_url"], "https://ours/s");
    }

    #[tokio::test]
    async fn a_sender_that_is_not_there_ends_with_the_last_page() {
        let last = json!({"senders": [], "meta": {"next_page_url": null}});
        let server = TestServer::start([Step::json(200, &last)]);
        assert_eq!(find(&http(), &server.base(), ACCOUNT, "whatsapp:+81501").await, Ok(None));
        assert_eq!(server.requests().len(), 1);
    }
}
