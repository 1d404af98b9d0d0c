//! Twilio's REST interface: who may call, what is refused, and what is accepted.

use madoguchi_simulator::{
    Echo, Endpoint, Fault, FaultRule, Person, Provider, StatusFault, TwilioChange, demo,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Stage, answer, stage, text};

const WHATSAPP: &str = demo::WHATSAPP_SENDER;
const SMS: &str = demo::SMS_SENDER;

fn messages() -> String {
    format!("/2010-04-01/Accounts/{}/Messages.json", demo::TWILIO_ACCOUNT)
}

impl Stage {
    pub(crate) async fn twilio(&self, form: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, &messages())
            .basic_auth(demo::TWILIO_ACCOUNT, Some(demo::TWILIO_AUTH_TOKEN));
        answer(request.form(form)).await
    }

    pub(crate) async fn twilio_get(&self, path: &str) -> Answer {
        let path = format!("/2010-04-01/Accounts/{}{path}", demo::TWILIO_ACCOUNT);
        let request = self.request(Method::GET, &path);
        answer(request.basic_auth(demo::TWILIO_ACCOUNT, Some(demo::TWILIO_AUTH_TOKEN))).await
    }

    /// The customer has just written: there is an address, and on WhatsApp an open window.
    pub(crate) async fn address(&self, provider: Provider, customer: &str) -> String {
        self.simulator.write(provider, customer, "?").await.unwrap().peer
    }
}

fn assert_refused(refused: &Answer, status: u16, code: u32) {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    assert_eq!(
        (refused.status, &refused.body["code"], &refused.body["status"], &refused.body["more_info"]),
        (status, &json!(code), &json!(status), &json!(more_info)),
        "{}",
        refused.body
    );
    assert!(refused.body["message"].is_string());
}

#[tokio::test]
async fn chn_4_an_accepted_message_is_created_and_reaches_the_phone() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Before);
    for (provider, from) in [(Provider::WhatsApp, WHATSAPP), (Provider::Sms, SMS)] {
        let to = stage.address(provider, "customer-1").await;
        let sent = stage.twilio(&[("From", from), ("To", &to), ("Body", "いらっしゃいませ")]).await;
        assert_eq!(sent.status, 201, "{}", sent.body);
        let sid = sent.body["sid"].as_str().unwrap();
        assert!(sid.starts_with("SM") && sid.len() == 34);
        let fields = ["status", "direction", "to", "from", "body", "num_segments", "error_code"];
        assert_eq!(
            fields.map(|field| sent.body[field].clone()),
            [
                json!("queued"),
                json!("outbound-api"),
                json!(to),
                json!(from),
                json!("いらっしゃいませ"),
                json!("1"),
                Value::Null
            ]
        );
        let read = stage.twilio_get(&format!("/Messages/{sid}.json")).await;
        assert_eq!((read.status, &read.body["status"]), (200, &json!("delivered")));
        let listed = stage.twilio_get(&format!("/Messages.json?To={}", to.replace('+', "%2B"))).await;
        assert_eq!(listed.body["messages"][0]["sid"], sid);
        for (since, found) in [("2020-01-01", true), ("2120-01-01", false)] {
            let listed = stage.twilio_get(&format!("/Messages.json?DateSent%3E={since}")).await;
            let sids: Vec<_> =
                listed.body["messages"].as_array().unwrap().iter().map(|m| &m["sid"]).collect();
            assert_eq!(sids.contains(&&json!(sid)), found, "{since}");
        }
        let sent = stage.simulator.sent().into_iter().find(|sent| sent.provider == provider).unwrap();
        assert_eq!((sent.times_received, sent.account.as_str(), sent.id.as_str()), (1, from, sid));
    }
    assert_eq!(stage.twilio_get("/Messages/SM0.json").await.body["code"], 20_404);
}

