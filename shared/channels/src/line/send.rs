//! One reply, by reply token or by push.

use madoguchi_domain::media::MediaKind;
use madoguchi_domain::send::{AttachmentFault, Outcome, RefusalClass};
use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::classify;
use crate::http::{self, Answer, ProviderHttp};
use crate::json;
use crate::outgoing::{Outgoing, Place};
use crate::verdict::Verdict;

/// Who is shown above a message in place of the account alone (Messaging API reference, "Change icon and display name").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender<'a> {
    /// The name, at most 20 characters.
    pub name: &'a str,
    /// The address of a square PNG of at most 1 MB, which the customer's app fetches; `None` leaves the account's icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<&'a str>,
}

/// Answers with a reply token, free of charge: `POST /v2/bot/message/reply`. A token is good once,
/// for about a minute, and takes no retry key: an unclear outcome cannot be repeated. `sender` is the name shown above the
/// message in place of the account's alone (SND-3).
pub async fn reply(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    reply_token: &str,
    content: &Outgoing<'_>,
    sender: Option<Sender<'_>>,
) -> Outcome {
    let sent = async {
        let body = json!({ "replyToken": reply_token, "messages": [message(content, sender)?] });
        let url = http::address(base_url, &["v2", "bot", "message", "reply"])?;
        attempt(http, http.post(url).bearer_auth(token).json(&body), Call::Reply).await
    };
    outcome(sent.await)
}

/// Pushes to a user, group or room: `POST /v2/bot/message/push`. For 24 hours the same `retry_key` never
/// sends twice, so an unclear outcome is repeated with the same key, content and `sender`. A key that LINE
/// already accepted is answered 409 with the ids of the first call.
pub async fn push(
    http: &ProviderHttp,
    base_url: &str,
    token: &str,
    to: &str,
    content: &Outgoing<'_>,
    sender: Option<Sender<'_>>,
    retry_key: Uuid,
) -> Outcome {
    let sent = async {
        let body = json!({ "to": to, "messages": [message(content, sender)?] });
        let url = http::address(base_url, &["v2", "bot", "message", "push"])?;
        let request = http.post(url).bearer_auth(token).header(RETRY_KEY, retry_key.to_string());
        attempt(http, request.json(&body), Call::Push).await
    };
    outcome(sent.await)
}

const RETRY_KEY: &str = "X-Line-Retry-Key";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Reply,
    Push,
}

/// A message object (Messaging API reference, "Message objects"). LINE fetches neither file nor preview itself: the
/// customer's app does. There is no message for other files.
fn message(content: &Outgoing<'_>, sender: Option<Sender<'_>>) -> Result<Value, Verdict> {
    let refused = |what| Err(Verdict::refused(RefusalClass::Attachment(AttachmentFault::Type), what));
    let mut message = match *content {
        Outgoing::Text(text) => json!({ "type": "text", "text": text }),
        Outgoing::File { kind: MediaKind::File, .. } => return refused("LINE has no file message"),
        Outgoing::File { kind: MediaKind::Audio, url, duration_ms, .. } => match duration_ms {
            Some(duration) => json!({ "type": "audio", "originalContentUrl": url, "duration": duration }),
            None => return refused("an audio message without its duration"),
        },
        Outgoing::File { kind: kind @ (MediaKind::Image | MediaKind::Video), url, preview_url, .. } => {
            match preview_url {
                Some(preview) => json!({
                    "type": kind.as_str(), "originalContentUrl": url, "previewImageUrl": preview,
                }),
                None => return refused("a picture without a preview"),
            }
        }
        Outgoing::Sticker(sticker) => match sticker.split_once('/') {
            Some((package, sticker)) => json!({
                "type": "sticker", "packageId": package, "stickerId": sticker,
            }),
            None => return Err(Verdict::refused(RefusalClass::Sticker, "a sticker without its package")),
        },
        Outgoing::Location(Place { title, address: Some(address), latitude, longitude }) => json!({
            "type": "location", "title": title, "address": address,
            "latitude": latitude, "longitude": longitude,
        }),
        Outgoing::Location(Place { address: None, .. }) => {
            return Err(Verdict::refused(RefusalClass::Invalid, "a location without its address"));
        }
    };
    if let Some(sender) = sender {
        message["sender"] = json!(sender);
    }
    Ok(message)
}

fn outcome(sent: Result<Option<String>, Verdict>) -> Outcome {
    sent.map_or_else(Outcome::from, |provider_message_id| Outcome::Accepted { provider_message_id })
}

