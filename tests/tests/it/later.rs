//! `scheduled-send`: replies that are sent later (RPL-15), and the reminder before a window closes (RPL-16).

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::message::{Body, SendState};
use madoguchi_domain::reminder::WindowReminder;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{
    ChannelKind, ChannelSettings, ConversationId, MessageKey, OperatorAccess, Span, Timestamp,
};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::{Value, json};

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

fn draft(at: Timestamp, unless: bool) -> Value {
    json!({ "text": "later", "send_at": at.to_string(), "unless_customer_writes": unless })
}

async fn later(test: &TestInbox, id: ConversationId, after: Span, unless: bool) -> MessageKey {
    let (status, body) = test.post_draft(id, "later", &draft(test.clock.now() + after, unless)).await;
    assert_eq!(status, 202, "{body}");
    body["id"].as_str().unwrap().parse().unwrap()
}

async fn state(test: &TestInbox, id: ConversationId, key: MessageKey) -> SendState {
    test.message(id, &key).await.send.unwrap()
}

fn sent(test: &TestInbox) -> usize {
    test.simulator.sent().len()
}

#[tokio::test]
async fn rpl_15_a_scheduled_reply_goes_out_once_at_its_time_and_is_an_answer_only_then() {
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let test = TestInbox::start().await;
        let id = begin(&test, kind).await;
        let at = test.clock.now() + Span::from_hours(2);
        let (status, first) = test.post_draft(id, "k", &draft(at, false)).await;
        assert_eq!((status, &first["status"]), (202, &json!("scheduled")), "{first}");
        assert_eq!(first["send_at"], at.to_string());
        let (status, again) = test.post_draft(id, "k", &draft(at, false)).await;
        assert_eq!((status, &again["id"]), (200, &first["id"]), "the same key names the same reply");
        for other in [json!({ "text": "later" }), draft(at, true), draft(at + Span::from_ms(1), false)] {
            let (status, refused) = test.post_draft(id, "k", &other).await;
            assert_eq!((status, &refused["error"]["id"]), (409, &json!("idempotency_key_reused")), "{other}");
        }
        let listed = test.get(&format!("/api/conversations/{id}/messages")).await;
        assert_eq!(listed["items"][0]["status"], "scheduled");
        test.settle().await;
        test.pass(Span::from_minutes(119));
        assert_eq!(test.schedule().await.queued, 0, "not before its time");
        test.settle().await;
        assert_eq!(sent(&test), 0);
        assert!(test.conversation(id).await.is_unanswered());
        test.pass(Span::from_minutes(1));
        assert_eq!(test.schedule().await.queued, 1);
        assert_eq!(test.schedule().await.queued, 0);
        test.settle().await;
        assert_eq!(sent(&test), 1);
        assert!(!test.conversation(id).await.is_unanswered());
        let (status, done) = test.post_draft(id, "k", &draft(at, false)).await;
        assert_eq!((status, &done["id"]), (200, &first["id"]), "also when its time is over");
    }
}

#[tokio::test]
async fn rpl_15_a_time_at_which_the_window_will_be_over_is_refused_with_the_windows_end() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    let ends_at = test.conversation(id).await.window_opened_at.unwrap() + Span::from_hours(24);
    let (status, refused) = test.post_draft(id, "k", &draft(ends_at, false)).await;
    assert_eq!(status, 409, "{refused}");
    assert_eq!(refused["error"]["id"], "reply_window_over_by_then");
    assert_eq!(refused["error"]["window_ends_at"], ends_at.to_string());
    let last = ends_at - Span::from_ms(1);
    assert_eq!(test.post_draft(id, "k", &draft(last, false)).await.0, 202);
    for at in [test.clock.now(), test.clock.now() + Span::from_days(30) + Span::from_ms(1)] {
        let (status, refused) = test.post_draft(id, "k2", &draft(at, false)).await;
        assert_eq!((status, &refused["error"]["id"]), (422, &json!("send_at_out_of_range")), "{at}");
    }
    for body in [
        json!({ "text": "x", "send_at": "tomorrow" }),
        json!({ "text": "x", "unless_customer_writes": true }),
        json!({ "text": "x", "split": true, "send_at": last.to_string() }),
        json!({ "attachment": { "upload_id": "u" }, "send_at": last.to_string() }),
    ] {
        let (status, refused) = test.post_draft(id, "k3", &body).await;
        assert_eq!((status, &refused["error"]["id"]), (400, &json!("invalid_body")), "{body}");
    }
}

