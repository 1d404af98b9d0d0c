//! 対応完了 (CLS-1), snooze (CLS-12), and what else ends or interrupts a conversation.

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::farewell::Farewell;
use madoguchi_domain::message::Body;
use madoguchi_domain::warning::IdleWarning;
use madoguchi_domain::{
    ChannelKind, ChannelSettings, ConversationId, OperatorAccess, ReopenPolicy, Section, Span,
};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::{Value, json};

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

async fn deed(test: &TestInbox, method: &str, id: ConversationId, verb: &str, body: &Value) -> Value {
    let (status, body) = test.call(method, &format!("/api/conversations/{id}/{verb}"), None, body).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn lines(test: &TestInbox, id: ConversationId) -> Vec<String> {
    let messages = test.messages(id).await.into_iter();
    messages
        .filter_map(|m| match m.body {
            Body::Timeline { event, .. } => Some(event),
            Body::Said { .. } | Body::Note { .. } => None,
        })
        .collect()
}

#[tokio::test]
async fn cls_1_done_covers_what_was_seen_and_the_next_message_puts_it_back() {
    let test = TestInbox::start().await;
    let unanswered = ChannelSettings { unanswered_close_after_minutes: Some(15), ..Default::default() };
    test.set(ChannelKind::Line, &unanswered).await;
    let id = begin(&test, ChannelKind::Line).await;
    let seen = test.get(&format!("/api/conversations/{id}/messages")).await["items"][0]["id"].clone();
    test.pass(Span::from_minutes(1));
    test.customer_writes(ChannelKind::Line, "customer-1", "one more").await;
    test.settle().await;
    let shown = deed(&test, "POST", id, "done", &json!({ "message": seen })).await;
    assert_eq!((&shown["unreplied"], &shown["done"]), (&json!(true), &json!(false)), "{shown}");
    let shown = deed(&test, "POST", id, "done", &Value::Null).await;
    assert_eq!((&shown["unreplied"], &shown["unanswered"]), (&json!(false), &json!(false)));
    assert_eq!((&shown["done"], &shown["status"]), (&json!(true), &json!("open")));
    assert_eq!(deed(&test, "POST", id, "done", &json!({})).await, shown, "twice is as once");
    test.pass(Span::from_hours(1));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 0, "TMR-2");
    let shown = deed(&test, "DELETE", id, "done", &Value::Null).await;
    assert_eq!((&shown["unreplied"], &shown["done"]), (&json!(true), &json!(false)));
    deed(&test, "POST", id, "done", &Value::Null).await;
    test.customer_writes(ChannelKind::Line, "customer-1", "and another").await;
    test.settle().await;
    let shown = test.get(&format!("/api/conversations/{id}")).await;
    assert_eq!((&shown["unanswered"], &shown["done"]), (&json!(true), &json!(false)));
    let lines = lines(&test, id).await;
    assert_eq!(lines.iter().filter(|line| *line == "done").count(), 3, "{lines:?}");
    assert_eq!(lines.iter().filter(|line| *line == "not_done").count(), 1, "{lines:?}");
}

#[tokio::test]
async fn cls_12_what_is_set_aside_comes_back_once_however_late() {
    let test = TestInbox::start().await;
    let timers = ChannelSettings { unanswered_close_after_minutes: Some(15), ..Default::default() };
    test.set(ChannelKind::Line, &timers).await;
    let id = begin(&test, ChannelKind::Line).await;
    let path = format!("/api/conversations/{id}/snooze");
    let until = test.clock.now() + Span::from_hours(2);
    let shown = deed(&test, "POST", id, "snooze", &json!({ "until": until.to_string() })).await;
    assert_eq!(
        (&shown["section"], &shown["deadline"]["kind"]),
        (&json!("snoozed"), &json!("snooze")),
        "{shown}"
    );
    assert_eq!(shown["snooze"]["until"], until.to_string());
    test.pass(Span::from_hours(1));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 0, "TMR-11");
    assert_eq!(test.schedule().await.woken, 0);
    test.pass(Span::from_days(2));
    assert_eq!(test.schedule().await.woken, 1);
    assert_eq!(test.schedule().await, scheduled_send::Report::default());
    assert_eq!(test.conversation(id).await.section(), Section::Unassigned);
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 0, "its clock begins anew");
    // Until the customer writes.
    deed(&test, "POST", id, "snooze", &Value::Null).await;
    test.pass(Span::from_days(30));
    assert_eq!(test.schedule().await.woken, 0);
    test.customer_writes(ChannelKind::Line, "customer-1", "hello again").await;
    test.settle().await;
    assert_eq!(test.conversation(id).await.section(), Section::Unassigned);
    // By hand.
    deed(&test, "POST", id, "snooze", &json!({ "until": null })).await;
    let shown = deed(&test, "DELETE", id, "snooze", &Value::Null).await;
    assert_eq!((&shown["section"], &shown["snooze"]), (&json!("unassigned"), &Value::Null));
    let now = test.clock.now();
    for until in [now, now + Span::from_days(90) + Span::from_secs(1)] {
        let body = json!({ "until": until.to_string() });
        let (status, refused) = test.call("POST", &path, None, &body).await;
        assert_eq!((status, &refused["error"]["id"]), (422, &json!("snooze_out_of_range")));
    }
    deed(&test, "POST", id, "close", &Value::Null).await;
    let (status, refused) = test.call("POST", &path, None, &json!({})).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("conversation_closed")));
    let lines = lines(&test, id).await;
    assert_eq!(lines.iter().filter(|line| *line == "woken").count(), 2, "{lines:?}");
}

