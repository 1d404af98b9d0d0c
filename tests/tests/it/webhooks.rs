//! Other systems are told what happens (OPS-1, OPS-2): subscriptions through the API, events from the table's stream, calls
//! of a receiver, and the log of what came of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::ChannelKind::{Line, Messenger};
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::webhook::{
    ATTEMPTS, Attempt, Delivery, Event, Fault, Health, SECRET_OVERLAP, SWITCH_OFF_AFTER,
};
use madoguchi_domain::{ChannelSettings, Span, WebhookId};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::receiver::{Receiver, Told};
use ring::hmac::{HMAC_SHA256, Key, verify};
use serde_json::{Value, json};

const CHANGES: [&str; 8] = [
    "message.received",
    "message.sent",
    "message.failed",
    "message.unconfirmed",
    "conversation.opened",
    "conversation.assigned",
    "conversation.closed",
    "conversation.reopened",
];

/// Subscribes `receiver` to `events`; returns what the API answers.
async fn subscribe(test: &TestInbox, receiver: &Receiver, events: &[&str]) -> Value {
    let body = json!({ "url": receiver.url(), "events": events });
    let (status, answer) = test.administer("POST", "/api/webhooks", &body).await;
    assert_eq!(status, 201, "{answer}");
    // What the relay remembers of the time before is forgotten.
    test.pass(Span::from_secs(31));
    answer
}

async fn started(events: &[&str]) -> (TestInbox, Receiver, Value) {
    let test = TestInbox::start().await;
    let receiver = Receiver::start().await;
    let webhook = subscribe(&test, &receiver, events).await;
    (test, receiver, webhook)
}

fn path(webhook: &Value, rest: &str) -> String {
    format!("/api/webhooks/{}{rest}", webhook["id"].as_str().unwrap())
}

fn kinds(told: &[Told]) -> Vec<String> {
    told.iter().map(|told| told.json()["type"].as_str().unwrap().to_owned()).collect()
}

/// Whether one of the signatures is that of `secret`, as a receiver looks.
pub(crate) fn is_signed(told: &Told, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let key = Key::new(HMAC_SHA256, &key);
    let (id, at) = (told.header("webhook-id"), told.header("webhook-timestamp"));
    let signed = format!("{id}.{at}.{}", told.body);
    let signatures = told.header("webhook-signature").split(' ');
    let mut signatures =
        signatures.map(|signature| STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap());
    signatures.any(|signature| verify(&key, signed.as_bytes(), &signature).is_ok())
}

/// The one delivery in the log.
async fn logged(test: &TestInbox, webhook: &Value) -> Value {
    let (status, log) = test.administer("GET", &path(webhook, "/deliveries"), &Value::Null).await;
    assert_eq!((status, log["items"].as_array().unwrap().len()), (200, 1), "{log}");
    log["items"][0].clone()
}

async fn shown(test: &TestInbox, webhook: &Value) -> Value {
    test.administered("GET", &path(webhook, ""), &Value::Null).await
}

#[tokio::test]
async fn ops_1_a_conversation_is_told_from_its_beginning_to_its_end() {
    let (test, receiver, webhook) = started(&CHANGES).await;
    let id = test.customer_writes(Line, "customer-1", "こんにちは").await;
    test.settle().await;
    test.tell().await;
    let told = receiver.take();
    let mut seen = kinds(&told);
    seen.sort();
    assert_eq!(seen, ["conversation.opened", "message.received"]);
    let received = told.iter().find(|told| told.json()["type"] == "message.received").unwrap();
    let event = received.json();
    assert_eq!(event["data"]["message"]["text"], "こんにちは");
    assert_eq!(event["data"]["message"]["sent_by"], "customer");
    assert_eq!(event["data"]["conversation"]["id"], id.to_string());
    assert_eq!(event["data"]["conversation"]["version"], test.conversation(id).await.version);
    assert_eq!(received.header("webhook-id"), event["id"].as_str().unwrap());
    assert_eq!(received.header("content-type"), "application/json");
    let secret = webhook["secret"].as_str().unwrap();
    assert!(told.iter().all(|told| is_signed(told, secret)), "{told:?}");
    assert!(!is_signed(received, "whsec_AAAA"));

    let key = test.answer(id, "k", "はい").await;
    test.settle().await;
    test.tell().await;
    let told = receiver.take();
    assert_eq!(kinds(&told), ["message.sent"]);
    assert_eq!(told[0].json()["data"]["message"]["id"], key.to_string());
    assert_eq!(told[0].json()["data"]["message"]["operator_id"], "operator-1");

    let closed = format!("/api/conversations/{id}/close");
    assert_eq!(test.call("POST", &closed, None, &json!({})).await.0, 200);
    test.settle().await;
    test.tell().await;
    let told = receiver.take();
    assert_eq!(kinds(&told), ["conversation.closed"]);
    assert_eq!(told[0].json()["data"]["change"], json!({ "reason": "operator" }));
    assert_eq!(told[0].json()["data"]["conversation"]["status"], "closed");

    test.customer_writes(Line, "customer-1", "もう一つ").await;
    test.settle().await;
    test.tell().await;
    let mut seen = kinds(&receiver.take());
    seen.sort();
    assert_eq!(seen, ["conversation.reopened", "message.received"]);
}

