//! Where Twilio sends what comes in for a sender: read and set, for each kind of sender at its own resource.

mod number;
mod service;
mod whatsapp;

use madoguchi_domain::account::{SenderSetup, is_sandbox};
use reqwest::RequestBuilder;
use serde_json::Value;

use super::Account;
use super::error::classify;
use crate::http::ProviderHttp;
use crate::token::TokenError;
use crate::verdict::Verdict;

/// Where Twilio answers: its resources are spread over two hosts.
#[derive(Clone, Copy, Debug)]
pub struct SetupHosts<'a> {
    /// `https://api.twilio.com`.
    pub api: &'a str,
    /// `https://messaging.twilio.com`.
    pub messaging: &'a str,
}

/// What a sender is to call.
#[derive(Clone, Copy, Debug)]
pub struct SenderWebhooks<'a> {
    /// For messages that come in.
    pub inbound: &'a str,
    /// For the states of messages that name no address of their own.
    pub status: &'a str,
}

/// A sender as Twilio has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundSender {
    resource: Resource,
    /// What it calls, and what gets in the way.
    pub setup: SenderSetup,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Resource {
    Number(String),
    Service(String),
    WhatsApp(String),
}

/// Looks a sender up by its address: `+…`, `whatsapp:+…` or a messaging service `MG…`. `None`: the account has none
/// such that could be set, as for the sandbox of WhatsApp, which belongs to Twilio.
pub async fn find_sender(
    http: &ProviderHttp,
    hosts: SetupHosts<'_>,
    account: Account<'_>,
    address: &str,
) -> Result<Option<FoundSender>, TokenError> {
    if is_sandbox(address) {
        return Ok(None);
    }
    if address.starts_with("MG") {
        service::find(http, hosts.messaging, account, address).await
    } else if address.starts_with("whatsapp:") {
        whatsapp::find(http, hosts.messaging, account, address).await
    } else {
        number::find(http, hosts.api, account, address).await
    }
}

/// Has a sender call `webhooks` by POST. Returns how it is afterwards.
pub async fn set_webhooks(
    http: &ProviderHttp,
    hosts: SetupHosts<'_>,
    account: Account<'_>,
    sender: &FoundSender,
    webhooks: SenderWebhooks<'_>,
) -> Result<SenderSetup, TokenError> {
    match &sender.resource {
        Resource::Number(sid) => number::set(http, hosts.api, account, sid, webhooks).await,
        Resource::Service(sid) => service::set(http, hosts.messaging, account, sid, webhooks).await,
        Resource::WhatsApp(sid) => whatsapp::set(http, hosts.messaging, account, sid, webhooks).await,
    }
}

/// The answer as an object; `None` for 404.
async fn ask(
    http: &ProviderHttp,
    request: RequestBuilder,
    account: Account<'_>,
) -> Result<Option<Value>, TokenError> {
    let request = request.basic_auth(account.user, Some(account.password));
    let answer = http.call(request).await.map_err(Verdict::from)?;
    if answer.status == 404 {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(classify(answer.status, &answer.body, &answer.headers).into());
    }
    let found: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if found.is_object() {
        return Ok(Some(found));
    }
    Err(TokenError::unavailable(format!("{} without JSON", answer.status)))
}

/// A sender that was there a moment ago.
fn gone() -> TokenError {
    TokenError::unavailable("the sender is gone")
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::credential::Cause;
    use serde_json::json;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    pub(super) const ACCOUNT: Account<'_> =
        Account { account_sid: "AC1", user: "SK1", password: "key secret" };

    #[tokio::test]
    async fn chn_2_the_sandbox_is_nobodys_to_set_and_is_not_asked_for() {
        let server = TestServer::start([]);
        let base = server.base();
        let hosts = SetupHosts { api: &base, messaging: &base };
        assert_eq!(find_sender(&http(), hosts, ACCOUNT, "whatsapp:+14155238886").await, Ok(None));
        assert_eq!(server.requests().len(), 0);
    }

    #[tokio::test]
    async fn aut_13_a_refused_credential_is_no_missing_sender() {
        for address in ["+81501", "whatsapp:+81501", "MG1"] {
            let refused = Step::json(401, &json!({"code": 20003, "message": "Authenticate"}));
            let broken = Step::json(200, &json!([]));
            let server = TestServer::start([refused, broken]);
            let base = server.base();
            let hosts = SetupHosts { api: &base, messaging: &base };
            let error = find_sender(&http(), hosts, ACCOUNT, address).await.unwrap_err();
            assert_eq!(error.cause(), Some(Cause::AuthenticationFailed), "{address}");
            let error = find_sender(&http(), hosts, ACCOUNT, address).await.unwrap_err();
            assert!(matches!(error, TokenError::Unavailable { .. }), "{address} {error:?}");
            assert!(server.requests()[0].headers.contains("authorization: Basic "));
        }
    }
}
