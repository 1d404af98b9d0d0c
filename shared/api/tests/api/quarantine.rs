//! What could not be filed, and sending it again.

use axum::http::StatusCode;
use madoguchi_channels::{InboundEvent, InboundWork};
use madoguchi_domain::{ChannelId, ChannelKind, ChannelSettings};
use madoguchi_store::inbox::Quarantined;
use serde_json::json;

use crate::support::{Caller, NOW, TestApi};

fn event(id: &str) -> String {
    let event = InboundEvent {
        v: 1,
        channel_kind: ChannelKind::Line,
        channel_id: ChannelId::derive(ChannelKind::Line, "165"),
        conversation_id: None,
        event_id: id.to_owned(),
        received_at: NOW,
        standby: false,
        raw: json!({"type": "message", "message": {"text": "a secret of the customer"}}),
    };
    InboundWork::Event(event).to_json().unwrap()
}

async fn keep(api: &TestApi, id: &str, content: String, parts: u32) {
    for part in 0..parts {
        let quarantined = Quarantined {
            id: id.to_owned(),
            reason: "unknown_channel".into(),
            detail: String::new(),
            channel_kind: "line".into(),
            channel_id: None,
            received_at: NOW,
            part,
            parts,
            content: content.clone(),
        };
        api.inbox.quarantine(&quarantined).await.unwrap();
    }
}

#[tokio::test]
async fn ing_11_an_event_is_replayed_once_its_channel_is_there() {
    let api = TestApi::start().await;
    keep(&api, "mid/1", event("mid/1"), 1).await;
    let list = api.call(Caller::Administrator, "GET", "/api/quarantine", None).await;
    let item = &list.body["items"][0];
    assert_eq!(item["reason"], "unknown_channel");
    assert!(!list.body.to_string().contains("a secret of the customer"));
    let path = format!("/api/quarantine/{}/replay", item["id"].as_str().unwrap());

    let early = api.call(Caller::Administrator, "POST", &path, None).await;
    assert_eq!((early.status, early.error()), (StatusCode::CONFLICT, "not_replayable"));
    assert!(api.aws.sent().is_empty());

    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let replayed = api.call(Caller::Administrator, "POST", &path, None).await;
    assert_eq!((replayed.status, &replayed.body), (StatusCode::ACCEPTED, &json!({"replayed": 1})));
    let sent = api.aws.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["MessageBody"], event("mid/1"));
    assert_eq!(sent[0]["MessageGroupId"], channel.id.to_string());
    assert!(sent[0]["MessageDeduplicationId"].as_str().unwrap().starts_with("replay:1700000000000:"));

    let gone = api.call(Caller::Administrator, "POST", &path, None).await;
    assert_eq!((gone.status, gone.error()), (StatusCode::NOT_FOUND, "quarantined_not_found"));
    let log = format!("/api/audit?act=quarantine.replayed&channel={}", channel.id);
    let log = api.call(Caller::Administrator, "GET", &log, None).await.body;
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "AUD-2: found by its channel");
}

/// It would be dropped, and be gone.
#[tokio::test]
async fn chn_19_nothing_is_replayed_to_a_channel_that_is_not_in_use() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    keep(&api, "e1", event("e1"), 1).await;
    let path = format!("/api/channels/{}", channel.id);
    for (method, path, body) in [
        ("POST", format!("{path}/disable"), json!({})),
        ("DELETE", path.clone(), json!({"confirm": channel.name})),
    ] {
        assert_eq!(api.administer(method, &path, body).await.status, StatusCode::OK);
        let refused = api.call(Caller::Administrator, "POST", "/api/quarantine/e1/replay", None).await;
        assert_eq!((refused.status, refused.error()), (StatusCode::CONFLICT, "not_replayable"));
        assert_eq!(api.inbox.quarantined_by_id("e1").await.unwrap().len(), 1);
    }
    assert!(api.aws.sent().is_empty());
}

#[tokio::test]
async fn a_queue_that_refuses_leaves_the_event_in_quarantine() {
    let api = TestApi::start().await;
    api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    keep(&api, "e1", event("e1"), 1).await;
    api.aws.fail(Some("SendMessage"));
    let answer = api.call(Caller::Administrator, "POST", "/api/quarantine/e1/replay", None).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert_eq!(api.inbox.quarantined_by_id("e1").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_malformed_body_cannot_be_replayed() {
    let api = TestApi::start().await;
    keep(&api, "body", "eyJldmVudHMiOg==".into(), 2).await;
    let answer = api.call(Caller::Administrator, "POST", "/api/quarantine/body/replay", None).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "not_replayable"));
    assert_eq!(api.inbox.quarantined_by_id("body").await.unwrap().len(), 2);
}
