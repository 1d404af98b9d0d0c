//! The scenarios that every release must survive, by their numbers.

use futures::future::join_all;
use madoguchi_domain::channel::ChannelHealth;
use madoguchi_domain::conversation::{self, CloseReason};
use madoguchi_domain::credential::Cause;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::message::{Body, SendState};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ChannelSettings, ConversationId, Party, Section, Span, Timestamp};
use madoguchi_simulator::{Act, Action, Echo, Fault, Provider, Signature, demo};
use madoguchi_store::Saved;
use madoguchi_tests::{START, TestInbox};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

fn idle(minutes: u32) -> ChannelSettings {
    ChannelSettings { idle_close_after_minutes: Some(minutes), ..Default::default() }
}

fn closed_lines(messages: &[madoguchi_domain::Message]) -> usize {
    messages.iter().filter(|m| matches!(&m.body, Body::Timeline { event, .. } if event == "closed")).count()
}

#[tokio::test]
async fn scenario_1_one_body_delivered_fifty_times_at_once_makes_one_message() {
    let test = TestInbox::start().await;
    let settings = ChannelSettings { unanswered_close_after_minutes: Some(15), ..Default::default() };
    test.set(ChannelKind::Line, &settings).await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "once").await;
    let body = test.simulator.take_webhooks().pop().unwrap().body;
    let answers =
        test.simulator.deliver(Provider::Line, demo::LINE_CHANNEL, &body, Signature::Valid, 50).await;
    assert!(answers.iter().all(|webhook| webhook.outcome.is_delivered()));
    test.settle().await;
    // Again after the queue has forgotten its five minutes: now only the table knows.
    test.pass(Span::from_minutes(6));
    test.simulator.deliver(Provider::Line, demo::LINE_CHANNEL, &body, Signature::Valid, 50).await;
    let bodies: Vec<String> = test.inbound.messages().into_iter().map(|m| m.body).collect();
    assert!(!bodies.is_empty());
    join_all(bodies.iter().cycle().take(50).map(|body| test.write_record(body))).await;
    test.settle().await;
    let conversation = test.conversation(id).await;
    assert_eq!(test.texts(id).await, ["once"]);
    assert_eq!(conversation.unread, 1);
    let due_at = conversation.customer_clock.unwrap() + Span::from_minutes(15);
    assert_eq!(conversation.armed.unwrap().due_at, due_at);
}

/// Shown by: the same events, shuffled, doubled and split into bodies differently.
#[tokio::test]
async fn scenario_1_shuffled_and_split_differently_the_conversation_is_the_same() {
    let original = TestInbox::start().await;
    let mut acts = Vec::new();
    for (i, text) in ["一", "二", "三", "四", "五"].into_iter().enumerate() {
        let action = Action::Text { text: text.into(), quote: None };
        let at_ms = Some(START.as_ms() + i64::try_from(i).unwrap() * 700);
        acts.push(Act {
            provider: Provider::Line,
            account: None,
            customer: Some(format!("customer-{}", i % 2 + 1)),
            group: None,
            at_ms,
            action,
        });
    }
    let body: Value =
        serde_json::from_str(&original.simulator.batch(&acts).await.unwrap().unwrap().body).unwrap();
    original.settle().await;
    let ids: Vec<ConversationId> = ["customer-1", "customer-2"]
        .into_iter()
        .map(|customer| original.simulator.peer(Provider::Line, demo::LINE_CHANNEL, customer).unwrap())
        .map(|peer| ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::User(peer)))
        .collect();
    let expected = (original.texts(ids[0]).await, original.texts(ids[1]).await);
    assert_eq!(expected.0, ["一", "三", "五"]);

    let events = body["events"].as_array().unwrap().clone();
    let deliveries = prop::collection::vec(prop::sample::subsequence(events.clone(), 1..=events.len()), 1..4);
    let strategy = (deliveries, Just(events).prop_shuffle());
    // One table and set of functions per case; the cases are deterministic.
    let mut runner = TestRunner::deterministic();
    for _ in 0..12 {
        let (partial, shuffled) = strategy.new_tree(&mut runner).unwrap().current();
        let test = TestInbox::start().await;
        let bodies = partial.into_iter().chain(shuffled.chunks(2).map(<[Value]>::to_vec));
        let deliveries =
            bodies.map(|events| {
                let body = json!({"destination": "U", "events": events}).to_string();
                let simulator = &test.simulator;
                async move {
                    simulator.deliver(Provider::Line, demo::LINE_CHANNEL, &body, Signature::Valid, 2).await
                }
            });
        join_all(deliveries).await;
        test.settle().await;
        assert_eq!((test.texts(ids[0]).await, test.texts(ids[1]).await), expected);
        assert_eq!(test.conversation(ids[0]).await.unread, 3);
    }
}