#[tokio::test]
async fn rpl_15_it_is_dropped_with_notice_if_the_customer_writes_first_and_that_was_asked_for() {
    for unless in [true, false] {
        let test = TestInbox::start().await;
        let id = begin(&test, ChannelKind::Line).await;
        let key = later(&test, id, Span::from_hours(1), unless).await;
        test.pass(Span::from_minutes(30));
        test.customer_writes(ChannelKind::Line, "customer-1", "never mind").await;
        test.settle().await;
        test.pass(Span::from_minutes(30));
        let report = test.schedule().await;
        assert_eq!((report.dropped, report.queued), (u64::from(unless), u64::from(!unless)));
        test.settle().await;
        assert_eq!(sent(&test), usize::from(!unless));
        let lines = test.messages(id).await.into_iter();
        let lines = lines
            .filter(|m| matches!(&m.body, Body::Timeline { event, .. } if event == "scheduled_not_sent"));
        assert_eq!(lines.count(), usize::from(unless));
        if unless {
            let reason = FailureReason::CustomerWroteFirst;
            assert!(
                matches!(state(&test, id, key).await, SendState::Failed { reason: why, .. } if why == reason)
            );
            assert!(test.conversation(id).await.is_unanswered());
            // Sent by hand all the same, and an answer now.
            let path = format!("/api/conversations/{id}/messages/{key}/resend");
            assert_eq!(test.call("POST", &path, None, &json!({})).await.0, 202);
            test.settle().await;
            assert_eq!(sent(&test), 1);
        }
        assert!(!test.conversation(id).await.is_unanswered());
    }
}

/// MEM-9: whoever is removed lets go of what they hold, and what waits to go out under their name is held.
#[tokio::test]
async fn rpl_15_what_somebody_scheduled_who_was_removed_meanwhile_is_dropped_with_notice() {
    let kind = ChannelKind::Line;
    let operators = format!("/api/channels/{}/operators", TestInbox::channel_id(kind));
    let person = "/api/people/operator-1".to_owned();
    let associated = OperatorAccess::Associated;
    for (access, member, removal, goes_out) in [
        (OperatorAccess::Everybody, false, Some(&person), false),
        (OperatorAccess::Everybody, false, None, true),
        (associated, true, Some(&format!("{operators}/operator-1")), false),
        (associated, true, Some(&person), false),
        (associated, true, None, true),
    ] {
        let test = TestInbox::start().await;
        let id = begin(&test, kind).await;
        if member {
            test.get("/api/me").await;
            test.administered("POST", &operators, &json!({"operators": ["operator-1"]})).await;
        }
        test.set(kind, &ChannelSettings { operators: access, ..ChannelSettings::default() }).await;
        let key = later(&test, id, Span::from_hours(1), false).await;
        if let Some(path) = removal {
            test.administered("DELETE", path, &Value::Null).await;
        }
        test.pass(Span::from_hours(1));
        let report = test.schedule().await;
        let label = format!("{access:?} {removal:?}");
        assert_eq!((report.dropped, report.queued), (u64::from(!goes_out), u64::from(goes_out)), "{label}");
        test.settle().await;
        assert_eq!(sent(&test), usize::from(goes_out), "{label}");
        if !goes_out {
            let reason = FailureReason::AuthorLeft;
            let state = state(&test, id, key).await;
            assert!(
                matches!(state, SendState::Failed { reason: why, .. } if why == reason),
                "{label} {state:?}"
            );
            let notice =
                test.messages(id).await.into_iter().any(
                    |m| matches!(&m.body, Body::Timeline { event, .. } if event == "scheduled_not_sent"),
                );
            assert!(notice, "{label}");
        }
    }
}

#[tokio::test]
async fn rpl_15_what_an_administrator_scheduled_goes_out_without_an_association() {
    let test = TestInbox::start().await;
    let (kind, id) = (ChannelKind::Line, begin(&test, ChannelKind::Line).await);
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    test.set(kind, &settings).await;
    let path = format!("/api/conversations/{id}/messages");
    let at = test.clock.now() + Span::from_hours(1);
    let administrator = ("operator-2", "administrators");
    let (status, body) = test.call_as(administrator, "POST", &path, Some("k"), &draft(at, false)).await;
    assert_eq!(status, 202, "{body}");
    test.pass(Span::from_hours(1));
    assert_eq!(test.schedule().await.queued, 1);
    test.settle().await;
    assert_eq!(sent(&test), 1);
}

#[tokio::test]
async fn rpl_15_only_what_is_scheduled_can_be_canceled_and_a_repetition_does_not_bring_it_back() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    let at = test.clock.now() + Span::from_hours(1);
    let key = later(&test, id, Span::from_hours(1), false).await;
    let path = format!("/api/conversations/{id}/messages/{key}");
    for _ in 0..2 {
        let (status, canceled) = test.call("DELETE", &path, None, &Value::Null).await;
        assert_eq!((status, &canceled["status"]), (200, &json!("canceled")));
    }
    let (status, repeated) = test.post_draft(id, "later", &draft(at, false)).await;
    assert_eq!((status, &repeated["status"]), (200, &json!("canceled")));
    test.pass(Span::from_hours(2));
    assert_eq!(test.schedule().await, scheduled_send::Report::default());
    test.settle().await;
    assert_eq!(sent(&test), 0);
    let sent_at_once = test.answer(id, "now", "now").await;
    let path = format!("/api/conversations/{id}/messages/{sent_at_once}");
    let (status, refused) = test.call("DELETE", &path, None, &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("message_not_scheduled")));
}

