//! What a customer sees of the counter besides messages: that theirs were read, and that somebody is writing.

use reqwest::RequestBuilder;
use serde_json::json;

use super::error::classify;
use super::token::transport;
use crate::http::{self, ProviderHttp};
use crate::token::TokenError;

/// The shortest and the longest loading indicator, in seconds; between them in steps of 5 (Messaging API reference).
pub const LOADING_SECONDS: std::ops::RangeInclusive<u8> = 5..=60;

/// Marks a message and all before it as read: `POST /v2/bot/chat/markAsRead`. `read_token` came with the message and
/// never expires. LINE takes it only while the account's chat is on; otherwise it marks by itself.
pub async fn mark_as_read(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    read_token: &str,
) -> Result<(), TokenError> {
    let url = http::address(base_url, &["v2", "bot", "chat", "markAsRead"]).map_err(transport)?;
    done(http, http.post(url).bearer_auth(token).json(&json!({ "markAsReadToken": read_token }))).await
}

/// Shows that an answer is being written, for `seconds` or until the next message: `POST /v2/bot/chat/loading/start`.
/// Only users see it; groups and rooms are refused by LINE. `seconds` is rounded up to a step that LINE takes.
pub async fn show_loading(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    user_id: &str,
    seconds: u8,
) -> Result<(), TokenError> {
    let seconds = seconds.clamp(*LOADING_SECONDS.start(), *LOADING_SECONDS.end()).next_multiple_of(5);
    let url = http::address(base_url, &["v2", "bot", "chat", "loading", "start"]).map_err(transport)?;
    let body = json!({ "chatId": user_id, "loadingSeconds": seconds });
    done(http, http.post(url).bearer_auth(token).json(&body)).await
}

async fn done(http: &ProviderHttp, request: RequestBuilder) -> Result<(), TokenError> {
    let answer = http.call(request).await.map_err(transport)?;
    if answer.is_success() {
        return Ok(());
    }
    Err(classify(answer.status, &answer.body, &answer.headers).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn a_message_is_marked_as_read_by_its_token() {
        let server = TestServer::start([Step::json(200, &json!({}))]);
        mark_as_read(&http(), &server.base(), "t", "read-token").await.unwrap();
        let request = server.only_request();
        assert_eq!(request.line, "POST /v2/bot/chat/markAsRead");
        assert_eq!(request.json(), json!({"markAsReadToken": "read-token"}));
    }

    #[tokio::test]
    async fn the_loading_indicator_takes_steps_of_five_seconds() {
        for (asked, sent) in [(0, 5), (5, 5), (6, 10), (20, 20), (59, 60), (255, 60)] {
            let server = TestServer::start([Step::json(202, &json!({}))]);
            show_loading(&http(), &server.base(), "t", "U1", asked).await.unwrap();
            let request = server.only_request();
            assert_eq!(request.line, "POST /v2/bot/chat/loading/start");
            assert_eq!(request.json(), json!({"chatId": "U1", "loadingSeconds": sent}));
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told() {
        let server = TestServer::start([Step::json(400, &json!({"message": "Invalid markAsReadToken"}))]);
        assert!(mark_as_read(&http(), &server.base(), "t", "x").await.is_err());
    }
}
