//! Machines with a token of their own (OPS-1): what their scopes allow, how what they do is told, and how often they may.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use madoguchi_domain::ChannelKind::{Line, Messenger};
use madoguchi_domain::{ChannelSettings, OperatorAccess, Section, Span};
use madoguchi_store::requests::{COUNTED_FOR, MOST_REQUESTS};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

const ALL: &str = "madoguchi/conversations:read madoguchi/messages:write madoguchi/settings:write";

/// As the machine `client`.
async fn call(
    test: &TestInbox,
    client: &str,
    route: (&str, &str),
    key: Option<&str>,
    body: &Value,
) -> (u16, HeaderMap, Value) {
    call_with(test, (client, ALL), route, key, body).await
}

/// As a machine with these scopes.
async fn call_with(
    test: &TestInbox,
    (client, scopes): (&str, &str),
    (method, path): (&str, &str),
    key: Option<&str>,
    body: &Value,
) -> (u16, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    let claims = json!({ "sub": client, "client_id": client, "token_use": "access", "scope": scopes });
    let answer = test.requested(request.body(Body::from(body.to_string())).unwrap(), claims).await;
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    (head.status.as_u16(), head.headers, body)
}

async fn reply(test: &TestInbox, id: impl ToString, key: &str) -> (u16, Value) {
    let path = format!("/api/conversations/{}/messages", id.to_string());
    let (status, _, body) = call(test, "crm", ("POST", &path), Some(key), &json!({ "text": "はい" })).await;
    (status, body)
}

#[tokio::test]
async fn ops_1_a_machine_answers_as_itself_and_its_answer_is_no_persons() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    let (status, answer) = reply(&test, id, "k").await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!((&answer["sent_by"], &answer["operator_id"]), (&json!("client"), &json!("client:crm")));
    test.settle().await;
    let shown = test.get(&format!("/api/conversations/{id}/messages")).await;
    assert_eq!(
        (&shown["items"][0]["sent_by"], &shown["items"][0]["status"]),
        (&json!("client"), &json!("sent"))
    );
    let conversation = test.conversation(id).await;
    assert!(conversation.is_unanswered() && conversation.unread == 1, "未対応 until a person answers");
    assert_eq!(conversation.section(), Section::Unassigned);
    let key = test.answer(id, "p", "はい").await;
    assert!(test.message(id, &key).await.sent_by.is_answer());
    assert!(!test.conversation(id).await.is_unanswered());
}

#[tokio::test]
async fn rpl_10_a_machine_answers_within_24_hours_and_never_by_human_agent() {
    let test = TestInbox::start().await;
    test.set(Messenger, &ChannelSettings { human_agent: true, ..ChannelSettings::default() }).await;
    let id = test.customer_writes(Messenger, "customer-1", "a").await;
    test.settle().await;
    test.pass(Span::from_hours(23));
    let (status, _) = reply(&test, id, "in-time").await;
    assert_eq!(status, 202);
    test.settle().await;
    test.pass(Span::from_hours(2));
    let (status, refused) = reply(&test, id, "late").await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("reply_window_closed")));
    let later = json!({ "text": "a", "send_at": (test.clock.now() + Span::from_hours(1)).to_string() });
    let path = format!("/api/conversations/{id}/messages");
    let (status, _, _) = call(&test, "crm", ("POST", &path), Some("scheduled"), &later).await;
    assert_eq!(status, 409);
    test.answer(id, "a-person", "はい").await;
    test.settle().await;
    let sent = test.messages(id).await;
    let states: Vec<_> = sent.iter().filter(|message| message.send.is_some()).collect();
    assert_eq!(states.len(), 2);
}

#[tokio::test]
async fn rpl_10_what_a_machine_wrote_in_time_and_is_sent_too_late_fails() {
    let test = TestInbox::start().await;
    test.set(Messenger, &ChannelSettings { human_agent: true, ..ChannelSettings::default() }).await;
    let id = test.customer_writes(Messenger, "customer-1", "a").await;
    test.settle().await;
    let (status, _) = reply(&test, id, "k").await;
    assert_eq!(status, 202);
    // Nothing is sent for a day.
    test.pass(Span::from_hours(25));
    test.settle().await;
    let shown = test.get(&format!("/api/conversations/{id}/messages")).await;
    assert_eq!(shown["items"][0]["status"], "failed", "{shown}");
}

