//! Sending on Messenger, and what surrounds it.

use madoguchi_simulator::{Action, Echo, Endpoint, Fault, FaultRule, Options, Person, Provider, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Product, answer, stage, stage_with, text};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn an_accepted_message_is_answered_with_its_ids_and_seen_once() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("こんにちは")).await;
    let sent = stage.send_text(&performed.peer, "いらっしゃいませ").await;

    assert_eq!(sent.status, 200);
    assert_eq!(sent.body["recipient_id"], performed.peer.as_str());
    assert!(sent.body["message_id"].as_str().unwrap().starts_with("m_"));
    let listed = stage.simulator.sent_to("customer-1");
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].via.as_str(), listed[0].times_received), ("send", 1));
    assert_eq!(listed[0].messaging_type.as_deref(), Some("RESPONSE"));
}

#[tokio::test]
async fn a_message_sent_twice_is_seen_twice() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    stage.send_text(&performed.peer, "same").await;
    stage.send_text(&performed.peer, "same").await;
    assert_eq!(stage.simulator.sent()[0].times_received, 2);
}

#[tokio::test]
async fn refusals_carry_the_documented_codes() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    let to = json!({"id": performed.peer});
    let message = json!({"text": "a"});
    let cases: Vec<(Value, (i64, Option<i64>))> = vec![
        (json!({"recipient": to, "message": message}), (100, None)),
        (json!({"recipient": to, "message": message, "messaging_type": "SOON"}), (100, None)),
        (json!({"message": message, "messaging_type": "RESPONSE"}), (100, None)),
        (
            json!({"recipient": to, "messaging_type": "RESPONSE", "message": {"text": "x".repeat(2_000)}}),
            (100, None),
        ),
        (
            json!({"recipient": to, "messaging_type": "RESPONSE", "message": message, "sender_action": "typing_on"}),
            (100, Some(2_018_014)),
        ),
        (
            json!({"recipient": {"id": "24000000000009999"}, "messaging_type": "RESPONSE", "message": message}),
            (100, Some(2_018_001)),
        ),
        (json!({"recipient": to, "messaging_type": "MESSAGE_TAG", "message": message}), (100, None)),
        (
            json!({"recipient": to, "messaging_type": "MESSAGE_TAG", "tag": "POST_PURCHASE_UPDATE", "message": message}),
            (100, None),
        ),
        (
            json!({"recipient": to, "messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE", "message": message}),
            (100, None),
        ),
        (
            json!({"recipient": to, "messaging_type": "MESSAGE_TAG", "tag": "CONFIRMED_EVENT_UPDATE", "message": message}),
            (100, None),
        ),
    ];
    for (body, expected) in cases {
        let refused = stage.send(&body).await;
        assert_eq!((refused.status, refused.graph_error()), (400, expected), "{body}");
    }
    assert!(stage.simulator.sent().is_empty());
}

#[tokio::test]
async fn sender_actions_show_typing_for_a_while_and_mark_everything_as_read() {
    let stage = stage().await;
    let (first, _) = stage.on_messenger("customer-1", text("first")).await;
    let act = async |psid: &str, action: &str| {
        stage.send(&json!({"recipient": {"id": psid}, "sender_action": action})).await
    };
    let thread = async || stage.get("/customer/view").await.body["messenger"]["thread"].clone();
    let typing = async || thread().await["typing"].clone();
    assert_eq!(act(&first.peer, "typing_on").await.body, json!({"recipient_id": first.peer}));
    assert_eq!(typing().await, true);
    stage.simulator.set_clock_offset_ms(21_000);
    assert_eq!(typing().await, false, "it goes out by itself");
    act(&first.peer, "typing_on").await;
    stage.send_text(&first.peer, "answer").await;
    assert_eq!(typing().await, false, "a message ends it");
    act(&first.peer, "typing_on").await;
    act(&first.peer, "typing_off").await;
    assert_eq!(typing().await, false);

    assert_eq!(thread().await["messages"][0]["read"], false);
    assert_eq!(act(&first.peer, "mark_seen").await.status, 200);
    assert_eq!(thread().await["messages"][0]["read"], true);
    let shown = stage.simulator.shown();
    let what: Vec<&str> = shown.iter().map(|shown| shown.what.as_str()).collect();
    assert_eq!(what, ["typing_on", "typing_on", "typing_on", "typing_off", "mark_seen"]);
    assert_eq!(shown[4].through.as_ref(), first.message_ids.first());
    for (psid, action, code) in
        [("24000000000009999", "mark_seen", (100, Some(2_018_001))), (&first.peer, "dance", (100, None))]
    {
        let refused = act(psid, action).await;
        assert_eq!((refused.status, refused.graph_error()), (400, code), "{action}");
    }
    assert_eq!(stage.simulator.shown().len(), 5);
}