async fn attempt(
    http: &ProviderHttp,
    request: RequestBuilder,
    call: Call,
) -> Result<Option<String>, Verdict> {
    let Answer { status, headers, body } = http.call(request).await?;
    let accepted_before = call == Call::Push && status == 409;
    if !accepted_before && !(200..300).contains(&status) {
        return Err(classify(status, &body, &headers));
    }
    match serde_json::from_slice::<Value>(&body) {
        Ok(body) if body.is_object() => {
            Ok(body.pointer("/sentMessages/0").and_then(|sent| json::id(sent, "id")))
        }
        _ if accepted_before => Ok(None),
        // Not LINE's: something in between answered.
        _ => Err(Verdict::Unclear { detail: format!("{status} without JSON") }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use madoguchi_domain::credential::Cause;
    use madoguchi_domain::send::Refusal;

    use super::*;
    use crate::test_server::{Request, Step, TestServer, http};

    const KEY: Uuid = Uuid::from_u128(0x1234);

    async fn with(step: Step, call: Call) -> (Outcome, Request) {
        let server = TestServer::start([step]);
        let http = http().with_timeout(Duration::from_millis(300));
        let outcome = match call {
            Call::Reply => {
                reply(&http, &server.base(), "access", "reply-token", &Outgoing::Text("はい"), None).await
            }
            Call::Push => {
                push(&http, &server.base(), "access", "U1", &Outgoing::Text("はい"), None, KEY).await
            }
        };
        (outcome, server.only_request())
    }

    fn taken(status: u16) -> Step {
        Step::json(status, &json!({"sentMessages": [{"id": "461230966842064897", "quoteToken": "q"}]}))
    }

    fn accepted(id: Option<&str>) -> Outcome {
        Outcome::Accepted { provider_message_id: id.map(str::to_owned) }
    }

    #[tokio::test]
    async fn rpl_13_a_reply_spends_its_token_and_carries_no_retry_key() {
        let (outcome, request) = with(taken(200), Call::Reply).await;
        assert_eq!(outcome, accepted(Some("461230966842064897")));
        assert_eq!(request.line, "POST /v2/bot/message/reply");
        assert!(request.headers.contains("authorization: Bearer access\n"));
        assert!(!request.headers.contains("x-line-retry-key"));
        assert_eq!(
            request.json(),
            json!({"replyToken": "reply-token", "messages": [{"type": "text", "text": "はい"}]})
        );
    }

    #[tokio::test]
    async fn rpl_14_a_push_carries_its_retry_key_on_the_first_call_already() {
        let (outcome, request) = with(taken(200), Call::Push).await;
        assert_eq!(outcome, accepted(Some("461230966842064897")));
        assert_eq!(request.line, "POST /v2/bot/message/push");
        assert!(request.headers.contains("x-line-retry-key: 00000000-0000-0000-0000-000000001234\n"));
        assert_eq!(request.json(), json!({"to": "U1", "messages": [{"type": "text", "text": "はい"}]}));
    }

    #[tokio::test]
    async fn msg_7_pictures_videos_and_sounds_have_a_message_each_and_files_have_none() {
        let (url, preview_url) =
            ("https://inbox.example/media/1", Some("https://inbox.example/media/1.preview"));
        let file = |kind| Outgoing::File { kind, url, preview_url, duration_ms: Some(1500) };
        let preview = preview_url.unwrap();
        for (kind, expected) in [
            (
                MediaKind::Image,
                json!({"type": "image", "originalContentUrl": url, "previewImageUrl": preview}),
            ),
            (
                MediaKind::Video,
                json!({"type": "video", "originalContentUrl": url, "previewImageUrl": preview}),
            ),
            (MediaKind::Audio, json!({"type": "audio", "originalContentUrl": url, "duration": 1500})),
        ] {
            let server = TestServer::start([taken(200)]);
            push(&http(), &server.base(), "access", "U1", &file(kind), Some(YAMADA), KEY).await;
            assert_eq!(server.only_request().json()["messages"], json!([with_sender(expected)]));
        }
        let bare = |kind| Outgoing::File { kind, url, preview_url: None, duration_ms: None };
        for content in [file(MediaKind::File), bare(MediaKind::Image), bare(MediaKind::Audio)] {
            let refused = push(&http(), "http://127.0.0.1:1", "access", "U1", &content, None, KEY).await;
            assert!(matches!(refused, Outcome::Refused(Refusal { class: RefusalClass::Attachment(_), .. })));
        }
    }

    const YAMADA: Sender<'_> = Sender { name: "山田", icon_url: None };

    #[tokio::test]
    async fn msg_2_and_msg_12_stickers_and_locations_have_a_message_each_by_both_ways() {
        let place =
            Place {
                title: "東京駅", address: Some("丸の内1丁目"), latitude: 35.681_236, longitude: -0.5
            };
        let table = [
            (
                Outgoing::Sticker("446/1988"),
                json!({"type": "sticker", "packageId": "446", "stickerId": "1988"}),
            ),
            (
                Outgoing::Location(place),
                json!({
                    "type": "location", "title": "東京駅", "address": "丸の内1丁目",
                    "latitude": 35.681_236, "longitude": -0.5,
                }),
            ),
        ];
        for (content, expected) in table {
            let server = TestServer::start([taken(200), taken(200)]);
            reply(&http(), &server.base(), "access", "reply-token", &content, Some(YAMADA)).await;
            push(&http(), &server.base(), "access", "U1", &content, Some(YAMADA), KEY).await;
            for request in server.requests() {
                assert_eq!(request.json()["messages"], json!([with_sender(expected.clone())]));
            }
        }
        let table = [
            (Outgoing::Sticker("1988"), RefusalClass::Sticker),
            (Outgoing::Location(Place { address: None, ..place }), RefusalClass::Invalid),
        ];
        for (content, class) in table {
            let refused = push(&http(), "http://127.0.0.1:1", "access", "U1", &content, None, KEY).await;
            let Outcome::Refused(refusal) = refused else { panic!("{refused:?}") };
            assert_eq!(refusal.class, class);
        }
    }

    fn with_sender(mut message: Value) -> Value {
        message["sender"] = json!({"name": "山田"});
        message
    }

    #[tokio::test]
    async fn snd_3_the_operators_name_goes_with_the_message_and_no_name_leaves_the_account() {
        let icon = "https://inbox.example/media/icon~x";
        for (sender, expected) in [
            (Some(YAMADA), json!({"name": "山田"})),
            (Some(Sender { icon_url: Some(icon), ..YAMADA }), json!({"name": "山田", "iconUrl": icon})),
            (None, json!(null)),
        ] {
            let server = TestServer::start([taken(200), taken(200)]);
            let text = Outgoing::Text("はい");
            reply(&http(), &server.base(), "access", "reply-token", &text, sender).await;
            push(&http(), &server.base(), "access", "U1", &text, sender, KEY).await;
            for request in server.requests() {
                assert_eq!(request.json()["messages"][0]["sender"], expected);
            }
        }
    }

    #[tokio::test]
    async fn a_retry_key_that_was_accepted_before_is_a_success() {
        let mut body = json!({"message": "The retry key is already accepted"});
        assert_eq!(with(Step::json(409, &body), Call::Push).await.0, accepted(None));
        assert_eq!(with(Step::Answer(409, vec![], String::new()), Call::Push).await.0, accepted(None));
        body["sentMessages"] = json!([{"id": "1"}]);
        assert_eq!(with(Step::json(409, &body), Call::Push).await.0, accepted(Some("1")));
        // A reply knows no retry key, so there 409 means nothing good.
        let (outcome, _) = with(Step::json(409, &body), Call::Reply).await;
        assert!(
            matches!(outcome, Outcome::Refused(Refusal { class: RefusalClass::Invalid, .. })),
            "{outcome:?}"
        );
    }

    #[tokio::test]
    async fn refusals_are_told_from_each_other() {
        let table = [
            (400, "Invalid reply token", RefusalClass::ReplyTokenSpent),
            (400, "Failed to send messages", RefusalClass::Recipient),
            (401, "Authentication failed", RefusalClass::Credential(Cause::TokenExpired)),
            (429, "You have reached your monthly limit.", RefusalClass::Quota),
        ];
        for (status, message, class) in table {
            let (outcome, _) = with(Step::json(status, &json!({ "message": message })), Call::Reply).await;
            let refusal = Refusal::new(class, status.to_string());
            assert_eq!(outcome, Outcome::Refused(refusal));
        }
    }

    #[tokio::test]
    async fn what_may_have_been_sent_is_unclear() {
        for call in [Call::Reply, Call::Push] {
            let server_error = Step::json(500, &json!({"message": "Internal Server Error"}));
            for step in [
                Step::Hang,
                Step::Close,
                Step::HalfAnswer,
                server_error,
                Step::Answer(200, vec![], "<html>".into()),
            ] {
                let (outcome, _) = with(step.clone(), call).await;
                assert!(matches!(outcome, Outcome::Unclear { .. }), "{step:?}: {outcome:?}");
            }
        }
    }

    /// As the models write them that LINE generates from what it publishes of its API.
    #[tokio::test]
    async fn every_body_is_what_lines_own_sdk_sends() {
        let made: Value =
            serde_json::from_str(include_str!("../../fixtures/line/sdk_messages.json")).unwrap();
        let sender = Sender { name: "山田", icon_url: Some("https://inbox.example.com/media/icon~1") };
        let file = |kind, preview_url, duration_ms| Outgoing::File {
            kind,
            url: "https://inbox.example.com/media/1",
            preview_url,
            duration_ms,
        };
        let preview = Some("https://inbox.example.com/media/2");
        let place = Place {
            title: "東京駅",
            address: Some("丸の内1丁目"),
            latitude: 35.681_236,
            longitude: 139.767_125,
        };
        let table = [
            ("text", Outgoing::Text("はい")),
            ("image", file(MediaKind::Image, preview, None)),
            ("video", file(MediaKind::Video, preview, None)),
            ("audio", file(MediaKind::Audio, None, Some(1500))),
            ("sticker", Outgoing::Sticker("446/1988")),
            ("location", Outgoing::Location(place)),
        ];
        assert_eq!(made["bodies"].as_object().unwrap().len(), table.len());
        for (name, content) in table {
            let server = TestServer::start([taken(200), taken(200)]);
            reply(&http(), &server.base(), "access", "reply-token", &content, Some(sender)).await;
            push(&http(), &server.base(), "access", "U1", &content, Some(sender), KEY).await;
            let sent = server.requests();
            assert_eq!(sent[0].json(), made["bodies"][name]["reply"], "{name}");
            assert_eq!(sent[1].json(), made["bodies"][name]["push"], "{name}");
        }
    }
}