/// Invariant 3: nothing is closed or set aside over a message that nobody has seen.
#[tokio::test]
async fn cls_12_what_the_operator_has_not_seen_is_neither_closed_nor_set_aside() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    let latest =
        async || test.get(&format!("/api/conversations/{id}/messages")).await["items"][0]["id"].clone();
    let seen = latest().await;
    test.pass(Span::from_minutes(1));
    test.customer_writes(ChannelKind::Line, "customer-1", "one more").await;
    test.settle().await;
    for deed in ["close", "snooze"] {
        let path = format!("/api/conversations/{id}/{deed}");
        let (status, refused) = test.call("POST", &path, None, &json!({ "message": seen })).await;
        assert_eq!((status, &refused["error"]["id"]), (409, &json!("customer_wrote_meanwhile")), "{deed}");
        assert_eq!(test.conversation(id).await.section(), Section::Unassigned, "{deed}");
    }
    let shown = deed(&test, "POST", id, "snooze", &json!({ "message": latest().await })).await;
    assert_eq!(shown["section"], "snoozed");
    let shown = deed(&test, "POST", id, "close", &json!({ "message": latest().await })).await;
    assert_eq!(shown["status"], "closed");
    assert_eq!(deed(&test, "POST", id, "close", &json!({ "message": seen })).await, shown, "it is closed");
}

#[tokio::test]
async fn cls_12_waking_may_die_at_any_moment() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            let id = begin(&test, ChannelKind::Line).await;
            let until = test.clock.now() + Span::from_hours(2);
            deed(&test, "POST", id, "snooze", &json!({ "until": until.to_string() })).await;
            test.pass(Span::from_hours(3));
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.schedule()).await.is_some();
            test.schedule().await;
            let lines = lines(&test, id).await;
            assert_eq!(lines.iter().filter(|line| *line == "woken").count(), 1, "{fault:?} at {at}");
            assert_eq!(test.conversation(id).await.section(), Section::Unassigned);
            if finished {
                break;
            }
        }
    }
}

fn parting() -> ChannelSettings {
    let farewell = Some(Farewell { text: "goodbye".into(), when_operators_close: false });
    let idle_warning = Some(IdleWarning { text: "still there?".into(), minutes_before: 3 });
    ChannelSettings {
        unanswered_close_after_minutes: Some(15),
        idle_close_after_minutes: Some(10),
        farewell,
        idle_warning,
        human_agent: true,
        ..Default::default()
    }
}

fn sent(test: &TestInbox) -> Vec<String> {
    test.simulator.sent().into_iter().filter_map(|sent| sent.text).collect()
}

