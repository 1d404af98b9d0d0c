//! `reply-dispatch`: every reply ends sent, failed or unconfirmed, once and in order.

use madoguchi_domain::channel::Sending;
use madoguchi_domain::message::{Message, SendState};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey, Span};
use madoguchi_simulator::{Action, Echo, Endpoint, Fault, FaultRule, Provider, demo};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{self, Faults};

fn on(endpoint: Endpoint, fault: Fault) -> FaultRule {
    FaultRule { endpoint: Some(endpoint), times: Some(1), ..fault.into() }
}

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

async fn state(test: &TestInbox, id: ConversationId, key: MessageKey) -> SendState {
    test.message(id, &key).await.send.unwrap()
}

fn via(test: &TestInbox) -> Vec<String> {
    test.simulator.sent().into_iter().map(|sent| sent.via).collect()
}

#[tokio::test]
async fn rpl_13_the_reply_token_goes_first_and_once_then_push() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    for key in ["k1", "k2"] {
        test.answer(id, key, key).await;
        test.settle().await;
    }
    test.pass(Span::from_minutes(2));
    test.customer_writes(ChannelKind::Line, "customer-1", "more").await;
    test.settle().await;
    test.pass(Span::from_secs(55));
    test.answer(id, "k3", "k3").await;
    test.settle().await;
    assert_eq!(via(&test), ["reply", "push", "push"]);
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn a_spent_reply_token_falls_back_to_push() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    test.simulator.fault(on(Endpoint::Reply, Fault::OutsideWindow));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
    assert_eq!(via(&test), ["push"]);
}

