//! What Twilio tells the product: messages and status callbacks.

use std::collections::BTreeMap;

use madoguchi_simulator::{
    Action, Echo, Fault, FaultRule, MediaAct, MediaKind, Options, Performed, Person, Provider,
    SharedKeyChange, Signature, StatusFault, TwilioChange, demo, twilio_shared_key_signature,
    twilio_signature,
};
use serde_json::{Value, json};

use crate::support::{Product, Received, Stage, act, stage, stage_with, text};

const WHATSAPP: &str = demo::WHATSAPP_SENDER;
const SMS: &str = demo::SMS_SENDER;
const PUBLIC: &str = "https://inbox.example.test";

fn whatsapp_url() -> String {
    format!("{PUBLIC}/webhooks/twilio/c-1")
}

/// The product behind its public address, with a WhatsApp and an SMS channel.
async fn company(refusals: usize) -> (Product, Stage) {
    let (product, local) = Product::start(refusals).await;
    let stage = stage_with(Options {
        twilio_webhooks: BTreeMap::from([
            (WHATSAPP.to_owned(), whatsapp_url()),
            (SMS.to_owned(), format!("{PUBLIC}/webhooks/twilio/c-2")),
        ]),
        aliases: BTreeMap::from([(PUBLIC.to_owned(), local)]),
        ..Options::default()
    })
    .await;
    (product, stage)
}

fn pairs(body: &[u8]) -> Vec<(String, String)> {
    reqwest::Url::parse(&format!("http://x/?{}", std::str::from_utf8(body).unwrap()))
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect()
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    pairs(body).into_iter().collect()
}

fn last(product: &Product) -> Received {
    product.received.lock().unwrap().last().unwrap().clone()
}

async fn does(stage: &Stage, provider: Provider, action: Action) -> (Performed, BTreeMap<String, String>) {
    let performed = stage.simulator.act(act(provider, "customer-1", action)).await.unwrap();
    let said = form(performed.webhook.as_ref().unwrap().body.as_bytes());
    (performed, said)
}

#[tokio::test]
async fn ing_3_forms_are_signed_over_the_public_address() {
    let (product, stage) = company(0).await;
    let performed = stage.simulator.write(Provider::WhatsApp, "customer-1", " 窓口 & 😀\n").await.unwrap();
    let received = last(&product);
    assert_eq!(received.path, "/webhooks/twilio/c-1");
    assert_eq!(received.headers["content-type"], "application/x-www-form-urlencoded; charset=UTF-8");
    assert_eq!(received.headers["i-twilio-idempotency-token"].len(), 36);
    let params = pairs(&received.body);
    let expected = twilio_signature(demo::TWILIO_AUTH_TOKEN, &whatsapp_url(), &params);
    assert_eq!(received.headers["x-twilio-signature"], expected);
    assert!(received.headers.get("x-twilio-webhooks-signature-settings").is_none());

    let said = form(&received.body);
    assert_eq!(said["Body"], " 窓口 & 😀\n");
    assert_eq!((&*said["From"], &*said["To"]), (&*performed.peer, WHATSAPP));
    for name in ["SmsSid", "SmsMessageSid", "MessageSid"] {
        assert_eq!(said[name], performed.message_ids[0]);
    }
    assert_eq!((&*said["AccountSid"], &*said["NumMedia"]), (demo::TWILIO_ACCOUNT, "0"));
    assert_eq!((&*said["ProfileName"], format!("whatsapp:+{}", said["WaId"])), ("山田 花子", performed.peer));
    assert!(!said.contains_key("ExternalUserId") && !said.contains_key("MessagingServiceSid"));
}