#[tokio::test]
async fn aut_13_only_the_account_and_its_keys_may_call() {
    let stage = stage().await;
    let account = format!("/2010-04-01/Accounts/{}.json", demo::TWILIO_ACCOUNT);
    let messages = messages();
    let get = async |user: &str, password: &str, path: &str| {
        answer(stage.request(Method::GET, path).basic_auth(user, Some(password))).await
    };
    for (user, password) in
        [(demo::TWILIO_ACCOUNT, demo::TWILIO_AUTH_TOKEN), (demo::TWILIO_API_KEY, demo::TWILIO_API_KEY_SECRET)]
    {
        assert_eq!(get(user, password, &messages).await.body["messages"], json!([]));
    }
    let read = get(demo::TWILIO_ACCOUNT, demo::TWILIO_AUTH_TOKEN, &account).await;
    assert_eq!(
        (read.status, &read.body["status"], &read.body["sid"]),
        (200, &json!("active"), &json!(demo::TWILIO_ACCOUNT))
    );
    for (user, password, path) in [
        (demo::TWILIO_ACCOUNT, "guess", account.as_str()),
        (demo::TWILIO_API_KEY, demo::TWILIO_AUTH_TOKEN, &messages),
        (demo::TWILIO_API_KEY, demo::TWILIO_API_KEY_SECRET, &account),
        (demo::TWILIO_ACCOUNT, demo::TWILIO_AUTH_TOKEN, "/2010-04-01/Accounts/AC0.json"),
    ] {
        assert_refused(&get(user, password, path).await, 401, 20_003);
    }
    assert_refused(&answer(stage.request(Method::GET, &account)).await, 401, 20_003);

    let rotated = TwilioChange { auth_token: Some("promoted".into()), ..TwilioChange::default() };
    stage.simulator.change_twilio(rotated);
    assert_refused(&get(demo::TWILIO_ACCOUNT, demo::TWILIO_AUTH_TOKEN, &account).await, 401, 20_003);
    assert_eq!(get(demo::TWILIO_ACCOUNT, "promoted", &account).await.status, 200);
    let suspended = TwilioChange { suspended: Some(true), ..TwilioChange::default() };
    stage.simulator.change_twilio(suspended);
    assert_refused(&get(demo::TWILIO_ACCOUNT, "promoted", &account).await, 401, 20_003);
}

