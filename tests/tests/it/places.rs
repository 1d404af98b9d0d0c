//! Stickers (MSG-2) and locations (MSG-12), each way on each channel that has them.

use madoguchi_domain::ChannelKind::{self, Line, Messenger, Sms, WhatsApp};
use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ConversationId, MessageKey, Span};
use madoguchi_simulator::{Act, Action, Echo, Endpoint, Fault, FaultRule, Provider, SentMessage};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

async fn start() -> TestInbox {
    let test = TestInbox::with_simulated_twilio().await;
    test.simulator.set_echo(Echo::Before);
    test
}

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    // Twilio tells no time: what comes in the same instant has no order.
    test.pass(Span::from_secs(1));
    id
}

async fn customer_does(test: &TestInbox, provider: Provider, action: Action) {
    let customer = Some("customer-1".into());
    let act = Act { provider, account: None, customer, group: None, at_ms: None, action };
    let performed = test.simulator.act(act).await.unwrap();
    assert!(performed.webhook.unwrap().outcome.is_delivered());
    test.settle().await;
    test.pass(Span::from_secs(1));
}

/// An operator sends; returns the reply's key.
async fn send(test: &TestInbox, id: ConversationId, key: &str, draft: &Value) -> MessageKey {
    let (status, body) = test.post_draft(id, key, draft).await;
    assert_eq!(status, 202, "{draft}: {body}");
    test.settle().await;
    body["id"].as_str().unwrap().parse().unwrap()
}

async fn state(test: &TestInbox, id: ConversationId, key: MessageKey) -> SendState {
    test.message(id, &key).await.send.unwrap()
}

async fn has_arrived(test: &TestInbox, id: ConversationId, key: MessageKey) -> bool {
    matches!(state(test, id, key).await, SendState::Sent { .. } | SendState::Delivered { .. })
}

/// What the API shows, newest first.
async fn items(test: &TestInbox, id: ConversationId) -> Vec<Value> {
    let page = test.get(&format!("/api/conversations/{id}/messages")).await;
    page["items"].as_array().unwrap().clone()
}

fn only_sent(test: &TestInbox, provider: Provider) -> SentMessage {
    let mut sent: Vec<_> =
        test.simulator.sent().into_iter().filter(|sent| sent.provider == provider).collect();
    assert_eq!(sent.len(), 1, "{sent:?}");
    sent.remove(0)
}

fn tokyo() -> Value {
    json!({"location": {
        "title": "東京駅", "address": "丸の内1丁目", "latitude": 35.681_236, "longitude": 139.767_125,
    }})
}

#[tokio::test]
async fn msg_2_a_sticker_goes_each_way_on_line_and_on_messenger_and_looks_the_same() {
    let table = [
        (
            Line,
            Provider::Line,
            (Some("446"), "1988"),
            json!({"type": "sticker", "packageId": "446", "stickerId": "1988"}),
        ),
        (
            Messenger,
            Provider::Messenger,
            (None, "767226160478561"),
            json!({"sticker_id": 767_226_160_478_561_u64}),
        ),
    ];
    for (kind, provider, (package, sticker), expected) in table {
        let test = start().await;
        let id = begin(&test, kind).await;
        let (package_id, sticker_id) = (package.map(str::to_owned), Some(sticker.to_owned()));
        customer_does(&test, provider, Action::Sticker { package_id, sticker_id }).await;
        let mut draft = json!({"sticker": {"sticker_id": sticker}});
        if let Some(package) = package {
            draft["sticker"]["package_id"] = package.into();
        }
        let key = send(&test, id, "k", &draft).await;
        assert!(has_arrived(&test, id, key).await, "{kind}");
        let mut sent = only_sent(&test, provider);
        assert_eq!((sent.kind.as_str(), sent.times_received), ("sticker", 1));
        sent.request.as_object_mut().unwrap().remove("metadata");
        assert_eq!(sent.request, expected);
        let [ours, theirs, _question] = &items(&test, id).await[..] else { panic!("three messages") };
        assert_eq!((&ours["direction"], &theirs["direction"]), (&json!("out"), &json!("in")));
        for field in ["kind", "reference"] {
            let (ours, theirs) = (&ours["attachments"][0][field], &theirs["attachments"][0][field]);
            assert_eq!(ours, theirs, "{kind} {field}");
            assert!(ours.is_string());
        }
        assert_eq!(test.get(&format!("/api/conversations/{id}")).await["preview"], "[sticker]");
        assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
    }
}

