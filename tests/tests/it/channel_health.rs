//! How a channel is, as the administrators' view tells it after what really happened (CHN-27).

use madoguchi_domain::{ChannelKind, ConversationId, Span, Timestamp};
use madoguchi_simulator::{Endpoint, Fault, FaultRule, demo};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{self, Faults};
use serde_json::{Value, json};

fn times(endpoint: Endpoint, fault: Fault, times: u32) -> FaultRule {
    FaultRule { endpoint: Some(endpoint), times: Some(times), ..fault.into() }
}

async fn health(test: &TestInbox, kind: ChannelKind) -> Value {
    test.get(&format!("/api/channels/{}/health", TestInbox::channel_id(kind))).await
}

fn point<'a>(health: &'a Value, name: &str) -> &'a Value {
    let points = health["points"].as_array().unwrap();
    points.iter().find(|point| point["point"] == name).unwrap_or_else(|| panic!("no {name}: {health}"))
}

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

async fn answer(test: &TestInbox, id: ConversationId, key: &str) -> Timestamp {
    test.answer(id, key, key).await;
    test.settle().await;
    test.clock.now()
}

/// Accepted, refused, unconfirmed, refused for the customer's sake.
fn counts(tally: &Value) -> [u64; 4] {
    ["accepted", "refused", "unconfirmed", "refused_for_customer"].map(|name| tally[name].as_u64().unwrap())
}

#[tokio::test]
async fn chn_27_replies_are_counted_as_they_ended_and_the_light_follows() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Messenger).await;
    assert_eq!(point(&health(&test, ChannelKind::Messenger).await, "replies")["light"], "grey");

    let first = answer(&test, id, "first").await;
    let well = health(&test, ChannelKind::Messenger).await;
    assert_eq!(point(&well, "replies")["light"], "green");
    assert_eq!(counts(&well["replies"]["last_hour"]), [1, 0, 0, 0]);
    assert_eq!(well["replies"]["last_accepted_at"], first.to_string());

    // A customer who has blocked the Page is no fault of the channel; what nobody knows is.
    test.simulator.fault(times(Endpoint::Send, Fault::UserUnavailable, 1));
    answer(&test, id, "blocked").await;
    test.customer_writes(ChannelKind::Messenger, "customer-1", "here again").await;
    test.settle().await;
    test.simulator.fault(times(Endpoint::Send, Fault::ConnectionReset { after_effect: false }, 1));
    answer(&test, id, "unclear").await;
    let refused =
        Fault::GraphError { code: 100, subcode: None, message: None, status: None, is_transient: None };
    for n in 0..3 {
        test.simulator.fault(times(Endpoint::Send, refused.clone(), 1));
        answer(&test, id, &format!("refused-{n}")).await;
    }
    let ill = health(&test, ChannelKind::Messenger).await;
    assert_eq!(counts(&ill["replies"]["last_hour"]), [1, 3, 1, 1]);
    assert_eq!(ill["replies"]["last_hour"]["error_rate"], json!(0.8));
    assert_eq!(
        ill["replies"]["reasons"],
        json!([
            {"id": "message_refused", "count": 3, "is_of_customer": false},
            {"id": "contact_unreachable", "count": 1, "is_of_customer": true},
        ])
    );
    let replies = point(&ill, "replies");
    assert_eq!((&replies["light"], &ill["light"]), (&json!("red"), &json!("red")));
    assert!(replies["remedy"].is_string(), "{replies}");
    assert_eq!(counts(&health(&test, ChannelKind::Line).await["replies"]["last_hour"]), [0; 4], "of its own");

    // Two hours later the hour is empty, a day later the day; when it was last taken stays known for a week.
    test.pass(Span::from_hours(2));
    let later = health(&test, ChannelKind::Messenger).await;
    assert_eq!(counts(&later["replies"]["last_hour"]), [0; 4]);
    assert_eq!(counts(&later["replies"]["last_24_hours"]), [1, 3, 1, 1]);
    test.pass(Span::from_days(5));
    let quiet = health(&test, ChannelKind::Messenger).await;
    assert_eq!(counts(&quiet["replies"]["last_24_hours"]), [0; 4]);
    assert_eq!(quiet["replies"]["last_accepted_at"], first.to_string());
    test.pass(Span::from_days(4));
    assert_eq!(health(&test, ChannelKind::Messenger).await["replies"]["last_accepted_at"], json!(null));
}

