//! What a customer sees of the Page besides messages: that theirs were read, and that somebody is writing.

use serde_json::json;

use super::graph::{self, GraphConfig, PageAccess};
use crate::http::ProviderHttp;
use crate::token::TokenError;
use crate::verdict::Verdict;

/// A sender action (Send API reference). It is a call of its own: together with a message Meta refuses both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderAction {
    /// Everything that the customer wrote was read.
    MarkSeen,
    /// Somebody is writing: Messenger shows it for 20 seconds, or until the next message.
    TypingOn,
}

impl SenderAction {
    const fn as_str(self) -> &'static str {
        match self {
            Self::MarkSeen => "mark_seen",
            Self::TypingOn => "typing_on",
        }
    }
}

/// Shows `action` to the contact: `POST /{page}/messages`.
pub async fn act(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    psid: &str,
    action: SenderAction,
) -> Result<(), TokenError> {
    let request = http
        .post(graph.address(&[page.page_id, "messages"]).map_err(Verdict::from)?)
        .query(&graph::credentials(page.token, page.app_secret))
        .json(&json!({ "recipient": { "id": psid }, "sender_action": action.as_str() }));
    graph::call(http, request).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Step, TestServer, http};

    #[tokio::test]
    async fn an_action_is_a_call_of_its_own_and_a_refusal_is_told_by_its_code() {
        let refusal =
            json!({"error": {"code": 10, "error_subcode": 2_018_278, "message": "outside: secret words"}});
        for (action, named) in [(SenderAction::MarkSeen, "mark_seen"), (SenderAction::TypingOn, "typing_on")]
        {
            let server = TestServer::start([
                Step::json(200, &json!({"recipient_id": "7"})),
                Step::json(400, &refusal),
            ]);
            let graph = GraphConfig { base_url: server.base(), version: "v26.0".into() };
            let page = PageAccess { page_id: "1234", token: "page token", app_secret: None };
            act(&http(), &graph, &page, "7", action).await.unwrap();
            let refused = act(&http(), &graph, &page, "7", action).await.unwrap_err().to_string();
            assert!(refused.contains("10/2018278") && !refused.contains("secret"), "{refused}");
            let requests = server.requests();
            assert_eq!(requests[0].line, "POST /v26.0/1234/messages?access_token=page+token");
            assert_eq!(requests[0].json(), json!({"recipient": {"id": "7"}, "sender_action": named}));
        }
    }
}
