//! Reply tokens: once, soon, without a retry key.

use madoguchi_simulator::Provider;
use reqwest::Method;
use serde_json::json;

use crate::support::{answer, stage, text};

#[tokio::test]
async fn a_reply_token_is_good_once() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (_, event) = stage.on_line("customer-1", text("営業時間は?")).await;
    let reply_token = event["replyToken"].as_str().unwrap();

    let first = stage.reply(&token, reply_token, "10時からです").await;
    assert_eq!(first.status, 200);
    assert!(first.body["sentMessages"][0]["id"].is_string());
    assert!(first.body["sentMessages"][0]["quoteToken"].is_string());

    let second = stage.reply(&token, reply_token, "10時からです").await;
    assert_eq!((second.status, &second.body["message"]), (400, &json!("Invalid reply token")));
    assert_eq!(stage.simulator.sent_to("customer-1")[0].times_received, 1);
}

#[tokio::test]
async fn a_reply_token_lives_about_a_minute_from_its_webhook() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, event) = stage.on_line("customer-1", text("?")).await;
    let reply_token = event["replyToken"].as_str().unwrap();

    stage.simulator.set_clock_offset_ms(61_000);
    assert_eq!(stage.reply(&token, reply_token, "a").await.body["message"], "Invalid reply token");

    // A redelivery brings another minute …
    let webhook = performed.webhook.unwrap();
    stage.simulator.redeliver(&webhook).await;
    stage.simulator.set_clock_offset_ms(100_000);
    // … but not for a token that is older than twenty minutes.
    let (late, event) = stage.on_line("customer-1", text("!")).await;
    let late_token = event["replyToken"].as_str().unwrap();
    assert_eq!(stage.reply(&token, reply_token, "a").await.status, 200);

    stage.simulator.set_clock_offset_ms(100_000 + 20 * 60_000 + 1_000);
    stage.simulator.redeliver(&late.webhook.unwrap()).await;
    let token = stage.line_token().await;
    assert_eq!(stage.reply(&token, late_token, "a").await.status, 400);
}

#[tokio::test]
async fn a_retry_key_on_a_reply_is_refused_and_costs_no_token() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (_, event) = stage.on_line("customer-1", text("?")).await;
    let reply_token = event["replyToken"].as_str().unwrap();
    let body = json!({"replyToken": reply_token, "messages": [{"type": "text", "text": "a"}]});
    let request = stage
        .request(Method::POST, "/v2/bot/message/reply")
        .bearer_auth(&token)
        .header("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000")
        .json(&body);
    assert_eq!(answer(request).await.status, 400);
    assert_eq!(stage.reply(&token, reply_token, "a").await.status, 200);
}

#[tokio::test]
async fn an_invalid_message_costs_no_token() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (_, event) = stage.on_line("customer-1", text("?")).await;
    let reply_token = event["replyToken"].as_str().unwrap();
    let refused = stage.reply(&token, reply_token, &"x".repeat(5_001)).await;
    assert_eq!(refused.body["details"][0]["property"], "messages[0].text");
    assert_eq!(stage.reply(&token, reply_token, &"x".repeat(5_000)).await.status, 200);
}

#[tokio::test]
async fn a_group_is_answered_in_the_group() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let group = stage.simulator.groups("1650000001")[0].clone();
    let mut act = crate::support::act(Provider::Line, "customer-1", text("みなさん"));
    act.group = Some(group.clone());
    let performed = stage.simulator.act(act).await.unwrap();
    assert_eq!(performed.peer, group);
    let body: serde_json::Value = serde_json::from_str(&performed.webhook.unwrap().body).unwrap();
    let event = &body["events"][0];
    assert_eq!(
        (event["source"]["type"].as_str(), event["source"]["groupId"].as_str()),
        (Some("group"), Some(&*group))
    );

    stage.reply(&token, event["replyToken"].as_str().unwrap(), "はい").await;
    let sent = stage.simulator.sent();
    assert_eq!((sent[0].recipient.as_str(), sent[0].customer.as_deref()), (&*group, None));
}
