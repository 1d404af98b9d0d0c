//! What the product receives.

use std::time::Duration;

use madoguchi_simulator::{
    Act, ActError, Action, Options, Person, Provider, Signature, demo, escape_unicode, line_signature,
    messenger_signature,
};
use serde_json::{Value, json};

use crate::support::{Product, act, stage, stage_with, text};

fn to(api: &str) -> Options {
    let line = [(demo::LINE_CHANNEL.to_owned(), format!("{api}/webhooks/line/c-1"))];
    Options { api: Some(api.to_owned()), line_webhooks: line.into(), ..Options::default() }
}

#[tokio::test]
async fn bodies_are_signed_over_exactly_what_is_sent() {
    let (product, api) = Product::start(0).await;
    let stage = stage_with(to(&api)).await;
    stage.on_messenger("customer-1", text("äöå 窓口 😀")).await;
    stage.on_line("customer-1", text("äöå 窓口 😀")).await;

    let received = product.received.lock().unwrap().clone();
    assert_eq!(received[0].path, "/webhooks/messenger");
    assert!(received[0].body.is_ascii());
    assert!(
        String::from_utf8_lossy(&received[0].body).contains(r"\u00e4\u00f6\u00e5 \u7a93\u53e3 \ud83d\ude00")
    );
    assert_eq!(
        received[0].headers["x-hub-signature-256"],
        messenger_signature(demo::APP_SECRET, &received[0].body)
    );
    assert!(received[0].headers["x-hub-signature"].to_str().unwrap().starts_with("sha1="));

    assert_eq!(received[1].path, "/webhooks/line/c-1");
    assert_eq!(received[1].headers["x-line-signature"], line_signature(demo::LINE_SECRET, &received[1].body));
    assert_eq!(received[1].headers["content-type"], "application/json; charset=utf-8");
    assert!(String::from_utf8_lossy(&received[1].body).contains("窓口 😀"));
}

#[tokio::test]
async fn messenger_events_have_their_documented_shapes() {
    let stage = stage().await;
    let (said, event) = stage.on_messenger("customer-1", text("hello")).await;
    assert_eq!(event["sender"]["id"], said.peer.as_str());
    assert_eq!(event["recipient"]["id"], demo::PAGE);
    assert_eq!(event["message"]["text"], "hello");
    let mid = said.message_ids[0].clone();

    let shape = async |action: Action| stage.on_messenger("customer-1", action).await.1;
    let quick = shape(Action::QuickReply { title: "はい".into(), payload: "YES".into() }).await;
    assert_eq!(
        (&quick["message"]["text"], &quick["message"]["quick_reply"]["payload"]),
        (&json!("はい"), &json!("YES"))
    );
    let postback = shape(Action::Postback { title: "始める".into(), payload: "START".into() }).await;
    assert_eq!(postback["postback"]["payload"], "START");
    assert!(postback["postback"]["mid"].is_string());
    let sticker = shape(Action::Sticker { package_id: None, sticker_id: None }).await;
    assert_eq!(sticker["message"]["attachments"][0]["type"], "sticker");
    let images = shape(Action::Image { count: Some(2) }).await;
    assert_eq!(images["message"]["attachments"].as_array().unwrap().len(), 2);
    let fallback = shape(Action::Attachment { attachment: "fallback".into(), title: None }).await;
    assert!(fallback["message"]["attachments"][0].get("payload").is_none());
    let reaction =
        shape(Action::Reaction { message_id: mid.clone(), emoji: "❤".into(), remove: false }).await;
    assert_eq!(
        reaction["reaction"],
        json!({"mid": mid, "action": "react", "reaction": "love", "emoji": "❤"})
    );
    let edit = shape(Action::Edit { message_id: mid.clone(), text: "hello!".into() }).await;
    assert_eq!(edit["message_edit"], json!({"mid": mid, "text": "hello!", "num_edit": 1}));
    let referral = shape(Action::Referral { reference: "spring".into() }).await;
    assert_eq!(referral["referral"]["ref"], "spring");
    let inbox = shape(Action::PageInbox { text: "by the app".into() }).await;
    assert_eq!(
        (&inbox["message"]["is_echo"], &inbox["message"]["app_id"]),
        (&json!(true), &json!(26_390_203_743_090_u64))
    );
    let raw =
        shape(Action::Raw { event: json!({"sender": null, "policy_enforcement": {"action": "warning"}}) })
            .await;
    assert!(raw.get("sender").is_none() && raw["recipient"]["id"] == demo::PAGE);

    let unsend = act(Provider::Messenger, "customer-1", Action::Unsend { message_id: mid });
    assert!(matches!(stage.simulator.act(unsend).await, Err(ActError::NotPossible(_))));
}