#[tokio::test]
async fn a_fault_of_courtesies_is_not_one_of_messages() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    let fault = Fault::ServerError { after_effect: false };
    stage.simulator.fault(FaultRule { endpoint: Some(Endpoint::Courtesy), times: Some(1), ..fault.into() });
    assert_eq!(stage.send_text(&performed.peer, "a").await.status, 200);
    let action = json!({"recipient": {"id": performed.peer}, "sender_action": "typing_on"});
    assert_eq!(stage.send(&action).await.status, 500);
    assert_eq!(stage.send(&action).await.status, 200);
}

#[tokio::test]
async fn the_reply_window_follows_the_customers_last_word() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    let send = async |kind: &str, tag: Option<&str>| {
        let mut body =
            json!({"recipient": {"id": performed.peer}, "messaging_type": kind, "message": {"text": "a"}});
        if let Some(tag) = tag {
            body["tag"] = tag.into();
        }
        stage.send(&body).await
    };
    stage.simulator.set_clock_offset_ms(24 * HOUR_MS + 2_000);
    assert_eq!(send("RESPONSE", None).await.graph_error(), (10, Some(2_018_278)));
    assert_eq!(send("UPDATE", None).await.graph_error(), (10, Some(2_018_278)));
    assert_eq!(send("MESSAGE_TAG", Some("HUMAN_AGENT")).await.status, 200);

    stage.simulator.set_clock_offset_ms(7 * 24 * HOUR_MS + 2_000);
    assert_eq!(send("MESSAGE_TAG", Some("HUMAN_AGENT")).await.graph_error(), (10, Some(2_018_278)));

    let reaction =
        Action::Reaction {
            message_id: performed.message_ids[0].clone(), emoji: "👍".into(), remove: false
        };
    stage.on_messenger("customer-1", reaction).await;
    assert_eq!(send("RESPONSE", None).await.status, 200, "a reaction opens the window");
}

#[tokio::test]
async fn people_who_blocked_the_page_or_left_cannot_be_reached() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    let gone = Person { unavailable: Some(true), ..Person::default() };
    stage.simulator.set_person(Provider::Messenger, demo::PAGE, "customer-1", &gone).unwrap();
    assert_eq!(stage.send_text(&performed.peer, "a").await.graph_error(), (551, Some(1_545_041)));
}

#[tokio::test]
async fn the_echo_follows_the_answer_or_comes_before_it() {
    let (product, api) = Product::start(0).await;
    let stage = stage_with(Options { api: Some(api), ..Options::default() }).await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;

    let sent = stage.send_text(&performed.peer, "first").await;
    let echo = product.wait_for(2).await[1]["entry"][0]["messaging"][0].clone();
    assert_eq!(echo["message"]["mid"], sent.body["message_id"]);
    assert_eq!(echo["message"]["metadata"], "first");
    assert_eq!(echo["message"]["app_id"], 1_000_000_000_000_001_u64);
    assert_eq!(echo["sender"]["id"], demo::PAGE);
    assert_eq!(echo["recipient"]["id"], performed.peer.as_str());

    stage.simulator.set_echo(Echo::Before);
    stage.send_text(&performed.peer, "second").await;
    assert_eq!(product.bodies().len(), 3, "the echo was delivered before the answer came");

    stage.simulator.set_echo(Echo::Off);
    stage.send_text(&performed.peer, "third").await;
    assert_eq!(product.bodies().len(), 3);
}

#[tokio::test]
async fn forms_queries_and_the_short_path_are_understood() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    let form = [
        ("recipient", json!({"id": performed.peer}).to_string()),
        ("message", json!({"text": "from a form"}).to_string()),
        ("messaging_type", "RESPONSE".into()),
    ];
    let path = format!("/v26.0/me/messages?access_token={}", demo::page_token(demo::PAGE));
    let sent = answer(stage.request(Method::POST, &path).form(&form)).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    assert_eq!(stage.simulator.sent()[0].text.as_deref(), Some("from a form"));
}

