//! Whether Twilio still knows our credential.

use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::RefusalClass;
use serde_json::Value;

use super::Account;
use super::error::classify;
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;
use crate::verdict::Verdict;

/// An account as Twilio describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// Its name in the console.
    pub name: Option<String>,
    /// It is on trial: it writes to verified numbers only.
    pub trial: bool,
}

/// Asks for the account: `GET /2010-04-01/Accounts/{AC}.json`. It must be active, and its Auth Token be the one that
/// `account` holds: webhooks are signed with it. An API key may not read accounts, see [`check_key`].
pub async fn check_account(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
) -> Result<AccountInfo, TokenError> {
    let resource = format!("{}.json", account.account_sid);
    let found = get(http, base_url, account, &["2010-04-01", "Accounts", &resource], &[]).await?;
    match json::text(&found, "status") {
        None | Some("active") => Ok(AccountInfo {
            name: json::short_text(&found, "friendly_name", 100),
            trial: json::text(&found, "type") == Some("Trial"),
        }),
        // Suspended or closed: nothing can be sent, and only the account's owner can change it.
        Some(status) => Err(broken(json::cut(status, 32))),
    }
}

/// Proves that an API key works, by what it is for: `GET /2010-04-01/Accounts/{AC}/Messages.json`.
pub async fn check_key(http: &ProviderHttp, base_url: &str, account: Account<'_>) -> Result<(), TokenError> {
    let segments = ["2010-04-01", "Accounts", account.account_sid, "Messages.json"];
    get(http, base_url, account, &segments, &[("PageSize", "1")]).await.map(|_| ())
}

async fn get(
    http: &ProviderHttp,
    base_url: &str,
    account: Account<'_>,
    segments: &[&str],
    query: &[(&str, &str)],
) -> Result<Value, TokenError> {
    let url = http::address(base_url, segments).map_err(Verdict::from)?;
    let request = http.get(url).query(query).basic_auth(account.user, Some(account.password));
    let answer = http.call(request).await.map_err(Verdict::from)?;
    if answer.status == 404 {
        // The account's sid is wrong, or the credential is another account's.
        return Err(broken("404"));
    }
    if !answer.is_success() {
        return Err(classify(answer.status, &answer.body, &answer.headers).into());
    }
    serde_json::from_slice(&answer.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| TokenError::unavailable(format!("{} without JSON", answer.status)))
}

fn broken(detail: impl Into<String>) -> TokenError {
    Verdict::refused(RefusalClass::Credential(Cause::AuthenticationFailed), detail).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    const ACCOUNT: Account<'_> = Account { account_sid: "AC1", user: "AC1", password: "s3cret" };

    #[tokio::test]
    async fn aut_13_the_account_must_be_active_and_the_token_be_its_own() {
        let cause = Some(Cause::AuthenticationFailed);
        let table = [
            (200, json!({"sid": "AC1", "status": "active"}), Ok(())),
            (200, json!({"sid": "AC1"}), Ok(())),
            (200, json!({"sid": "AC1", "status": "suspended"}), Err(cause)),
            (200, json!({"sid": "AC1", "status": "closed"}), Err(cause)),
            (401, json!({"code": 20003, "message": "s3cret"}), Err(cause)),
            (401, json!({}), Err(cause)),
            (404, json!({"code": 20404}), Err(cause)),
            (429, json!({"code": 20429}), Err(None)),
            (500, json!({"code": 20500}), Err(None)),
            (503, json!({}), Err(None)),
            (200, json!([]), Err(None)),
        ];
        for (status, body, expected) in table {
            let server = TestServer::start([Step::json(status, &body)]);
            let found = check_account(&http(), &server.base(), ACCOUNT).await;
            assert!(!format!("{found:?}").contains("s3cret"));
            assert_eq!(found.map(|_| ()).map_err(|error| error.cause()), expected, "{status} {body}");
            assert_eq!(server.only_request().line, "GET /2010-04-01/Accounts/AC1.json");
        }
    }

    #[tokio::test]
    async fn chn_2_an_account_tells_its_name_and_whether_it_is_on_trial() {
        for (kind, trial) in [("Trial", true), ("Full", false)] {
            let body = json!({"sid": "AC1", "status": "active", "friendly_name": "窓口", "type": kind});
            let server = TestServer::start([Step::json(200, &body)]);
            let info = check_account(&http(), &server.base(), ACCOUNT).await.unwrap();
            assert_eq!(info, AccountInfo { name: Some("窓口".into()), trial });
        }
    }

    #[tokio::test]
    async fn aut_13_a_key_is_tried_on_what_it_is_for() {
        let key = Account { user: "SK1", ..ACCOUNT };
        let answers = [Step::json(200, &json!({"messages": []})), Step::json(401, &json!({"code": 20003}))];
        let server = TestServer::start(answers);
        assert_eq!(check_key(&http(), &server.base(), key).await, Ok(()));
        let error = check_key(&http(), &server.base(), key).await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::AuthenticationFailed));
        assert_eq!(server.requests()[0].line, "GET /2010-04-01/Accounts/AC1/Messages.json?PageSize=1");
    }
}