#[tokio::test]
async fn cls_11_tmr_9_a_warning_and_a_farewell_go_out_once_and_change_nothing_else() {
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let test = TestInbox::start().await;
        test.set(kind, &parting()).await;
        let id = begin(&test, kind).await;
        test.answer(id, "k", "answer").await;
        test.settle().await;
        let answered = test.conversation(id).await;
        test.pass(Span::from_minutes(8));
        assert_eq!(test.schedule().await.warned, 1);
        assert_eq!(test.schedule().await, scheduled_send::Report::default());
        assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 0);
        test.settle().await;
        let warned = test.conversation(id).await;
        assert_eq!(
            (warned.activity_clock, warned.last_answer_at),
            (answered.activity_clock, answered.last_answer_at)
        );
        test.pass(Span::from_minutes(3));
        let report = test.tick(DeadlineKind::Idle).await;
        assert_eq!((report.closed, report.farewells), (1, 1));
        test.settle().await;
        assert_eq!(sent(&test), ["answer", "still there?", "goodbye"]);
        let closed = test.conversation(id).await;
        assert_eq!(closed.section(), Section::Closed, "the farewell opens nothing");
        let listed = test.get(&format!("/api/conversations/{id}/messages")).await;
        let told: Vec<_> = listed["items"].as_array().unwrap().iter().take(2).collect();
        assert_eq!((&told[0]["kind"], &told[0]["text"]), (&json!("closed"), &json!("idle")));
        assert_eq!((&told[1]["sent_by"], &told[1]["status"]), (&json!("automation"), &json!("sent")));
        assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
    }
}

#[tokio::test]
async fn tmr_9_a_message_after_the_warning_keeps_the_conversation_open() {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Line, &parting()).await;
    let id = begin(&test, ChannelKind::Line).await;
    test.answer(id, "k", "answer").await;
    test.settle().await;
    test.pass(Span::from_minutes(8));
    assert_eq!(test.schedule().await.warned, 1);
    test.customer_writes(ChannelKind::Line, "customer-1", "yes").await;
    test.settle().await;
    test.pass(Span::from_minutes(3));
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 0);
    assert!(test.conversation(id).await.is_open());
    test.pass(Span::from_minutes(5));
    assert_eq!(test.schedule().await.warned, 1, "once in each silence");
}

/// RPL-10: a person could still answer by `HUMAN_AGENT`; nothing automatic may.
#[tokio::test]
async fn rpl_10_no_farewell_is_sent_after_the_standard_window() {
    let test = TestInbox::start().await;
    let settings = ChannelSettings { unanswered_close_after_minutes: Some(2_880), ..parting() };
    test.set(ChannelKind::Messenger, &settings).await;
    begin(&test, ChannelKind::Messenger).await;
    test.pass(Span::from_days(2) + Span::from_minutes(1));
    let report = test.tick(DeadlineKind::Unanswered).await;
    assert_eq!((report.closed, report.farewells), (1, 0));
    test.settle().await;
    assert!(sent(&test).is_empty());
}

#[tokio::test]
async fn cls_11_an_operators_close_takes_a_label_and_sends_a_farewell_where_that_is_wished() {
    for wished in [false, true] {
        let test = TestInbox::start().await;
        let farewell = Some(Farewell { text: "goodbye".into(), when_operators_close: wished });
        test.set(ChannelKind::Line, &ChannelSettings { farewell, ..Default::default() }).await;
        let id = begin(&test, ChannelKind::Line).await;
        let kept = json!({"name": "Spam", "color": "#cc0000"});
        let (status, kept) = test.administer("POST", "/api/labels", &kept).await;
        assert_eq!(status, 201, "{kept}");
        let label = kept["id"].clone();
        let shown = deed(&test, "POST", id, "close", &json!({ "label_id": label })).await;
        assert_eq!((&shown["close_reason"], &shown["labels"]), (&json!("operator"), &json!([label])));
        assert_eq!(deed(&test, "POST", id, "close", &Value::Null).await, shown);
        test.settle().await;
        assert_eq!(sent(&test).len(), usize::from(wished));
    }
}

#[tokio::test]
async fn cls_11_closing_with_a_farewell_may_die_at_any_moment() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            test.set(ChannelKind::Line, &parting()).await;
            let id = begin(&test, ChannelKind::Line).await;
            test.pass(Span::from_minutes(16));
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.tick(DeadlineKind::Unanswered)).await.is_some();
            test.tick(DeadlineKind::Unanswered).await;
            test.settle().await;
            assert_eq!(sent(&test), ["goodbye"], "{fault:?} at {at}");
            assert_eq!(test.conversation(id).await.section(), Section::Closed);
            if finished {
                break;
            }
        }
    }
}