#[tokio::test]
async fn ops_1_a_closer_tells_why_it_closed() {
    let (test, receiver, _) = started(&["conversation.closed"]).await;
    let settings = ChannelSettings { unanswered_close_after_minutes: Some(15), ..ChannelSettings::default() };
    test.set(Line, &settings).await;
    let id = test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    test.pass(Span::from_minutes(16));
    test.tick(DeadlineKind::Unanswered).await;
    assert!(!test.conversation(id).await.is_open());
    test.settle().await;
    test.tell().await;
    let told = receiver.take();
    assert_eq!(kinds(&told), ["conversation.closed"]);
    assert_eq!(told[0].json()["data"]["change"]["reason"], "unanswered");
}

#[tokio::test]
async fn ops_1_only_what_is_wanted_is_told_and_nothing_is_queued_for_nobody() {
    let test = TestInbox::start().await;
    let receiver = Receiver::start().await;
    test.customer_writes(Line, "customer-1", "a").await;
    test.write().await;
    test.relay().await;
    assert_eq!(test.webhooks.messages(), [], "nobody wants to be told");
    let channel = TestInbox::channel_id(Messenger).to_string();
    let body = json!({ "url": receiver.url(), "events": ["message.received"], "channels": [channel] });
    let webhook = test.administered("POST", "/api/webhooks", &body).await;
    test.pass(Span::from_secs(31));
    test.customer_writes(Line, "customer-1", "b").await;
    test.settle().await;
    assert_eq!(test.webhooks.messages(), [], "another channel's");
    test.customer_writes(Messenger, "customer-2", "c").await;
    test.settle().await;
    test.tell().await;
    assert_eq!(kinds(&receiver.take()), ["message.received"]);
    test.administered("PATCH", &path(&webhook, ""), &json!({ "enabled": false })).await;
    test.pass(Span::from_secs(31));
    test.customer_writes(Messenger, "customer-2", "d").await;
    test.settle().await;
    assert_eq!(test.webhooks.messages(), [], "switched off");
}

