//! Connecting a LINE official account or a sender at Twilio step by step (CHN-2, CHN-7, AUT-13): credentials that are tried
//! out, webhooks that are set and tested through the provider's own API, and what gets in the way, in words.

use madoguchi_domain::{ChannelHealth, ChannelId, ChannelKind, ConnectionId, Span};
use madoguchi_simulator::{TwilioChange, demo};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{PREFIX, PUBLIC};
use serde_json::{Value, json};

const NEW_LINE: &str = "1650000099";
const NEW_SECRET: &str = "another-line-secret";
const NEW_SENDER: &str = "+815011112222";

async fn start() -> TestInbox {
    let test = TestInbox::with_simulated_twilio().await;
    for name in ["A", "B", "C"] {
        test.administered("POST", "/api/departments", &json!({ "name": name })).await;
    }
    test.simulator.add_line_channel(NEW_LINE, NEW_SECRET, "新しい店");
    test.simulator.set_twilio_sender(NEW_SENDER, false, false);
    test.simulator.set_alias(PUBLIC, &test.front);
    test
}

async fn begin(test: &TestInbox, kind: &str) -> String {
    let setup = test.administered("POST", "/api/setups", &json!({ "kind": kind })).await;
    assert_eq!(setup["steps"].as_array().unwrap().len(), 5, "{setup}");
    let path = format!("/api/setups/{}", setup["id"].as_str().unwrap());
    let consent = test.administered("GET", "/api/consent", &Value::Null).await;
    let accepted = json!({ "version": consent["version"] });
    test.administered("PUT", &format!("{path}/consent"), &accepted).await;
    test.administered("PUT", &format!("{path}/brand"), &json!({ "brand_id": null })).await;
    let department = json!({ "department_id": null });
    let setup = test.administered("PUT", &format!("{path}/department"), &department).await;
    assert_eq!(setup["next_step"], "credentials", "{setup}");
    path
}

fn notes(setup: &Value) -> Vec<&str> {
    let notes = setup["account"]["notes"].as_array().unwrap();
    notes.iter().map(|note| note["id"].as_str().unwrap()).collect()
}

fn line() -> Value {
    json!({"name": "新しい店", "line_channel_id": NEW_LINE, "channel_secret": NEW_SECRET})
}

fn twilio(sender: &str) -> Value {
    json!({
        "name": "SMS", "sender": sender, "account_sid": demo::TWILIO_ACCOUNT,
        "auth_token": demo::TWILIO_AUTH_TOKEN,
    })
}

#[tokio::test]
async fn chn_2_a_line_account_is_proven_set_up_tested_and_receives_at_once() {
    let test = start().await;
    let path = begin(&test, "line").await;
    let credentials = format!("{path}/credentials");
    let wrong = json!({"name": "x", "line_channel_id": NEW_LINE, "channel_secret": "wrong"});
    let (status, refused) = test.administer("PUT", &credentials, &wrong).await;
    assert_eq!((status, &refused["error"]["id"]), (422, &json!("credential_refused")), "{refused}");
    assert!(!refused.to_string().contains("wrong"), "{refused}");
    let (status, open) = test.administer("POST", &format!("{path}/finish"), &json!({})).await;
    assert_eq!((status, &open["error"]["id"]), (409, &json!("setup_incomplete")), "{open}");

    let entered = test.administered("PUT", &credentials, &line()).await;
    assert_eq!(entered["account"]["account_name"], "新しい店");
    assert_eq!(notes(&entered), ["answered_elsewhere_too"]);
    assert_eq!((&entered["next_step"], &entered["facebook"]), (&json!("finish"), &Value::Null));
    assert!(!entered.to_string().contains(NEW_SECRET));
    assert_eq!(test.simulator.line_endpoint(NEW_LINE), None, "nothing is changed before the last step");

    let done = test.administered("POST", &format!("{path}/finish"), &json!({})).await;
    assert_eq!(done["state"], "finished", "{done}");
    let id = ChannelId::derive(ChannelKind::Line, NEW_LINE);
    assert_eq!(done["account"]["channel_id"], json!(id));
    assert_eq!(notes(&done), ["answered_elsewhere_too"], "LINE's own try of the address went well");
    let address = format!("{PUBLIC}/webhooks/line/{id}");
    assert_eq!(test.simulator.line_endpoint(NEW_LINE).as_deref(), Some(&*address));
    let tried = test.simulator.webhooks();
    let tried = tried.iter().find(|webhook| webhook.account == NEW_LINE).unwrap();
    assert!(tried.outcome.is_delivered() && tried.body.contains("\"events\":[]"), "{tried:?}");
    let channel = test.directory.channel(id).await.unwrap().unwrap();
    assert!(matches!(channel.health, ChannelHealth::Healthy { .. }));
    assert_eq!(channel.installer.unwrap().0, "administrator-1");

    let again = test.administered("POST", &format!("{path}/finish"), &json!({})).await;
    assert_eq!(again["account"]["channel_id"], json!(id), "pressed twice");
    let kept = test.administered("GET", "/api/channels", &Value::Null).await;
    assert!(!kept.to_string().contains(NEW_SECRET));
}

