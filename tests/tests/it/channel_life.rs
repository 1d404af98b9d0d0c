//! Channels that are switched off and on, deleted and connected again (CHN-19, CHN-21, RPL-5, C4).

use madoguchi_credentials::SecretNames;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{
    ChannelHealth, ChannelKind, ChannelSettings, ChannelStatus, CloseReason, ConversationId, MessageKey,
    Span, Status,
};
use madoguchi_simulator::{Act, Action, Endpoint, Fault as Broken, FaultRule, Provider, demo};
use madoguchi_store::SETTINGS_CACHE;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PREFIX;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::{Value, json};

const KINDS: [ChannelKind; 2] = [ChannelKind::Messenger, ChannelKind::Line];

fn path(kind: ChannelKind) -> String {
    format!("/api/channels/{}", TestInbox::channel_id(kind))
}

async fn switch(test: &TestInbox, kind: ChannelKind, verb: &str) -> Value {
    let (status, body) =
        test.administer_as("admin-1", "POST", &format!("{}/{verb}", path(kind)), &json!({})).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn delete(test: &TestInbox, kind: ChannelKind) -> Value {
    let confirm = json!({ "confirm": format!("Test {kind}") });
    let (status, body) = test.administer_as("admin-1", "DELETE", &path(kind), &confirm).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Until every function has read the channel anew.
fn pass_caches(test: &TestInbox) {
    test.pass(SETTINGS_CACHE);
}

async fn begin(test: &TestInbox, kind: ChannelKind, customer: &str) -> ConversationId {
    let id = test.customer_writes(kind, customer, "question").await;
    test.settle().await;
    id
}

async fn failure(test: &TestInbox, id: ConversationId, key: MessageKey) -> Option<FailureReason> {
    match test.message(id, &key).await.send {
        Some(SendState::Failed { reason, .. }) => Some(reason),
        _ => None,
    }
}

fn connection_secret(
    test: &TestInbox,
    kind: ChannelKind,
    id: madoguchi_domain::ConnectionId,
) -> Option<Value> {
    test.aws.secret(&SecretNames::new(PREFIX).connection(kind, id))
}

#[tokio::test]
async fn chn_19_a_channel_that_is_off_drops_what_comes_and_receives_again_when_it_is_on() {
    for kind in KINDS {
        let test = TestInbox::start().await;
        let id = begin(&test, kind, "customer-1").await;
        let off = switch(&test, kind, "disable").await;
        assert_eq!(off["status"]["state"], "off");
        assert_eq!(off["status"]["by"], "admin-1");
        pass_caches(&test);
        // The webhook is answered as ever: the provider must not stop sending.
        test.customer_writes(kind, "customer-1", "not heard").await;
        test.customer_writes(kind, "customer-2", "not heard either").await;
        test.settle().await;
        assert_eq!(test.texts(id).await, ["question"], "{kind}");
        assert_eq!(test.dropped(), 2, "{kind}");
        let (_, quarantine) = test.administer_as("admin-1", "GET", "/api/quarantine", &Value::Null).await;
        assert_eq!(quarantine["items"], json!([]), "nothing of it is kept");
        let listed = test.get("/api/conversations?section=unanswered").await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);

        let on = switch(&test, kind, "enable").await;
        assert_eq!(on["status"], json!({"state": "on", "since": null, "by": null}));
        // At once: nobody remembers that it was off.
        test.customer_writes(kind, "customer-1", "heard").await;
        test.settle().await;
        assert_eq!(test.texts(id).await, ["question", "heard"]);
        assert_eq!(test.dropped(), 2);
    }
}

#[tokio::test]
async fn chn_19_replies_fail_with_the_reason_when_their_turn_comes() {
    for kind in KINDS {
        let test = TestInbox::start().await;
        let id = begin(&test, kind, "customer-1").await;
        let queued = test.answer(id, "queued", "answer").await;
        let at = (test.clock.now() + Span::from_hours(1)).to_string();
        let (status, later) = test.post_draft(id, "later", &json!({"text": "later", "send_at": at})).await;
        assert_eq!(status, 202, "{later}");
        let later: MessageKey = later["id"].as_str().unwrap().parse().unwrap();
        switch(&test, kind, "disable").await;
        test.settle().await;
        assert_eq!(failure(&test, id, queued).await, Some(FailureReason::ChannelOff), "{kind}");
        pass_caches(&test);
        let (status, refused) = test.post_reply(id, "new", "x").await;
        assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_off")), "{refused}");
        let (status, again) = test.post_reply(id, "queued", "answer").await;
        assert_eq!((status, &again["id"]), (200, &json!(queued)), "what was written before is told as ever");
        let shown = test.get(&format!("/api/conversations/{id}")).await;
        assert_eq!(
            (&shown["composer"]["state"], &shown["composer"]["reason"]),
            (&json!("locked"), &json!("channel_off"))
        );
        assert_eq!(shown["status"], "open", "what is there stays");
        let resend = format!("/api/conversations/{id}/messages/{queued}/resend");
        assert_eq!(test.call("POST", &resend, None, &json!({})).await.0, 409);

        test.pass(Span::from_hours(1));
        assert_eq!(test.schedule().await.dropped, 1);
        test.settle().await;
        assert_eq!(failure(&test, id, later).await, Some(FailureReason::ChannelOff), "{kind}");
        assert_eq!(test.simulator.sent().len(), 0);

        // Its credential is looked at first; then replies go out again.
        switch(&test, kind, "enable").await;
        assert_eq!(test.channel(kind).await.health, ChannelHealth::Connecting);
        assert_eq!(test.refresh_tokens().await.released, 1);
        assert_eq!(test.call("POST", &resend, None, &json!({})).await.0, 202);
        test.settle().await;
        assert_eq!(failure(&test, id, queued).await, None);
        assert_eq!(test.simulator.sent().len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn chn_19_a_reply_that_nobody_has_in_hand_is_not_held_for_ever() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line, "customer-1").await;
    let key = test.answer(id, "k", "answer").await;
    let channel = test.channel(ChannelKind::Line).await;
    let held = madoguchi_domain::credential::Cause::SecretMismatch;
    let _first = test.directory.hold_channel(channel.id, held, "x", test.clock.now()).await.unwrap();
    test.settle().await;
    assert_eq!(failure(&test, id, key).await, None, "it waits for the credential");
    switch(&test, ChannelKind::Line, "disable").await;
    test.pass(Span::from_minutes(2));
    assert_eq!(test.sweep().await.conversations, 1);
    test.settle().await;
    assert_eq!(failure(&test, id, key).await, Some(FailureReason::ChannelOff));
    assert_eq!(test.sweep().await.conversations, 0);
}

#[tokio::test]
async fn chn_19_a_reply_that_may_have_been_taken_is_unconfirmed_and_not_failed() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line, "customer-1").await;
    // Its reply token is too old: a push, which may be repeated.
    test.pass(Span::from_hours(1));
    let down = Broken::ServerError { after_effect: true };
    test.simulator.fault(FaultRule::from(down).endpoint(Endpoint::Push));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let waits =
        |state: &Option<SendState>| matches!(state, Some(SendState::Queued { keep_via: Some(_), .. }));
    assert!(waits(&test.message(id, &key).await.send), "{:?}", test.message(id, &key).await.send);
    test.simulator.clear_faults();
    switch(&test, ChannelKind::Line, "disable").await;
    test.pass(Span::from_minutes(5));
    test.sweep().await;
    test.settle().await;
    let state = test.message(id, &key).await.send;
    assert!(matches!(state, Some(SendState::Unconfirmed { .. })), "{state:?}");
}