#[tokio::test]
async fn ops_2_what_is_not_taken_is_told_again_under_the_same_id() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    receiver.answer_next(&[503, 500]);
    test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    test.tell().await;
    assert_eq!(receiver.take().len(), 1, "not again at once");
    let first = logged(&test, &webhook).await;
    assert_eq!((&first["state"], &first["attempts"][0]["status"]), (&json!("pending"), &json!(503)));
    assert_eq!(
        (&first["attempts"][0]["error"], &first["attempts"][0]["answer"]),
        (&json!("status"), &json!("not now"))
    );
    let failing_since = shown(&test, &webhook).await["failing_since"].clone();
    assert!(failing_since.is_string());
    test.pass(Span::from_secs(6));
    test.tell().await;
    let second = receiver.take();
    test.pass(Span::from_secs(34));
    test.tell().await;
    let third = receiver.take();
    assert_eq!((second.len(), third.len()), (1, 1));
    let (second, third) = (&second[0], &third[0]);
    assert_eq!(second.header("webhook-id"), third.header("webhook-id"));
    assert_ne!(second.header("webhook-timestamp"), third.header("webhook-timestamp"));
    let (mut before, mut after) = (second.json(), third.json());
    for event in [&mut before, &mut after] {
        event["data"]["conversation"] = Value::Null;
    }
    assert_eq!(before, after);
    let delivered = logged(&test, &webhook).await;
    assert_eq!((&delivered["state"], &delivered["next_attempt_at"]), (&json!("delivered"), &Value::Null));
    assert_eq!(delivered["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(shown(&test, &webhook).await["failing_since"], Value::Null);
    assert_eq!(test.webhooks.messages(), []);
}

#[tokio::test]
async fn ops_2_it_is_tried_for_a_day_then_given_up_and_can_be_replayed() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    receiver.answer(Some(500));
    test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    test.tell().await;
    let mut tries = receiver.take().len();
    let begun = test.clock.now();
    while logged(&test, &webhook).await["state"] == "pending" {
        assert!(test.clock.now().since(begun) < Span::from_hours(30), "it never ends");
        test.pass(Span::from_minutes(5));
        test.tell().await;
        test.sweep().await;
        test.tell().await;
        tries += receiver.take().len();
    }
    assert_eq!(tries, ATTEMPTS as usize);
    let lasted = test.clock.now().since(begun);
    assert!(lasted > Span::from_hours(20), "{lasted:?}");
    let log = logged(&test, &webhook).await;
    assert_eq!(log["state"], "given_up");
    assert_eq!(test.told_counted("WebhookDeliveriesGivenUp"), 1);
    assert_eq!(shown(&test, &webhook).await["enabled"], true, "a day is not enough to switch it off");

    receiver.answer(None);
    let replay = path(&webhook, &format!("/deliveries/{}/replay", log["id"].as_str().unwrap()));
    let (status, answer) = test.administer("POST", &replay, &Value::Null).await;
    assert_eq!((status, &answer["state"]), (202, &json!("pending")), "{answer}");
    test.tell().await;
    let told = receiver.take();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].header("webhook-id"), log["event_id"].as_str().unwrap());
    assert_eq!(logged(&test, &webhook).await["state"], "delivered");
    let entries = test.administered("GET", "/api/audit?act=webhook.replayed", &Value::Null).await;
    assert_eq!(entries["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ops_2_what_the_queue_loses_is_found_and_what_comes_twice_is_told_once() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    receiver.answer_next(&[500]);
    test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    let work = test.webhooks.messages()[0].body.clone();
    test.tell().await;
    receiver.take();
    // The retry is lost.
    let lost = test.webhooks.receive(10);
    assert!(lost.records.is_empty(), "it is held back");
    test.pass(Span::from_secs(6));
    let lost = test.webhooks.receive(10);
    assert_eq!(lost.records.len(), 1);
    test.webhooks.settle(&lost, &aws_lambda_events::event::sqs::SqsBatchResponse::default());
    assert_eq!(test.sweep().await.deliveries, 0, "not missed yet");
    test.pass(Span::from_minutes(4));
    assert_eq!(test.sweep().await.deliveries, 1);
    assert_eq!(test.sweep().await.deliveries, 0, "once");
    test.tell().await;
    assert_eq!(receiver.take().len(), 1);
    // The queue delivers at least once.
    test.tell_record(&work).await;
    assert_eq!(receiver.take().len(), 0);
    assert_eq!(logged(&test, &webhook).await["attempts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn ops_2_a_slow_or_broken_receiver_holds_up_nobody_else() {
    let (test, broken, _) = started(&["message.received"]).await;
    let well = Receiver::start().await;
    subscribe(&test, &well, &["message.received"]).await;
    broken.answer(Some(500));
    for text in ["a", "b", "c"] {
        test.customer_writes(Line, "customer-1", text).await;
        test.pass(Span::from_secs(1));
    }
    test.settle().await;
    test.tell().await;
    assert_eq!((broken.take().len(), well.take().len()), (3, 3));
}

#[tokio::test]
async fn ops_2_days_of_nothing_but_failures_switch_it_off() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    receiver.answer(Some(500));
    test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    test.tell().await;
    test.pass(SWITCH_OFF_AFTER);
    test.customer_writes(Line, "customer-1", "b").await;
    test.settle().await;
    test.tell().await;
    let off = shown(&test, &webhook).await;
    assert_eq!((&off["enabled"], &off["off_because"]), (&json!(false), &json!("failing")));
    assert_eq!(test.told_counted("WebhooksSwitchedOff"), 1);
    test.write_audit().await;
    let entries = test.administered("GET", "/api/audit?act=webhook.disabled", &Value::Null).await;
    assert_eq!(entries["items"][0]["actor"]["id"], "system:webhook-send", "{entries}");
    receiver.answer(None);
    let on = test.administered("PATCH", &path(&webhook, ""), &json!({ "enabled": true })).await;
    assert_eq!((&on["enabled"], &on["failing_since"]), (&json!(true), &Value::Null));
    let id: WebhookId = webhook["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(test.deliveries.health(id).await.unwrap(), Health::default());
}

#[tokio::test]
async fn ops_1_a_test_says_nothing_and_works_while_it_is_off() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    test.administered("PATCH", &path(&webhook, ""), &json!({ "enabled": false })).await;
    let (status, answer) = test.administer("POST", &path(&webhook, "/test"), &Value::Null).await;
    assert_eq!((status, &answer["type"]), (202, &json!("webhook.test")));
    test.tell().await;
    let told = receiver.take();
    let expected = json!({ "change": {}, "conversation": null, "message": null });
    assert_eq!((kinds(&told), &told[0].json()["data"]), (vec!["webhook.test".to_owned()], &expected));
    assert_eq!(logged(&test, &webhook).await["id"], answer["id"]);
}

#[tokio::test]
async fn ops_1_a_secret_is_shown_once_and_its_replacement_overlaps() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    let first = webhook["secret"].as_str().unwrap();
    assert_eq!(shown(&test, &webhook).await.get("secret"), None);
    let listed = test.administered("GET", "/api/webhooks", &Value::Null).await;
    assert_eq!(listed["items"][0].get("secret"), None);
    let replaced = test.administered("POST", &path(&webhook, "/secret"), &Value::Null).await;
    let second = replaced["secret"].as_str().unwrap();
    assert_ne!(first, second);
    assert!(replaced["previous_secret_until"].is_string());
    let told = async || {
        test.administered("POST", &path(&webhook, "/test"), &Value::Null).await;
        test.tell().await;
        receiver.take().remove(0)
    };
    let during = told().await;
    assert!(is_signed(&during, first) && is_signed(&during, second));
    test.pass(SECRET_OVERLAP);
    let after = told().await;
    assert!(!is_signed(&after, first) && is_signed(&after, second));
    test.write_audit().await;
    let entries = test.administered("GET", "/api/audit?act=webhook", &Value::Null).await;
    let text = entries.to_string();
    assert!(text.contains("webhook.secret_replaced") && !text.contains("whsec_"), "{text}");
    for table in ["directory", "audit", "deliveries"] {
        let items = format!("{:?}", test.dynamo.items(table).await);
        assert!(!items.contains("whsec_") && !items.contains("test-webhook-key"), "{table}");
    }
}

#[tokio::test]
async fn ops_1_addresses_events_and_channels_are_looked_at_when_they_are_entered() {
    let test = TestInbox::start().await;
    let url = "https://example.com/hook";
    let unknown = "0d2f3e41-7b1c-5a60-9f83-2c4d5e6f7a8b";
    for (body, expected) in [
        (json!({ "url": "https://10.0.0.1/", "events": ["message.sent"] }), (422, "webhook_url_not_public")),
        (
            json!({ "url": "https://169.254.169.254/", "events": ["message.sent"] }),
            (422, "webhook_url_not_public"),
        ),
        (json!({ "url": "http://example.com/", "events": ["message.sent"] }), (422, "webhook_url_invalid")),
        (json!({ "url": url, "events": [] }), (400, "invalid_body")),
        (json!({ "url": url, "events": ["message.read"] }), (400, "invalid_body")),
        (json!({ "url": url, "events": ["webhook.test"] }), (400, "invalid_body")),
        (
            json!({ "url": url, "events": ["message.sent"], "channels": [unknown] }),
            (404, "channel_not_found"),
        ),
        (json!({ "url": url, "events": ["message.sent"], "secret": "x" }), (400, "invalid_body")),
        (json!({ "url": url, "events": ["message.sent"], "description": "a\nb" }), (400, "invalid_body")),
    ] {
        let (status, answer) = test.administer("POST", "/api/webhooks", &body).await;
        assert_eq!(
            (status, answer["error"]["id"].as_str().unwrap_or_default()),
            expected,
            "{body}: {answer}"
        );
    }
    let nobody = format!("/api/webhooks/{unknown}");
    for (method, rest) in [("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")] {
        let (status, answer) = test.administer(method, &format!("{nobody}{rest}"), &Value::Null).await;
        assert_eq!((status, answer["error"]["id"].as_str().unwrap()), (404, "webhook_not_found"));
    }
    let (status, answer) = test.call("GET", "/api/webhooks", None, &Value::Null).await;
    assert_eq!((status, answer["error"]["id"].as_str().unwrap()), (403, "administrators_only"));
}

#[tokio::test]
async fn ops_2_what_is_removed_is_told_nothing_more() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    receiver.answer(Some(500));
    test.customer_writes(Line, "customer-1", "a").await;
    test.settle().await;
    test.tell().await;
    assert_eq!(receiver.take().len(), 1);
    let (status, _) = test.administer("DELETE", &path(&webhook, ""), &Value::Null).await;
    assert_eq!(status, 204);
    test.pass(Span::from_minutes(1));
    test.tell().await;
    assert_eq!(receiver.take().len(), 0);
    let id: WebhookId = webhook["id"].as_str().unwrap().parse().unwrap();
    let log = test.deliveries.page(id, None, 10).await.unwrap();
    assert_eq!(log.deliveries[0].state.as_str(), "canceled");
}