#[tokio::test]
async fn chn_2_what_gets_in_the_way_on_line_is_told_with_its_remedy() {
    let test = start().await;
    test.simulator.set_line_switches(NEW_LINE, false, false);
    let path = begin(&test, "line").await;
    let entered = test.administered("PUT", &format!("{path}/credentials"), &line()).await;
    assert_eq!(notes(&entered), ["read_by_itself"]);
    let done = test.administered("POST", &format!("{path}/finish"), &json!({})).await;
    assert_eq!(notes(&done), ["webhook_off", "read_by_itself"]);
    let note = &done["account"]["notes"][0];
    assert_eq!(note["light"], "red");
    assert!(note["remedy"].as_str().unwrap().contains("LINE Developers Console"), "{note}");
    let id = ChannelId::derive(ChannelKind::Line, NEW_LINE);
    let health = test.get(&format!("/api/channels/{id}/health")).await;
    let points: Vec<_> = health["points"].as_array().unwrap().iter().collect();
    let account: Vec<_> = points.iter().filter(|point| point["point"] == "account").collect();
    assert_eq!((account.len(), &account[0]["light"]), (2, &json!("red")), "{health}");
}

#[tokio::test]
async fn chn_2_a_sender_at_twilio_is_found_and_set() {
    let test = start().await;
    let path = begin(&test, "sms").await;
    let mut wrong = twilio(NEW_SENDER);
    wrong["auth_token"] = json!("wrong");
    let (status, refused) = test.administer("PUT", &format!("{path}/credentials"), &wrong).await;
    assert_eq!((status, &refused["error"]["id"]), (422, &json!("credential_refused")), "{refused}");
    let entered = test.administered("PUT", &format!("{path}/credentials"), &twilio(NEW_SENDER)).await;
    assert_eq!(notes(&entered), [""; 0], "{entered}");
    let done = test.administered("POST", &format!("{path}/finish"), &json!({})).await;
    assert_eq!((&done["state"], notes(&done)), (&json!("finished"), vec![]), "{done}");
    let id = ChannelId::derive(ChannelKind::Sms, NEW_SENDER);
    let address = format!("{PUBLIC}/webhooks/twilio/{id}");
    assert_eq!(test.simulator.twilio_inbound(NEW_SENDER).as_deref(), Some(&*address));
    assert!(!done.to_string().contains(demo::TWILIO_AUTH_TOKEN));
}

#[tokio::test]
async fn chn_2_senders_that_cannot_be_set_are_explained() {
    for (sender, trial, expected) in
        [("+815099998888", false, vec!["sender_by_hand"]), (NEW_SENDER, true, vec!["trial_account"])]
    {
        let test = start().await;
        test.simulator.change_twilio(TwilioChange { trial: Some(trial), ..TwilioChange::default() });
        let path = begin(&test, "sms").await;
        test.administered("PUT", &format!("{path}/credentials"), &twilio(sender)).await;
        let done = test.administered("POST", &format!("{path}/finish"), &json!({})).await;
        assert_eq!(notes(&done), expected, "{done}");
    }
    let test = start().await;
    test.simulator.set_twilio_application(NEW_SENDER, Some("AP1"));
    let path = begin(&test, "sms").await;
    let entered = test.administered("PUT", &format!("{path}/credentials"), &twilio(NEW_SENDER)).await;
    assert_eq!(notes(&entered), ["sender_taken_over"]);
    let (status, taken) = test.administer("PUT", &format!("{path}/credentials"), &json!({"name": "x"})).await;
    assert_eq!(status, 400, "{taken}");
}

#[tokio::test]
async fn an_account_that_has_a_channel_is_not_connected_twice() {
    let test = start().await;
    let path = begin(&test, "line").await;
    let taken =
        json!({"name": "x", "line_channel_id": demo::LINE_CHANNEL, "channel_secret": demo::LINE_SECRET});
    test.administered("PUT", &format!("{path}/credentials"), &taken).await;
    let (status, refused) = test.administer("POST", &format!("{path}/finish"), &json!({})).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_exists")), "{refused}");
    test.customer_writes(ChannelKind::Line, "customer-1", "still here").await;
    test.settle().await;
    let listed = test.get("/api/conversations?section=unanswered").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "what is connected goes on");
}