#[tokio::test]
async fn requests_are_refused_with_twilios_codes() {
    let stage = stage().await;
    let sms = stage.address(Provider::Sms, "customer-1").await;
    let whatsapp = stage.address(Provider::WhatsApp, "customer-1").await;
    let (long, hundred) = ("あ".repeat(1_601), "窓".repeat(1_600));
    let many: Vec<(&str, &str)> = vec![("MediaUrl", "http://127.0.0.1:1/a.png"); 11];
    let variables = |count: usize| {
        let all: serde_json::Map<String, Value> =
            (0..count).map(|index| (index.to_string(), "x".into())).collect();
        Value::Object(all).to_string()
    };
    let (too_many, null) = (variables(101), r#"{"1": null}"#);
    let template = demo::TWILIO_TEMPLATE;
    let cases: Vec<(Vec<(&str, &str)>, u32)> = vec![
        (vec![("From", SMS), ("Body", "a")], 21_604),
        (vec![("To", &sms), ("Body", "a")], 21_603),
        (vec![("From", SMS), ("To", "+8100"), ("Body", "a")], 21_211),
        (vec![("From", WHATSAPP), ("To", "whatsapp:+15005550001"), ("Body", "a")], 21_211),
        (vec![("From", "+15005550006"), ("To", &sms), ("Body", "a")], 21_606),
        (vec![("From", SMS), ("To", &whatsapp), ("Body", "a")], 63_007),
        (vec![("MessagingServiceSid", "MG0"), ("To", &sms), ("Body", "a")], 21_705),
        (vec![("MessagingServiceSid", demo::TWILIO_SERVICE), ("To", &sms), ("Body", "a")], 21_703),
        (vec![("From", SMS), ("To", &sms)], 14_103),
        (vec![("From", SMS), ("To", &sms), ("Body", "")], 14_103),
        (vec![("From", SMS), ("To", &sms), ("Body", &long)], 14_103),
        ([vec![("From", SMS), ("To", &sms)], many.clone()].concat(), 21_623),
        ([vec![("From", WHATSAPP), ("To", &whatsapp)], many[..2].to_vec()].concat(), 21_623),
        (vec![("From", SMS), ("To", &sms), ("MediaUrl", "ftp://127.0.0.1/a.png")], 21_620),
        (vec![("From", SMS), ("To", &sms), ("Body", "a"), ("StatusCallback", "nowhere")], 21_609),
        (vec![("From", SMS), ("To", &sms), ("Body", "a"), ("ValidityPeriod", "36001")], 20_001),
        (vec![("From", WHATSAPP), ("To", &whatsapp), ("ContentSid", "HX0")], 21_655),
        (
            vec![("From", WHATSAPP), ("To", &whatsapp), ("ContentSid", template), ("ContentVariables", "{")],
            92_007,
        ),
        (
            vec![("From", WHATSAPP), ("To", &whatsapp), ("ContentSid", template), ("ContentVariables", null)],
            92_007,
        ),
        (
            vec![
                ("From", WHATSAPP),
                ("To", &whatsapp),
                ("ContentSid", template),
                ("ContentVariables", &too_many),
            ],
            92_002,
        ),
    ];
    for (form, code) in cases {
        let refused = stage.twilio(&form).await;
        assert_refused(&refused, 400, code);
    }
    assert!(stage.simulator.sent().is_empty());
    let longest =
        stage.twilio(&[("From", SMS), ("To", &sms), ("Body", &hundred), ("ValidityPeriod", "36000")]).await;
    assert_eq!((longest.status, &longest.body["num_segments"]), (201, &json!("24")));
}

#[tokio::test]
async fn a_stop_lasts_until_a_start() {
    let stage = stage().await;
    for (provider, from) in [(Provider::WhatsApp, WHATSAPP), (Provider::Sms, SMS)] {
        let to = stage.address(provider, "customer-2").await;
        let send = async || stage.twilio(&[("From", from), ("To", &to), ("Body", "a")]).await;
        stage.simulator.write(provider, "customer-2", "stop").await.unwrap();
        assert_refused(&send().await, 400, 21_610);
        stage.simulator.write(provider, "customer-2", "START").await.unwrap();
        assert_eq!(send().await.status, 201);
    }
}

/// The last status of what was sent, and its error code.
async fn outcome(stage: &Stage, form: &[(&str, &str)]) -> (String, Value) {
    let sent = stage.twilio(form).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let read = stage.twilio_get(&format!("/Messages/{}.json", sent.body["sid"].as_str().unwrap())).await;
    (read.body["status"].as_str().unwrap().to_owned(), read.body["error_code"].clone())
}

#[tokio::test]
async fn rpl_9_outside_the_window_only_a_template_arrives() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Off);
    let to = stage.address(Provider::WhatsApp, "customer-1").await;
    let sms = stage.address(Provider::Sms, "customer-1").await;
    stage.simulator.set_clock_offset_ms(24 * 3_600_000 + 2_000);
    let free = [("From", WHATSAPP), ("To", &*to), ("Body", "遅くなりました")];
    assert_eq!(outcome(&stage, &free).await, ("failed".into(), json!(63_016)));
    let template = [
        ("From", WHATSAPP),
        ("To", &to),
        ("ContentSid", demo::TWILIO_TEMPLATE),
        ("ContentVariables", r#"{"1":"山田","2":"明日"}"#),
    ];
    assert_eq!(outcome(&stage, &template).await, ("delivered".into(), Value::Null));
    let shown = stage.simulator.sent_to("customer-1");
    assert_eq!(shown[1].text.as_deref(), Some("山田様、ご予約は明日です。"));
    assert_eq!((shown[0].times_received, shown[1].times_received), (0, 1));
    let paused = [("From", WHATSAPP), ("To", &to), ("ContentSid", demo::TWILIO_PAUSED_TEMPLATE)];
    assert_eq!(outcome(&stage, &paused).await, ("failed".into(), json!(63_041)));
    let later = [("From", SMS), ("To", &*sms), ("Body", "SMS has no window")];
    assert_eq!(outcome(&stage, &later).await, ("delivered".into(), Value::Null));
}