#[tokio::test]
async fn ops_2_the_log_is_read_page_by_page_and_forgotten_after_a_month() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    for text in ["a", "b", "c"] {
        test.customer_writes(Line, "customer-1", text).await;
        test.settle().await;
        test.tell().await;
        test.pass(Span::from_secs(2));
    }
    assert_eq!(receiver.take().len(), 3);
    let mut cursor = String::new();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let page = path(&webhook, &format!("/deliveries?limit=1&cursor={cursor}"));
        let page = test.administered("GET", &page, &Value::Null).await;
        ids.push(page["items"][0]["id"].as_str().unwrap().to_owned());
        cursor = page["next_cursor"].as_str().unwrap_or_default().to_owned();
    }
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    let text = format!("{:?}", test.dynamo.items("deliveries").await);
    assert!(!text.contains("\"a\"") && !text.contains("text"), "no words of a customer: {text}");
    test.pass(Span::from_days(31));
    assert!(test.dynamo.sweep_expired() >= 3);
    assert_eq!(test.dynamo.items("deliveries").await, Vec::<Value>::new());
}

#[tokio::test]
async fn ops_1_a_secret_that_is_replaced_again_and_again_cuts_nobody_off() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    let mut secrets = vec![webhook["secret"].as_str().unwrap().to_owned()];
    // Whoever did not get the answer asks again.
    for _ in 0..3 {
        let replaced = test.administered("POST", &path(&webhook, "/secret"), &Value::Null).await;
        secrets.push(replaced["secret"].as_str().unwrap().to_owned());
        test.pass(Span::from_minutes(1));
    }
    let told = async || {
        test.administered("POST", &path(&webhook, "/test"), &Value::Null).await;
        test.tell().await;
        let told = receiver.take().remove(0);
        secrets.iter().map(|secret| is_signed(&told, secret)).collect::<Vec<_>>()
    };
    assert_eq!(told().await, [true; 4]);
    test.pass(SECRET_OVERLAP);
    assert_eq!(told().await, [false, false, false, true]);
}