#[tokio::test]
async fn scenario_3_an_echo_before_the_answer_opens_nothing_and_doubles_nothing() {
    let test = TestInbox::start().await;
    test.simulator.set_echo(Echo::Before);
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "question").await;
    test.settle().await;
    let keys = [test.answer(id, "k1", "one").await, test.answer(id, "k2", "two").await];
    let closed =
        conversation::close(test.conversation(id).await, CloseReason::Operator, test.clock.now()).unwrap();
    assert_eq!(test.inbox.commit_closed(&closed).await.unwrap(), Saved::Done);
    test.relay().await;
    // The provider waits for the echo to be taken before it answers; the writer works meanwhile.
    let dispatched = std::cell::Cell::new(false);
    tokio::join!(
        async {
            test.dispatch().await;
            dispatched.set(true);
        },
        async {
            while !dispatched.get() {
                test.write().await;
                tokio::task::yield_now().await;
            }
        }
    );
    test.settle().await;
    assert_eq!(test.texts(id).await, ["question", "one", "two"]);
    assert_eq!(test.conversation(id).await.section(), Section::Closed);
    assert_eq!(test.conversation(id).await.episode, 1);
    for key in keys {
        let message = test.message(id, &key).await;
        assert!(matches!(message.send, Some(SendState::Sent { .. })), "{message:?}");
        assert!(message.provider_message_id.is_some());
    }
    assert_eq!(test.simulator.sent().len(), 2);
}

#[tokio::test]
async fn scenario_4_a_message_between_reading_and_closing_keeps_the_chat_open() {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Line, &idle(10)).await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "first").await;
    test.settle().await;
    test.answer(id, "k", "answer").await;
    test.settle().await;
    test.pass(Span::from_minutes(11));
    // The closer has read the conversation and passed its verdict…
    let read = test.conversation(id).await;
    let closed = conversation::close(read, CloseReason::Idle, test.clock.now()).unwrap();
    // …and before it writes, the customer's message is stored.
    test.customer_writes(ChannelKind::Line, "customer-1", "wait!").await;
    test.write().await;
    assert_eq!(test.inbox.commit_closed(&closed).await.unwrap(), Saved::Conflict);
    let report = test.tick(DeadlineKind::Idle).await;
    assert_eq!((report.closed, report.rearmed), (0, 1));
    assert!(test.conversation(id).await.is_open());
    assert_eq!(closed_lines(&test.messages(id).await), 0);
    // The timer runs anew for its full period.
    let due = test.conversation(id).await.activity_clock.unwrap() + Span::from_minutes(10);
    test.set_time(due - Span::from_ms(1));
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 0);
    test.set_time(due);
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 1);
}

#[tokio::test]
async fn scenario_5_two_users_and_a_group_in_one_body_are_kept_apart() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    let act = |customer: &str, group: Option<&String>, text: &str| Act {
        provider: Provider::Line,
        account: None,
        customer: Some(customer.to_owned()),
        group: group.cloned(),
        at_ms: None,
        action: Action::Text { text: text.into(), quote: None },
    };
    let acts = [
        act("customer-1", None, "from A"),
        act("customer-2", None, "from B"),
        act("customer-1", Some(&group), "A in the group"),
    ];
    test.simulator.batch(&acts).await.unwrap();
    test.settle().await;
    let line = TestInbox::channel_id(ChannelKind::Line);
    for (customer, text) in [("customer-1", "from A"), ("customer-2", "from B")] {
        let peer = test.simulator.peer(Provider::Line, demo::LINE_CHANNEL, customer).unwrap();
        assert_eq!(test.texts(ConversationId::derive(line, &Party::User(peer))).await, [text]);
    }
    let party = if group.starts_with('R') { Party::Room(group.clone()) } else { Party::Group(group.clone()) };
    let in_group = ConversationId::derive(line, &party);
    let messages = test.messages(in_group).await;
    assert_eq!(test.texts(in_group).await, ["A in the group"]);
    assert!(messages[0].participant.is_some());
    // An answer goes to the group, never to the person who spoke in it.
    test.pass(Span::from_minutes(5));
    test.answer(in_group, "k", "to everybody").await;
    test.settle().await;
    let sent = test.simulator.sent();
    assert_eq!((sent.len(), sent[0].recipient.as_str()), (1, group.as_str()));
}

