//! The closers: settings that change, crowds that are due at once, ticks that cost nothing.

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{Channel, ChannelKind, ChannelSettings, Conversation, Party, Section, Span, Status};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::json;

fn settings(unanswered: Option<u32>, idle: Option<u32>) -> ChannelSettings {
    ChannelSettings {
        unanswered_close_after_minutes: unanswered,
        idle_close_after_minutes: idle,
        ..Default::default()
    }
}

#[tokio::test]
async fn tmr_12_a_changed_setting_reaches_chats_that_are_open_already() {
    let test = TestInbox::start().await;
    let unanswered = test.customer_writes(ChannelKind::Line, "customer-1", "one").await;
    let answered = test.customer_writes(ChannelKind::Line, "customer-2", "two").await;
    test.settle().await;
    test.answer(answered, "k", "answer").await;
    test.settle().await;
    test.pass(Span::from_minutes(20));
    assert_eq!(test.conversation(unanswered).await.armed, None, "every timer is off");

    test.set(ChannelKind::Line, &settings(Some(15), Some(10))).await;
    test.pass(Span::from_minutes(1));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 1);
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 1);
    assert_eq!(test.conversation(unanswered).await.section(), Section::Closed);
    assert_eq!(test.conversation(answered).await.section(), Section::Closed);
}

#[tokio::test]
async fn tmr_12_a_writer_that_still_has_the_old_settings_is_caught_up_with() {
    let test = TestInbox::start().await;
    // The writer reads the settings and remembers them for a while.
    test.customer_writes(ChannelKind::Line, "customer-1", "one").await;
    test.settle().await;
    test.set(ChannelKind::Line, &settings(Some(15), None)).await;
    test.tick(DeadlineKind::Unanswered).await;
    let id = test.customer_writes(ChannelKind::Line, "customer-2", "two").await;
    test.settle().await;
    assert_eq!(test.conversation(id).await.armed, None, "armed under the old settings");
    test.pass(Span::from_minutes(1));
    test.tick(DeadlineKind::Unanswered).await;
    assert!(test.conversation(id).await.armed.is_some());
}

#[tokio::test]
async fn switching_a_timer_off_keeps_chats_open() {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Line, &settings(Some(15), None)).await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "one").await;
    test.settle().await;
    test.set(ChannelKind::Line, &settings(None, None)).await;
    test.pass(Span::from_minutes(30));
    for kind in [DeadlineKind::Unanswered, DeadlineKind::Idle, DeadlineKind::ReplyLimit] {
        assert_eq!(test.tick(kind).await.closed, 0);
    }
    assert!(test.conversation(id).await.is_open());
}

#[tokio::test]
async fn tmr_1_to_rpl_4_each_deadline_closes_with_its_reason_and_a_customer_message_reopens() {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Messenger, &settings(Some(15), Some(10))).await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "hello").await;
    test.settle().await;
    let mut reasons = Vec::new();
    for (answer, wait, kind) in [
        (false, Span::from_minutes(15), DeadlineKind::Unanswered),
        (true, Span::from_minutes(10), DeadlineKind::Idle),
    ] {
        if answer {
            test.customer_writes(ChannelKind::Messenger, "customer-1", "again").await;
            test.settle().await;
            assert!(test.conversation(id).await.is_unanswered(), "reopened (CLS-6)");
            test.answer(id, "k", "answer").await;
            test.settle().await;
        }
        test.pass(wait + Span::from_secs(1));
        assert_eq!(test.tick(kind).await.closed, 1);
        let Status::Closed { reason, .. } = test.conversation(id).await.status else { panic!("closed") };
        reasons.push(reason.public_id());
        test.pass(Span::from_secs(1));
    }
    test.set(ChannelKind::Messenger, &settings(None, None)).await;
    test.customer_writes(ChannelKind::Messenger, "customer-1", "third").await;
    test.settle().await;
    test.pass(Span::from_minutes(3));
    test.tick(DeadlineKind::Unanswered).await;
    test.pass(Span::from_days(7));
    assert_eq!(test.tick(DeadlineKind::ReplyLimit).await.closed, 1);
    let Status::Closed { reason, .. } = test.conversation(id).await.status else { panic!("closed") };
    reasons.push(reason.public_id());
    assert_eq!(reasons, ["unanswered", "idle", "reply_limit"]);
    assert_eq!(test.conversation(id).await.episode, 3);
}