#[tokio::test]
async fn chn_27_counting_costs_one_write_a_minute() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let id = begin(&test, ChannelKind::Line).await;
    let updates = || faults.requests().iter().filter(|operation| *operation == "UpdateItem").count();
    let since = updates();
    for n in 0..5 {
        answer(&test, id, &format!("k{n}")).await;
    }
    assert_eq!(updates() - since, 1);
    assert_eq!(counts(&health(&test, ChannelKind::Line).await["replies"]["last_hour"]), [1, 0, 0, 0]);
    test.pass(Span::from_minutes(1));
    answer(&test, id, "later").await;
    assert_eq!(updates() - since, 2);
    assert_eq!(counts(&health(&test, ChannelKind::Line).await["replies"]["last_hour"]), [6, 0, 0, 0]);
}

#[tokio::test]
async fn chn_27_a_count_that_cannot_be_written_harms_no_reply_and_goes_along_with_the_next() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let id = begin(&test, ChannelKind::Line).await;
    let refusal = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"x"}"#;
    faults.arm_on("UpdateItem", 1, fault::Fault::Refuse(400, refusal.to_owned()));
    answer(&test, id, "first").await;
    assert_eq!(test.simulator.sent().len(), 1);
    assert_eq!(counts(&health(&test, ChannelKind::Line).await["replies"]["last_hour"]), [0; 4]);
    test.pass(Span::from_minutes(1));
    answer(&test, id, "second").await;
    assert_eq!(counts(&health(&test, ChannelKind::Line).await["replies"]["last_hour"]), [2, 0, 0, 0]);
}

async fn audited(test: &TestInbox, act: &str) -> Vec<Value> {
    test.write_audit().await;
    let (status, body) = test.administer("GET", "/api/audit?limit=100", &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == act).cloned().collect()
}

/// A Page whose subscription was looked at, and where a customer wrote three hours later.
async fn subscribed() -> (TestInbox, Value) {
    let test = TestInbox::start().await;
    assert_eq!(point(&health(&test, ChannelKind::Messenger).await, "subscription")["light"], "grey");
    test.pass(Span::from_days(1));
    assert_eq!(test.refresh_tokens().await.checked, 2);
    assert_eq!(point(&health(&test, ChannelKind::Messenger).await, "subscription")["light"], "green");
    test.pass(Span::from_hours(3));
    begin(&test, ChannelKind::Messenger).await;
    let wrote_at = health(&test, ChannelKind::Messenger).await["last_received_at"].clone();
    (test, wrote_at)
}

