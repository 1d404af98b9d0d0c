//! Stickers and locations that the company sends.

use madoguchi_simulator::{Echo, Options, Provider, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Product, Stage, answer, stage, stage_with, text};

async fn push(stage: &Stage, to: &str, message: &Value) -> (u16, Value) {
    let token = stage.line_token().await;
    let body = json!({"to": to, "messages": [message]});
    let request = stage.request(Method::POST, "/v2/bot/message/push").bearer_auth(token).json(&body);
    let answered = answer(request).await;
    (answered.status, answered.body["details"][0]["property"].clone())
}

/// What the phone shows last.
async fn shown(stage: &Stage, provider: &str) -> Value {
    let view = stage.get("/customer/view?customer=customer-1").await.body;
    view[provider]["thread"]["messages"].as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn msg_2_line_sends_the_stickers_of_its_list() {
    let stage = stage().await;
    let to = stage.on_line("customer-1", text("?")).await.0.peer;
    let sticker = |package: &str| json!({"type": "sticker", "packageId": package, "stickerId": "1988"});
    assert_eq!(push(&stage, &to, &sticker("1")).await, (400, json!("messages[0].packageId")));
    assert_eq!(push(&stage, &to, &sticker("446")).await.0, 200);
    let shown = shown(&stage, "line").await;
    assert_eq!((&shown["kind"], &shown["sticker_id"]), (&json!("sticker"), &json!("1988")));
    assert_eq!(stage.simulator.sent().len(), 1);
}

#[tokio::test]
async fn msg_12_line_shows_a_place_that_is_complete_and_on_the_globe() {
    let stage = stage().await;
    let to = stage.on_line("customer-1", text("?")).await.0.peer;
    let place = json!({
        "type": "location", "title": "東京駅", "address": "丸の内1丁目", "latitude": 35.681_236, "longitude": 139.767_125,
    });
    for (field, wrong) in
        [("title", json!("")), ("address", Value::Null), ("latitude", json!(90.1)), ("longitude", json!(181))]
    {
        let mut wrongly = place.clone();
        wrongly[field] = wrong;
        assert_eq!(push(&stage, &to, &wrongly).await, (400, json!(format!("messages[0].{field}"))));
    }
    assert_eq!(push(&stage, &to, &place).await.0, 200);
    let shown = shown(&stage, "line").await;
    assert_eq!(shown["place"]["title"], "東京駅");
    assert_eq!(shown["place"]["latitude"], 35.681_236);
}

#[tokio::test]
async fn msg_2_messenger_sends_a_sticker_by_its_number_and_echoes_it_as_one() {
    let (product, api) = Product::start(0).await;
    let stage = stage_with(Options { api: Some(api), ..Options::default() }).await;
    stage.simulator.set_echo(Echo::Before);
    let to = stage.on_messenger("customer-1", text("?")).await.0.peer;
    let send = async |message: Value| {
        let body = json!({"recipient": {"id": to}, "messaging_type": "RESPONSE", "message": message});
        stage.send(&body).await
    };
    assert_eq!(send(json!({"sticker_id": "smile"})).await.graph_error(), (100, None));
    assert_eq!(send(json!({"sticker_id": 767_226_160_478_561_u64, "metadata": "m"})).await.status, 200);
    let shown = shown(&stage, "messenger").await;
    assert_eq!((&shown["kind"], &shown["sticker_id"]), (&json!("sticker"), &json!("767226160478561")));
    let echo = product.bodies().last().unwrap()["entry"][0]["messaging"][0]["message"].clone();
    assert_eq!((&echo["is_echo"], &echo["metadata"]), (&json!(true), &json!("m")));
    assert_eq!(echo["attachments"][0]["type"], "sticker");
    assert_eq!(echo["attachments"][0]["payload"]["sticker_id"], 767_226_160_478_561_u64);
}

#[tokio::test]
async fn msg_12_whatsapp_shows_a_place_and_refuses_afterwards_what_is_none() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Before);
    let to = stage.address(Provider::WhatsApp, "customer-1").await;
    let send = async |from: &str, to: &str, action: &str| {
        let form = [("From", from), ("To", to), ("Body", "東京駅"), ("PersistentAction", action)];
        stage.twilio(&form).await.status
    };
    for action in ["geo:91,0", "geo:35.6", "35.6,139.7", "geo:a,b|c"] {
        assert_eq!(send(demo::WHATSAPP_SENDER, &to, action).await, 201);
        let failed = stage.simulator.sent().last().unwrap().clone();
        assert_eq!((failed.times_received, failed.status.unwrap().error_code), (0, Some(63_005)), "{action}");
    }
    assert_eq!(send(demo::WHATSAPP_SENDER, &to, "geo:35.681236,139.767125|丸の内1丁目").await, 201);
    let shown_there = shown(&stage, "whatsapp").await;
    assert_eq!(shown_there["kind"], "location");
    let expected = json!({"title": "東京駅", "address": "丸の内1丁目", "latitude": 35.681_236, "longitude": 139.767_125});
    assert_eq!(shown_there["place"], expected);
    // A text message is a text.
    let to = stage.address(Provider::Sms, "customer-1").await;
    assert_eq!(send(demo::SMS_SENDER, &to, "geo:35.6,139.7").await, 201);
    let shown_there = shown(&stage, "sms").await;
    assert_eq!((&shown_there["kind"], &shown_there["text"]), (&json!("text"), &json!("東京駅")));
}
