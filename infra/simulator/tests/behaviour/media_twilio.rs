//! Files on WhatsApp and MMS: asked for with credentials, then at a signed address without them.

use madoguchi_simulator::{Action, Echo, MediaAct, MediaKind, Provider, demo};
use reqwest::{Client, Method, Response, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{Stage, act, files, mp4, png, stage};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Customer 1 sends this; the address of the first file.
async fn receives(stage: &Stage, provider: Provider, media: MediaAct) -> String {
    let performed = stage.simulator.act(act(provider, "customer-1", Action::Media(media))).await.unwrap();
    let body = performed.webhook.unwrap().body;
    let parsed = reqwest::Url::parse(&format!("http://x/?{body}")).unwrap();
    parsed.query_pairs().find(|(name, _)| name == "MediaUrl0").unwrap().1.into_owned()
}

async fn ask(url: &str, password: Option<&str>) -> Response {
    let client = Client::builder().no_proxy().redirect(Policy::none()).tls_backend_preconfigured(tls());
    let mut request = client.build().unwrap().get(url);
    if let Some(password) = password {
        request = request.basic_auth(demo::TWILIO_ACCOUNT, Some(password));
    }
    request.send().await.unwrap()
}

fn tls() -> rustls::ClientConfig {
    rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

#[tokio::test]
async fn msg_3_media_asks_for_credentials_and_leads_to_an_address_that_wants_none() {
    let stage = stage().await;
    for (provider, kind, content_type) in
        [(Provider::WhatsApp, MediaKind::Audio, "audio/ogg"), (Provider::Sms, MediaKind::Image, "image/png")]
    {
        stage.simulator.set_clock_offset_ms(0);
        let act = MediaAct { media: kind, size_bytes: Some(300_000), ..MediaAct::default() };
        let url = receives(&stage, provider, act).await;
        assert_eq!(ask(&url, None).await.status(), 401);
        assert_eq!(ask(&url, Some("guess")).await.status(), 401);
        let redirect = ask(&url, Some(demo::TWILIO_AUTH_TOKEN)).await;
        assert_eq!(redirect.status(), 307);
        let signed = redirect.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(
            ask(&signed, Some(demo::TWILIO_AUTH_TOKEN)).await.status(),
            400,
            "credentials where none belong"
        );
        let file = ask(&signed, None).await;
        assert_eq!(
            (file.status().as_u16(), &file.headers()["content-type"]),
            (200, &content_type.parse().unwrap())
        );
        assert_eq!(file.bytes().await.unwrap().len(), 300_000);
        assert_eq!(ask(&signed.replace("Expires=1", "Expires=2"), None).await.status(), 403);
        stage.simulator.set_clock_offset_ms(302_000);
        assert_eq!(ask(&signed, None).await.status(), 403, "too late");
        let other = url.rsplit_once('/').unwrap().0;
        assert_eq!(ask(&format!("{other}/ME0"), Some(demo::TWILIO_AUTH_TOKEN)).await.status(), 404);
    }
}

#[tokio::test]
async fn rpl_16_sent_files_are_fetched_and_their_faults_told_afterwards() {
    let base = files(vec![
        ("/photo.png", "image/png", png(5 * MIB)),
        ("/large.png", "image/png", png(5 * MIB + 1)),
        ("/film.mp4", "video/mp4", mp4(500 * KIB)),
        ("/long.mp4", "video/mp4", mp4(500 * KIB + 1)),
        ("/whatsapp.mp4", "video/mp4", mp4(16 * MIB)),
        ("/too-large.mp4", "video/mp4", mp4(16 * MIB + 1)),
    ])
    .await;
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Off);
    let (whatsapp, sms) = (demo::WHATSAPP_SENDER, demo::SMS_SENDER);
    for (from, name, code) in [
        (sms, "/photo.png", Value::Null),
        (sms, "/large.png", json!(11_751)),
        (sms, "/film.mp4", Value::Null),
        (sms, "/long.mp4", json!(11_751)),
        (sms, "/gone.png", json!(11_200)),
        (whatsapp, "/whatsapp.mp4", Value::Null),
        (whatsapp, "/too-large.mp4", json!(63_021)),
        (whatsapp, "/gone.png", json!(63_019)),
    ] {
        let provider = if from == sms { Provider::Sms } else { Provider::WhatsApp };
        let to = stage.address(provider, "customer-1").await;
        let url = format!("{base}/moved{name}");
        let sent = stage.twilio(&[("From", from), ("To", &to), ("MediaUrl", &url)]).await;
        assert_eq!((sent.status, &sent.body["num_media"]), (201, &json!("1")), "{}", sent.body);
        let sid = sent.body["sid"].as_str().unwrap();
        assert!(sid.starts_with("MM"));
        let read = stage.twilio_get(&format!("/Messages/{sid}.json")).await;
        assert_eq!(read.body["error_code"], code, "{from} {name}");
        let listed = stage.simulator.sent().into_iter().find(|message| message.id == sid).unwrap();
        assert_eq!(listed.media[0].opened.as_ref().unwrap().problem.is_some(), !code.is_null());
        assert_eq!(listed.times_received, usize::from(code.is_null()));
    }
}

#[tokio::test]
async fn ten_files_go_in_one_mms() {
    let base = files(vec![("/photo.png", "image/png", png(64))]).await;
    let stage = stage().await;
    let to = stage.address(Provider::Sms, "customer-1").await;
    let url = format!("{base}/photo.png");
    let mut form = vec![("From", demo::SMS_SENDER), ("To", &*to), ("Body", "十枚")];
    form.extend(vec![("MediaUrl", &*url); 10]);
    assert_eq!(stage.twilio(&form).await.body["num_media"], "10");
    let view = stage.get("/customer/view?customer=customer-1").await.body;
    let shown = &view["sms"]["thread"]["messages"][1];
    assert_eq!((shown["files"].as_array().unwrap().len(), &shown["text"]), (10, &json!("十枚")));
    let file = stage.request(Method::GET, shown["files"][9]["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(file.bytes().await.unwrap(), png(64));
}