#[tokio::test]
async fn chn_27_a_subscription_that_meta_ended_is_noticed_renewed_and_told_by_the_daily_check_and_a_check_now()
 {
    for check_now in [false, true] {
        let (test, wrote_at) = subscribed().await;
        test.simulator.set_subscription(demo::PAGE, None);
        test.pass(Span::from_minutes(5 * 60 + 30));
        assert_eq!(
            test.refresh_tokens().await.due,
            1,
            "LINE's quota is read hourly; the Page's day is not over"
        );
        if check_now {
            let path = format!("/api/channels/{}", TestInbox::channel_id(ChannelKind::Messenger));
            let (status, asked) = test.administer("POST", &format!("{path}/check"), &json!({})).await;
            assert_eq!((status, &asked["health"]), (202, &json!(format!("{path}/health"))));
            let before = health(&test, ChannelKind::Messenger).await["credential"]["checked_at"].clone();
            assert_eq!(asked["checked_at"], before);
        } else {
            test.pass(Span::from_hours(16));
        }
        test.refresh_tokens().await;
        let (now, told) = (test.clock.now(), health(&test, ChannelKind::Messenger).await);
        assert_eq!(told["credential"]["checked_at"], now.to_string());
        let found = point(&told, "subscription");
        assert_eq!(found["light"], "yellow", "{found}");
        let hours = if check_now { "5" } else { "21" };
        assert!(found["message"].as_str().unwrap().contains(&format!("up to {hours} hours")), "{found}");
        let loss = &told["subscription"]["loss"];
        assert_eq!((&loss["silent_since"], &loss["renewed_at"]), (&wrote_at, &json!(now.to_string())));
        assert_eq!(told["subscription"]["is_subscribed"], true);

        // Messages come in again, and the log has it once.
        begin(&test, ChannelKind::Messenger).await;
        assert_ne!(health(&test, ChannelKind::Messenger).await["last_received_at"], wrote_at);
        test.pass(Span::from_days(1));
        test.refresh_tokens().await;
        let entries = audited(&test, "channel.subscription_renewed").await;
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0]["actor"]["id"], "system:token-refresh");
        assert_eq!(entries[0]["after"]["subscription.loss.renewed_at"], now.to_string());
        test.pass(Span::from_days(6));
        test.refresh_tokens().await;
        let later = health(&test, ChannelKind::Messenger).await;
        assert_eq!(point(&later, "subscription")["light"], "green", "{later}");
    }
}

#[tokio::test]
async fn chn_27_a_subscription_that_cannot_be_renewed_is_red_until_it_is() {
    let (test, _) = subscribed().await;
    test.simulator.set_subscription(demo::PAGE, None);
    // Whoever logged in may no longer do what a subscription takes.
    test.simulator.set_tasks(demo::PAGE, &["MESSAGING"]);
    test.pass(Span::from_days(1));
    test.refresh_tokens().await;
    let ill = health(&test, ChannelKind::Messenger).await;
    let found = point(&ill, "subscription");
    assert_eq!((&found["light"], found["remedy"].is_string()), (&json!("red"), true), "{found}");
    assert_eq!(ill["subscription"]["is_subscribed"], false);
    assert_eq!(audited(&test, "channel.subscription_lost").await.len(), 1);
    let lost_at = ill["subscription"]["loss"]["found_at"].clone();

    test.pass(Span::from_hours(1));
    test.simulator.set_tasks(demo::PAGE, &["MESSAGING", "MODERATE"]);
    test.refresh_tokens().await;
    let mended = health(&test, ChannelKind::Messenger).await;
    assert_eq!(point(&mended, "subscription")["light"], "yellow", "{mended}");
    assert_eq!(mended["subscription"]["loss"]["found_at"], lost_at, "one incident");
    assert_eq!(audited(&test, "channel.subscription_renewed").await.len(), 1);
}

#[tokio::test]
async fn chn_27_a_credential_is_told_by_its_kind_and_never_shown() {
    let test = TestInbox::with_simulated_twilio().await;
    for kind in ChannelKind::ALL {
        assert_eq!(health(&test, kind).await["credential"]["type"], json!(null), "{kind}");
    }
    test.pass(Span::from_days(1));
    test.refresh_tokens().await;
    for (kind, expected) in [
        (ChannelKind::Messenger, "user_and_page_token"),
        (ChannelKind::Line, "stateless_channel_token"),
        (ChannelKind::WhatsApp, "auth_token"),
        (ChannelKind::Sms, "auth_token"),
    ] {
        let told = health(&test, kind).await;
        assert_eq!(told["credential"]["type"], expected, "{kind}");
        assert!(!told.to_string().contains(demo::LONG_USER_TOKEN));
        assert_eq!(told["credential"]["data_access_expires_at"].is_string(), kind == ChannelKind::Messenger);
    }
}