#[tokio::test]
async fn the_same_request_comes_again_with_the_same_token() {
    let (product, stage) = company(0).await;
    let performed = stage.simulator.write(Provider::Sms, "customer-1", "a").await.unwrap();
    let first = last(&product);
    stage.simulator.redeliver(&performed.webhook.unwrap()).await;
    let again = last(&product);
    assert_eq!(first.body, again.body);
    for name in ["i-twilio-idempotency-token", "x-twilio-signature"] {
        assert_eq!(first.headers[name], again.headers[name]);
    }
    let body = String::from_utf8(first.body.to_vec()).unwrap();
    let sent = stage.simulator.deliver(Provider::Sms, SMS, &body, Signature::Wrong, 3).await;
    assert_eq!(sent.len(), 3);
    assert_ne!(last(&product).headers["x-twilio-signature"], first.headers["x-twilio-signature"]);
}

#[tokio::test]
async fn every_kind_has_its_documented_parameters() {
    let stage = stage().await;
    let whatsapp = async |action: Action| does(&stage, Provider::WhatsApp, action).await.1;
    let button = whatsapp(Action::Postback { title: "はい".into(), payload: "YES".into() }).await;
    assert_eq!(
        [&button["MessageType"], &button["Body"], &button["ButtonText"], &button["ButtonPayload"]],
        ["button", "はい", "はい", "YES"]
    );
    let place =
        whatsapp(Action::Attachment { attachment: "location".into(), title: Some("本店".into()) }).await;
    assert_eq!(
        [&place["MessageType"], &place["Latitude"], &place["Longitude"], &place["Label"], &place["Body"]],
        ["location", "35.681236", "139.767125", "本店", ""]
    );
    let referral = whatsapp(Action::Referral { reference: "spring".into() }).await;
    assert_eq!([&referral["ReferralSourceId"], &referral["ReferralSourceType"]], ["spring", "ad"]);
    assert!(!referral["ReferralCtwaClid"].is_empty());
    let (first, _) = does(&stage, Provider::WhatsApp, text("first")).await;
    let quote = Action::Text { text: "second".into(), quote: Some(first.message_ids[0].clone()) };
    let quoting = whatsapp(quote).await;
    assert_eq!(quoting["OriginalRepliedMessageSid"], first.message_ids[0]);
    assert_eq!(quoting["OriginalRepliedMessageSender"], first.peer);
    let stop = whatsapp(text("Stop")).await;
    assert_eq!((&*stop["OptOutType"], &*stop["Body"]), ("STOP", "Stop"));
    let raw = json!({"Forwarded": "true", "NewParameter": "?", "ProfileName": null});
    let raw = whatsapp(Action::Raw { event: raw }).await;
    assert!(raw["Forwarded"] == "true" && raw["NewParameter"] == "?" && !raw.contains_key("ProfileName"));

    let (_, sms) = does(&stage, Provider::Sms, text("hello")).await;
    assert!(sms["FromCity"].is_empty() && sms["FromCountry"] == "JP" && !sms.contains_key("WaId"));
    let nothing = stage.simulator.act(act(Provider::Sms, "customer-1", Action::Unfollow)).await.unwrap();
    assert!(nothing.webhook.is_none(), "blocking is silent");
    stage.simulator.act(act(Provider::Sms, "customer-1", Action::Follow)).await.unwrap();
    let location = Action::Attachment { attachment: "location".into(), title: None };
    assert!(stage.simulator.act(act(Provider::Sms, "customer-1", location)).await.is_err());
}

