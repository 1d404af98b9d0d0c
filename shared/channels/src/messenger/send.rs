//! One reply through the Send API.

use madoguchi_domain::send::{Outcome, Refusal, RefusalClass, Via};
use serde_json::{Value, json};

use super::graph::{self, GraphConfig, PageAccess};
use crate::http::ProviderHttp;
use crate::json;
use crate::outgoing::Outgoing;
use crate::verdict::Verdict;

/// A message to be sent.
#[derive(Clone, Copy)]
pub struct OutgoingMessage<'a> {
    /// The page-scoped id of the contact.
    pub psid: &'a str,
    /// A text of fewer than 2,000 characters, a file by its address, or a sticker by its number.
    pub content: Outgoing<'a>,
    /// Comes back in the echo and settles an unclear send: our message key. Fewer than 1,000 characters.
    pub metadata: &'a str,
    /// Decides the messaging type.
    pub via: &'a Via,
    /// Under which persona, in place of the Page (SND-3).
    pub persona_id: Option<&'a str>,
}

/// Sends a message, once: `POST /{page}/messages` (Send API reference). Nothing is repeated here; the
/// Send API knows no idempotency key, so an unclear outcome is settled by the echo.
pub async fn send(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    message: &OutgoingMessage<'_>,
) -> Outcome {
    match attempt(http, graph, page, message).await {
        Ok(provider_message_id) => Outcome::Accepted { provider_message_id: Some(provider_message_id) },
        // Of a persona that is gone, Meta says only that a parameter is wrong.
        Err(Verdict::Refused(refusal))
            if refusal.class == RefusalClass::Invalid && message.persona_id.is_some() =>
        {
            Outcome::Refused(Refusal { class: RefusalClass::Sender, ..refusal })
        }
        Err(verdict) => verdict.into(),
    }
}

async fn attempt(
    http: &ProviderHttp,
    graph: &GraphConfig,
    page: &PageAccess<'_>,
    message: &OutgoingMessage<'_>,
) -> Result<String, Verdict> {
    let body = body(message)
        .ok_or_else(|| Verdict::refused(RefusalClass::Invalid, "not a message or a way of Messenger"))?;
    let request = http
        .post(graph.address(&[page.page_id, "messages"])?)
        .query(&graph::credentials(page.token, page.app_secret))
        .json(&body);
    let answer = graph::call(http, request).await?;
    json::id(&answer, "message_id")
        // Taken or not: the echo will tell.
        .ok_or_else(|| Verdict::Unclear { detail: "success without a message id".into() })
}