#[tokio::test]
async fn what_cannot_arrive_ends_with_a_code() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Off);
    for (provider, from, blocked, gone) in
        [(Provider::WhatsApp, WHATSAPP, 63_014, 63_024), (Provider::Sms, SMS, 30_004, 30_003)]
    {
        let to = stage.address(provider, "customer-1").await;
        let form = [("From", from), ("To", &*to), ("Body", "a")];
        let person =
            |person: Person| stage.simulator.set_person(provider, from, "customer-1", &person).unwrap();
        person(Person { blocked: Some(true), ..Person::default() });
        assert_eq!(outcome(&stage, &form).await, ("undelivered".into(), json!(blocked)));
        person(Person { blocked: Some(false), unavailable: Some(true), ..Person::default() });
        assert_eq!(outcome(&stage, &form).await, ("undelivered".into(), json!(gone)));
        person(Person { unavailable: Some(false), receipts: Some(false), ..Person::default() });
        assert_eq!(outcome(&stage, &form).await, ("sent".into(), Value::Null));
        person(Person { receipts: Some(true), ..Person::default() });
        stage
            .simulator
            .fault(FaultRule::from(Fault::DeliveryFailure { code: 30_008, undelivered: true }).times(1));
        assert_eq!(outcome(&stage, &form).await, ("undelivered".into(), json!(30_008)));
        stage.simulator.fault(FaultRule::from(Fault::OutsideWindow).times(1));
        assert_eq!(outcome(&stage, &form).await, ("failed".into(), json!(63_016)));
        assert_eq!(outcome(&stage, &form).await, ("delivered".into(), Value::Null));
    }
}

#[tokio::test]
async fn faults_are_worded_as_twilio_words_them() {
    let stage = stage().await;
    let to = stage.address(Provider::Sms, "customer-1").await;
    let form = [("From", SMS), ("To", &*to), ("Body", "a")];
    let other = Fault::TwilioError { code: 21_614, status: None, message: None };
    for (fault, status, code) in [
        (Fault::RateLimit { code: None, regain_minutes: None }, 429, 20_429),
        (Fault::ExpiredToken { subcode: None, message: None }, 401, 20_003),
        (Fault::ServerError { after_effect: false }, 500, 20_500),
        (Fault::ServerError { after_effect: true }, 500, 20_500),
        (other, 400, 21_614),
    ] {
        stage.simulator.fault(FaultRule::from(fault).on(Provider::Sms).times(1));
        assert_refused(&stage.twilio(&form).await, status, code);
    }
    assert_eq!(stage.simulator.sent().len(), 1, "only the error after the effect left something behind");
    // Reading the account concerns WhatsApp as well.
    let expired = Fault::ExpiredToken { subcode: None, message: None };
    stage.simulator.fault(FaultRule::from(expired).on(Provider::WhatsApp).endpoint(Endpoint::Token).times(1));
    assert_eq!(stage.twilio(&form).await.status, 201);
    assert_refused(&stage.twilio_get(".json").await, 401, 20_003);
    assert_eq!(stage.twilio_get(".json").await.status, 200);
}

#[tokio::test]
async fn a_messaging_service_chooses_its_sender() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Off);
    stage.simulator.set_twilio_service(demo::TWILIO_SERVICE, &[WHATSAPP, SMS]);
    for (provider, from) in [(Provider::WhatsApp, WHATSAPP), (Provider::Sms, SMS)] {
        let to = stage.address(provider, "customer-3").await;
        let sent =
            stage.twilio(&[("MessagingServiceSid", demo::TWILIO_SERVICE), ("To", &to), ("Body", "a")]).await;
        assert_eq!(
            (&sent.body["status"], &sent.body["from"], &sent.body["messaging_service_sid"]),
            (&json!("accepted"), &json!(from), &json!(demo::TWILIO_SERVICE))
        );
    }
}

#[tokio::test]
async fn a_user_without_a_number_is_reached_by_id() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Off);
    let hidden = Person { hides_number: Some(true), ..Person::default() };
    stage.simulator.set_person(Provider::WhatsApp, WHATSAPP, "customer-4", &hidden).unwrap();
    let performed =
        stage.simulator.act(crate::support::act(Provider::WhatsApp, "customer-4", text("?"))).await.unwrap();
    assert!(performed.peer.starts_with("whatsapp:JP."), "{}", performed.peer);
    let form = [("From", WHATSAPP), ("To", &*performed.peer), ("Body", "a")];
    assert_eq!(outcome(&stage, &form).await, ("delivered".into(), Value::Null));
    assert_eq!(stage.simulator.sent_to("customer-4").len(), 1);
}

