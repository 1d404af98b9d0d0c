//! A reply that Twilio gave up for a reason that may pass is sent once more by itself (RPL-12).

use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey, Span};
use madoguchi_simulator::{Echo, Fault, FaultRule, Provider, StatusFault};
use madoguchi_tests::TestInbox;
use serde_json::Value;

use crate::twilio::{deliver, says, start, state};

/// A status callback of call number `call`, to the address that it named; nothing that follows from it is done yet.
async fn tell(test: &TestInbox, call: usize, status: &str, code: &str) {
    let sent = &test.twilio.sent()[call - 1];
    let sid = format!("SM{call:032x}");
    let parameters = [
        ("MessageSid", sid.as_str()),
        ("MessageStatus", status),
        ("ErrorCode", code),
        ("To", &sent["To"]),
        ("From", "x"),
    ];
    assert_eq!(deliver(&sent["StatusCallback"], &parameters).await, 200);
}

/// A reply that was given up with `code`.
async fn given_up(code: &str) -> (TestInbox, ConversationId, MessageKey) {
    let test = start().await;
    let id = says(&test, ChannelKind::Sms, 1, "question").await;
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    tell(&test, 1, "undelivered", code).await;
    test.settle().await;
    (test, id, key)
}

async fn shown(test: &TestInbox, id: ConversationId, key: MessageKey) -> Value {
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    let messages = list["messages"].as_array().or_else(|| list["items"].as_array()).unwrap();
    messages.iter().find(|message| message["id"] == key.to_string()).unwrap().clone()
}

async fn wait(test: &TestInbox, span: Span) -> u64 {
    test.pass(span);
    let report = test.schedule().await;
    test.settle().await;
    report.queued
}

#[tokio::test]
async fn rpl_12_it_goes_out_once_more_after_its_pause_and_the_operator_sees_why() {
    for (code, pause, reason) in [
        ("30003", Span::from_minutes(15), "contact_unreachable"),
        ("30008", Span::from_minutes(2), "provider_unavailable"),
        ("30036", Span::from_minutes(2), "provider_unavailable"),
    ] {
        let (test, id, key) = given_up(code).await;
        let view = shown(&test, id, key).await;
        assert_eq!((view["status"].as_str(), view["failure"].is_null()), (Some("retrying"), true), "{view}");
        assert_eq!(view["first_try"]["failure"]["id"], reason);
        assert_eq!(view["send_at"], (test.clock.now() + pause).to_string());
        assert_eq!(test.conversation(id).await.contact.unreachable_since, None);
        // What is written meanwhile does not wait for it.
        test.answer(id, "k2", "more").await;
        test.settle().await;
        assert_eq!(wait(&test, pause - Span::from_ms(1)).await, 0);
        assert_eq!(test.twilio.sent().len(), 2);
        assert_eq!(wait(&test, Span::from_ms(1)).await, 1);
        let sent = test.twilio.sent();
        assert_eq!((sent.len(), sent[2]["Body"].as_str()), (3, "answer"));
        assert_eq!(shown(&test, id, key).await["status"], "sent");
        tell(&test, 3, "delivered", "").await;
        test.settle().await;
        let view = shown(&test, id, key).await;
        assert_eq!((&view["status"], &view["first_try"]["delivered"]), (&"delivered".into(), &false.into()));
    }
}

#[tokio::test]
async fn rpl_12_the_second_failure_is_final() {
    let (test, id, key) = given_up("30003").await;
    assert_eq!(wait(&test, Span::from_minutes(15)).await, 1);
    for status in ["failed", "undelivered", "failed"] {
        tell(&test, 2, status, "30003").await;
        test.settle().await;
    }
    let SendState::Failed { reason, .. } = state(&test, id, key).await else { panic!() };
    assert_eq!(reason, FailureReason::ContactUnreachable);
    assert!(test.conversation(id).await.contact.unreachable_since.is_some());
    assert_eq!(wait(&test, Span::from_hours(1)).await, 0);
    assert_eq!(test.twilio.sent().len(), 2);
}