#[tokio::test]
async fn an_unclear_reply_is_tried_once_more_with_its_token_and_never_pushed() {
    // The answer was lost, the message was not: the token is spent, which proves nothing for sure.
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    test.simulator.fault(on(Endpoint::Reply, Fault::ConnectionReset { after_effect: true }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Unconfirmed { .. }));
    assert_eq!(via(&test), ["reply"], "the customer reads it once");

    // Nothing arrived the first time: the second try sends it.
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    test.simulator.fault(on(Endpoint::Reply, Fault::ConnectionReset { after_effect: false }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
    assert_eq!(via(&test), ["reply"]);
}

#[tokio::test]
async fn rpl_14_a_push_is_repeated_with_its_retry_key_and_409_is_success() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    test.pass(Span::from_minutes(5));
    test.simulator.fault(on(Endpoint::Push, Fault::ServerError { after_effect: true }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Queued { attempts: 1, .. }));
    test.pass(Span::from_secs(5));
    test.settle().await;
    let message = test.message(id, &key).await;
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "{message:?}");
    let sent = test.simulator.sent();
    assert_eq!((sent.len(), sent[0].attempts), (1, 2));
    assert_eq!(message.provider_message_id.as_deref(), Some(sent[0].id.as_str()), "taken from the 409");
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn an_unclear_messenger_send_waits_for_its_echo() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    for (idempotency_key, fault, echo) in [
        ("error", Fault::ServerError { after_effect: true }, Echo::After),
        ("timeout", Fault::Timeout { after_effect: true, hang_ms: Some(1_500) }, Echo::After),
        ("reset", Fault::ConnectionReset { after_effect: true }, Echo::Off),
    ] {
        test.simulator.set_echo(echo);
        test.simulator.fault(on(Endpoint::Send, fault.clone()));
        let key = test.answer(id, idempotency_key, "answer").await;
        test.relay().await;
        test.dispatch().await;
        let unclear = state(&test, id, key).await;
        let echoed = echo == Echo::After;
        // The simulator tells the echo in its own time.
        for _ in 0..200 {
            test.settle().await;
            if !echoed || matches!(state(&test, id, key).await, SendState::Sent { .. }) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let settled = state(&test, id, key).await;
        assert!(matches!(unclear, SendState::Unconfirmed { .. } | SendState::Sent { .. }), "{unclear:?}");
        assert_eq!(matches!(settled, SendState::Sent { .. }), echoed, "{fault:?}: {settled:?}");
    }
    assert_eq!(test.simulator.sent().len(), 3, "nothing was sent twice");
}

#[tokio::test]
async fn refusals_become_reasons() {
    let error =
        |code, subcode| Fault::GraphError { code, subcode, message: None, status: None, is_transient: None };
    let unreachable = FailureReason::ContactUnreachable;
    for (kind, fault, expected) in [
        (ChannelKind::Messenger, Fault::UserUnavailable, unreachable),
        (ChannelKind::Messenger, Fault::OutsideWindow, FailureReason::ReplyWindowClosed),
        (ChannelKind::Messenger, error(100, Some(2_018_300)), FailureReason::ThreadControlled),
        (ChannelKind::Messenger, error(100, None), FailureReason::MessageRefused),
        (ChannelKind::Line, Fault::UserUnavailable, unreachable),
        (ChannelKind::Line, Fault::MonthlyLimit, FailureReason::QuotaExhausted),
    ] {
        let test = TestInbox::start().await;
        let id = begin(&test, kind).await;
        test.pass(Span::from_minutes(5));
        test.simulator.fault(on(Endpoint::Send, fault.clone()));
        let key = test.answer(id, "k", "answer").await;
        test.settle().await;
        let failed = state(&test, id, key).await;
        assert!(
            matches!(failed, SendState::Failed { reason, .. } if reason == expected),
            "{fault:?}: {failed:?}"
        );
        let contact = test.conversation(id).await.contact;
        assert_eq!(contact.unreachable_since.is_some(), expected == unreachable);
        if expected == unreachable {
            // They write again: reachable.
            test.pass(Span::from_secs(1));
            test.customer_writes(kind, "customer-1", "I am back").await;
            test.settle().await;
            assert_eq!(test.conversation(id).await.contact.unreachable_since, None);
        }
    }
}

#[tokio::test]
async fn a_rate_error_lets_the_channel_rest_as_long_as_the_hint_says() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    test.simulator.fault(on(Endpoint::Send, Fault::RateLimit { code: Some(613), regain_minutes: Some(7) }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let until = test.clock.now() + Span::from_minutes(7);
    assert_eq!(test.channel(ChannelKind::Messenger).await.sending(test.clock.now()), Sending::Paused(until));
    test.pass(Span::from_minutes(6));
    assert_eq!(test.sweep().await.held, 1);
    test.settle().await;
    assert!(test.simulator.sent().is_empty(), "calls while limited prolong the block");
    test.pass(Span::from_minutes(1));
    test.sweep().await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
}

#[tokio::test]
async fn passing_faults_are_retried_with_growing_waits_and_then_named() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    let fault = Fault::GraphError {
        code: 2,
        subcode: None,
        message: None,
        status: Some(503),
        is_transient: Some(true),
    };
    test.simulator.fault(FaultRule { times: None, ..on(Endpoint::Send, fault) });
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let mut waits = Vec::new();
    for _ in 0..10 {
        match state(&test, id, key).await {
            SendState::Queued { not_before: Some(at), .. } => waits.push(at.since(test.clock.now())),
            SendState::Failed { reason, .. } => {
                assert_eq!(reason, FailureReason::ProviderUnavailable);
                break;
            }
            other => panic!("{other:?}"),
        }
        // A queue counts in whole seconds.
        test.pass(Span::from_secs(waits.last().unwrap().as_secs_ceil()));
        test.settle().await;
    }
    assert!(matches!(state(&test, id, key).await, SendState::Failed { .. }));
    assert_eq!(waits.len(), 5);
    assert!(waits.is_sorted(), "{waits:?}");
    assert!(test.outbound.dead().is_empty(), "a refusal is a result, not a poison message");
}

#[tokio::test]
async fn rpl_11_delivered_and_read_follow_the_watermarks() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let Some(SendState::Sent { at }) = test.message(id, &key).await.send else { panic!("sent") };
    test.pass(Span::from_secs(3));
    test.simulator.see(demo::PAGE, "customer-1", false).await.unwrap();
    test.settle().await;
    let conversation = test.conversation(id).await;
    assert!(conversation.delivered_through >= Some(at) && conversation.read_through.is_none());
    test.simulator.see(demo::PAGE, "customer-1", true).await.unwrap();
    test.settle().await;
    assert!(test.conversation(id).await.read_through >= Some(at));
}

#[tokio::test]
async fn a_stream_outage_delays_replies_and_loses_none() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    let key = test.answer(id, "k", "answer").await;
    // The stream never tells; the sweeper looks into the index.
    test.sweep().await;
    test.dispatch().await;
    assert!(matches!(state(&test, id, key).await, SendState::Queued { .. }), "it may still come by itself");
    test.pass(Span::from_secs(61));
    assert_eq!(test.sweep().await.conversations, 1);
    test.dispatch().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }));
    // And the stream comes back after all.
    test.settle().await;
    assert_eq!(test.simulator.sent().len(), 1);
}

#[tokio::test]
async fn replies_of_a_conversation_go_out_in_the_order_in_which_they_were_written() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    for i in 0..12 {
        test.answer(id, &format!("k{i}"), &format!("{i:02}")).await;
    }
    test.settle().await;
    let texts: Vec<String> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
    assert!(texts.is_sorted() && texts.len() == 12, "{texts:?}");
    assert!(!test.conversation(id).await.is_unanswered());
}

