//! Failures on demand: before the effect and after it.

use std::time::{Duration, Instant};

use madoguchi_simulator::{Endpoint, Fault, FaultRule, Provider, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Stage, stage, text};

const KEY: &str = "123e4567-e89b-12d3-a456-426614174000";

async fn psid(stage: &Stage) -> String {
    stage.on_messenger("customer-1", text("?")).await.0.peer
}

#[tokio::test]
async fn each_provider_words_a_fault_its_own_way() {
    let stage = stage().await;
    let psid = psid(&stage).await;
    let token = stage.line_token().await;
    let (line, _) = stage.on_line("customer-1", text("?")).await;
    let expired = Fault::ExpiredToken { subcode: Some(463), message: None };
    let cases = [
        (expired, (400, 190, Some(463)), (401, "Authentication failed")),
        (
            Fault::ExpiredToken { subcode: None, message: Some("unseen".into()) },
            (400, 190, None),
            (401, "Authentication failed"),
        ),
        (Fault::UserUnavailable, (400, 551, Some(1_545_041)), (400, "Failed to send messages")),
        (
            Fault::RateLimit { code: None, regain_minutes: Some(3) },
            (400, 613, None),
            (429, "The API rate limit has been exceeded. Try again later."),
        ),
        (Fault::ServerError { after_effect: false }, (500, 2, None), (500, "The API server")),
        (Fault::ServerError { after_effect: true }, (500, 1, Some(1_357_046)), (500, "The API server")),
    ];
    for (fault, (status, code, subcode), (line_status, line_text)) in cases {
        stage.simulator.fault(FaultRule::from(fault.clone()).on(Provider::Messenger).times(1));
        stage.simulator.fault(FaultRule::from(fault.clone()).on(Provider::Line).times(1));
        let refused = stage.send_text(&psid, "a").await;
        assert_eq!((refused.status, refused.graph_error()), (status, (code, subcode)), "{fault:?}");
        let refused = stage.push(&token, &line.peer, "a", None).await;
        assert_eq!(refused.status, line_status, "{fault:?}");
        assert!(refused.body["message"].as_str().unwrap().starts_with(line_text), "{fault:?}");
    }
    assert!(stage.simulator.faults().is_empty());
    // Only the two that came after the effect.
    assert_eq!(stage.simulator.sent().len(), 2);
}

#[tokio::test]
async fn rate_limits_carry_their_hint() {
    let stage = stage().await;
    let psid = psid(&stage).await;
    stage.simulator.fault(FaultRule::from(Fault::RateLimit { code: None, regain_minutes: Some(7) }).times(1));
    let limited = stage.send_text(&psid, "a").await;
    let usage: Value = serde_json::from_str(limited.header("x-business-use-case-usage")).unwrap();
    let figures = &usage.as_object().unwrap().values().next().unwrap()[0];
    assert_eq!(
        (figures["type"].as_str(), figures["estimated_time_to_regain_access"].as_i64()),
        (Some("messenger"), Some(7))
    );

    stage.simulator.fault(FaultRule::from(Fault::RateLimit { code: Some(4), regain_minutes: None }).times(1));
    let limited = stage.send_text(&psid, "a").await;
    assert_eq!(limited.graph_error().0, 4);
    assert!(limited.header("x-app-usage").contains("call_count"));
}

#[tokio::test]
async fn a_timeout_or_reset_may_come_before_or_after_the_effect() {
    let stage = stage().await;
    let psid = psid(&stage).await;
    let send = async |text: &str| {
        let body =
            json!({"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": {"text": text}});
        let path = format!("/v26.0/{}/messages", demo::PAGE);
        let request =
            stage.request(Method::POST, &path).bearer_auth(demo::page_token(demo::PAGE)).json(&body);
        request.timeout(Duration::from_millis(400)).send().await
    };
    let arrived = |text: &str| stage.simulator.sent().iter().any(|sent| sent.text.as_deref() == Some(text));
    for after_effect in [false, true] {
        stage.simulator.fault(FaultRule::from(Fault::Timeout { after_effect, hang_ms: None }).times(1));
        let name = format!("timeout {after_effect}");
        assert!(send(&name).await.unwrap_err().is_timeout());
        assert_eq!(arrived(&name), after_effect);

        stage.simulator.fault(FaultRule::from(Fault::ConnectionReset { after_effect }).times(1));
        let name = format!("reset {after_effect}");
        let error = send(&name).await.unwrap_err();
        assert!(!error.is_timeout() && error.is_request(), "{error:?}");
        assert_eq!(arrived(&name), after_effect);
    }
    let cut: Vec<_> = stage.simulator.calls().into_iter().filter(|call| call.status.is_none()).collect();
    assert_eq!(cut.len(), 2);
    assert_eq!(cut[0].fault.as_deref(), Some("connection_reset"));
    assert!(send("at last").await.unwrap().status().is_success());
}