#[tokio::test]
async fn files_are_one_per_whatsapp_message_and_up_to_ten_per_mms() {
    let stage = stage().await;
    let pictures = MediaAct { count: Some(10), text: Some("十枚".into()), ..MediaAct::default() };
    let (mms, said) = does(&stage, Provider::Sms, Action::Media(pictures.clone())).await;
    assert_eq!((mms.message_ids.len(), &*said["NumMedia"], &*said["Body"]), (1, "10", "十枚"));
    assert_eq!(said["MediaContentType9"], "image/png");
    assert!(said["MediaUrl9"].contains(&format!("/Messages/{}/Media/ME", mms.message_ids[0])));
    let eleven = Action::Media(MediaAct { count: Some(11), ..MediaAct::default() });
    assert!(stage.simulator.act(act(Provider::Sms, "customer-1", eleven)).await.is_err());

    stage.simulator.take_webhooks();
    let (album, _) = does(&stage, Provider::WhatsApp, Action::Media(pictures)).await;
    assert_eq!(album.message_ids.len(), 10);
    let webhooks = stage.simulator.take_webhooks();
    assert_eq!(webhooks.len(), 10);
    assert!(webhooks.iter().all(|webhook| form(webhook.body.as_bytes())["NumMedia"] == "1"));

    for (kind, message_type, content_type) in [
        (MediaKind::Video, "video", "video/mp4"),
        (MediaKind::Audio, "audio", "audio/ogg"),
        (MediaKind::File, "document", "application/pdf"),
        (MediaKind::Contact, "contacts", "text/vcard"),
        (MediaKind::Sticker, "sticker", "image/webp"),
    ] {
        let act = MediaAct { media: kind, ..MediaAct::default() };
        let (performed, said) = does(&stage, Provider::WhatsApp, Action::Media(act)).await;
        assert!(performed.message_ids[0].starts_with("MM"));
        assert_eq!((&*said["MessageType"], &*said["MediaContentType0"]), (message_type, content_type));
    }
}

#[tokio::test]
async fn json_bodies_are_vouched_for_by_their_hash() {
    let (product, stage) = company(0).await;
    stage.simulator.change_twilio(TwilioChange { json_bodies: Some(true), ..TwilioChange::default() });
    let performed = stage.simulator.write(Provider::WhatsApp, "customer-1", "窓口").await.unwrap();
    let received = last(&product);
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!(received.json()["Body"], "窓口");
    let hash = ring::digest::digest(&ring::digest::SHA256, &received.body);
    let hash: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = hash.concat();
    let url = performed.webhook.unwrap().url.unwrap();
    assert_eq!(url, format!("{}?bodySHA256={hash}", whatsapp_url()));
    assert_eq!(received.headers["x-twilio-signature"], twilio_signature(demo::TWILIO_AUTH_TOKEN, &url, &[]));
}

#[tokio::test]
async fn get_requests_carry_everything_in_the_address() {
    let (product, stage) = company(0).await;
    stage.simulator.set_twilio_get(SMS, true);
    let performed = stage.simulator.write(Provider::Sms, "customer-1", "a b").await.unwrap();
    let webhook = performed.webhook.unwrap();
    assert_eq!((webhook.method.as_str(), webhook.body.as_str()), ("GET", ""));
    let url = webhook.url.unwrap();
    assert!(url.contains("Body=a+b&"), "{url}");
    let received = last(&product);
    assert_eq!(received.headers["x-twilio-signature"], twilio_signature(demo::TWILIO_AUTH_TOKEN, &url, &[]));
}

#[tokio::test]
async fn a_shared_key_names_itself_and_its_algorithm() {
    let (product, stage) = company(0).await;
    for (algorithm, header) in [
        (Some("HMAC_SHA256"), "key=key-1,algorithm=HMAC_SHA256"),
        (Some("HMAC_MD5"), "key=key-1,algorithm=HMAC_MD5"),
        (None, "key=key-1"),
    ] {
        let key = SharedKeyChange {
            id: "key-1".into(),
            secret: "shared".into(),
            algorithm: algorithm.map(ToOwned::to_owned),
        };
        stage.simulator.change_twilio(TwilioChange { shared_key: Some(key), ..TwilioChange::default() });
        stage.simulator.write(Provider::WhatsApp, "customer-1", "a").await.unwrap();
        let received = last(&product);
        let params = pairs(&received.body);
        let expected = match algorithm {
            Some(_) => twilio_shared_key_signature("shared", &whatsapp_url(), &params),
            None => twilio_signature("shared", &whatsapp_url(), &params),
        };
        assert_eq!(received.headers["x-twilio-signature"], expected);
        assert_eq!(received.headers["x-twilio-webhooks-signature-settings"], header);
    }
    let none = SharedKeyChange::default();
    stage.simulator.change_twilio(TwilioChange { shared_key: Some(none), ..TwilioChange::default() });
    stage.simulator.write(Provider::WhatsApp, "customer-1", "a").await.unwrap();
    assert!(last(&product).headers.get("x-twilio-webhooks-signature-settings").is_none());
}