/// TMR-5, TMR-10, TMR-12: a department's timer and hours reach chats that are open already, and go on counting when the
/// department opens.
#[tokio::test]
async fn tmr_10_tmr_12_a_departments_timers_and_hours_reach_open_conversations() {
    let test = TestInbox::start().await;
    let (status, department) = test.administer("POST", "/api/departments", &json!({"name": "Support"})).await;
    assert_eq!(status, 201, "{department}");
    let path = format!("/api/departments/{}", department["id"].as_str().unwrap());
    let channel = format!("/api/channels/{}", TestInbox::channel_id(ChannelKind::Line));
    let settings = json!({"department_id": department["id"], "pause_outside_hours": true});
    test.administered("PATCH", &channel, &settings).await;
    let id = begin(&test, ChannelKind::Line).await;
    assert_eq!(test.conversation(id).await.armed, None);
    let timers = json!({"timers": {"unanswered_close_after_minutes": 15}});
    let (status, changed) = test.administer("PATCH", &path, &timers).await;
    assert_eq!(
        (status, &changed["timers"]["unanswered_close_after_minutes"]),
        (200, &json!(15)),
        "{changed}"
    );
    test.pass(Span::from_minutes(1));
    test.tick(DeadlineKind::Unanswered).await;
    assert!(test.conversation(id).await.armed.is_some(), "TMR-5");
    assert_eq!(test.get(&format!("/api/conversations/{id}")).await["deadline"]["kind"], "unanswered");
    // Never open: nothing is closed.
    let hours = json!({"hours": {"time_zone": "Asia/Tokyo", "week": {}}});
    assert_eq!(test.administer("PATCH", &path, &hours).await.0, 200);
    test.pass(Span::from_hours(1));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 0);
    assert_eq!(test.get(&format!("/api/conversations/{id}")).await["deadline"], Value::Null);
    // Open always again.
    assert_eq!(test.administer("PATCH", &path, &json!({"hours": null})).await.0, 200);
    test.pass(Span::from_minutes(1));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 1);
    assert_eq!(test.conversation(id).await.section(), Section::Closed);
    let (status, refused) =
        test.administer("PATCH", &path, &json!({"timers": {"idle_close_after_minutes": 1_441}})).await;
    assert_eq!((status, &refused["error"]["id"]), (422, &json!("settings_out_of_bounds")));
}

/// CLS-7, C1: completed is final; the customer's next message starts anew.
#[tokio::test]
async fn cls_7_where_nothing_is_reopened_the_composer_says_so() {
    let test = TestInbox::start().await;
    let settings = ChannelSettings { reopen: ReopenPolicy::Never, ..Default::default() };
    test.set(ChannelKind::Line, &settings).await;
    let id = begin(&test, ChannelKind::Line).await;
    let shown = deed(&test, "POST", id, "close", &Value::Null).await;
    assert_eq!(shown["composer"]["reason"], "conversation_completed");
    let (status, refused) = test.post_reply(id, "k", "one more thing").await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("conversation_completed")));
    let path = format!("/api/conversations/{id}/reopen");
    let (status, refused) = test.call("POST", &path, None, &Value::Null).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("conversation_final")));
    test.customer_writes(ChannelKind::Line, "customer-1", "another question").await;
    test.settle().await;
    let shown = test.get(&format!("/api/conversations/{id}")).await;
    assert_eq!((&shown["episode"], &shown["status"]), (&json!(2), &json!("open")));
    assert!(lines(&test, id).await.contains(&"began_anew".to_owned()));
    assert_eq!(test.post_reply(id, "k2", "yes?").await.0, 202);
}

async fn erase(test: &TestInbox, id: ConversationId, confirm: &str) -> (u16, Value) {
    let body = json!({ "confirm": confirm });
    test.call("DELETE", &format!("/api/conversations/{id}"), None, &body).await
}