/// Invariant 4: callbacks come twice, in two forms and late.
#[tokio::test]
async fn rpl_12_however_often_the_failure_is_told_it_goes_out_once_more() {
    let (test, id, key) = given_up("30008").await;
    for status in ["failed", "undelivered", "failed"] {
        tell(&test, 1, status, "30008").await;
    }
    test.settle().await;
    assert_eq!(wait(&test, Span::from_minutes(2)).await, 1);
    for status in ["failed", "undelivered"] {
        tell(&test, 1, status, "30008").await;
    }
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }), "it settles no second call");
    assert_eq!(wait(&test, Span::from_hours(1)).await, 0);
    test.sweep().await;
    test.settle().await;
    assert_eq!(test.twilio.sent().len(), 2);
}

#[tokio::test]
async fn rpl_12_what_arrived_after_all_is_not_sent_again_and_else_is_noted() {
    // Before the second call.
    for queued in [false, true] {
        let (test, id, key) = given_up("30008").await;
        if queued {
            test.pass(Span::from_minutes(2));
            assert_eq!(test.schedule().await.queued, 1);
        }
        tell(&test, 1, "delivered", "").await;
        test.write().await;
        test.settle().await;
        assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }), "{queued}");
        assert_eq!(wait(&test, Span::from_minutes(2)).await, 0);
        assert_eq!(test.twilio.sent().len(), 1, "{queued}");
    }
    // After it, whatever it came to.
    for (second, code, expected) in [("delivered", "", "delivered"), ("failed", "30005", "delivered")] {
        let (test, id, key) = given_up("30008").await;
        assert_eq!(wait(&test, Span::from_minutes(2)).await, 1);
        tell(&test, 1, "delivered", "").await;
        test.settle().await;
        let view = shown(&test, id, key).await;
        assert_eq!((&view["status"], &view["first_try"]["delivered"]), (&"sent".into(), &true.into()));
        tell(&test, 2, second, code).await;
        test.settle().await;
        assert_eq!(shown(&test, id, key).await["status"], expected);
        assert_eq!(test.conversation(id).await.contact.unreachable_since, None);
    }
}

#[tokio::test]
async fn rpl_12_it_is_not_sent_when_the_customer_wrote_or_said_stop_or_an_operator_cancels() {
    for word in ["it is settled, thank you", "STOP"] {
        let (test, id, key) = given_up("30003").await;
        test.pass(Span::from_secs(1));
        says(&test, ChannelKind::Sms, 2, word).await;
        assert_eq!(wait(&test, Span::from_minutes(15)).await, 0);
        let SendState::Failed { reason, .. } = state(&test, id, key).await else { panic!() };
        assert_eq!((reason, test.twilio.sent().len()), (FailureReason::ContactUnreachable, 1), "{word}");
    }
    let (test, id, key) = given_up("30003").await;
    let path = format!("/api/conversations/{id}/messages/{key}");
    let (status, body) = test.call("DELETE", &path, None, &Value::Null).await;
    assert_eq!((status, body["status"].as_str()), (200, Some("failed")), "{body}");
    assert_eq!(wait(&test, Span::from_minutes(15)).await, 0);
    assert_eq!(test.twilio.sent().len(), 1);
}

/// The whole way with the simulator, its callbacks reversed and doubled.
#[tokio::test]
async fn rpl_12_the_customer_has_it_once_in_the_end() {
    let test = TestInbox::with_simulated_twilio().await;
    test.simulator.set_echo(Echo::Before);
    for how in [None, Some(StatusFault::Reversed), Some(StatusFault::Twice)] {
        let id = test.customer_writes(ChannelKind::WhatsApp, "customer-1", "?").await;
        test.settle().await;
        test.simulator
            .fault(FaultRule::from(Fault::DeliveryFailure { code: 30008, undelivered: false }).times(1));
        if let Some(how) = how {
            test.simulator.fault(FaultRule::from(Fault::Statuses { how }).times(1));
        }
        let before = test.simulator.sent_to("customer-1").len();
        let key = test.answer(id, &format!("{how:?}"), &format!("{how:?}")).await;
        test.settle().await;
        assert!(matches!(state(&test, id, key).await, SendState::Retrying { .. }), "{how:?}");
        assert_eq!(wait(&test, Span::from_minutes(2)).await, 1);
        assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }), "{how:?}");
        let sent = test.simulator.sent_to("customer-1");
        let received: usize = sent[before..].iter().map(|sent| sent.times_received).sum();
        assert_eq!(received, 1, "{how:?}");
        let provider = sent.last().unwrap().provider;
        assert_eq!(provider, Provider::WhatsApp);
        test.pass(Span::from_secs(1));
    }
}
