//! Functions that die between two of their effects, and run again.
//!
//! Each test runs its flow once per effect: the process is ended right before the effect takes place,
//! or right after it and before it hears of that. Then the flow runs to its end as the queues would
//! run it, and nothing is lost and nothing is there twice.

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::message::{Body, SendState};
use madoguchi_domain::sender::{Persona, SenderName};
use madoguchi_domain::{ChannelKind, ChannelSettings, ConversationId, OperatorId, Span};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::json;

const CRASHES: [Fault; 2] = [Fault::CrashBefore, Fault::CrashAfter];

/// What the queues do after a crash: what was in flight becomes visible, leases end, the sweeper runs.
async fn recover(test: &TestInbox) {
    for _ in 0..3 {
        test.pass(Span::from_minutes(2));
        for queue in [&test.inbound, &test.outbound, &test.profiles] {
            queue.make_visible();
        }
        test.settle().await;
        test.sweep().await;
        test.settle().await;
    }
}

/// Runs `flow` with a crash at each effect, then `check`s what is there after the recovery. Returns how
/// many effects there were.
async fn at_every_effect<P: Clone>(
    kind: ChannelKind,
    prepare: impl AsyncFn(&TestInbox, ConversationId) -> P,
    flow: impl AsyncFn(&TestInbox, ConversationId),
    check: impl AsyncFn(&TestInbox, ConversationId, P, &str),
) -> usize {
    let mut effects = 0;
    for fault in CRASHES {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            let settings = ChannelSettings { idle_close_after_minutes: Some(1_440), ..Default::default() };
            test.set(kind, &settings).await;
            let id = test.customer_writes(kind, "customer-1", "question").await;
            let prepared = prepare(&test, id).await;
            faults.take_capacity();
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(flow(&test, id)).await.is_some();
            let label = format!("{fault:?} at {at} of {:?}", faults.effects());
            recover(&test).await;
            check(&test, id, prepared, &label).await;
            assert!(test.simulator.violations().is_empty(), "{label}: {:?}", test.simulator.violations());
            if finished {
                effects = effects.max(at - 1);
                break;
            }
        }
    }
    effects
}

#[tokio::test]
async fn the_writer_may_die_at_any_moment() {
    let effects = at_every_effect(
        ChannelKind::Messenger,
        async |_, _| (),
        async |test, _| test.write().await,
        async |test, id, (), label| {
            assert_eq!(test.texts(id).await, ["question"], "{label}");
            assert_eq!(test.conversation(id).await.unread, 1, "{label}");
        },
    )
    .await;
    assert!(effects >= 2, "message and conversation, not {effects}");
}

/// The client hears nothing and gives up, or posts the same reply again.
#[tokio::test]
async fn the_api_may_die_at_any_moment_while_a_reply_is_written() {
    for repeats in [true, false] {
        let effects = at_every_effect(
            ChannelKind::Line,
            async |test, _| {
                test.settle().await;
                test.pass(Span::from_minutes(5));
            },
            async |test, id| {
                test.post_reply(id, "k", "answer").await;
            },
            async |test, id, (), label| {
                if repeats {
                    let (status, body) = test.post_reply(id, "k", "answer").await;
                    assert!([200, 202].contains(&status), "{label}: {status} {body}");
                    recover(test).await;
                }
                let replies: Vec<_> =
                    test.messages(id).await.into_iter().filter(|message| message.send.is_some()).collect();
                let sent = test.simulator.sent().len();
                let conversation = test.conversation(id).await;
                assert!(replies.len() <= 1 && (replies.len() == 1 || !repeats), "{label}: {replies:?}");
                assert_eq!(sent, replies.len(), "{label}: what is stored is sent, once");
                for reply in &replies {
                    assert!(matches!(reply.send, Some(SendState::Sent { .. })), "{label}: {:?}", reply.send);
                }
                // The sender makes the conversation take note of a reply whose writer died before that.
                assert_eq!(conversation.is_answered(), replies.len() == 1, "{label}");
                assert_eq!(conversation.unread, u32::from(replies.is_empty()), "{label}");
            },
        )
        .await;
        assert!(effects >= 3, "place, reply and note, not {effects}");
    }
}

#[tokio::test]
async fn the_relay_may_die_at_any_moment() {
    let effects = at_every_effect(
        ChannelKind::Line,
        async |test, id| {
            test.settle().await;
            test.answer(id, "k", "answer").await
        },
        async |test, _| test.relay().await,
        async |test, id, key, label| {
            let state = test.message(id, &key).await.send;
            assert!(matches!(state, Some(SendState::Sent { .. })), "{label}: {state:?}");
            assert_eq!(test.simulator.sent().len(), 1, "{label}");
        },
    )
    .await;
    assert!(effects >= 1);
}