#[tokio::test]
async fn cls_8_to_cls_10_what_is_deleted_is_gone_and_the_next_message_begins_anew() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    let (status, refused) = erase(&test, id, &id.to_string()).await;
    assert_eq!((status, &refused["error"]["id"]), (403, &json!("installer_only")));
    test.install(ChannelKind::Line).await;
    for confirm in ["", "somebody else"] {
        let (status, refused) = erase(&test, id, confirm).await;
        assert_eq!((status, &refused["error"]["id"]), (422, &json!("deletion_not_confirmed")));
    }
    test.answer(id, "k", "answer").await;
    test.settle().await;
    let (status, deleted) = erase(&test, id, &id.to_string()).await;
    assert_eq!(status, 200, "{deleted}");
    assert_eq!(deleted["provider_copy"]["deleted"], false, "CLS-9");
    // At once, and before anything of it is deleted.
    let path = format!("/api/conversations/{id}");
    for path in [path.clone(), format!("{path}/messages")] {
        let (status, gone) = test.call("GET", &path, None, &Value::Null).await;
        assert_eq!((status, &gone["error"]["id"]), (404, &json!("conversation_not_found")));
    }
    for section in ["open", "closed"] {
        let listed = test.get(&format!("/api/conversations?section={section}")).await;
        assert_eq!(listed["items"], json!([]), "{section}");
    }
    // The customer writes while it is being deleted.
    test.customer_writes(ChannelKind::Line, "customer-1", "hello again").await;
    test.write().await;
    test.settle().await;
    assert_eq!(test.texts(id).await, ["hello again"]);
    let shown = test.get(&path).await;
    assert_eq!(
        (&shown["status"], &shown["episode"], &shown["unread"]),
        (&json!("open"), &json!(1), &json!(1))
    );
    assert!(test.inbox.erasure(id).await.unwrap().is_none(), "nothing is left to do");
    assert_eq!(test.sweep().await.erasures, 0);
    let kept = test.administered("GET", "/api/audit?act=conversation.deleted", &Value::Null).await;
    assert_eq!(kept["items"].as_array().map(Vec::len), Some(1), "{kept}");
    assert_eq!(kept["items"][0]["conversation_id"], json!(id));
}

/// ABU-3: the block outlives the conversation, and so must the way to lift it.
#[tokio::test]
async fn cls_10_a_blocked_contact_whose_conversation_was_deleted_can_be_unblocked() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line).await;
    test.install(ChannelKind::Line).await;
    deed(&test, "POST", id, "block", &json!({ "reason": "spam" })).await;
    assert_eq!(erase(&test, id, &id.to_string()).await.0, 200);
    test.settle().await;
    let says = async |text: &str| {
        test.pass(Span::from_minutes(2));
        test.customer_writes(ChannelKind::Line, "customer-1", text).await;
        test.write().await;
        test.settle().await;
    };
    says("dropped").await;
    assert_eq!(test.get("/api/blocked").await["items"][0]["id"], json!(id));
    // Who does not see the channel finds nothing.
    let associated = ChannelSettings { operators: OperatorAccess::Associated, ..Default::default() };
    test.set(ChannelKind::Line, &associated).await;
    test.pass(Span::from_minutes(1));
    let path = format!("/api/conversations/{id}/block");
    assert_eq!(test.call("DELETE", &path, None, &Value::Null).await.0, 404);
    test.set(ChannelKind::Line, &ChannelSettings::default()).await;
    test.pass(Span::from_minutes(1));
    let shown = deed(&test, "DELETE", id, "block", &Value::Null).await;
    assert_eq!(shown["contact"]["blocked"], Value::Null);
    assert_eq!(test.get("/api/blocked").await["items"], json!([]));
    assert_eq!(test.call("GET", &format!("/api/conversations/{id}"), None, &Value::Null).await.0, 404);
    // Blocked and unblocked once more while nothing is there.
    deed(&test, "POST", id, "block", &json!({ "reason": "spam" })).await;
    assert_eq!(test.get("/api/blocked").await["items"][0]["id"], json!(id));
    deed(&test, "DELETE", id, "block", &Value::Null).await;
    says("hello again").await;
    assert_eq!(test.texts(id).await, ["hello again"]);
    assert_eq!(test.get(&format!("/api/conversations/{id}")).await["status"], "open");
}

#[tokio::test]
async fn cls_8_deleting_may_be_cut_off_at_any_moment() {
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            let id = begin(&test, ChannelKind::Line).await;
            test.install(ChannelKind::Line).await;
            for number in 0..30 {
                test.answer(id, &format!("k{number}"), "answer").await;
            }
            test.settle().await;
            assert_eq!(erase(&test, id, &id.to_string()).await.0, 200);
            test.relay().await;
            faults.arm(at, fault.clone());
            let finished = faults.until_crash(test.fetch_media()).await.is_some();
            test.pass(Span::from_minutes(20));
            test.media.make_visible();
            test.settle().await;
            let label = format!("{fault:?} at {at}");
            assert_eq!(test.messages(id).await.len(), 0, "{label}");
            assert!(test.inbox.erasure(id).await.unwrap().is_none(), "{label}");
            if finished {
                break;
            }
        }
    }
}