#[tokio::test]
async fn the_signed_address_may_have_its_port_written_out() {
    let (product, stage) = company(0).await;
    stage.simulator.change_twilio(TwilioChange { signs_port: Some(true), ..TwilioChange::default() });
    stage.simulator.write(Provider::WhatsApp, "customer-1", "a").await.unwrap();
    let received = last(&product);
    let url = whatsapp_url().replace(".test/", ".test:443/");
    let expected = twilio_signature(demo::TWILIO_AUTH_TOKEN, &url, &pairs(&received.body));
    assert_eq!(received.headers["x-twilio-signature"], expected);
}

#[tokio::test]
async fn a_refused_webhook_is_repeated_only_as_its_address_says() {
    // The stand-in refuses with 503.
    for (fragment, refusals, requests) in
        [("", 9, 1), ("#rc=2", 9, 1), ("#rc=2&rp=5xx", 9, 3), ("#rc=3&rp=5xx,ct", 1, 2), ("#rp=4xx", 9, 1)]
    {
        let (product, stage) = company(refusals).await;
        stage.simulator.set_twilio_webhook(WHATSAPP, &format!("{}{fragment}", whatsapp_url()));
        let performed = stage.simulator.write(Provider::WhatsApp, "customer-1", "a").await.unwrap();
        let received = product.received.lock().unwrap().clone();
        assert_eq!(received.len(), requests, "{fragment}");
        assert_eq!(performed.webhook.unwrap().url, Some(whatsapp_url()), "the fragment is not signed");
        let tokens: Vec<_> =
            received.iter().map(|request| &request.headers["i-twilio-idempotency-token"]).collect();
        assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
    }
}

#[tokio::test]
async fn the_fallback_is_asked_when_the_webhook_fails() {
    let (product, stage) = company(1).await;
    stage.simulator.set_twilio_fallback(WHATSAPP, &format!("{PUBLIC}/fallback"));
    let performed = stage.simulator.write(Provider::WhatsApp, "customer-1", "a").await.unwrap();
    assert!(performed.webhook.unwrap().outcome.is_delivered());
    let paths: Vec<String> =
        product.received.lock().unwrap().iter().map(|request| request.path.clone()).collect();
    assert_eq!(paths, ["/webhooks/twilio/c-1", "/fallback"]);
}

#[tokio::test]
async fn an_address_elsewhere_is_signed_and_recorded_only() {
    let stage = stage().await;
    stage.simulator.set_twilio_webhook(SMS, "https://elsewhere.example/webhooks/twilio/c-2");
    stage.simulator.write(Provider::Sms, "customer-1", "a").await.unwrap();
    let taken = stage.simulator.take_webhooks();
    let signature = taken[0].headers.iter().find(|(name, _)| name == "x-twilio-signature").unwrap();
    let params = pairs(taken[0].body.as_bytes());
    let url = "https://elsewhere.example/webhooks/twilio/c-2";
    assert_eq!(signature.1, twilio_signature(demo::TWILIO_AUTH_TOKEN, url, &params));
}

