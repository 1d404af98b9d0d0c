//! A reply whose answer was lost is looked for at Twilio, and never sent again.

use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey, Span, Timestamp};
use madoguchi_simulator::{Echo, Fault, FaultRule, Provider};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{self, Faults};
use madoguchi_tests::support::twilio;
use serde_json::{Value, json};

use crate::twilio::{says, start, state};

const LEASE: Span = Span::from_secs(45);

/// As Twilio lists a message that it took at `at`.
fn listed(sid: &str, body: &str, at: Timestamp, status: &str, code: Option<u32>) -> Value {
    let at = rfc_2822(at);
    json!({
        "sid": sid, "to": "+819012345678", "from": twilio::sender(ChannelKind::Sms), "direction": "outbound-api",
        "body": body, "num_media": "0", "status": status, "error_code": code, "date_created": at, "date_sent": at,
    })
}

/// `2023-11-14T22:13:20.000Z` as `14 Nov 2023 22:13:20 +0000`, which RFC 2822 allows as well.
fn rfc_2822(at: Timestamp) -> String {
    let text = at.to_string();
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month: usize = text[5..7].parse().unwrap();
    format!("{} {} {} {} +0000", &text[8..10], months[month - 1], &text[..4], &text[11..19])
}

/// A reply whose answer was lost.
async fn lost() -> (TestInbox, ConversationId, MessageKey) {
    let test = start().await;
    let id = says(&test, ChannelKind::Sms, 1, "question").await;
    test.twilio.answer_next(500, json!({ "code": 20500 }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sending { .. }));
    (test, id, key)
}

#[tokio::test]
async fn rpl_11_what_only_it_can_be_settles_it() {
    let (test, ..) = lost().await;
    let at = test.clock.now();
    let one = |sid: &str| listed(sid, "answer", at, "sent", None);
    let table = [
        ("nothing", vec![], "unconfirmed", None),
        ("it", vec![one("SM7")], "sent", Some("SM7")),
        (
            "delivered meanwhile",
            vec![listed("SM7", "answer", at, "delivered", None)],
            "delivered",
            Some("SM7"),
        ),
        ("failed meanwhile", vec![listed("SM7", "answer", at, "failed", Some(30005))], "failed", Some("SM7")),
        (
            "for a passing reason",
            vec![listed("SM7", "answer", at, "failed", Some(30008))],
            "retrying",
            Some("SM7"),
        ),
        ("other words", vec![listed("SM7", "no", at, "sent", None)], "unconfirmed", None),
        (
            "of yesterday",
            vec![listed("SM7", "answer", at - Span::from_days(1), "sent", None)],
            "unconfirmed",
            None,
        ),
        ("two", vec![one("SM7"), one("SM8")], "unconfirmed", None),
    ];
    for (what, messages, expected, sid) in table {
        let (test, id, key) = lost().await;
        test.pass(LEASE);
        test.twilio.answer_next(200, json!({ "messages": messages }));
        test.settle().await;
        let message = test.message(id, &key).await;
        let shown = serde_json::to_value(message.send.as_ref().unwrap()).unwrap();
        assert_eq!(
            (shown["status"].as_str(), message.provider_message_id.as_deref()),
            (Some(expected), sid),
            "{what}"
        );
        if let Some(SendState::Failed { reason, .. }) = message.send {
            assert_eq!(reason, FailureReason::ContactUnreachable);
            assert!(test.conversation(id).await.contact.unreachable_since.is_some());
        }
        assert_eq!(test.twilio.sent().len(), 1, "{what}: never again blindly");
    }
}

/// The same words twice: what is known to be the other's is not this one.
#[tokio::test]
async fn rpl_11_what_is_another_replys_is_not_taken_for_it() {
    let test = start().await;
    let id = says(&test, ChannelKind::Sms, 1, "question").await;
    let first = test.answer(id, "k1", "answer").await;
    test.settle().await;
    test.twilio.answer_next(500, json!({ "code": 20500 }));
    let second = test.answer(id, "k2", "answer").await;
    test.settle().await;
    let at = test.clock.now();
    test.pass(LEASE);
    let of_first = test.message(id, &first).await.provider_message_id.unwrap();
    let messages = [listed(&of_first, "answer", at, "sent", None), listed("SM9", "answer", at, "sent", None)];
    test.twilio.answer_next(200, json!({ "messages": messages }));
    test.settle().await;
    assert_eq!(test.message(id, &second).await.provider_message_id.as_deref(), Some("SM9"));
}