#[tokio::test]
async fn line_events_have_their_documented_shapes() {
    let stage = stage().await;
    let shape = async |action: Action| stage.on_line("customer-1", action).await.1;
    let follow = shape(Action::Follow).await;
    assert_eq!((&follow["type"], &follow["follow"]["isUnblocked"]), (&json!("follow"), &json!(false)));
    assert!(follow["replyToken"].is_string());

    let (said, message) = stage.on_line("customer-1", text("hello")).await;
    assert_eq!(message["source"], json!({"type": "user", "userId": said.peer}));
    assert_eq!(
        (&message["mode"], &message["deliveryContext"]["isRedelivery"]),
        (&json!("active"), &json!(false))
    );
    assert_eq!(message["webhookEventId"].as_str().unwrap().len(), 26);
    assert!(message["message"]["quoteToken"].is_string() && message["message"]["id"].is_string());

    let sticker = shape(Action::Sticker { package_id: None, sticker_id: None }).await;
    assert!(
        sticker["message"]["packageId"].is_string() && sticker["message"]["stickerResourceType"].is_string()
    );
    let postback = shape(Action::Postback { title: "はい".into(), payload: "a=1".into() }).await;
    assert_eq!(postback["postback"], json!({"data": "a=1"}));
    let file = shape(Action::Attachment { attachment: "file".into(), title: Some("a.pdf".into()) }).await;
    assert!(file["message"].get("contentProvider").is_none() && file["message"].get("quoteToken").is_none());
    let unsend = shape(Action::Unsend { message_id: said.message_ids[0].clone() }).await;
    assert_eq!(
        (&unsend["type"], &unsend["unsend"]["messageId"]),
        (&json!("unsend"), &json!(said.message_ids[0]))
    );
    assert!(unsend.get("replyToken").is_none());
    let unfollow = shape(Action::Unfollow).await;
    assert!(unfollow["type"] == "unfollow" && unfollow.get("replyToken").is_none());
    assert!(matches!(
        stage.simulator.write(Provider::Line, "customer-1", "?").await,
        Err(ActError::NotPossible(_))
    ));
    assert_eq!(shape(Action::Follow).await["follow"]["isUnblocked"], true);
    let bare = shape(Action::Raw {
        event: json!({"type": "hologram", "webhookEventId": null, "deliveryContext": null}),
    })
    .await;
    assert!(bare.get("webhookEventId").is_none() && bare.get("deliveryContext").is_none());
}

#[tokio::test]
async fn several_people_fit_into_one_body() {
    let stage = stage().await;
    let group = stage.simulator.groups(demo::LINE_CHANNEL)[0].clone();
    let mut in_group = act(Provider::Line, "customer-3", text("in the group"));
    in_group.group = Some(group);
    let acts: Vec<Act> = vec![
        act(Provider::Line, "customer-1", text("A")),
        act(Provider::Line, "customer-2", text("B")),
        in_group,
    ];
    let webhook = stage.simulator.batch(&acts).await.unwrap().unwrap();
    let body: Value = serde_json::from_str(&webhook.body).unwrap();
    let kinds: Vec<_> =
        body["events"].as_array().unwrap().iter().map(|event| event["source"]["type"].clone()).collect();
    assert_eq!(kinds, ["user", "user", "group"]);

    let mixed =
        [act(Provider::Line, "customer-1", text("A")), act(Provider::Messenger, "customer-1", text("B"))];
    assert_eq!(stage.simulator.batch(&mixed).await, Err(ActError::MixedBatch));
}