#[tokio::test]
async fn a_slow_answer_is_right_and_late() {
    let stage = stage().await;
    let psid = psid(&stage).await;
    stage.simulator.fault(FaultRule::from(Fault::Slow { delay_ms: 150 }).times(1));
    let started = Instant::now();
    assert_eq!(stage.send_text(&psid, "a").await.status, 200);
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_push_after_an_unclear_outcome_is_a_conflict() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    stage
        .simulator
        .fault(FaultRule::from(Fault::ServerError { after_effect: true }).endpoint(Endpoint::Push).times(1));
    assert_eq!(stage.push(&token, &performed.peer, "a", Some(KEY)).await.status, 500);
    assert_eq!(stage.push(&token, &performed.peer, "a", Some(KEY)).await.status, 409);
    assert_eq!(stage.simulator.sent()[0].times_received, 1);

    stage.simulator.fault(FaultRule::from(Fault::Conflict).times(1));
    let conflict =
        stage.push(&token, &performed.peer, "b", Some("123e4567-e89b-12d3-a456-426614174001")).await;
    assert_eq!(conflict.status, 409);
    assert_eq!(conflict.body["sentMessages"][0]["id"], stage.simulator.sent()[1].id.as_str());
}

#[tokio::test]
async fn a_reply_after_an_unclear_outcome_finds_its_token_used() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (_, event) = stage.on_line("customer-1", text("?")).await;
    let reply_token = event["replyToken"].as_str().unwrap();
    stage
        .simulator
        .fault(FaultRule::from(Fault::ServerError { after_effect: true }).endpoint(Endpoint::Reply).times(1));
    assert_eq!(stage.reply(&token, reply_token, "a").await.status, 500);
    assert_eq!(stage.reply(&token, reply_token, "a").await.body["message"], "Invalid reply token");
    assert_eq!(stage.simulator.sent().len(), 1);
}

#[tokio::test]
async fn a_fault_for_one_recipient_leaves_the_others_alone() {
    let stage = stage().await;
    let (one, two) = (psid(&stage).await, stage.on_messenger("customer-2", text("?")).await.0.peer);
    let blocked = FaultRule::from(Fault::GraphError {
        code: 368,
        subcode: None,
        message: None,
        status: None,
        is_transient: None,
    });
    stage.simulator.fault(blocked.recipient("customer-1"));
    assert_eq!(stage.send_text(&one, "a").await.graph_error().0, 368);
    assert_eq!(stage.send_text(&two, "a").await.status, 200);
    stage.simulator.clear_faults();
    assert_eq!(stage.send_text(&one, "a").await.status, 200);
}

#[tokio::test]
async fn outside_the_window_on_line_means_not_delivered() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, event) = stage.on_line("customer-1", text("?")).await;
    stage.simulator.fault(FaultRule::from(Fault::OutsideWindow).times(2));
    let reply_token = event["replyToken"].as_str().unwrap();
    assert_eq!(stage.reply(&token, reply_token, "a").await.body["message"], "Invalid reply token");
    assert_eq!(stage.push(&token, &performed.peer, "a", None).await.status, 200);
    assert_eq!(stage.simulator.sent()[0].times_received, 0);
}

#[tokio::test]
async fn any_answer_can_be_dictated_over_http() {
    let stage = stage().await;
    let rule = json!({
        "fault": {"kind": "answer", "status": 429, "body": {"message": "A text never seen"}},
        "provider": "line", "endpoint": "any", "times": 1,
    });
    let set = crate::support::answer(stage.request(Method::POST, "/control/faults").json(&rule)).await;
    assert!(set.body["id"].is_u64(), "{}", set.body);
    let dictated = stage.issue_line_token(demo::LINE_SECRET).await;
    assert_eq!((dictated.status, &dictated.body["message"]), (429, &json!("A text never seen")));
    assert_eq!(stage.get("/control/faults").await.body, json!([]));
}