fn body(message: &OutgoingMessage<'_>) -> Option<Value> {
    let said = match message.content {
        Outgoing::Text(text) => json!({ "text": text, "metadata": message.metadata }),
        // Meta fetches it while we wait: 10 seconds, 75 for a video. `is_reusable` is for what is sent again.
        Outgoing::File { kind, url, .. } => json!({
            "attachment": { "type": kind.as_str(), "payload": { "url": url } },
            "metadata": message.metadata,
        }),
        // Shown as a number in Meta's documents (Sticker API).
        Outgoing::Sticker(sticker) => {
            json!({ "sticker_id": sticker.parse::<u64>().ok()?, "metadata": message.metadata })
        }
        Outgoing::Location(_) => return None,
    };
    let mut body = json!({ "recipient": { "id": message.psid }, "message": said });
    if let Some(persona) = message.persona_id {
        body["persona_id"] = persona.into();
    }
    match message.via {
        Via::Response => body["messaging_type"] = "RESPONSE".into(),
        Via::HumanAgent => {
            body["messaging_type"] = "MESSAGE_TAG".into();
            body["tag"] = "HUMAN_AGENT".into();
        }
        Via::ReplyToken { .. } | Via::Push | Via::Twilio => return None,
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use madoguchi_domain::Span;
    use madoguchi_domain::credential::Cause;
    use madoguchi_domain::media::MediaKind;

    use super::*;
    use crate::outgoing::Place;
    use crate::test_server::{Request, Step, TestServer, http};

    async fn send_to(base_url: String, via: &Via) -> Outcome {
        let graph = GraphConfig { base_url, version: "v26.0".into() };
        let page = PageAccess { page_id: "1234", token: "page token", app_secret: Some("app-secret") };
        let message = OutgoingMessage {
            psid: "987",
            content: Outgoing::Text("こんにちは"),
            metadata: "key",
            via,
            persona_id: None,
        };
        send(&http().with_timeout(Duration::from_millis(300)), &graph, &page, &message).await
    }

    async fn send_once(step: Step, via: Via) -> (Outcome, Request) {
        let server = TestServer::start([step]);
        (send_to(server.base(), &via).await, server.only_request())
    }

    fn taken() -> Step {
        Step::json(200, &json!({"recipient_id": "987", "message_id": "m_1"}))
    }

    #[tokio::test]
    async fn inside_the_window_a_text_goes_out_as_a_response() {
        let (outcome, request) = send_once(taken(), Via::Response).await;
        assert_eq!(outcome, Outcome::Accepted { provider_message_id: Some("m_1".into()) });
        // The proof is the HMAC of the token alone, under the app secret.
        assert_eq!(
            request.line,
            "POST /v26.0/1234/messages?access_token=page+token\
             &appsecret_proof=760c557aa6fbb5175a2b81fe699c7549d7409f6205325f87a02e8bafedc4c9ec"
        );
        assert_eq!(
            request.json(),
            json!({
                "recipient": {"id": "987"}, "messaging_type": "RESPONSE",
                "message": {"text": "こんにちは", "metadata": "key"},
            })
        );
    }

    #[tokio::test]
    async fn msg_3_to_5_a_file_goes_out_by_its_address() {
        let server = TestServer::start([taken()]);
        let graph = GraphConfig { base_url: server.base(), version: "v26.0".into() };
        let page = PageAccess { page_id: "1234", token: "page token", app_secret: None };
        let url = "https://inbox.example/media/1";
        let content = Outgoing::File { kind: MediaKind::Video, url, preview_url: None, duration_ms: None };
        let message =
            OutgoingMessage { psid: "987", content, metadata: "key", via: &Via::Response, persona_id: None };
        send(&http(), &graph, &page, &message).await;
        assert_eq!(
            server.only_request().json()["message"],
            json!({"attachment": {"type": "video", "payload": {"url": url}}, "metadata": "key"})
        );
    }

    #[tokio::test]
    async fn msg_2_a_sticker_goes_out_by_its_number_and_a_place_not_at_all() {
        let server = TestServer::start([taken()]);
        let page = PageAccess { page_id: "1234", token: "page token", app_secret: None };
        let said = async |base_url: String, content| {
            let graph = GraphConfig { base_url, version: "v26.0".into() };
            let via = &Via::HumanAgent;
            let message =
                OutgoingMessage { psid: "987", content, metadata: "key", via, persona_id: Some("77") };
            send(&http(), &graph, &page, &message).await
        };
        said(server.base(), Outgoing::Sticker("767226160478561")).await;
        assert_eq!(
            server.only_request().json(),
            json!({
                "recipient": {"id": "987"}, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT",
                "persona_id": "77", "message": {"sticker_id": 767_226_160_478_561_u64, "metadata": "key"},
            })
        );
        let place = Place { title: "駅", address: None, latitude: 0.0, longitude: 0.0 };
        for content in [Outgoing::Location(place), Outgoing::Sticker("446/1988")] {
            let refused = said("http://127.0.0.1:1".into(), content).await;
            assert!(matches!(refused, Outcome::Refused(_)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn snd_3_a_message_goes_out_under_its_persona_and_a_wrong_one_is_told() {
        let wrong = |code: u32| json!({"error": {"code": code, "message": "Invalid persona id"}});
        let server = TestServer::start([taken(), Step::json(400, &wrong(100)), Step::json(400, &wrong(368))]);
        let graph = GraphConfig { base_url: server.base(), version: "v26.0".into() };
        let page = PageAccess { page_id: "1234", token: "page token", app_secret: None };
        let content = Outgoing::Text("はい");
        let via = &Via::Response;
        let message = OutgoingMessage { psid: "987", content, metadata: "key", via, persona_id: Some("77") };
        let class = async || match send(&http(), &graph, &page, &message).await {
            Outcome::Refused(refusal) => Some(refusal.class),
            _ => None,
        };
        assert_eq!(class().await, None);
        assert_eq!(class().await, Some(RefusalClass::Sender));
        assert_eq!(class().await, Some(RefusalClass::Restricted));
        assert_eq!(server.requests()[0].json()["persona_id"], "77");
    }

    #[tokio::test]
    async fn after_24_hours_it_goes_out_with_the_human_agent_tag() {
        let (_, request) = send_once(taken(), Via::HumanAgent).await;
        let body = request.json();
        assert_eq!((&body["messaging_type"], &body["tag"]), (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT")));
    }

    #[tokio::test]
    async fn a_way_of_another_provider_is_refused_without_a_call() {
        let via = Via::ReplyToken { token: "t".into() };
        let outcome = send_to("http://127.0.0.1:1".into(), &via).await;
        assert!(matches!(outcome, Outcome::Refused(Refusal { class: RefusalClass::Invalid, .. })));
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_code_and_its_hint() {
        let error = json!({"error": {"message": "secret text", "code": 190, "error_subcode": 460}});
        let (outcome, _) = send_once(Step::json(401, &error), Via::Response).await;
        let class = RefusalClass::Credential(Cause::PasswordChanged);
        assert_eq!(outcome, Outcome::Refused(Refusal::new(class, "190/460")));

        let usage = r#"{"1":[{"type":"messenger","estimated_time_to_regain_access":7}]}"#.to_owned();
        let step = Step::Answer(
            400,
            vec![("X-Business-Use-Case-Usage", usage)],
            json!({"error": {"code": 613}}).to_string(),
        );
        let (outcome, _) = send_once(step, Via::Response).await;
        let retry_after = Some(Span::from_minutes(7));
        assert_eq!(
            outcome,
            Outcome::Refused(Refusal { retry_after, ..Refusal::new(RefusalClass::Rate, "613") })
        );
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_unclear() {
        let steps = [
            Step::Hang,
            Step::Close,
            Step::HalfAnswer,
            Step::Answer(500, vec![], "<html>".into()),
            Step::Answer(200, vec![], "<html>".into()),
            Step::json(200, &json!({"recipient_id": "987"})),
            Step::json(500, &json!({"error": {"code": 1, "error_subcode": 1_357_046}})),
        ];
        for step in steps {
            let (outcome, _) = send_once(step.clone(), Via::Response).await;
            assert!(matches!(outcome, Outcome::Unclear { .. }), "{step:?}: {outcome:?}");
            assert!(!format!("{outcome:?}").contains("token"), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn what_never_left_is_tried_again() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let outcome = send_to(base, &Via::Response).await;
        assert!(
            matches!(outcome, Outcome::Refused(Refusal { class: RefusalClass::Temporary, .. })),
            "{outcome:?}"
        );
    }
}
