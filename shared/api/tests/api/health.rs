//! How a channel is, and having it looked at.

use axum::http::StatusCode;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::{ChannelKind, ChannelSettings, Span};
use madoguchi_store::Saved;
use madoguchi_store::directory::Connection;
use serde_json::{Value, json};

use crate::support::{Caller, NOW, TestApi};

fn lights(body: &Value) -> Vec<&str> {
    body["points"].as_array().unwrap().iter().map(|point| point["light"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn chn_27_health_tells_credential_receiving_sending_and_what_waits() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let path = format!("/api/channels/{}/health", channel.id);
    let quiet = api.get(&path).await;
    assert_eq!(lights(&quiet.body), ["green", "grey", "green", "grey", "green"]);
    assert_eq!(quiet.body["credential"]["authorized_at"], json!(null), "no connection yet");

    let connection = Connection {
        id: channel.connection_id,
        kind: ChannelKind::Line,
        channels: vec![channel.id],
        linked: None,
        authorized_at: NOW,
        expires_at: Some(NOW + Span::from_days(10)),
        pages: Vec::new(),
        checked_at: Some(NOW),
        check_at: NOW + Span::from_days(1),
    };
    api.directory.put_connection(&connection).await.unwrap();
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    assert_eq!(api.reply(id, "k", "answer").await.status, StatusCode::ACCEPTED);
    api.hand.advance(Span::from_minutes(3));
    let answer = api.get(&path).await;
    assert_eq!(lights(&answer.body), ["yellow", "green", "green", "grey", "yellow"]);
    assert_eq!(answer.body["light"], "yellow");
    let expected = json!({
        "kind": "line", "type": null, "data_access_expires_at": null, "authorized_at": NOW.to_string(), "expires_at": connection.expires_at.unwrap().to_string(),
        "days_left": 9, "checked_at": NOW.to_string(), "next_check_at": connection.check_at.to_string(),
    });
    assert_eq!(answer.body["credential"], expected);
    assert_eq!(answer.body["last_received_at"], NOW.to_string());
    // A reply stands behind what it answers.
    let oldest = NOW + Span::from_ms(1);
    assert_eq!(answer.body["replies_waiting"], json!({"count": 1, "oldest_at": oldest.to_string()}));

    let held = api.directory.hold_channel(channel.id, Cause::SecretMismatch, "x", NOW).await.unwrap();
    assert_eq!(held, Saved::Done);
    let japanese = api.read(Caller::Operator, &path, "ja").await;
    assert_eq!(lights(&japanese.body), ["red", "green", "red", "grey", "yellow"]);
    assert!(japanese.body["points"][2]["message"].as_str().unwrap().contains("再認証"));
    assert!(!japanese.body.to_string().contains("\"x\""), "the provider's word is for the log");
}

#[tokio::test]
async fn chn_27_a_check_makes_the_connection_due_now() {
    let api = TestApi::start().await;
    api.administer(
        "POST",
        "/api/channels",
        json!({
            "kind": "line", "name": "本店", "line_channel_id": "165", "channel_secret": "first-secret",
        }),
    )
    .await;
    let id = api.get("/api/channels").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    let connection = id.parse::<madoguchi_domain::ConnectionId>().unwrap();
    let stored = api.directory.connection(connection).await.unwrap().unwrap();
    let later = Connection { check_at: NOW + Span::from_days(1), ..stored };
    api.directory.put_connection(&later).await.unwrap();
    assert!(api.directory.due_connections(NOW).await.unwrap().is_empty());
    let path = format!("/api/channels/{id}/check");
    let asked = api.administer("POST", &path, json!({})).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    let expected = json!({
        "asked_at": NOW.to_string(), "checked_at": null, "health": format!("/api/channels/{id}/health"),
    });
    assert_eq!(asked.body, expected);
    assert_eq!(api.directory.due_connections(NOW).await.unwrap(), [connection]);
    let nowhere = "/api/channels/1809223c-a54e-5e9b-ae37-4058be700000/check";
    assert_eq!(api.administer("POST", nowhere, json!({})).await.error(), "channel_not_found");
}