#[tokio::test]
async fn cls_8_ops_1_nothing_is_told_of_a_conversation_that_was_deleted() {
    let (test, receiver, webhook) = started(&CHANGES).await;
    receiver.answer_next(&[500, 500]);
    let id = test.customer_writes(Line, "customer-1", "a secret").await;
    test.settle().await;
    test.tell().await;
    assert_eq!(receiver.take().len(), 2);
    // Deleted before the retries; nothing of it has been taken away yet.
    let confirm = json!({ "confirm": id.to_string() });
    let conversation = format!("/api/conversations/{id}");
    let (status, answer) = test.call_as(("boss", "owners"), "DELETE", &conversation, None, &confirm).await;
    assert_eq!(status, 200, "{answer}");
    test.pass(Span::from_minutes(1));
    test.relay().await;
    test.tell().await;
    assert_eq!(kinds(&receiver.take()), Vec::<String>::new());
    let id: WebhookId = webhook["id"].as_str().unwrap().parse().unwrap();
    let log = test.deliveries.page(id, None, 10).await.unwrap().deliveries;
    let states: Vec<_> = log.iter().map(|delivery| delivery.state.as_str()).collect();
    assert_eq!(states, ["canceled", "canceled"]);
}

#[tokio::test]
async fn ops_2_what_another_process_noted_is_cleared_by_the_retry_that_succeeds() {
    let (test, receiver, webhook) = started(&["message.received"]).await;
    let id: WebhookId = webhook["id"].as_str().unwrap().parse().unwrap();
    receiver.answer_next(&[500, 200]);
    for text in ["a", "b"] {
        test.customer_writes(Line, "customer-1", text).await;
        test.settle().await;
        test.tell().await;
        test.pass(Span::from_secs(1));
    }
    assert_eq!(receiver.take().len(), 2);
    assert_eq!(test.deliveries.health(id).await.unwrap(), Health::default(), "the second was taken");
    // Another process, which remembers nothing of that, has failed with the first.
    test.deliveries.note_failure(id, test.clock.now()).await.unwrap();
    test.pass(Span::from_secs(5));
    test.tell().await;
    assert_eq!(receiver.take().len(), 1);
    assert_eq!(test.deliveries.health(id).await.unwrap(), Health::default());
}

