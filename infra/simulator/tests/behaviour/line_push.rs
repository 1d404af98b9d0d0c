//! Push: retry keys, recipients who do not see it, quota.

use madoguchi_simulator::{Action, Provider, demo};
use serde_json::json;

use crate::support::{stage, text};

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";
const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn a_repeated_push_is_accepted_once() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    let to = performed.peer;

    let first = stage.push(&token, &to, "a", Some(KEY)).await;
    assert_eq!(first.status, 200);
    let again = stage.push(&token, &to, "a", Some(&KEY.to_uppercase())).await;
    assert_eq!((again.status, &again.body["message"]), (409, &json!("The retry key is already accepted")));
    assert_eq!(again.header("x-line-accepted-request-id"), first.header("x-line-request-id"));
    assert_ne!(again.header("x-line-request-id"), first.header("x-line-request-id"));
    assert_eq!(again.body["sentMessages"], first.body["sentMessages"]);

    let sent = stage.simulator.sent_to("customer-1");
    assert_eq!((sent.len(), sent[0].attempts, sent[0].times_received), (1, 2, 1));
    assert!(stage.simulator.violations().is_empty());

    stage.simulator.set_clock_offset_ms(DAY_MS + 1_000);
    let token = stage.line_token().await;
    assert_eq!(stage.push(&token, &to, "a", Some(KEY)).await.status, 200, "after a day the key is new again");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_a_violation() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    stage.push(&token, &performed.peer, "a", Some(KEY)).await;
    assert_eq!(stage.push(&token, &performed.peer, "b", Some(KEY)).await.status, 400);
    assert_eq!(stage.simulator.violations().len(), 1);
    assert_eq!(stage.simulator.sent().len(), 1);
}

#[tokio::test]
async fn a_retry_key_is_a_uuid() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    for key in ["1", "123e4567e89b12d3a456426614174000", "g23e4567-e89b-12d3-a456-426614174000"] {
        assert_eq!(stage.push(&token, &performed.peer, "a", Some(key)).await.status, 400, "{key}");
    }
}

#[tokio::test]
async fn a_refused_push_does_not_use_up_its_key() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    assert_eq!(stage.push(&token, "U00000000000000000000000000000000", "a", Some(KEY)).await.status, 400);
    assert_eq!(stage.push(&token, &performed.peer, "a", Some(KEY)).await.status, 200);
}

#[tokio::test]
async fn unknown_people_are_refused_and_absent_ones_see_nothing() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let unknown = stage.push(&token, "U00000000000000000000000000000000", "a", None).await;
    assert_eq!((unknown.status, &unknown.body["message"]), (400, &json!("Failed to send messages")));

    let stranger = stage.simulator.peer(Provider::Line, demo::LINE_CHANNEL, "customer-3").unwrap();
    assert_eq!(stage.push(&token, &stranger, "to a stranger", None).await.status, 200);
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    stage.on_line("customer-1", Action::Unfollow).await;
    assert_eq!(stage.push(&token, &performed.peer, "to a blocker", None).await.status, 200);
    assert!(stage.simulator.sent().iter().all(|sent| sent.times_received == 0));

    let consumption =
        stage.request(reqwest::Method::GET, "/v2/bot/message/quota/consumption").bearer_auth(&token);
    let consumption = crate::support::answer(consumption).await;
    assert_eq!(consumption.body, json!({"totalUsage": 0}), "what is not delivered is not counted");
}

#[tokio::test]
async fn somebody_who_is_no_friend_can_be_written_to_for_seven_days() {
    let stage = stage().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    for (days, expected) in [(6, 1), (8, 0)] {
        stage.simulator.set_clock_offset_ms(days * DAY_MS);
        let token = stage.line_token().await;
        stage.push(&token, &performed.peer, &format!("day {days}"), None).await;
        assert_eq!(stage.simulator.sent().last().unwrap().times_received, expected, "day {days}");
    }
    stage.on_line("customer-1", Action::Follow).await;
    let token = stage.line_token().await;
    stage.push(&token, &performed.peer, "to a friend", None).await;
    assert_eq!(stage.simulator.sent().last().unwrap().times_received, 1);
}

#[tokio::test]
async fn the_monthly_limit_counts_recipients() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    let group = stage.simulator.groups(demo::LINE_CHANNEL)[0].clone();
    stage.simulator.set_line_quota(demo::LINE_CHANNEL, Some(4), 0);
    assert_eq!(stage.push(&token, &group, "three members", None).await.status, 200);
    assert_eq!(stage.push(&token, &performed.peer, "the fourth", None).await.status, 200);
    let refused = stage.push(&token, &performed.peer, "the fifth", None).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (429, &json!("You have reached your monthly limit."))
    );

    let (_, event) = stage.on_line("customer-1", text("!")).await;
    assert_eq!(stage.reply(&token, event["replyToken"].as_str().unwrap(), "free").await.status, 200);
}

#[tokio::test]
async fn a_group_without_the_bot_is_refused() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let group = stage.simulator.groups(demo::LINE_CHANNEL)[0].clone();
    let mut leave = crate::support::act(Provider::Line, "customer-1", Action::Leave);
    leave.group = Some(group.clone());
    stage.simulator.act(leave).await.unwrap();
    assert_eq!(stage.push(&token, &group, "a", None).await.body["message"], "Failed to send messages");
}