#[tokio::test]
async fn chn_19_nobody_is_told_of_the_credential_of_a_channel_that_is_off() {
    let test = TestInbox::start().await;
    for kind in KINDS {
        switch(&test, kind, "disable").await;
    }
    let line = test.channel(ChannelKind::Line).await;
    let name = SecretNames::new(PREFIX).line_channel(line.id);
    test.aws.set_secret(&name, &json!({"channel_id": demo::LINE_CHANNEL, "channel_secret": "wrong"}));
    test.pass(Span::from_days(1));
    let calls = test.simulator.calls().len();
    let report = test.refresh_tokens().await;
    assert_eq!((report.due, report.held, report.needing_reauthorization, report.failed), (2, 0, 0, 0));
    let asked = test.simulator.calls();
    assert!(
        asked[calls..].iter().all(|call| call.path.contains("/v26.0/")),
        "the login is kept alive, LINE is left alone"
    );
    // Nobody asked LINE, so nobody says that somebody did.
    let connection = test.directory.connection(line.connection_id).await.unwrap().unwrap();
    assert_eq!(connection.checked_at, None);
    // Switched on, it is told at once.
    switch(&test, ChannelKind::Line, "enable").await;
    let report = test.refresh_tokens().await;
    assert_eq!((report.held, report.needing_reauthorization), (1, 1));
}