#[tokio::test]
async fn ops_2_one_dead_receiver_keeps_no_other_from_being_tried_again() {
    let (test, dead, webhook) = started(&["message.received"]).await;
    let well = Receiver::start().await;
    let other = subscribe(&test, &well, &["message.received"]).await;
    let now = test.clock.now();
    // After attempts enough they are due only in half an hour, which the sweep sees to.
    let waiting = |webhook: &Value, seed: usize| {
        let id: WebhookId = webhook["id"].as_str().unwrap().parse().unwrap();
        let mut delivery = Delivery::new(id, Event::test(id, &seed.to_string(), now), now);
        for _ in 0..5 {
            let fault = Some(Fault::Status);
            delivery.attempted(Attempt { at: now, duration_ms: 1, status: None, fault, answer: None }, now);
        }
        delivery
    };
    for seed in 0..600 {
        let delivery = waiting(&webhook, seed);
        assert_eq!(test.deliveries.save(&delivery, now).await.unwrap(), Saved::Done);
    }
    test.pass(Span::from_minutes(1));
    let mut late = waiting(&other, 1);
    late.attempted(
        Attempt { at: now, duration_ms: 1, status: None, fault: Some(Fault::Status), answer: None },
        now,
    );
    assert_eq!(test.deliveries.save(&late, test.clock.now()).await.unwrap(), Saved::Done);
    test.pass(Span::from_minutes(70));
    dead.answer(Some(500));
    test.sweep().await;
    test.tell().await;
    assert_eq!(well.take().len(), 1);
    assert!(!dead.take().is_empty(), "nor is it forgotten itself");
}

#[tokio::test]
async fn cls_8_ops_1_what_was_before_a_deletion_is_not_told_beside_what_begins_after_it() {
    let (test, receiver, _) = started(&["message.received"]).await;
    receiver.answer_next(&[500]);
    let id = test.customer_writes(Line, "customer-1", "a secret").await;
    test.settle().await;
    test.tell().await;
    assert_eq!(receiver.take().len(), 1);
    let confirm = json!({ "confirm": id.to_string() });
    let conversation = format!("/api/conversations/{id}");
    let (status, answer) = test.call_as(("boss", "owners"), "DELETE", &conversation, None, &confirm).await;
    assert_eq!(status, 200, "{answer}");
    test.pass(Span::from_secs(1));
    test.customer_writes(Line, "customer-1", "hello").await;
    test.write().await;
    assert!(test.inbox.erasure(id).await.unwrap().is_some(), "nothing has been taken away yet");
    test.relay().await;
    test.pass(Span::from_secs(6));
    test.tell().await;
    let told = receiver.take();
    let texts: Vec<_> = told.iter().map(|told| told.json()["data"]["message"]["text"].clone()).collect();
    assert_eq!(texts, ["hello"]);
}