#[tokio::test]
async fn msg_12_a_location_goes_each_way_on_line_and_on_whatsapp_and_looks_the_same() {
    for (kind, provider) in [(Line, Provider::Line), (WhatsApp, Provider::WhatsApp)] {
        let test = start().await;
        let id = begin(&test, kind).await;
        let action = Action::Attachment { attachment: "location".into(), title: Some("東京駅".into()) };
        customer_does(&test, provider, action).await;
        let key = send(&test, id, "k", &tokyo()).await;
        assert!(has_arrived(&test, id, key).await, "{kind}: {:?}", state(&test, id, key).await);
        let sent = only_sent(&test, provider);
        assert_eq!(
            (sent.kind.as_str(), sent.text.as_deref(), sent.times_received),
            ("location", Some("東京駅"), 1)
        );
        match kind {
            WhatsApp => {
                assert_eq!(sent.request["PersistentAction"], "geo:35.681236,139.767125|丸の内1丁目");
            }
            _ => assert_eq!(
                (&sent.request["address"], sent.request["latitude"].as_f64()),
                (&json!("丸の内1丁目"), Some(35.681_236))
            ),
        }
        let [ours, theirs, _question] = &items(&test, id).await[..] else { panic!("three messages") };
        for field in ["kind", "attachments"] {
            assert_eq!(ours[field], theirs[field], "{kind} {field}");
        }
        assert_eq!(ours["text"], "東京駅\n丸の内1丁目");
        assert_eq!(ours["attachments"][0]["url"], "geo:35.681236,139.767125");
    }
}

#[tokio::test]
async fn msg_12_what_a_channel_does_not_take_is_refused_at_the_edge_with_its_remedy() {
    let test = start().await;
    let line_sticker = json!({"sticker": {"package_id": "446", "sticker_id": "1988"}});
    let number = json!({"sticker": {"sticker_id": "1988"}});
    let place = |changed: Value| {
        let mut draft = tokyo();
        for (name, value) in changed.as_object().unwrap() {
            draft["location"][name] = value.clone();
        }
        draft
    };
    let both = json!({"text": "a", "sticker": number["sticker"]});
    let cut = json!({"sticker": number["sticker"], "split": true});
    let file = json!({"attachment": {"upload_id": "u"}, "location": tokyo()["location"]});
    let table = [
        (Sms, &number, 422, "sticker_not_supported", true),
        (WhatsApp, &line_sticker, 422, "sticker_not_supported", true),
        (Sms, &tokyo(), 422, "location_not_supported", true),
        (Messenger, &tokyo(), 422, "location_not_supported", true),
        (Line, &number, 422, "sticker_invalid", false),
        (Messenger, &line_sticker, 422, "sticker_invalid", false),
        (Messenger, &json!({"sticker": {"sticker_id": "like"}}), 422, "sticker_invalid", false),
        (Line, &place(json!({"title": "あ".repeat(101)})), 422, "location_too_long", false),
        (Line, &place(json!({"address": null})), 422, "location_incomplete", false),
        (WhatsApp, &place(json!({"title": " "})), 422, "location_incomplete", false),
        (WhatsApp, &place(json!({"address": "a\nb"})), 422, "location_not_one_line", false),
        (Line, &place(json!({"latitude": 90.1})), 422, "location_out_of_range", false),
        (Line, &place(json!({"longitude": -181})), 422, "location_out_of_range", false),
        (Line, &place(json!({"longitude": "139"})), 400, "invalid_body", false),
        (Line, &place(json!({"zoom": 3})), 400, "invalid_body", false),
        (Line, &json!({"sticker": {"package_id": "446"}}), 400, "invalid_body", false),
        (Messenger, &both, 400, "invalid_body", false),
        (Messenger, &cut, 400, "invalid_body", false),
        (Line, &file, 400, "invalid_body", false),
    ];
    for (kind, draft, expected, error, told) in table {
        let id = begin(&test, kind).await;
        let (status, body) = test.post_draft(id, "k", draft).await;
        assert_eq!((status, &body["error"]["id"]), (expected, &json!(error)), "{kind} {draft}: {body}");
        assert_eq!(body["error"]["remedy"].is_string(), told, "{body}");
    }
    test.settle().await;
    assert_eq!(test.simulator.sent(), []);
}