#[tokio::test]
async fn rpl_11_twilio_is_asked_again_for_a_while_if_it_does_not_tell() {
    let (test, id, key) = lost().await;
    test.pass(LEASE);
    // What is written meanwhile keeps its turn.
    let next = test.answer(id, "k2", "more").await;
    let called_at = test.clock.now() - LEASE;
    // Once for each of the two records.
    test.twilio.answer_next(503, json!({}));
    test.twilio.answer_next(503, json!({}));
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sending { .. }));
    test.pass(Span::from_minutes(2));
    test.twilio.answer_next(200, json!({ "messages": [listed("SM7", "answer", called_at, "sent", None)] }));
    test.sweep().await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
    assert!(matches!(state(&test, id, next).await, SendState::Sent { .. }));
    // In vain.
    let (test, id, key) = lost().await;
    for _ in 0..4 {
        test.twilio.answer_next(503, json!({}));
        test.pass(Span::from_minutes(4));
        test.sweep().await;
        test.settle().await;
    }
    assert!(matches!(state(&test, id, key).await, SendState::Unconfirmed { .. }));
    assert_eq!(test.twilio.sent().len(), 1);
}

/// Invariant 4: the process ends before or after the call.
#[tokio::test]
async fn rpl_11_a_sender_that_died_is_made_up_for() {
    for (fault, expected) in [(fault::Fault::CrashBefore, "unconfirmed"), (fault::Fault::CrashAfter, "sent")]
    {
        let faults = Faults::new();
        let test = TestInbox::with_faults(&faults).await;
        test.add_twilio().await;
        let id = says(&test, ChannelKind::Sms, 1, "question").await;
        let key = test.answer(id, "k", "answer").await;
        test.relay().await;
        faults.arm_on(&format!("POST /2010-04-01/Accounts/{}/Messages.json", twilio::ACCOUNT), 1, fault);
        assert_eq!(faults.until_crash(test.dispatch()).await, None);
        let at = test.clock.now();
        let there: Vec<_> =
            test.twilio.sent().iter().map(|_| listed("SM7", "answer", at, "sent", None)).collect();
        test.twilio.answer_next(200, json!({ "messages": there }));
        test.pass(Span::from_minutes(2));
        test.outbound.make_visible();
        test.settle().await;
        let shown = serde_json::to_value(state(&test, id, key).await).unwrap();
        assert_eq!((shown["status"].as_str(), test.twilio.sent().len()), (Some(expected), there.len()));
    }
}

/// The simulator lists what it has.
#[tokio::test]
async fn rpl_11_what_arrived_without_an_answer_and_without_statuses_is_found() {
    let test = TestInbox::with_simulated_twilio().await;
    test.simulator.set_echo(Echo::Off);
    for kind in [ChannelKind::WhatsApp, ChannelKind::Sms] {
        let provider = if kind == ChannelKind::Sms { Provider::Sms } else { Provider::WhatsApp };
        let id = test.customer_writes(kind, "customer-1", "question").await;
        test.settle().await;
        test.simulator
            .fault(FaultRule::from(Fault::ServerError { after_effect: true }).on(provider).times(1));
        let key = test.answer(id, "k", "一度だけ").await;
        test.settle().await;
        assert!(matches!(state(&test, id, key).await, SendState::Sending { .. }), "{kind}");
        test.pass(LEASE);
        test.settle().await;
        let message = test.message(id, &key).await;
        assert!(matches!(message.send, Some(SendState::Delivered { .. })), "{kind}: {:?}", message.send);
        let sent: Vec<_> =
            test.simulator.sent().into_iter().filter(|sent| sent.provider == provider).collect();
        assert_eq!((sent.len(), message.provider_message_id.as_deref()), (1, Some(&*sent[0].id)), "{kind}");
    }
}
