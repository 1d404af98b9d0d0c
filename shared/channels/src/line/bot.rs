//! Who an official account is, and how it is set in the OA Manager.

use madoguchi_domain::account::ChatMode;
use serde_json::Value;

use super::token::{call, transport};
use crate::http::{self, ProviderHttp};
use crate::json;
use crate::token::TokenError;

/// An official account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotInfo {
    /// Its user id; the `destination` of its webhooks.
    pub user_id: String,
    /// Its `@…` id.
    pub basic_id: Option<String>,
    /// The `@…` id that it paid for.
    pub premium_id: Option<String>,
    /// Its name.
    pub display_name: Option<String>,
    /// Its picture.
    pub picture_url: Option<String>,
    /// Whether people answer in the OA Manager too.
    pub chat_mode: Option<ChatMode>,
    /// Whether LINE marks messages as read by itself.
    pub reads_by_itself: Option<bool>,
}

/// Asks who the account is: `GET /v2/bot/info`. Also the cheapest proof that a token works.
pub async fn bot_info(http: &ProviderHttp, base_url: &str, token: &str) -> Result<BotInfo, TokenError> {
    let url = http::address(base_url, &["v2", "bot", "info"]).map_err(transport)?;
    let found = call(http, http.get(url).bearer_auth(token)).await?;
    Ok(BotInfo {
        user_id: json::id(&found, "userId")
            .ok_or_else(|| TokenError::unavailable("answer without an account"))?,
        basic_id: json::id(&found, "basicId"),
        premium_id: json::id(&found, "premiumId"),
        display_name: json::short_text(&found, "displayName", 100),
        picture_url: json::url(&found, "pictureUrl"),
        chat_mode: chat_mode(&found),
        reads_by_itself: match json::text(&found, "markAsReadMode") {
            Some("auto") => Some(true),
            Some("manual") => Some(false),
            _ => None,
        },
    })
}

fn chat_mode(found: &Value) -> Option<ChatMode> {
    match json::text(found, "chatMode")? {
        "chat" => Some(ChatMode::Chat),
        "bot" => Some(ChatMode::Bot),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::credential::Cause;
    use serde_json::json;

    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn aut_13_the_account_tells_its_name_and_its_modes() {
        let body = json!({
            "userId": "U0123456789abcdef0123456789abcdef", "basicId": "@abc", "premiumId": "@madoguchi",
            "displayName": "窓口", "chatMode": "bot", "markAsReadMode": "auto",
        });
        let server = TestServer::start([Step::json(200, &body), Step::json(401, &json!({"message": "x"}))]);
        let info = bot_info(&http(), &server.base(), "t").await.unwrap();
        assert_eq!((info.display_name.as_deref(), info.picture_url), (Some("窓口"), None));
        assert_eq!(
            (info.basic_id.as_deref(), info.premium_id.as_deref()),
            (Some("@abc"), Some("@madoguchi"))
        );
        assert_eq!((info.chat_mode, info.reads_by_itself), (Some(ChatMode::Bot), Some(true)));
        let error = bot_info(&http(), &server.base(), "t").await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::TokenExpired));
    }

    #[tokio::test]
    async fn a_mode_that_is_new_is_not_guessed_at() {
        let table = [
            (
                json!({"userId": "U1", "chatMode": "chat", "markAsReadMode": "manual"}),
                Some(ChatMode::Chat),
                Some(false),
            ),
            (json!({"userId": "U1", "chatMode": "both", "markAsReadMode": "later"}), None, None),
            (json!({"userId": "U1", "chatMode": 1}), None, None),
        ];
        for (body, chat, reads) in table {
            let server = TestServer::start([Step::json(200, &body)]);
            let info = bot_info(&http(), &server.base(), "t").await.unwrap();
            assert_eq!((info.chat_mode, info.reads_by_itself), (chat, reads), "{body}");
        }
        let server = TestServer::start([Step::json(200, &json!({"displayName": "窓口"}))]);
        let error = bot_info(&http(), &server.base(), "t").await.unwrap_err();
        assert!(matches!(error, TokenError::Unavailable { .. }), "without an id nobody is named: {error:?}");
    }
}