#[tokio::test]
async fn ops_1_what_a_machine_does_is_told_as_its_doing_and_it_is_nobody_known() {
    let test = TestInbox::start().await;
    let (status, _, brand) =
        call(&test, "crm", ("POST", "/api/brands"), None, &json!({ "name": "本店" })).await;
    assert_eq!(status, 201, "{brand}");
    test.write_audit().await;
    let entries = test.administered("GET", "/api/audit?act=brand.added", &Value::Null).await;
    let actor = &entries["items"][0]["actor"];
    assert_eq!(
        (&actor["id"], &actor["name"], &actor["role"]),
        (&json!("client:crm"), &json!("crm"), &Value::Null)
    );
    let people = test.administered("GET", "/api/people", &Value::Null).await;
    assert!(!people.to_string().contains("client:crm"), "{people}");
    let (status, _, refused) = call(&test, "crm", ("GET", "/api/me"), None, &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (403, &json!("person_needed")));
    let (status, _, refused) = call(&test, "crm", ("GET", "/api/audit"), None, &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (403, &json!("scope_missing")));
}

#[tokio::test]
async fn ops_1_a_machine_sees_every_channel() {
    let test = TestInbox::start().await;
    test.set(Line, &ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() })
        .await;
    let id = test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    let path = format!("/api/conversations/{id}");
    let (status, _) = test.call("GET", &path, None, &Value::Null).await;
    assert_eq!(status, 404, "an operator of another channel");
    let (status, _, _) = call(&test, "crm", ("GET", &path), None, &Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(reply(&test, id, "k").await.0, 202);
}

#[tokio::test]
async fn ops_1_a_machine_that_asks_too_often_waits_and_nobody_else_does() {
    let test = TestInbox::start().await;
    let list = ("GET", "/api/brands");
    // What it may not do at all is not counted.
    assert_eq!(call(&test, "crm", list, None, &Value::Null).await.0, 403);
    let conversations = ("GET", "/api/conversations");
    for _ in 0..MOST_REQUESTS {
        assert_eq!(call(&test, "crm", conversations, None, &Value::Null).await.0, 200);
    }
    test.pass(Span::from_secs(3));
    let (status, headers, refused) = call(&test, "crm", conversations, None, &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (429, &json!("too_many_requests")));
    assert_eq!(headers["retry-after"], "7");
    assert_eq!(call(&test, "shop", conversations, None, &Value::Null).await.0, 200, "another machine");
    assert_eq!(test.call("GET", "/api/conversations", None, &Value::Null).await.0, 200, "a person");
    test.pass(COUNTED_FOR);
    assert_eq!(call(&test, "crm", conversations, None, &Value::Null).await.0, 200);
}

#[tokio::test]
async fn ops_1_only_a_machine_that_may_read_conversations_has_them_sent_somewhere() {
    let test = TestInbox::start().await;
    let (settings, both) =
        ("madoguchi/settings:write", "madoguchi/settings:write madoguchi/conversations:read");
    let webhook = json!({ "url": "https://example.com/hook", "events": ["message.received"] });
    let there = test.administered("POST", "/api/webhooks", &webhook).await;
    let there = format!("/api/webhooks/{}", there["id"].as_str().unwrap());
    let bot = format!("/api/channels/{}/bot", TestInbox::channel_id(Line));
    let outside = json!({ "kind": "webhook", "url": "https://example.com/bot" });
    let elsewhere = json!({ "url": "https://example.org/hook" });
    let channel = json!({ "channels": [TestInbox::channel_id(Line)] });
    let more = json!({ "events": ["message.received", "message.sent"] });
    let nothing = json!({ "description": "crm", "enabled": false });
    let template = json!({ "name": "Hours", "variants": { "ja": { "text": "10時から18時です" } } });
    let template = test.administered("POST", "/api/templates", &template).await;
    let rules = json!([{ "words": ["営業時間"], "template_id": template["id"] }]);
    let rules = json!({ "kind": "keywords", "rules": rules });
    // Method, path, body; whether it leads words of conversations somewhere.
    let table: [(&str, &str, &Value, bool); 7] = [
        ("POST", "/api/webhooks", &webhook, true),
        ("PATCH", &there, &elsewhere, true),
        ("PATCH", &there, &more, true),
        ("PATCH", &there, &channel, true),
        ("PUT", &bot, &outside, true),
        ("PATCH", &there, &nothing, false),
        ("PUT", &bot, &rules, false),
    ];
    for (method, path, body, leads) in table {
        let asked = async |scopes| {
            let (status, _, answer) = call_with(&test, ("crm", scopes), (method, path), None, body).await;
            (status, answer)
        };
        let (status, answer) = asked(settings).await;
        assert_eq!((status == 403, status < 300), (leads, !leads), "{method} {path} {body}: {answer}");
        if leads {
            assert_eq!(answer["error"]["id"], "scope_missing");
            assert!(answer["error"]["message"].to_string().contains("conversations:read"), "{answer}");
        }
        let (status, answer) = asked(both).await;
        assert!(status < 300, "{method} {path} {body}: {answer}");
    }
}