#[tokio::test]
async fn rpl_15_a_window_that_the_tick_finds_closed_fails_the_reply_without_a_call() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    let key = later(&test, id, Span::from_hours(23), false).await;
    // Nobody looked for hours.
    test.pass(Span::from_hours(25));
    assert_eq!(test.schedule().await.dropped, 1);
    let reason = FailureReason::ReplyWindowClosed;
    assert!(matches!(state(&test, id, key).await, SendState::Failed { reason: why, .. } if why == reason));
    assert!(test.conversation(id).await.is_unanswered(), "nothing was answered");
    test.settle().await;
    assert_eq!(sent(&test), 0);
}

fn reminding() -> ChannelSettings {
    let text = "Write to us to keep this chat open.".to_owned();
    ChannelSettings { window_reminder: Some(WindowReminder { text }), ..Default::default() }
}

#[tokio::test]
async fn rpl_16_a_customer_who_waits_is_reminded_once_per_window_and_it_is_no_answer() {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Messenger, &reminding()).await;
    let id = begin(&test, ChannelKind::Messenger).await;
    for round in 1..=2 {
        test.pass(Span::from_hours(23) - Span::from_minutes(1));
        assert_eq!(test.schedule().await.reminded, 0, "not before 23 hours");
        // The customer's clock is the simulator's, which has run on by moments.
        test.pass(Span::from_minutes(2));
        assert_eq!(test.schedule().await.reminded, 1);
        test.settle().await;
        let conversation = test.conversation(id).await;
        assert_eq!((conversation.is_unanswered(), conversation.unread), (true, round));
        assert_eq!(conversation.armed.unwrap().kind, DeadlineKind::ReplyLimit);
        test.pass(Span::from_minutes(30));
        assert_eq!(test.schedule().await, scheduled_send::Report::default());
        assert_eq!(sent(&test), round as usize);
        let listed = test.get(&format!("/api/conversations/{id}/messages")).await;
        assert_eq!(listed["items"][0]["sent_by"], "automation");
        test.customer_writes(ChannelKind::Messenger, "customer-1", "still here").await;
        test.settle().await;
    }
    assert!(test.simulator.sent().iter().all(|sent| sent.via != "human_agent"));
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn rpl_16_nobody_is_reminded_who_was_answered_or_whose_window_is_over_or_without_the_setting() {
    for (answered, late, on) in [(true, false, true), (false, true, true), (false, false, false)] {
        let test = TestInbox::start().await;
        if on {
            test.set(ChannelKind::Messenger, &reminding()).await;
        }
        let id = begin(&test, ChannelKind::Messenger).await;
        if answered {
            test.answer(id, "k", "answer").await;
            test.settle().await;
        }
        let before = sent(&test);
        test.pass(Span::from_hours(if late { 24 } else { 23 }) + Span::from_minutes(5));
        assert_eq!(test.schedule().await.reminded, 0);
        test.settle().await;
        assert_eq!(sent(&test), before, "answered {answered}, late {late}, on {on}");
        assert_eq!(test.conversation(id).await.armed.unwrap().kind, DeadlineKind::ReplyLimit);
        assert_eq!(test.schedule().await, scheduled_send::Report::default(), "and not looked at again");
    }
}

/// What the queues and schedules do after a crash.
async fn recover(test: &TestInbox) {
    for _ in 0..2 {
        test.pass(Span::from_minutes(2));
        test.outbound.make_visible();
        test.schedule().await;
        test.sweep().await;
        test.settle().await;
    }
}

#[tokio::test]
async fn scheduled_send_may_die_at_any_moment() {
    for (reminder, unless) in [(false, false), (false, true), (true, false)] {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            for at in 1.. {
                let faults = Faults::new();
                let test = TestInbox::with_faults(&faults).await;
                let kind = ChannelKind::Messenger;
                if reminder {
                    test.set(kind, &reminding()).await;
                }
                let id = begin(&test, kind).await;
                if reminder {
                    test.pass(Span::from_hours(23) + Span::from_minutes(1));
                } else {
                    later(&test, id, Span::from_hours(1), unless).await;
                    test.pass(Span::from_minutes(30));
                    test.customer_writes(kind, "customer-1", "meanwhile").await;
                    test.settle().await;
                    test.pass(Span::from_minutes(31));
                }
                faults.arm(at, fault.clone());
                let finished = faults.until_crash(test.schedule()).await.is_some();
                recover(&test).await;
                let label = format!("reminder {reminder}, unless {unless}: {fault:?} at {at}");
                assert_eq!(sent(&test), usize::from(!unless), "{label}");
                let lines = test.messages(id).await.into_iter();
                let lines = lines.filter(|m| matches!(m.body, Body::Timeline { .. })).count();
                assert_eq!(lines, usize::from(unless), "{label}");
                let unanswered = test.conversation(id).await.is_unanswered();
                assert_eq!(!unanswered, !reminder && !unless, "{label}");
                assert!(test.simulator.violations().is_empty(), "{label}");
                if finished {
                    break;
                }
            }
        }
    }
}