#[tokio::test]
async fn one_body_can_be_delivered_many_times_at_once() {
    let (product, api) = Product::start(0).await;
    let stage = stage_with(to(&api)).await;
    let body = escape_unicode(r#"{"object":"page","entry":[]}"#);
    let sent = stage.simulator.deliver(Provider::Messenger, demo::PAGE, &body, Signature::Valid, 50).await;
    assert!(sent.len() == 50 && sent.iter().all(|webhook| webhook.outcome.is_delivered()));
    assert_eq!(product.bodies().len(), 50);

    for (signature, expected) in
        [(Signature::Missing, None), (Signature::Exactly("sha256=00".into()), Some("sha256=00"))]
    {
        stage.simulator.deliver(Provider::Messenger, demo::PAGE, &body, signature, 1).await;
        let last = product.received.lock().unwrap().last().unwrap().clone();
        let header = last.headers.get("x-hub-signature-256").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header.as_deref(), expected);
    }
    stage.simulator.deliver(Provider::Messenger, demo::PAGE, &body, Signature::Wrong, 1).await;
    let last = product.received.lock().unwrap().last().unwrap().clone();
    assert_ne!(last.headers["x-hub-signature-256"], messenger_signature(demo::APP_SECRET, &last.body));
}

#[tokio::test]
async fn a_line_redelivery_is_the_same_event_marked() {
    let stage = stage().await;
    let (performed, event) = stage.on_line("customer-1", text("?")).await;
    let again = stage.simulator.redeliver(&performed.webhook.unwrap()).await;
    let body: Value = serde_json::from_str(&again.body).unwrap();
    let mut expected = event;
    expected["deliveryContext"]["isRedelivery"] = true.into();
    assert_eq!(body["events"][0], expected);
}

#[tokio::test]
async fn a_refused_webhook_is_repeated_when_repeats_are_configured() {
    let (product, api) = Product::start(2).await;
    let waits = vec![Duration::from_millis(10); 3];
    let stage = stage_with(Options { webhook_retries: waits, ..to(&api) }).await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    assert!(!performed.webhook.unwrap().outcome.is_delivered());
    let bodies = product.wait_for(3).await;
    let redeliveries: Vec<_> =
        bodies.iter().map(|body| body["events"][0]["deliveryContext"]["isRedelivery"].clone()).collect();
    assert_eq!(redeliveries, [false, true, true]);
}

#[tokio::test]
async fn another_apps_thread_arrives_as_standby() {
    let stage = stage().await;
    stage.on_messenger("customer-1", text("?")).await;
    stage.on_line("customer-1", text("?")).await;
    let held = Person { standby: Some(true), ..Person::default() };
    stage.simulator.set_person(Provider::Messenger, demo::PAGE, "customer-1", &held).unwrap();
    stage.simulator.set_person(Provider::Line, demo::LINE_CHANNEL, "customer-1", &held).unwrap();

    let postback = Action::Postback { title: "A".into(), payload: "secret".into() };
    let performed = stage.simulator.act(act(Provider::Messenger, "customer-1", postback)).await.unwrap();
    let body: Value = serde_json::from_str(&performed.webhook.unwrap().body).unwrap();
    assert!(body["entry"][0].get("messaging").is_none());
    assert!(body["entry"][0]["standby"][0]["postback"].get("payload").is_none());

    let (_, event) = stage.on_line("customer-1", text("?")).await;
    assert!(event["mode"] == "standby" && event.get("replyToken").is_none());
}

#[tokio::test]
async fn the_handshake_expects_its_challenge_back() {
    let (_, api) = Product::start(0).await;
    let stage = stage_with(to(&api)).await;
    // The stand-in answers 200 with an empty body, which is no agreement.
    let answer = stage.simulator.handshake(None).await;
    assert_eq!((answer.status, answer.accepted), (Some(200), false));
}

#[tokio::test]
async fn webhooks_without_a_product_are_kept_for_tests_to_take() {
    let stage = stage().await;
    stage.on_messenger("customer-1", text("?")).await;
    let taken = stage.simulator.take_webhooks();
    assert_eq!(taken.len(), 1);
    let signature = taken[0].headers.iter().find(|(name, _)| name == "x-hub-signature-256").unwrap();
    assert_eq!(signature.1, messenger_signature(demo::APP_SECRET, taken[0].body.as_bytes()));
    assert!(stage.simulator.take_webhooks().is_empty());
}
