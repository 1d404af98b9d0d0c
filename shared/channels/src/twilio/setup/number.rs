//! A telephone number: `/2010-04-01/Accounts/{AC}/IncomingPhoneNumbers`.

use madoguchi_domain::account::SenderSetup;
use serde_json::Value;

use super::{FoundSender, Resource, SenderWebhooks, ask, gone};
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;
use crate::twilio::Account;
use crate::verdict::Verdict;

/// `GET …/IncomingPhoneNumbers.json?PhoneNumber={address}`: the filter also finds parts of numbers, so the whole number
/// is compared.
pub(super) async fn find(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    address: &str,
) -> Result<Option<FoundSender>, TokenError> {
    let segments = ["2010-04-01", "Accounts", account.account_sid, "IncomingPhoneNumbers.json"];
    let url = http::address(base_url, &segments).map_err(Verdict::from)?;
    let request = http.get(url).query(&[("PhoneNumber", address)]);
    let Some(found) = ask(http, request, account).await? else { return Ok(None) };
    let numbers = found.get("incoming_phone_numbers").and_then(Value::as_array);
    let own = numbers.into_iter().flatten().find(|own| json::text(own, "phone_number") == Some(address));
    Ok(own.and_then(|own| {
        Some(FoundSender { resource: Resource::Number(json::id(own, "sid")?), setup: setup(own) })
    }))
}

/// `POST …/IncomingPhoneNumbers/{PN}.json`. States of messages are not a number's: its `StatusCallback` is for calls.
pub(super) async fn set(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    sid: &str,
    webhooks: SenderWebhooks<'_>,
) -> Result<SenderSetup, TokenError> {
    let resource = format!("{sid}.json");
    let segments = ["2010-04-01", "Accounts", account.account_sid, "IncomingPhoneNumbers", &resource];
    let url = http::address(base_url, &segments).map_err(Verdict::from)?;
    let request = http.post(url).form(&[("SmsUrl", webhooks.inbound), ("SmsMethod", "POST")]);
    Ok(setup(&ask(http, request, account).await?.ok_or_else(gone)?))
}

fn setup(number: &Value) -> SenderSetup {
    SenderSetup {
        inbound: json::url(number, "sms_url"),
        // "If an `sms_application_sid` is present, we ignore all `sms_*_url` values."
        taken_over: json::text(number, "sms_application_sid").is_some(),
        offline: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::ACCOUNT;
    use super::super::{SetupHosts, set_webhooks};
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn chn_2_a_number_is_found_whole_and_set() {
        let number = |number: &str, url: &str| json!({"sid": "PN1", "phone_number": number, "sms_url": url, "sms_method": "GET", "sms_application_sid": ""});
        let listed =
            json!({"incoming_phone_numbers": [number("+815012345", "x"), number("+81501", "https://old/")]});
        let set = json!({"sid": "PN1", "sms_url": "https://ours/", "sms_method": "POST", "sms_application_sid": "AP1"});
        let server = TestServer::start([Step::json(200, &listed), Step::json(200, &set)]);
        let found = find(&http(), &server.base(), ACCOUNT, "+81501").await.unwrap().unwrap();
        assert_eq!(found.setup.inbound.as_deref(), Some("https://old/"));
        assert!(!found.setup.taken_over);

        let webhooks = SenderWebhooks { inbound: "https://ours/", status: "https://ours/" };
        let base = server.base();
        let hosts = SetupHosts { api: &base, messaging: "http://127.0.0.1:1" };
        let after = set_webhooks(&http(), hosts, ACCOUNT, &found, webhooks).await.unwrap();
        assert_eq!(after.inbound.as_deref(), Some("https://ours/"));
        assert!(after.taken_over, "an application decides instead of the address");
        let requests = server.requests();
        let list = "GET /2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json?PhoneNumber=%2B81501";
        assert_eq!(requests[0].line, list);
        assert_eq!(requests[1].line, "POST /2010-04-01/Accounts/AC1/IncomingPhoneNumbers/PN1.json");
        assert_eq!(requests[1].body, "SmsUrl=https%3A%2F%2Fours%2F&SmsMethod=POST");
    }

    #[tokio::test]
    async fn a_number_of_somebody_else_is_not_found() {
        for listed in [
            json!({"incoming_phone_numbers": []}),
            json!({}),
            json!({"incoming_phone_numbers": [{"sid": 1}]}),
        ] {
            let server = TestServer::start([Step::json(200, &listed)]);
            assert_eq!(find(&http(), &server.base(), ACCOUNT, "+81501").await, Ok(None), "{listed}");
        }
    }
}