#[tokio::test]
async fn calls_are_logged_under_their_channel() {
    let stage = stage().await;
    let to = stage.address(Provider::WhatsApp, "customer-1").await;
    let lost = FaultRule::from(Fault::Statuses { how: StatusFault::Lost }).recipient("customer-1").times(1);
    stage.simulator.fault(lost);
    let sid = stage.twilio(&[("From", WHATSAPP), ("To", &to), ("Body", "a")]).await.body["sid"].clone();
    stage.twilio_get(&format!("/Messages/{}.json", sid.as_str().unwrap())).await;
    stage.twilio_get(".json").await;
    let providers: Vec<Provider> = stage.simulator.calls().iter().map(|call| call.provider).collect();
    assert_eq!(providers, [Provider::WhatsApp, Provider::WhatsApp, Provider::Sms]);
    assert_eq!(stage.simulator.calls()[0].fault.as_deref(), Some("statuses"));
}

#[tokio::test]
async fn chn_2_numbers_services_and_whatsapp_senders_are_set() {
    let stage = stage().await;
    let auth = |request: reqwest::RequestBuilder| {
        request.basic_auth(demo::TWILIO_ACCOUNT, Some(demo::TWILIO_AUTH_TOKEN))
    };
    let listed = stage.twilio_get("/IncomingPhoneNumbers.json?PhoneNumber=%2B815087654321").await.body;
    let number = &listed["incoming_phone_numbers"][0];
    assert_eq!((&number["phone_number"], &number["sms_url"]), (&json!(SMS), &json!("")));
    let none = stage.twilio_get("/IncomingPhoneNumbers.json?PhoneNumber=%2B19999").await.body;
    assert_eq!(none["incoming_phone_numbers"], json!([]));

    let sid = number["sid"].as_str().unwrap();
    let path = format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{sid}.json", demo::TWILIO_ACCOUNT);
    let set = |url: &'static str| auth(stage.request(Method::POST, &path)).form(&[("SmsUrl", url)]);
    assert_refused(&answer(set("nonsense")).await, 400, 21_402);
    let url = "https://inbox.example.test/webhooks/twilio/1";
    assert_eq!(answer(set(url)).await.body["sms_url"], url);
    assert_eq!(
        stage
            .simulator
            .write(Provider::Sms, "customer-1", "?")
            .await
            .unwrap()
            .webhook
            .unwrap()
            .url
            .as_deref(),
        Some(url)
    );

    let service = format!("/v1/Services/{}", demo::TWILIO_SERVICE);
    stage.simulator.set_twilio_service(demo::TWILIO_SERVICE, &[SMS]);
    let form =
        [("InboundRequestUrl", "https://inbox.example.test/s"), ("UseInboundWebhookOnNumber", "false")];
    let set = answer(auth(stage.request(Method::POST, &service)).form(&form)).await.body;
    assert_eq!(set["inbound_request_url"], "https://inbox.example.test/s");
    let webhook = stage.simulator.write(Provider::Sms, "customer-1", "?").await.unwrap().webhook.unwrap();
    assert_eq!(webhook.url.as_deref(), Some("https://inbox.example.test/s"), "the service comes first");
    let unknown = answer(auth(stage.request(Method::GET, "/v1/Services/MG9"))).await;
    assert_refused(&unknown, 404, 20_404);

    let senders = "/v2/Channels/Senders";
    assert_refused(&answer(auth(stage.request(Method::GET, senders))).await, 400, 20_001);
    let listed = answer(auth(stage.request(Method::GET, &format!("{senders}?Channel=whatsapp")))).await.body;
    let own = &listed["senders"][0];
    assert_eq!((&own["sender_id"], &own["status"]), (&json!(WHATSAPP), &json!("ONLINE")));
    let path = format!("{senders}/{}", own["sid"].as_str().unwrap());
    let body = json!({"webhook": {"callback_url": url, "callback_method": "POST"}});
    let set = answer(auth(stage.request(Method::POST, &path)).json(&body)).await;
    assert_eq!((set.status, &set.body["webhook"]["callback_url"]), (202, &json!(url)));
    let put = answer(auth(stage.request(Method::POST, &path)).form(&[("callback_url", url)])).await;
    assert_refused(&put, 400, 20_001);
    let stranger =
        answer(stage.request(Method::GET, senders).basic_auth(demo::TWILIO_ACCOUNT, Some("x"))).await;
    assert_refused(&stranger, 401, 20_003);

    stage.simulator.set_twilio_sender(WHATSAPP, true, false);
    let listed = answer(auth(stage.request(Method::GET, &format!("{senders}?Channel=whatsapp")))).await.body;
    assert_eq!(listed["senders"], json!([]), "a sandbox's number is not among the senders");
}