#[tokio::test]
async fn two_who_connect_one_account_at_once_make_one_channel_and_the_second_writes_nothing() {
    let test = start().await;
    let other = ("admin-2", json!({}));
    let first = begin(&test, "line").await;
    test.administered("PUT", &format!("{first}/credentials"), &line()).await;
    let (_, second) = test.administer_as(other.0, "POST", "/api/setups", &json!({"kind": "line"})).await;
    let second = format!("/api/setups/{}", second["id"].as_str().unwrap());
    let consent = test.administered("GET", "/api/consent", &Value::Null).await;
    for (step, body) in [
        ("consent", json!({"version": consent["version"]})),
        ("brand", json!({"brand_id": null})),
        ("department", json!({"department_id": null})),
        ("credentials", line()),
    ] {
        let (status, answer) = test.administer_as(other.0, "PUT", &format!("{second}/{step}"), &body).await;
        assert_eq!(status, 200, "{answer}");
    }
    let id = ChannelId::derive(ChannelKind::Line, NEW_LINE);
    let connection = ConnectionId::from(id);
    // Whoever came first has the connection.
    test.administered("POST", &format!("{first}/finish"), &json!({})).await;
    let lease = test.directory.lease_connection(connection, Span::from_secs(30), test.clock.now()).await;
    assert!(lease.unwrap().is_some());
    let name = format!("{PREFIX}/connection/line/{connection}");
    let writes = || test.aws.calls().iter().filter(|call| call.contains("PutSecretValue")).count();
    let versions = (test.aws.secret(&name), writes());
    let (status, refused) = test.administer_as(other.0, "POST", &format!("{second}/finish"), &other.1).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_exists")), "{refused}");
    assert_eq!((test.aws.secret(&name), writes()), versions, "the credential of a channel that works stays");

    // A deleted one, while its connection is being looked at.
    let path = format!("/api/channels/{id}");
    test.administered("DELETE", &path, &json!({"confirm": "新しい店"})).await;
    let mut again = line();
    again["resume"] = json!(true);
    test.administer_as(other.0, "PUT", &format!("{second}/credentials"), &again).await;
    let before = (test.aws.secret(&name), writes());
    let (status, refused) = test.administer_as(other.0, "POST", &format!("{second}/finish"), &other.1).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("connection_busy")), "{refused}");
    assert_eq!((test.aws.secret(&name), writes()), before);
    test.pass(Span::from_secs(31));
    let (status, done) = test.administer_as(other.0, "POST", &format!("{second}/finish"), &other.1).await;
    assert_eq!((status, &done["state"]), (200, &json!("finished")), "{done}");
    let channels = test.directory.connection(connection).await.unwrap().unwrap().channels;
    assert_eq!(channels, [id]);
}

/// What the health of a channel tells of its account, once it was looked at.
async fn looked_at(test: &TestInbox, id: ChannelId) -> Vec<(String, String)> {
    test.pass(Span::from_hours(25));
    test.refresh_tokens().await;
    let health = test.get(&format!("/api/channels/{id}/health")).await;
    let words = |value: &Value| value.as_str().unwrap().to_owned();
    let points = health["points"].as_array().unwrap().iter();
    let account = points.filter(|point| point["point"] == "account" && point["light"] != "green");
    account.map(|point| (words(&point["light"]), words(&point["remedy"]))).collect()
}

#[tokio::test]
async fn chn_27_every_check_looks_where_line_sends_what_comes_in() {
    let test = start().await;
    let path = begin(&test, "line").await;
    test.administered("PUT", &format!("{path}/credentials"), &line()).await;
    test.administered("POST", &format!("{path}/finish"), &json!({})).await;
    let id = ChannelId::derive(ChannelKind::Line, NEW_LINE);
    assert_eq!(looked_at(&test, id).await, []);
    let own = test.simulator.line_endpoint(NEW_LINE);

    test.simulator.set_line_endpoint(NEW_LINE, Some("https://elsewhere.example/webhook"));
    let told = looked_at(&test, id).await;
    assert_eq!((told.len(), &*told[0].0), (1, "red"), "{told:?}");
    test.simulator.set_line_endpoint(NEW_LINE, own.as_deref());
    test.simulator.set_line_switches(NEW_LINE, false, true);
    let told = looked_at(&test, id).await;
    assert!(told[0].0 == "red" && told[0].1.contains("LINE Developers Console"), "{told:?}");
    test.simulator.set_line_switches(NEW_LINE, true, true);
    assert_eq!(looked_at(&test, id).await, [], "once it is mended nothing is told any more");
    let channel = test.directory.channel(id).await.unwrap().unwrap();
    assert!(matches!(channel.health, ChannelHealth::Healthy { .. }), "it is no matter of the credential");
}

#[tokio::test]
async fn chn_27_every_check_looks_where_twilio_sends_what_comes_in() {
    let test = start().await;
    let path = begin(&test, "sms").await;
    test.administered("PUT", &format!("{path}/credentials"), &twilio(NEW_SENDER)).await;
    test.administered("POST", &format!("{path}/finish"), &json!({})).await;
    let id = ChannelId::derive(ChannelKind::Sms, NEW_SENDER);
    assert_eq!(looked_at(&test, id).await, []);
    let own = test.simulator.twilio_inbound(NEW_SENDER).unwrap();
    test.simulator.set_twilio_inbound(NEW_SENDER, "https://elsewhere.example/sms");
    let told = looked_at(&test, id).await;
    assert_eq!((told.len(), &*told[0].0), (1, "red"), "{told:?}");
    test.simulator.set_twilio_inbound(NEW_SENDER, &own);
    assert_eq!(looked_at(&test, id).await, []);
}