#[tokio::test]
async fn a_user_without_a_number_is_named_by_id() {
    let stage = stage().await;
    let hidden = Person { hides_number: Some(true), ..Person::default() };
    stage.simulator.set_person(Provider::WhatsApp, WHATSAPP, "customer-1", &hidden).unwrap();
    let (performed, said) = does(&stage, Provider::WhatsApp, text("a")).await;
    assert!(!said.contains_key("WaId"));
    assert_eq!((&said["From"], &said["ExternalUserId"]), (&performed.peer, &performed.peer));

    let shown = Person { hides_number: Some(false), ..Person::default() };
    stage.simulator.set_person(Provider::WhatsApp, WHATSAPP, "customer-1", &shown).unwrap();
    stage.simulator.change_twilio(TwilioChange { external_user_ids: Some(true), ..TwilioChange::default() });
    let (again, said) = does(&stage, Provider::WhatsApp, text("b")).await;
    assert_eq!((&said["ExternalUserId"], &again.peer), (&performed.peer, &performed.peer));
    assert_eq!(said["From"], format!("whatsapp:+{}", said["WaId"]));
}

#[tokio::test]
async fn a_messaging_service_is_named_and_may_be_the_channel() {
    let (product, stage) = company(0).await;
    stage.simulator.set_twilio_service(demo::TWILIO_SERVICE, &[SMS]);
    let (_, said) = does(&stage, Provider::Sms, text("a")).await;
    assert_eq!(said["MessagingServiceSid"], demo::TWILIO_SERVICE);
    assert_eq!(last(&product).path, "/webhooks/twilio/c-2", "the number's own address comes first");
}

/// The statuses of the callbacks so far, each checked for its signature.
fn statuses(product: &Product, callback: &str) -> Vec<String> {
    let received = product.received.lock().unwrap().clone();
    let callbacks = received.iter().filter(|request| request.path.starts_with("/callback"));
    callbacks
        .map(|request| {
            let params = pairs(&request.body);
            let expected = twilio_signature(demo::TWILIO_AUTH_TOKEN, callback, &params);
            assert_eq!(request.headers["x-twilio-signature"], expected);
            form(&request.body)["MessageStatus"].clone()
        })
        .collect()
}

#[tokio::test]
async fn chn_5_status_callbacks_follow_a_message() {
    for (provider, from) in [(Provider::WhatsApp, WHATSAPP), (Provider::Sms, SMS)] {
        let (product, stage) = company(0).await;
        stage.simulator.set_echo(Echo::Before);
        let to = stage.address(provider, "customer-1").await;
        let callback = format!("{PUBLIC}/callback?status=m-1");
        let form_sent = [("From", from), ("To", &*to), ("Body", "a"), ("StatusCallback", &callback)];
        let sid = stage.twilio(&form_sent).await.body["sid"].as_str().unwrap().to_owned();
        assert_eq!(statuses(&product, &callback), ["queued", "sent", "delivered"]);
        let told = form(&last(&product).body);
        assert_eq!((&*told["MessageSid"], &*told["SmsStatus"], &*told["To"]), (&*sid, "delivered", &*to));
        assert_eq!(told.contains_key("RawDlrDoneDate"), provider == Provider::Sms);
        assert_eq!(told.contains_key("ChannelPrefix"), provider == Provider::WhatsApp);

        let opened = stage.simulator.open_whatsapp(WHATSAPP, "customer-1").await.unwrap();
        assert_eq!(opened.len(), usize::from(provider == Provider::WhatsApp));
        if provider == Provider::WhatsApp {
            assert_eq!(form(&last(&product).body)["EventType"], "READ");
            assert!(stage.simulator.open_whatsapp(WHATSAPP, "customer-1").await.unwrap().is_empty());
            assert_eq!(stage.simulator.sent()[0].status.as_ref().unwrap().status, "read");
        }
        let again = stage.simulator.tell_status(&sid, "undelivered", Some(30_005)).await.unwrap();
        assert_eq!(form(again.body.as_bytes())["ErrorCode"], "30005");
    }
}