#[tokio::test]
async fn a_reaction_to_our_own_reply_finds_it() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let message_id = test.message(id, &key).await.provider_message_id.unwrap();
    let action = Action::Reaction { message_id, emoji: "👍".into(), remove: false };
    let act = madoguchi_simulator::Act {
        provider: Provider::Messenger,
        account: None,
        customer: Some("customer-1".into()),
        group: None,
        at_ms: None,
        action,
    };
    test.simulator.act(act).await.unwrap();
    test.settle().await;
    let message: Message = test.message(id, &key).await;
    assert_eq!(message.annotations.reactions.len(), 1);
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "the reaction did not undo the sending");
}

#[tokio::test]
async fn a_refusal_that_no_check_explains_does_not_hold_and_release_for_ever() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    // The app is not live: the token is fine, and the send is refused all the same.
    let error =
        Fault::GraphError { code: 200, subcode: None, message: None, status: None, is_transient: None };
    test.simulator.fault(FaultRule { times: None, ..on(Endpoint::Send, error) });
    let key = test.answer(id, "k", "answer").await;
    let mut cycles = 0;
    while !matches!(state(&test, id, key).await, SendState::Failed { .. }) {
        cycles += 1;
        assert!(cycles < 20);
        test.settle().await;
        let channel = TestInbox::channel_id(ChannelKind::Messenger);
        let _healthy_already = test.directory.release_channel(channel, test.clock.now()).await.unwrap();
        test.pass(Span::from_minutes(2));
        test.sweep().await;
    }
    assert!(test.simulator.sent().is_empty());
}

#[tokio::test]
async fn a_push_that_may_have_landed_is_not_repeated_once_line_has_forgotten_its_key() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    test.pass(Span::from_minutes(5));
    test.simulator.fault(on(Endpoint::Push, Fault::ServerError { after_effect: true }));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    // Before the repeat the credential dies, and it takes two days to mend it.
    let new = test.simulator.rotate_line_secret(demo::LINE_CHANNEL, None).unwrap();
    test.simulator.revoke_line_tokens(demo::LINE_CHANNEL);
    test.pass(Span::from_minutes(6));
    test.settle().await;
    test.pass(Span::from_days(2));
    let line = TestInbox::channel_id(ChannelKind::Line);
    let secret = serde_json::json!({ "channel_id": demo::LINE_CHANNEL, "channel_secret": new });
    test.aws.set_secret(&format!("{}/connection/line/{line}", madoguchi_tests::inbox::PREFIX), &secret);
    let _healthy_already = test.directory.release_channel(line, test.clock.now()).await.unwrap();
    test.sweep().await;
    test.settle().await;
    let settled = state(&test, id, key).await;
    assert!(matches!(settled, SendState::Unconfirmed { .. }), "{settled:?}");
    assert_eq!(test.simulator.sent().len(), 1);
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_a_lost_race_and_not_a_fault() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let id = begin(&test, ChannelKind::Messenger).await;
    let key = test.answer(id, "k", "answer").await;
    test.relay().await;
    let conflict =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"x"}"#;
    faults.arm_on("PutItem", 1, fault::Fault::Refuse(400, conflict.to_owned()));
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Sent { .. }), "tried again at once");
}

/// A credential that dies before the first push, in three ways of getting there; after two days it is mended.
#[tokio::test]
async fn aut_11_a_push_that_was_certainly_refused_goes_out_however_long_it_was_held() {
    for (minutes, first) in [
        (5, None),
        (0, Some(on(Endpoint::Reply, Fault::OutsideWindow))),
        (
            5,
            Some(on(
                Endpoint::Push,
                Fault::Answer { status: 429, body: rate_limited(), after_effect: false },
            )),
        ),
    ] {
        let test = TestInbox::start().await;
        let id = begin(&test, ChannelKind::Line).await;
        test.pass(Span::from_minutes(minutes));
        let label = format!("{first:?}");
        first.map(|rule| test.simulator.fault(rule));
        let dead = Fault::ExpiredToken { subcode: None, message: None };
        test.simulator.fault(FaultRule { times: None, ..on(Endpoint::Push, dead) });
        let key = test.answer(id, "k", "answer").await;
        test.settle().await;
        test.pass(Span::from_minutes(2));
        test.sweep().await;
        test.settle().await;
        assert!(matches!(state(&test, id, key).await, SendState::Queued { .. }), "{label}");
        test.pass(Span::from_days(2));
        test.simulator.clear_faults();
        let line = TestInbox::channel_id(ChannelKind::Line);
        let _healthy_already = test.directory.release_channel(line, test.clock.now()).await.unwrap();
        test.sweep().await;
        test.settle().await;
        let settled = state(&test, id, key).await;
        assert!(matches!(settled, SendState::Sent { .. }), "{label}: {settled:?}");
        assert_eq!(test.simulator.sent().len(), 1, "{label}");
    }
}

fn rate_limited() -> serde_json::Value {
    serde_json::json!({ "message": "The API rate limit has been exceeded. Try again later." })
}