#[tokio::test]
async fn rpl_14_the_same_key_sends_a_sticker_or_a_place_once() {
    let test = start().await;
    let id = begin(&test, Line).await;
    let sticker = |id: &str| json!({"sticker": {"package_id": "446", "sticker_id": id}});
    for (key, draft, other) in [
        ("sticker", sticker("1988"), sticker("1989")),
        ("place", tokyo(), json!({"text": "東京駅\n丸の内1丁目"})),
    ] {
        let written = send(&test, id, key, &draft).await;
        let (status, again) = test.post_draft(id, key, &draft).await;
        assert_eq!((status, &again["id"]), (200, &json!(written.to_string())), "{again}");
        let (status, refused) = test.post_draft(id, key, &other).await;
        assert_eq!((status, &refused["error"]["id"]), (409, &json!("idempotency_key_reused")));
        test.settle().await;
    }
    let sent: Vec<_> =
        test.simulator.sent().into_iter().map(|sent| (sent.kind, sent.times_received)).collect();
    assert_eq!(sent, [("sticker".to_owned(), 1), ("location".to_owned(), 1)]);
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn rpl_14_a_push_without_an_answer_is_repeated_under_its_retry_key() {
    let test = start().await;
    let id = begin(&test, Line).await;
    // Too late for the reply token.
    test.pass(Span::from_minutes(5));
    let lost = Fault::ServerError { after_effect: true };
    test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Push), times: Some(1), ..lost.into() });
    let key = send(&test, id, "k", &tokyo()).await;
    test.pass(Span::from_secs(5));
    test.settle().await;
    assert!(has_arrived(&test, id, key).await, "{:?}", state(&test, id, key).await);
    let sent = only_sent(&test, Provider::Line);
    assert_eq!((sent.via.as_str(), sent.attempts, sent.times_received), ("push", 2, 1));
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn msg_2_a_sticker_that_line_does_not_let_us_send_fails_with_a_reason_of_its_own() {
    let test = start().await;
    let id = begin(&test, Line).await;
    // By reply token, then by push.
    for key in ["k1", "k2"] {
        let key = send(&test, id, key, &json!({"sticker": {"package_id": "1", "sticker_id": "1"}})).await;
        let SendState::Failed { reason, .. } = state(&test, id, key).await else { panic!("it did not fail") };
        assert_eq!(reason, FailureReason::StickerRefused);
        let failure = items(&test, id).await[0]["failure"].clone();
        assert_eq!(failure["id"], "sticker_refused");
        assert!(failure["cause"].as_str().unwrap().contains("LINE"), "{failure}");
        test.pass(Span::from_minutes(2));
    }
    // What comes after it goes out.
    let key = test.answer(id, "k3", "はい").await;
    test.settle().await;
    assert!(has_arrived(&test, id, key).await);
}

#[tokio::test]
async fn snd_3_the_operators_name_stands_above_stickers_and_places_too() {
    let test = start().await;
    let me = json!({ "display_name": "山田", "sender": "operator" });
    assert_eq!(test.call("PATCH", "/api/me", None, &me).await.0, 200);
    let id = begin(&test, Line).await;
    send(&test, id, "k1", &json!({"sticker": {"package_id": "446", "sticker_id": "1988"}})).await;
    send(&test, id, "k2", &tokyo()).await;
    let names: Vec<_> = test.simulator.sent().into_iter().map(|sent| sent.sender_name).collect();
    assert_eq!(names, [Some("山田".to_owned()), Some("山田".to_owned())]);
    // On WhatsApp a name stands before texts only.
    let id = begin(&test, WhatsApp).await;
    send(&test, id, "k", &tokyo()).await;
    assert_eq!(only_sent(&test, Provider::WhatsApp).text.as_deref(), Some("東京駅"));
}

#[tokio::test]
async fn rpl_2_after_the_window_they_are_refused_like_texts() {
    let test = start().await;
    let messenger = begin(&test, Messenger).await;
    let whatsapp = begin(&test, WhatsApp).await;
    test.pass(Span::from_days(1) + Span::from_secs(1));
    for (id, draft, error) in [
        (messenger, json!({"sticker": {"sticker_id": "1988"}}), "reply_window_closed"),
        (whatsapp, tokyo(), "template_needed"),
    ] {
        let (status, body) = test.post_draft(id, "k", &draft).await;
        assert_eq!((status, &body["error"]["id"]), (409, &json!(error)), "{body}");
    }
    assert_eq!(test.simulator.sent(), []);
}

#[tokio::test]
async fn rpl_15_a_sticker_and_a_place_can_be_sent_later() {
    let test = start().await;
    for (kind, mut draft) in [(Messenger, json!({"sticker": {"sticker_id": "1988"}})), (Line, tokyo())] {
        let id = begin(&test, kind).await;
        draft["send_at"] = json!((test.clock.now() + Span::from_hours(1)).to_string());
        let (status, body) = test.post_draft(id, "k", &draft).await;
        assert_eq!((status, &body["status"]), (202, &json!("scheduled")), "{body}");
        let key: MessageKey = body["id"].as_str().unwrap().parse().unwrap();
        test.settle().await;
        test.pass(Span::from_hours(1));
        assert_eq!(test.schedule().await.queued, 1);
        test.settle().await;
        assert!(has_arrived(&test, id, key).await, "{kind}: {:?}", state(&test, id, key).await);
    }
    assert_eq!(test.simulator.sent().len(), 2);
}