#[tokio::test]
async fn unknown_and_retired_versions_are_refused() {
    let stage = stage().await;
    for path in ["/v20.0/me/accounts", "/v99.0/me/accounts", "/v26/me/accounts", "/me/accounts"] {
        let refused = stage.get(path).await;
        assert_eq!((refused.status, refused.graph_error().0), (400, 2500), "{path}");
    }
}

#[tokio::test]
async fn a_profile_is_given_with_access_and_empty_without() {
    let stage = stage().await;
    let token = demo::page_token(demo::PAGE);
    let profile = async |customer: &str| {
        let peer = stage.simulator.peer(Provider::Messenger, demo::PAGE, customer).unwrap();
        stage
            .get(&format!("/v26.0/{peer}?fields=first_name,last_name,profile_pic&access_token={token}"))
            .await
    };
    let known = profile("customer-1").await;
    assert_eq!(
        (known.body["first_name"].as_str(), known.body["last_name"].as_str()),
        (Some("花子"), Some("山田"))
    );
    let picture = known.body["profile_pic"].as_str().unwrap();
    assert_eq!(stage.client.get(picture).send().await.unwrap().headers()["content-type"], "image/png");

    let hidden = profile("customer-4").await;
    assert_eq!((hidden.status, hidden.body), (200, json!({})));

    let stranger = stage.get(&format!("/v26.0/24999?access_token={token}")).await;
    assert_eq!(stranger.graph_error(), (100, Some(33)));
}

#[tokio::test]
async fn webhooks_follow_the_subscription() {
    let stage = stage().await;
    let token = demo::page_token(demo::PAGE);
    let path = format!("/v26.0/{}/subscribed_apps", demo::PAGE);
    let fields =
        stage.get(&format!("{path}?access_token={token}")).await.body["data"][0]["subscribed_fields"].clone();
    assert!(fields.as_array().unwrap().contains(&json!("message_echoes")));

    stage.simulator.set_subscription(demo::PAGE, None);
    assert_eq!(stage.get(&format!("{path}?access_token={token}")).await.body["data"], json!([]));
    let unheard = stage.simulator.write(Provider::Messenger, "customer-1", "hello?").await.unwrap();
    assert_eq!(unheard.webhook.unwrap().body, "");

    let again = stage.graph_post(&path, &json!({"subscribed_fields": "messages,messaging_postbacks"})).await;
    assert_eq!(again.body, json!({"success": "true"}));
    let heard = stage.simulator.write(Provider::Messenger, "customer-1", "hello!").await.unwrap();
    assert!(heard.webhook.unwrap().body.contains("hello!"));

    let unknown = stage.graph_post(&path, &json!({"subscribed_fields": "messages,gossip"})).await;
    assert_eq!(unknown.graph_error().0, 100);
    let missing = stage.graph_post(&path, &json!({})).await;
    assert_eq!(missing.graph_error().0, 100);
}

#[tokio::test]
async fn delivery_and_reading_are_reported_until_receipts_are_off() {
    let stage = stage().await;
    let (performed, _) = stage.on_messenger("customer-1", text("?")).await;
    let mid = stage.send_text(&performed.peer, "a").await.body["message_id"].clone();
    stage.simulator.set_echo(Echo::Off);

    let events = async || -> Vec<Value> {
        let webhooks = stage.simulator.see(demo::PAGE, "customer-1", true).await.unwrap();
        let bodies = webhooks.iter().map(|webhook| serde_json::from_str::<Value>(&webhook.body).unwrap());
        bodies.map(|body| body["entry"][0]["messaging"][0].clone()).collect()
    };
    let seen = events().await;
    assert_eq!(seen[0]["delivery"]["mids"], json!([mid]));
    assert!(seen[0].get("timestamp").is_none());
    assert_eq!(seen[1]["read"]["watermark"], seen[0]["delivery"]["watermark"]);
    assert!(events().await.is_empty(), "nothing new to report");

    let silent = Person { receipts: Some(false), ..Person::default() };
    stage.simulator.set_person(Provider::Messenger, demo::PAGE, "customer-1", &silent).unwrap();
    stage.send_text(&performed.peer, "b").await;
    assert!(events().await.is_empty());
}