#[tokio::test]
async fn scenario_6_a_dead_token_parks_replies_and_loses_nothing() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "before").await;
    test.settle().await;
    assert!(test.simulator.invalidate_page(demo::PAGE, None, Some("words that nobody has seen before")) > 0);
    let keys = [test.answer(id, "k1", "parked 1").await, test.answer(id, "k2", "parked 2").await];
    test.settle().await;
    let health = test.channel(ChannelKind::Messenger).await.health;
    assert!(
        matches!(health, ChannelHealth::NeedsReauthorization { cause: Cause::TokenExpired, .. }),
        "{health:?}"
    );
    // Receiving goes on (AUT-10).
    test.pass(Span::from_minutes(2));
    test.customer_writes(ChannelKind::Messenger, "customer-1", "meanwhile").await;
    test.settle().await;
    assert_eq!(test.texts(id).await, ["before", "parked 1", "parked 2", "meanwhile"]);
    assert_eq!(test.sweep().await.held, 2);
    test.dispatch().await;
    assert!(test.simulator.sent().is_empty());

    test.reauthorize().await;
    assert_eq!(test.sweep().await.conversations, 1);
    test.settle().await;
    test.sweep().await;
    test.settle().await;
    let texts: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
    assert_eq!(texts, ["parked 1", "parked 2"], "each exactly once, in order");
    for key in keys {
        assert!(matches!(test.message(id, &key).await.send, Some(SendState::Sent { .. })));
    }
}

#[tokio::test]
async fn aut_11_a_parked_reply_whose_window_has_closed_fails_with_the_reason() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "before").await;
    test.settle().await;
    test.simulator.invalidate_page(demo::PAGE, Some(463), None);
    let key = test.answer(id, "k", "too late").await;
    test.settle().await;
    test.pass(Span::from_hours(25));
    test.reauthorize().await;
    test.sweep().await;
    test.settle().await;
    let message = test.message(id, &key).await;
    assert!(
        matches!(message.send, Some(SendState::Failed { reason: FailureReason::ReplyWindowClosed, .. })),
        "{message:?}"
    );
    assert!(test.simulator.sent().is_empty());
}

/// There are no labels and notes yet; what there is of what is not a message moves no deadline.
#[tokio::test]
async fn scenario_9_profiles_receipts_and_reactions_leave_the_idle_deadline_where_it_is() {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Messenger, &idle(10)).await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "hi").await;
    test.settle().await;
    test.answer(id, "k", "answer").await;
    test.settle().await;
    let due = test.conversation(id).await.activity_clock.unwrap() + Span::from_minutes(10);
    test.pass(Span::from_minutes(9));
    test.simulator.see(demo::PAGE, "customer-1", true).await.unwrap();
    test.settle().await;
    assert!(test.conversation(id).await.read_through.is_some(), "the receipt was taken");
    test.set_time(due - Span::from_ms(1));
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 0);
    test.set_time(due);
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 1);
}

#[tokio::test]
async fn scenario_11_after_four_days_of_standstill_every_deadline_fires_exactly_once() {
    let test = TestInbox::start().await;
    let settings = ChannelSettings {
        unanswered_close_after_minutes: Some(15),
        idle_close_after_minutes: Some(30),
        ..Default::default()
    };
    test.set(ChannelKind::Line, &settings).await;
    let mut ids = Vec::new();
    for i in 0..20 {
        let customer = test.simulator.add_customer(&format!("Customer {i}"));
        ids.push(test.customer_writes(ChannelKind::Line, &customer, "hello").await);
        test.pass(Span::from_secs(40));
    }
    test.settle().await;
    for id in ids.iter().step_by(2) {
        test.answer(*id, "k", "answer").await;
    }
    test.settle().await;
    test.pass(Span::from_days(4));
    let mut closed = 0;
    for _ in 0..3 {
        closed += test.tick(DeadlineKind::Unanswered).await.closed;
        closed += test.tick(DeadlineKind::Idle).await.closed;
        test.pass(Span::from_minutes(1));
    }
    assert_eq!(closed, 20);
    for (i, id) in ids.iter().enumerate() {
        let messages = test.messages(*id).await;
        assert_eq!(closed_lines(&messages), 1);
        let reason = if i % 2 == 0 { "idle" } else { "unanswered" };
        let Body::Timeline { detail, .. } = &messages.last().unwrap().body else {
            panic!("a line comes last")
        };
        assert_eq!(detail.as_deref(), Some(reason));
    }
}