/// Writes `count` unanswered conversations straight into the table, all due at the same instant.
async fn crowd(test: &TestInbox, count: u32) {
    let settings = settings(Some(15), None);
    test.set(ChannelKind::Line, &settings).await;
    open(test, ChannelKind::Line, &settings, count).await;
    test.pass(Span::from_minutes(15));
}

/// Writes `count` unanswered conversations straight into the table, armed by `settings`.
async fn open(test: &TestInbox, kind: ChannelKind, settings: &ChannelSettings, count: u32) {
    let now = test.clock.now();
    let channel = TestInbox::channel_id(kind);
    let conversations: Vec<Conversation> = (0..count)
        .map(|i| {
            let mut conversation = Conversation::new(channel, kind, Party::User(format!("U{i:032x}")));
            conversation.status = Status::Open;
            conversation.episode = 1;
            conversation.episode_started_at = Some(now);
            conversation.last_customer_at = Some(now);
            conversation.customer_clock = Some(now);
            conversation.sorted_at = Some(now);
            conversation.rearm(settings);
            conversation
        })
        .collect();
    for chunk in conversations.chunks(50) {
        let saved = chunk.iter().map(|conversation| test.inbox.save_conversation(conversation));
        for saved in futures::future::join_all(saved).await {
            assert_eq!(saved.unwrap(), madoguchi_store::Saved::Done);
        }
    }
}

/// TMR-12: whatever a tick has no time for is gone on with, and neither begun anew nor left out.
#[tokio::test]
async fn tmr_12_a_change_reaches_a_channel_that_is_too_large_for_one_tick() {
    let test = TestInbox::start().await;
    test.tick(DeadlineKind::Unanswered).await;
    open(&test, ChannelKind::Line, &settings(None, None), 250).await;
    test.pass(Span::from_minutes(5));
    test.set(ChannelKind::Line, &settings(Some(30), None)).await;
    test.pass(Span::from_secs(1));
    // Time for a page of 100 a tick.
    let mut rearmed = Vec::new();
    for _ in 0..3 {
        let report = test.tick_with_time_for(DeadlineKind::Unanswered, 1).await;
        rearmed.push((report.rearmed, report.interrupted));
        test.pass(Span::from_secs(1));
    }
    assert_eq!(rearmed, [(100, true), (100, true), (50, false)]);
    // Changed again: everything anew, and a walk that began before the change is not gone on with.
    test.set(ChannelKind::Line, &settings(Some(60), None)).await;
    test.pass(Span::from_secs(1));
    test.tick_with_time_for(DeadlineKind::Unanswered, 1).await;
    test.pass(Span::from_secs(1));
    test.set(ChannelKind::Line, &settings(Some(15), None)).await;
    test.pass(Span::from_secs(1));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.rearmed, 250);
}

/// TMR-7: what is due is closed before a changed setting is brought anywhere, and whether the latter can be noted or not.
#[tokio::test]
async fn tmr_7_a_change_of_settings_keeps_nothing_open_that_is_due() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    crowd(&test, 3).await;
    open(&test, ChannelKind::Messenger, &settings(None, None), 120).await;
    test.set(ChannelKind::Messenger, &settings(Some(15), None)).await;
    let refused = json!({ "__type": "ValidationException", "message": "refused" }).to_string();
    faults.arm_on("UpdateItem", 1, Fault::Refuse(400, refused));
    faults.take_capacity();
    let report = test.tick(DeadlineKind::Unanswered).await;
    assert_eq!((report.closed, report.failed), (3, 1));
    let requests = faults.requests();
    let first = |name: &str| requests.iter().position(|operation| operation == name);
    assert!(first("TransactWriteItems") < first("BatchGetItem"), "{requests:?}");
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.failed, 0);
}