#[tokio::test]
async fn a_failure_is_told_with_its_code() {
    let (product, stage) = company(0).await;
    stage.simulator.set_echo(Echo::Before);
    let to = stage.address(Provider::WhatsApp, "customer-1").await;
    stage.simulator.set_clock_offset_ms(25 * 3_600_000);
    let callback = format!("{PUBLIC}/callback");
    stage.twilio(&[("From", WHATSAPP), ("To", &to), ("Body", "a"), ("StatusCallback", &callback)]).await;
    assert_eq!(statuses(&product, &callback), ["queued", "failed"]);
    let said = form(&last(&product).body);
    assert_eq!((&*said["ErrorCode"], &*said["SmsStatus"]), ("63016", "failed"));
    assert!(said.contains_key("ChannelStatusMessage"));
}

#[tokio::test]
async fn status_callbacks_can_go_astray() {
    for (how, expected) in [
        (StatusFault::Reversed, vec!["delivered", "sent", "queued"]),
        (StatusFault::Twice, vec!["queued", "queued", "sent", "sent", "delivered", "delivered"]),
        (StatusFault::Lost, vec![]),
    ] {
        let (product, stage) = company(0).await;
        stage.simulator.set_echo(Echo::Before);
        let to = stage.address(Provider::Sms, "customer-1").await;
        stage.simulator.fault(FaultRule::from(Fault::Statuses { how }).times(1));
        let callback = format!("{PUBLIC}/callback");
        let form = [("From", SMS), ("To", &*to), ("Body", "a"), ("StatusCallback", &callback)];
        stage.twilio(&form).await;
        assert_eq!(statuses(&product, &callback), expected);
        assert_eq!(stage.simulator.sent()[0].status.as_ref().unwrap().status, "delivered");
    }
}

#[tokio::test]
async fn status_callbacks_come_after_the_answer_by_default() {
    let (product, stage) = company(0).await;
    let to = stage.address(Provider::Sms, "customer-1").await;
    let callback = format!("{PUBLIC}/callback");
    stage.twilio(&[("From", SMS), ("To", &to), ("Body", "a"), ("StatusCallback", &callback)]).await;
    product.wait_for_requests(4).await;
    assert_eq!(statuses(&product, &callback), ["queued", "sent", "delivered"]);
}

#[tokio::test]
async fn the_account_is_changed_over_http_too() {
    let stage = stage().await;
    let post = async |path: &str, body: Value| {
        crate::support::answer(stage.request(reqwest::Method::POST, path).json(&body)).await.status
    };
    assert_eq!(post("/control/twilio/account", json!({"auth_token": "new"})).await, 200);
    assert_eq!(stage.twilio_get(".json").await.status, 401);
    assert_eq!(post("/control/twilio/account", json!({"auth_token": demo::TWILIO_AUTH_TOKEN})).await, 200);
    assert_eq!(post("/control/twilio/sender", json!({"address": "+815011112222"})).await, 200);
    let service = json!({"sid": demo::TWILIO_SERVICE, "senders": ["+815011112222"]});
    assert_eq!(post("/control/twilio/service", service).await, 200);
    let template = json!({"sid": "HX9", "text": "{{1}}さん、こんにちは"});
    assert_eq!(post("/control/twilio/template", template).await, 200);
    let to = stage.address(Provider::Sms, "customer-1").await;
    let form = [
        ("From", "+815011112222"),
        ("To", &*to),
        ("ContentSid", "HX9"),
        ("ContentVariables", r#"{"1":"花子"}"#),
    ];
    let sent = stage.twilio(&form).await;
    assert_eq!((sent.status, &sent.body["body"]), (201, &json!("花子さん、こんにちは")));
    let status = json!({"sid": sent.body["sid"], "status": "read"});
    assert_eq!(post("/control/twilio/status", status).await, 404, "it has no callback address");
    let act = json!({"provider": "whatsapp", "kind": "media", "media": "video", "customer": "customer-1"});
    assert_eq!(post("/control/act", act).await, 200);
}
