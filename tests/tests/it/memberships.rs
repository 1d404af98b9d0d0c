//! Operators that a provider must accept: from asking to available, and what comes between (MEM-2 to MEM-6, ASG-8).

use madoguchi_domain::sender::SenderName;
use madoguchi_domain::{ChannelKind, ChannelSettings, ConversationId, OperatorAccess, Span};
use madoguchi_simulator::{Endpoint, Fault, FaultRule};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::files::{File, Files};
use serde_json::{Value, json};
use token_refresh::TokenRefresh;

use super::senders::refresher;

const PICTURE: &str = "/media/operator.png";

fn operators(kind: ChannelKind) -> String {
    format!("/api/channels/{}/operators", TestInbox::channel_id(kind))
}

/// The operator writes as `name`, on a channel that only those associated with it see.
async fn begin(kind: ChannelKind, name: &str) -> (TestInbox, ConversationId) {
    let test = TestInbox::start().await;
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    test.set(kind, &settings).await;
    called(&test, name).await;
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    test.administered("POST", &operators(kind), &json!({"operators": ["operator-1"]})).await;
    (test, id)
}

async fn called(test: &TestInbox, name: &str) {
    let me = json!({ "display_name": name, "sender": "operator" });
    assert_eq!(test.call("PATCH", "/api/me", None, &me).await.0, 200);
}

/// How the association stands, and why.
async fn state(test: &TestInbox, kind: ChannelKind) -> (String, String) {
    let member = test.administered("GET", &operators(kind), &Value::Null).await["items"][0].clone();
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (words(&member["state"]), words(&member["reason"]["id"]))
}

async fn retry(test: &TestInbox, kind: ChannelKind) {
    test.pass(Span::from_secs(1));
    test.administered("POST", &format!("{}/operator-1/retry", operators(kind)), &json!({})).await;
}

fn is(state: &str, reason: &str) -> (String, String) {
    (state.to_owned(), reason.to_owned())
}

/// The minute passes; answers how the association stands then.
async fn tick(test: &TestInbox, refresh: &TokenRefresh, pictures: &Files) -> (String, String) {
    test.pass(Span::from_minutes(1));
    refresh.sync_senders(pictures.url(), test.clock.now()).await.unwrap();
    state(test, ChannelKind::Messenger).await
}

#[tokio::test]
async fn mem_3_to_mem_6_messenger_accepts_an_operator_at_the_third_try() {
    let kind = ChannelKind::Messenger;
    let (test, id) = begin(kind, "山田").await;
    let (refresh, pictures) = (refresher(&test), Files::start().await);
    assert_eq!(state(&test, kind).await, is("waiting", ""));

    let down = Fault::ServerError { after_effect: false };
    test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Any), times: Some(1), ..down.into() });
    assert_eq!(tick(&test, &refresh, &pictures).await, is("retry", "provider_unavailable"));

    // By itself, a quarter of an hour later. The picture is not there.
    test.pass(Span::from_minutes(15));
    assert_eq!(tick(&test, &refresh, &pictures).await, is("failed", "persona_refused"));
    // Answering goes on meanwhile, as the Page.
    let key = test.answer(id, "k1", "answer").await;
    test.settle().await;
    assert!(test.message(id, &key).await.shown_sender().is_none());

    pictures.script(PICTURE, [File::Bytes(b"\x89PNG\r\n\x1a\n........".to_vec())]);
    assert_eq!(tick(&test, &refresh, &pictures).await, is("failed", "persona_refused"), "not by itself");
    retry(&test, kind).await;
    assert_eq!(state(&test, kind).await, is("waiting", ""));
    assert_eq!(tick(&test, &refresh, &pictures).await, is("available", ""));
    test.pass(Span::from_secs(31));
    let key = test.answer(id, "k2", "answer").await;
    test.settle().await;
    assert_eq!(test.message(id, &key).await.shown_sender().map(SenderName::as_str), Some("山田"));
}

#[tokio::test]
async fn mem_9_who_is_removed_loses_persona_and_conversations() {
    let kind = ChannelKind::Messenger;
    let (test, id) = begin(kind, "山田").await;
    let (refresh, pictures) = (refresher(&test), Files::start().await);
    pictures.script(PICTURE, [File::Bytes(b"\x89PNG\r\n\x1a\n........".to_vec())]);
    assert_eq!(tick(&test, &refresh, &pictures).await, is("available", ""));
    let channel = TestInbox::channel_id(kind);
    assert_eq!(test.directory.personas(channel).await.unwrap().len(), 1);
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let path = format!("/api/conversations/{id}/messages");
    let named = test.get(&path).await["items"][0]["sender_name"].clone();

    test.administered("DELETE", &format!("{}/operator-1", operators(kind)), &Value::Null).await;
    test.pass(Span::from_minutes(1));
    let synced = refresh.sync_senders(pictures.url(), test.clock.now()).await.unwrap().unwrap();
    assert_eq!((synced.made, synced.removed), (0, 1));
    assert!(test.directory.personas(channel).await.unwrap().is_empty());
    let (status, answer) = test.call("GET", &path, None, &Value::Null).await;
    assert_eq!((status, &answer["error"]["id"]), (404, &json!("conversation_not_found")));
    // What they have written stays, with their name.
    let page = test.administered("GET", &path, &Value::Null).await;
    let reply = &page["items"][0];
    assert_eq!((&reply["id"], &reply["operator_id"]), (&json!(key.to_string()), &json!("operator-1")));
    assert_eq!((&named, &reply["sender_name"]), (&json!("山田"), &named));
}

#[tokio::test]
async fn mem_4_a_name_that_line_refuses_fails_the_association_until_another_one_is_tried() {
    let kind = ChannelKind::Line;
    // LINE's list of words is secret: the simulator refuses what merely contains one.
    let (test, id) = begin(kind, "Caroline").await;
    assert_eq!(state(&test, kind).await, is("available", ""));
    for key in ["k1", "k2"] {
        test.pass(Span::from_secs(1));
        test.answer(id, key, "answer").await;
        test.settle().await;
        assert_eq!(state(&test, kind).await, is("failed", "name_refused"));
    }
    assert_eq!(test.simulator.sent().len(), 2, "the replies went out all the same");
    called(&test, "山田").await;
    retry(&test, kind).await;
    assert_eq!(state(&test, kind).await, is("available", ""));
    test.pass(Span::from_secs(31));
    let key = test.answer(id, "k3", "answer").await;
    test.settle().await;
    assert_eq!(test.message(id, &key).await.shown_sender().map(SenderName::as_str), Some("山田"));
    assert_eq!(state(&test, kind).await, is("available", ""));
}