/// TMR-7: no cap. What bounds the lag is the number of calls and how many are made at once: two calls a
/// close and 100 at once. At 10 ms a call, 10,000 closes take two seconds after the tick that finds them.
/// More than a page of every shard is due here, so that pages are turned.
#[tokio::test]
async fn tmr_7_a_crowd_due_at_once_is_closed_in_one_tick_with_two_calls_each() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let count = 1_200;
    crowd(&test, count).await;
    faults.take_capacity();
    let report = test.tick(DeadlineKind::Unanswered).await;
    assert_eq!((report.closed, report.contended), (u64::from(count), 0));
    let requests = faults.requests();
    let closes = requests.iter().filter(|operation| operation.contains("TransactWriteItems")).count();
    let reads = requests
        .iter()
        .filter(|operation| operation.ends_with("GetItem") && !operation.contains("Batch"))
        .count();
    assert_eq!((closes, reads), (count as usize, count as usize));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 0);
}

/// TMR-7: a partition takes 1,000 writes a second, and the list that closed chats of one channel go to is
/// one. What is pushed back is tried again in the same tick, and nobody is told of a fault.
#[tokio::test]
async fn tmr_7_a_close_that_the_table_pushes_back_is_made_in_the_same_tick() {
    let codes = ["ThrottlingError", "ProvisionedThroughputExceeded"];
    let cancelled = |code| {
        let reasons = [json!({ "Code": code, "Message": "too much" }), json!({ "Code": "None" })];
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{code}, None]"
        );
        json!({ "__type": "TransactionCanceledException", "Message": message, "CancellationReasons": reasons })
    };
    for (i, code) in codes.into_iter().enumerate() {
        let faults = Faults::new();
        let test = TestInbox::with_faults(&faults).await;
        crowd(&test, 3).await;
        faults.arm_on("TransactWriteItems", i + 1, Fault::Refuse(400, cancelled(code).to_string()));
        faults.take_capacity();
        let report = test.tick(DeadlineKind::Unanswered).await;
        assert_eq!((report.closed, report.failed), (3, 0), "{code}");
        let closes = faults.requests().iter().filter(|operation| *operation == "TransactWriteItems").count();
        assert_eq!(closes, 4, "{code}");
    }
}

#[tokio::test]
async fn a_tick_with_nothing_due_reads_one_page_of_each_shard_and_the_channels() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    test.set(ChannelKind::Line, &settings(Some(15), None)).await;
    test.pass(Span::from_minutes(5));
    test.tick(DeadlineKind::Unanswered).await;
    faults.take_capacity();
    let report = test.tick(DeadlineKind::Unanswered).await;
    assert_eq!(report, madoguchi_closing::Report::default());
    assert_eq!(faults.requests().len(), 11, "{:?}", faults.requests());
    assert_eq!(faults.effects().len(), 0);
}

#[tokio::test]
async fn of_two_administrators_who_change_the_same_channel_none_overwrites_the_other_unseen() {
    let test = TestInbox::start().await;
    let before = test.channel(ChannelKind::Line).await;
    let change = async |settings: ChannelSettings, minute: i64| {
        let now = test.clock.now() + Span::from_minutes(minute);
        let channel = Channel { settings, ..before.clone() };
        test.directory.change_channel(&channel, before.settings_changed_at, now).await.unwrap()
    };
    assert_eq!(change(settings(Some(15), None), 1).await, madoguchi_store::Saved::Done);
    assert_eq!(change(settings(None, Some(10)), 2).await, madoguchi_store::Saved::Conflict);
    assert_eq!(test.channel(ChannelKind::Line).await.settings, settings(Some(15), None));
}