#[tokio::test]
async fn chn_19_closers_go_on_and_reminders_rest_while_a_channel_is_off() {
    let test = TestInbox::start().await;
    let reminder = madoguchi_domain::reminder::WindowReminder { text: "still there?".into() };
    let settings = ChannelSettings {
        unanswered_close_after_minutes: Some(24 * 60 + 30),
        window_reminder: Some(reminder),
        ..ChannelSettings::default()
    };
    test.set(ChannelKind::Messenger, &settings).await;
    let id = begin(&test, ChannelKind::Messenger, "customer-1").await;
    switch(&test, ChannelKind::Messenger, "disable").await;
    test.pass(Span::from_hours(23) + Span::from_minutes(5));
    assert_eq!(test.schedule().await.reminded, 0);
    test.tick(DeadlineKind::Unanswered).await;
    test.pass(Span::from_hours(2));
    assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 1);
    assert!(!test.conversation(id).await.is_open());
}

#[tokio::test]
async fn chn_21_a_deleted_channel_keeps_its_history_and_nothing_else() {
    for kind in KINDS {
        let test = TestInbox::start().await;
        let (unanswered, answered) =
            (begin(&test, kind, "customer-1").await, begin(&test, kind, "customer-2").await);
        test.answer(answered, "k", "answer").await;
        test.settle().await;
        for wrong in [json!({"confirm": "Test"}), json!({"confirm": ""})] {
            let (status, refused) = test.administer_as("admin-1", "DELETE", &path(kind), &wrong).await;
            assert_eq!((status, &refused["error"]["id"]), (422, &json!("not_confirmed")));
            assert!(refused["error"]["message"].as_str().unwrap().contains(&format!("Test {kind}")));
        }
        assert!(test.channel(kind).await.status.is_on());
        let connection = test.channel(kind).await.connection_id;
        assert_eq!(delete(&test, kind).await["status"]["state"], "deleted");

        // The closers complete what was open: the one what is nobody's, the other what is somebody's.
        assert_eq!(test.tick(DeadlineKind::Unanswered).await.closed, 2);
        assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 0);
        for id in [unanswered, answered] {
            let status = test.conversation(id).await.status;
            assert!(
                matches!(status, Status::Closed { reason: CloseReason::ChannelRemoved, .. }),
                "{status:?}"
            );
            let shown = test.get(&format!("/api/conversations/{id}")).await;
            assert_eq!(shown["close_reason"], "channel_removed");
            assert_eq!(shown["composer"]["reason"], "channel_unlinked");
            pass_caches(&test);
            for (path, body) in [("reopen", json!({})), ("messages", json!({"text": "x"}))] {
                let path = format!("/api/conversations/{id}/{path}");
                let (status, refused) = test.call("POST", &path, Some("new"), &body).await;
                assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_unlinked")), "{path}");
            }
        }
        let listed = test.get(&format!("/api/conversations/{answered}/messages")).await;
        assert!(listed["items"].as_array().unwrap().iter().any(|message| message["text"] == "answer"));

        // Nothing of it can be changed, and its name stays.
        for (method, path, body) in [
            ("PATCH", path(kind), json!({"name": "New"})),
            ("POST", format!("{}/enable", path(kind)), json!({})),
            ("POST", format!("{}/disable", path(kind)), json!({})),
        ] {
            let (status, refused) = test.administer_as("admin-1", method, &path, &body).await;
            assert_eq!(
                (status, &refused["error"]["id"]),
                (409, &json!("channel_deleted")),
                "{method} {path}"
            );
        }
        let (_, channels) = test.administer_as("admin-1", "GET", "/api/channels", &Value::Null).await;
        let item = channels["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["id"] == json!(TestInbox::channel_id(kind)));
        assert_eq!(item.unwrap()["name"], format!("Test {kind}"));

        // Until the subscription has ended, what comes is dropped.
        test.customer_writes(kind, "customer-1", "not heard").await;
        test.settle().await;
        assert_eq!(test.dropped(), 1);
        assert_eq!(test.texts(unanswered).await, ["question"]);

        let report = test.refresh_tokens().await;
        assert_eq!((report.dissolved, report.failed), (1, 0), "{kind}");
        assert_eq!(connection_secret(&test, kind, connection), None);
        assert_eq!(test.directory.connection(connection).await.unwrap(), None);
        if kind == ChannelKind::Messenger {
            let ended = |call: &madoguchi_simulator::Call| {
                call.method == "DELETE" && call.path.ends_with("/subscribed_apps")
            };
            assert_eq!(test.simulator.calls().iter().filter(|call| ended(call)).count(), 1);
        } else {
            // Nobody can check the signature any more: the address is as unknown as one that never was.
            test.pass(Span::from_minutes(5));
            let webhook = format!("{}/webhooks/line/{}", test.front, TestInbox::channel_id(kind));
            let (status, ..) = test.post_to(&webhook, &axum::http::HeaderMap::new(), "{}").await;
            assert_eq!(status, 404);
        }
        // Asking again finds nothing left to do.
        assert_eq!(delete(&test, kind).await["status"]["state"], "deleted");
        assert_eq!(test.refresh_tokens().await.due, 0);
        assert_eq!(test.simulator.violations(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn cls_11_a_closer_that_ends_half_way_goes_on_in_the_next_tick() {
    for at in [1, 3, 5] {
        let faults = Faults::new();
        let test = TestInbox::with_faults(&faults).await;
        let mut ids = Vec::new();
        for customer in ["customer-1", "customer-2", "customer-3"] {
            ids.push(begin(&test, ChannelKind::Line, customer).await);
        }
        delete(&test, ChannelKind::Line).await;
        faults.arm_on("TransactWriteItems", at, Fault::CrashAfter);
        let finished = faults.until_crash(test.tick(DeadlineKind::Unanswered)).await.is_some();
        assert_eq!(finished, at > 3, "each close is one write");
        test.tick(DeadlineKind::Unanswered).await;
        for id in ids {
            let status = test.conversation(id).await.status;
            assert!(
                matches!(status, Status::Closed { reason: CloseReason::ChannelRemoved, .. }),
                "{status:?}"
            );
        }
    }
}

#[tokio::test]
async fn chn_21_the_same_account_goes_on_with_its_conversations_if_the_administrator_wishes() {
    for kind in KINDS {
        let test = TestInbox::start().await;
        let settings = ChannelSettings { idle_close_after_minutes: Some(60), ..ChannelSettings::default() };
        test.set(kind, &settings).await;
        let id = begin(&test, kind, "customer-1").await;
        delete(&test, kind).await;
        test.tick(DeadlineKind::Unanswered).await;
        test.tick(DeadlineKind::Idle).await;
        assert_eq!(test.refresh_tokens().await.dissolved, 1);
        test.pass(Span::from_minutes(5));

        let mut new = match kind {
            ChannelKind::Messenger => json!({
                "kind": "messenger", "name": "Back", "page_id": demo::PAGE, "user_access_token": demo::LONG_USER_TOKEN,
            }),
            _ => json!({
                "kind": "line", "name": "Back", "line_channel_id": demo::LINE_CHANNEL,
                "channel_secret": demo::LINE_SECRET,
            }),
        };
        let (status, refused) = test.administer_as("admin-2", "POST", "/api/channels", &new).await;
        assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_deleted")), "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("resume"));
        new["resume"] = json!(true);
        let (status, back) = test.administer_as("admin-2", "POST", "/api/channels", &new).await;
        assert_eq!(status, 201, "{back}");
        assert_eq!(back["id"], json!(TestInbox::channel_id(kind)));
        let channel = test.channel(kind).await;
        assert_eq!(back["status"]["state"], "on");
        assert_eq!((channel.settings, channel.name.as_str()), (settings, "Back"));
        assert_eq!(channel.installer.unwrap().0, "admin-2");
        test.pass(Span::from_minutes(1));
        assert_eq!(test.refresh_tokens().await.released, 1, "{kind}");

        let same = test.customer_writes(kind, "customer-1", "again").await;
        test.settle().await;
        assert_eq!(same, id);
        assert!(test.conversation(id).await.is_open());
        assert_eq!(test.texts(id).await, ["question", "again"]);
        let key = test.answer(id, "k", "welcome back").await;
        test.settle().await;
        assert_eq!(failure(&test, id, key).await, None);
        assert_eq!(test.simulator.sent().len(), 1);
        let (status, refused) = test.administer_as("admin-2", "POST", "/api/channels", &new).await;
        assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_exists")), "{refused}");
    }
}

/// Whoever comes back is at it for a moment: the credential is there, and the channel is still deleted.
#[tokio::test]
async fn chn_21_a_credential_that_was_just_entered_is_not_destroyed_before_its_channel_is_back() {
    let back = json!({
        "kind": "line", "name": "Back", "line_channel_id": demo::LINE_CHANNEL,
        "channel_secret": demo::LINE_SECRET, "resume": true,
    });
    let mut moments = 0;
    for at in 1.. {
        let faults = Faults::new();
        let test = TestInbox::with_faults(&faults).await;
        let connection = test.channel(ChannelKind::Line).await.connection_id;
        delete(&test, ChannelKind::Line).await;
        assert_eq!(test.refresh_tokens().await.dissolved, 1);
        test.pass(Span::from_minutes(5));
        faults.arm(at, Fault::CrashBefore);
        let resume = test.administer_as("admin-2", "POST", "/api/channels", &back);
        if let Some((status, answer)) = faults.until_crash(resume).await {
            assert_eq!(status, 201, "{answer}");
            break;
        }
        let is_deleted = test.channel(ChannelKind::Line).await.status.is_deleted();
        if !is_deleted || connection_secret(&test, ChannelKind::Line, connection).is_none() {
            continue;
        }
        moments += 1;
        // The deletion is asked for once more, by somebody who does not know.
        delete(&test, ChannelKind::Line).await;
        assert_eq!(test.refresh_tokens().await.dissolved, 0, "{at}");
        assert!(connection_secret(&test, ChannelKind::Line, connection).is_some(), "{at}");
        // Nobody came back.
        test.pass(Span::from_minutes(2));
        delete(&test, ChannelKind::Line).await;
        assert_eq!(test.refresh_tokens().await.dissolved, 1, "{at}");
        assert_eq!(connection_secret(&test, ChannelKind::Line, connection), None);
    }
    assert!(moments > 0);
}

#[tokio::test]
async fn chn_19_what_a_customer_takes_back_counts_while_a_channel_is_off() {
    let test = TestInbox::start().await;
    let by = |customer: &str, action| {
        let (provider, customer) = (Provider::Line, Some(customer.to_owned()));
        Act { provider, account: None, customer, group: None, at_ms: None, action }
    };
    let act = |action| by("customer-1", action);
    let written = act(Action::Text { text: "secret".into(), quote: None });
    let written = test.simulator.act(written).await.unwrap();
    test.settle().await;
    let id = ConversationId::derive(
        TestInbox::channel_id(ChannelKind::Line),
        &madoguchi_domain::Party::User(written.peer),
    );
    switch(&test, ChannelKind::Line, "disable").await;
    pass_caches(&test);
    test.simulator.act(act(Action::Unsend { message_id: written.message_ids[0].clone() })).await.unwrap();
    test.simulator.act(act(Action::Unfollow)).await.unwrap();
    test.settle().await;
    assert!(!format!("{:?}", test.dynamo.items("inbox").await).contains("secret"));
    assert!(!test.conversation(id).await.contact.following.unwrap().following);
    assert_eq!(test.dropped(), 0);
    // Of somebody whom nobody knows there is nothing to keep.
    test.simulator.act(by("customer-2", Action::Unfollow)).await.unwrap();
    test.settle().await;
    assert_eq!(test.dropped(), 1);
}

#[tokio::test]
async fn chn_19_and_chn_21_what_came_before_is_not_lost_if_the_writer_ends_half_way() {
    for deleted in [false, true] {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "question").await;
            faults.arm(1, fault.clone());
            assert!(faults.until_crash(test.write()).await.is_none());
            test.pass(Span::from_secs(1));
            if deleted {
                delete(&test, ChannelKind::Messenger).await;
            } else {
                switch(&test, ChannelKind::Messenger, "disable").await;
            }
            test.pass(Span::from_minutes(2));
            test.inbound.make_visible();
            test.settle().await;
            assert_eq!(test.dropped(), 0, "{deleted} {fault:?}");
            assert_eq!(test.texts(id).await, ["question"], "{deleted} {fault:?}");
            let conversation = test.conversation(id).await;
            // Nothing can be answered on a channel that was deleted.
            let expected = if deleted { (0, false) } else { (1, true) };
            assert_eq!((conversation.unread, conversation.is_open()), expected, "{deleted} {fault:?}");
        }
    }
}

#[tokio::test]
async fn two_administrators_at_once_connect_one_account_with_one_credential() {
    for resume in [false, true] {
        let test = TestInbox::start().await;
        let mut new =
            json!({"kind": "line", "name": "Two", "line_channel_id": "1650000099", "channel_secret": "one"});
        let id = madoguchi_domain::ChannelId::derive(ChannelKind::Line, "1650000099");
        for department in ["A", "B", "C"] {
            test.administered("POST", "/api/departments", &json!({"name": department})).await;
        }
        if resume {
            test.administered("POST", "/api/channels", &new).await;
            let path = format!("/api/channels/{id}");
            test.administered("DELETE", &path, &json!({"confirm": "Two"})).await;
            test.pass(Span::from_minutes(2));
            test.refresh_tokens().await;
            new["resume"] = json!(true);
        }
        let mut other = new.clone();
        other["channel_secret"] = json!("other");
        let answers = tokio::join!(
            test.administer_as("admin-1", "POST", "/api/channels", &new),
            test.administer_as("admin-2", "POST", "/api/channels", &other),
        );
        let (winner, loser) = match (answers.0.0, answers.1.0) {
            (201, _) => ("one", answers.1),
            (_, 201) => ("other", answers.0),
            neither => panic!("{neither:?}: {answers:?}"),
        };
        let error = loser.1["error"]["id"].as_str().unwrap();
        assert!(["connection_busy", "channel_exists"].contains(&error), "{loser:?}");
        let stored = connection_secret(&test, ChannelKind::Line, id.into()).unwrap();
        assert_eq!(stored["channel_secret"], winner, "{resume}");
    }
}

#[tokio::test]
async fn two_administrators_at_once_leave_one_state_behind() {
    let test = TestInbox::start().await;
    let (disable, confirm) =
        (format!("{}/disable", path(ChannelKind::Line)), json!({"confirm": "Test line"}));
    let none = json!({});
    let (one, other) = tokio::join!(
        test.administer_as("admin-1", "POST", &disable, &none),
        test.administer_as("admin-2", "POST", &disable, &none),
    );
    assert_eq!((one.0, other.0), (200, 200));
    assert_eq!(one.1["status"], other.1["status"], "the first one's word stands");
    let line = path(ChannelKind::Line);
    let (one, other) = tokio::join!(
        test.administer_as("admin-1", "DELETE", &line, &confirm),
        test.administer_as("admin-2", "DELETE", &line, &confirm),
    );
    assert_eq!((one.0, other.0), (200, 200));
    assert_eq!(one.1["status"], other.1["status"]);
    // Whoever comes first, deleted it is.
    let enable = format!("{}/enable", path(ChannelKind::Messenger));
    let messenger = path(ChannelKind::Messenger);
    let confirm = json!({"confirm": "Test messenger"});
    let (_, deleted) = tokio::join!(
        test.administer_as("admin-1", "POST", &enable, &none),
        test.administer_as("admin-2", "DELETE", &messenger, &confirm),
    );
    assert_eq!(deleted.0, 200);
    for kind in KINDS {
        let status = test.channel(kind).await.status;
        assert!(matches!(status, ChannelStatus::Deleted { .. }), "{status:?}");
    }
}