#[tokio::test]
async fn the_dispatcher_may_die_at_any_moment_on_messenger() {
    let effects = at_every_effect(
        ChannelKind::Messenger,
        async |test, id| {
            test.settle().await;
            let keys = [test.answer(id, "k1", "one").await, test.answer(id, "k2", "two").await];
            test.relay().await;
            keys
        },
        async |test, _| test.dispatch().await,
        async |test, id, keys, label| {
            let sent: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
            for (key, text) in keys.iter().zip(["one", "two"]) {
                let times = sent.iter().filter(|sent| *sent == text).count();
                let state = test.message(id, key).await.send.unwrap();
                match state {
                    // The echo tells what the dead sender could not.
                    SendState::Sent { .. } => assert_eq!(times, 1, "{label}: {text}"),
                    // It died with the message in hand and nothing came back: a person decides.
                    SendState::Unconfirmed { .. } => assert_eq!(times, 0, "{label}: {text}"),
                    other => panic!("{label}: {text} is {other:?}"),
                }
            }
            assert!(sent.is_sorted(), "{label}: order is kept: {sent:?}");
        },
    )
    .await;
    assert!(effects >= 6, "claim, send and settle of two replies, not {effects}");
}

#[tokio::test]
async fn the_dispatcher_may_die_at_any_moment_on_line_push() {
    let effects = at_every_effect(
        ChannelKind::Line,
        async |test, id| {
            test.settle().await;
            test.pass(Span::from_minutes(5));
            let keys = [test.answer(id, "k1", "one").await, test.answer(id, "k2", "two").await];
            test.relay().await;
            keys
        },
        async |test, _| test.dispatch().await,
        async |test, id, keys, label| {
            for key in keys {
                let state = test.message(id, &key).await.send;
                assert!(matches!(state, Some(SendState::Sent { .. })), "{label}: {state:?}");
            }
            let sent: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.text.unwrap()).collect();
            assert_eq!(sent, ["one", "two"], "{label}");
        },
    )
    .await;
    assert!(effects >= 6, "claim, push and settle of two replies, not {effects}");
}

#[tokio::test]
async fn the_dispatcher_may_die_at_any_moment_on_a_line_reply_token() {
    at_every_effect(
        ChannelKind::Line,
        async |test, id| {
            test.settle().await;
            let key = test.answer(id, "k", "answer").await;
            test.relay().await;
            key
        },
        async |test, _| test.dispatch().await,
        async |test, id, key, label| {
            let times = test.simulator.sent().len();
            match test.message(id, &key).await.send.unwrap() {
                SendState::Sent { .. } => assert_eq!(times, 1, "{label}"),
                SendState::Unconfirmed { .. } => assert!(times <= 1, "{label}"),
                other => panic!("{label}: {other:?}"),
            }
        },
    )
    .await;
}

/// Has replies go out as the operator, by a name that the provider refuses.
async fn refused_name(test: &TestInbox, kind: ChannelKind) {
    let me = json!({ "display_name": "Caroline", "sender": "operator" });
    assert_eq!(test.call("PATCH", "/api/me", None, &me).await.0, 200);
    if kind == ChannelKind::Messenger {
        let (operator, name) = (OperatorId("operator-1".into()), SenderName::new("Caroline").unwrap());
        let persona = Persona { operator, id: "77".into(), name, picture: "https://e/p.png".into() };
        test.directory.save_persona(TestInbox::channel_id(kind), &persona).await.unwrap();
    }
}

/// SND-6: the reply is called under a name, which is refused, and once more as the account.
#[tokio::test]
async fn the_dispatcher_may_die_at_any_moment_between_a_refused_name_and_the_call_as_the_account() {
    for kind in [ChannelKind::Line, ChannelKind::Messenger] {
        let effects = at_every_effect(
            kind,
            async |test, id| {
                refused_name(test, kind).await;
                test.settle().await;
                test.pass(Span::from_minutes(5));
                let key = test.answer(id, "k", "answer").await;
                test.relay().await;
                key
            },
            async |test, _| test.dispatch().await,
            async |test, id, key, label| {
                let sent = test.simulator.sent();
                let message = test.message(id, &key).await;
                // From its second claim on it is known to go out as the account, with a retry key of its own.
                let as_account = message.sender.as_ref().is_some_and(|sender| sender.refused);
                match message.send {
                    Some(SendState::Sent { .. }) => {
                        assert_eq!((sent.len(), &sent[0].sender_name), (1, &None), "{label}");
                        assert!(as_account, "{label}");
                    }
                    Some(SendState::Unconfirmed { .. }) => {
                        // Only Messenger cannot tell whether it has taken a call. LINE refuses the name again, and
                        // recognises the repetition of what was called as the account.
                        assert_eq!(kind, ChannelKind::Messenger, "{label}");
                        assert!(sent.is_empty(), "{label}");
                    }
                    other => panic!("{label}: {other:?}"),
                }
            },
        )
        .await;
        assert!(effects >= 5, "{kind}: claim, call, claim, call and settle, not {effects}");
    }
}

#[tokio::test]
async fn a_closer_may_die_at_any_moment() {
    for fault in CRASHES {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            let settings = ChannelSettings { unanswered_close_after_minutes: Some(15), ..Default::default() };
            test.set(ChannelKind::Line, &settings).await;
            let id = test.customer_writes(ChannelKind::Line, "customer-1", "question").await;
            test.settle().await;
            test.pass(Span::from_minutes(16));
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.tick(DeadlineKind::Unanswered)).await.is_some();
            test.tick(DeadlineKind::Unanswered).await;
            test.tick(DeadlineKind::Unanswered).await;
            let lines =
                test.messages(id).await.into_iter().filter(|m| matches!(m.body, Body::Timeline { .. }));
            assert_eq!(lines.count(), 1, "{fault:?} at {at}");
            assert!(!test.conversation(id).await.is_open());
            if finished {
                break;
            }
        }
    }
}
