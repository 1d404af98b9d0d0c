//! What stands above the inbox (AUT-12).

use axum::http::StatusCode;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::quota::Quota;
use madoguchi_domain::send::Rest;
use madoguchi_domain::{ChannelKind, ChannelSettings, OperatorAccess, Span};
use madoguchi_store::Saved;
use madoguchi_store::directory::Connection;
use serde_json::{Value, json};

use crate::support::{Caller, NOW, TestApi};

const PATH: &str = "/api/notices";

fn about(body: &Value) -> Vec<(&str, &str, &str)> {
    fn text<'a>(notice: &'a Value, name: &str) -> &'a str {
        notice[name].as_str().unwrap()
    }
    let told = |notice| (text(notice, "channel_name"), text(notice, "about"), text(notice, "light"));
    body["items"].as_array().unwrap().iter().map(told).collect()
}

#[tokio::test]
async fn aut_12_whoever_sees_a_channel_is_told_that_it_needs_somebody() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    assert_eq!(api.get(PATH).await.body, json!({"items": [], "mail": false}));

    let held = api.directory.hold_channel(line.id, Cause::SecretMismatch, "x-detail", NOW).await.unwrap();
    assert_eq!(held, Saved::Done);
    let answer = api.get(PATH).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.body["items"],
        json!([{
            "channel_id": line.id, "channel_name": line.name, "channel_kind": "line",
            "about": "needs_reauthorization", "light": "red", "since": NOW.to_string(), "until": null,
            "message": "The authorization has expired; reconnect the account.",
            "cause": "The channel secret is not the one that the provider knows.",
            "remedy": "Ask an administrator to re-authorize it. Messages still come in; replies that you write wait and go \
                       out in their order afterwards.",
        }])
    );
    let japanese = api.read(Caller::Administrator, PATH, "ja").await;
    let remedy = japanese.body["items"][0]["remedy"].as_str().unwrap();
    assert!(remedy.contains("LINE Developers") && remedy.contains("MailFrom"), "{remedy}");
    assert!(!japanese.body.to_string().contains("x-detail"), "the provider's word is for the log");

    assert_eq!(api.directory.release_channel(line.id, NOW).await.unwrap(), Saved::Done);
    assert_eq!(api.get(PATH).await.body["items"], json!([]));
}

#[tokio::test]
async fn aut_12_the_worst_comes_first_and_an_end_that_is_near_is_told_to_administrators() {
    let api = TestApi::start().await;
    let line = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let page = api.add_channel(ChannelKind::Messenger, "104", ChannelSettings::default()).await;
    let until = NOW + Span::from_minutes(5);
    assert_eq!(api.directory.pause_channel(line.id, until, Rest::Rate).await.unwrap(), Saved::Done);
    let quota = Quota { limit: Some(200), used: 200, read_at: NOW };
    assert_eq!(api.directory.note_quota(line.id, quota).await.unwrap(), Saved::Done);
    let end = NOW + Span::from_days(10);
    let connection = Connection {
        id: page.connection_id,
        kind: ChannelKind::Messenger,
        channels: vec![page.id],
        linked: None,
        authorized_at: NOW,
        expires_at: Some(end),
        pages: Vec::new(),
        checked_at: Some(NOW),
        check_at: NOW + Span::from_days(1),
    };
    api.directory.put_connection(&connection).await.unwrap();

    let (line, page) = (line.name.as_str(), page.name.as_str());
    let operators = api.get(PATH).await;
    assert_eq!(about(&operators.body), [(line, "quota", "red"), (line, "paused", "yellow")]);
    assert_eq!(operators.body["items"][1]["until"], until.to_string());
    let administrators = api.call(Caller::Administrator, "GET", PATH, None).await;
    let mut found = about(&administrators.body);
    found.sort_unstable();
    let mut expected =
        [(line, "quota", "red"), (line, "paused", "yellow"), (page, "credential_ends", "yellow")];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(administrators.body["items"][0]["light"], "red");

    api.hand.advance(Span::from_minutes(5));
    assert_eq!(about(&api.get(PATH).await.body), [(line, "quota", "red")]);
}

#[tokio::test]
async fn asg_8_nobody_is_told_of_a_channel_that_they_do_not_see() {
    let api = TestApi::start().await;
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    let channel = api.add_channel(ChannelKind::Line, "165", settings).await;
    let held = api.directory.hold_channel(channel.id, Cause::SecretMismatch, "x", NOW).await.unwrap();
    assert_eq!(held, Saved::Done);
    assert_eq!(api.get(PATH).await.body["items"], json!([]));
    assert_eq!(about(&api.call(Caller::Administrator, "GET", PATH, None).await.body).len(), 1);
}