#[tokio::test]
async fn scenario_12_windows_are_kept_by_the_tag_or_by_refusal_before_any_call() {
    for (granted, after, expected) in [
        (true, Span::from_hours(23), Ok(("RESPONSE", None))),
        (true, Span::from_hours(24), Ok(("MESSAGE_TAG", Some("HUMAN_AGENT")))),
        (true, Span::from_days(7) - Span::from_secs(1), Ok(("MESSAGE_TAG", Some("HUMAN_AGENT")))),
        (false, Span::from_hours(24), Err(())),
        (true, Span::from_days(7) + Span::from_secs(1), Err(())),
    ] {
        let test = TestInbox::start().await;
        let settings = ChannelSettings { human_agent: granted, ..Default::default() };
        test.set(ChannelKind::Messenger, &settings).await;
        let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "hi").await;
        test.settle().await;
        // Written in time, dispatched when the time has passed: the check is made again at sending.
        let key = test.answer(id, "k", "answer").await;
        let opened: Timestamp = test.conversation(id).await.window_opened_at.unwrap();
        test.set_time(opened + after);
        test.settle().await;
        let sent = test.simulator.sent();
        if let Ok((messaging_type, tag)) = expected {
            assert_eq!(sent.len(), 1, "{after:?}");
            assert_eq!(sent[0].messaging_type.as_deref(), Some(messaging_type));
            assert_eq!(sent[0].tag.as_deref(), tag);
        } else {
            assert!(test.simulator.calls().iter().all(|call| !call.path.ends_with("/messages")), "{after:?}");
            let state = test.message(id, &key).await.send;
            let reason = FailureReason::ReplyWindowClosed;
            assert!(matches!(state, Some(SendState::Failed { reason: r, .. }) if r == reason), "{state:?}");
        }
    }
}

#[tokio::test]
async fn scenario_2_ten_messages_of_a_new_customer_at_once_are_one_conversation() {
    let test = TestInbox::start().await;
    let action = Action::Image { count: Some(10) };
    let act = Act {
        provider: Provider::Line,
        account: None,
        customer: Some("customer-1".into()),
        group: None,
        at_ms: None,
        action,
    };
    let performed = test.simulator.act(act).await.unwrap();
    let bodies: Vec<String> = test.inbound.messages().into_iter().map(|m| m.body).collect();
    // All at once, past the queue's groups: only the table stands between them.
    join_all(bodies.iter().map(|body| test.write_record(body))).await;
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::User(performed.peer));
    assert_eq!(test.messages(id).await.len(), 10);
    let conversation = test.conversation(id).await;
    assert_eq!((conversation.episode, conversation.unread), (1, 10));
}

#[tokio::test]
async fn a_fault_of_one_conversation_stops_no_other() {
    let test = TestInbox::start().await;
    let stuck = test.customer_writes(ChannelKind::Messenger, "customer-1", "hi").await;
    let free = test.customer_writes(ChannelKind::Messenger, "customer-2", "hi").await;
    test.settle().await;
    let fault =
        Fault::GraphError { code: 2, subcode: None, message: None, status: Some(503), is_transient: None };
    let rule = madoguchi_simulator::FaultRule { recipient: Some("customer-1".into()), ..fault.into() };
    test.simulator.fault(rule);
    test.answer(stuck, "k1", "first").await;
    test.answer(stuck, "k2", "second").await;
    test.answer(free, "k", "free").await;
    test.settle().await;
    let texts: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
    assert_eq!(texts, ["free"]);
    test.simulator.clear_faults();
    test.pass(Span::from_secs(60));
    test.outbound.make_visible();
    test.settle().await;
    let texts: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
    assert_eq!(texts, ["free", "first", "second"], "order within the conversation is kept");
}
