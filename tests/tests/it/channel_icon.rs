//! The icon of a channel (CHN-12): set, shown to whoever has its address, replaced, taken away.

use std::io::Cursor;

use axum::body::to_bytes;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use image::{DynamicImage, ImageFormat, RgbImage};
use madoguchi_domain::{ChannelKind, Span};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

const FOR_EVER: &str = "public, max-age=31536000, immutable";

fn image(side: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::new(side, side)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn channel() -> String {
    format!("/api/channels/{}", TestInbox::channel_id(ChannelKind::Line))
}

async fn answered(answer: Response) -> (u16, HeaderMap, Vec<u8>) {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
}

/// Sends `bytes` as the icon; returns what the API answers.
async fn set(test: &TestInbox, bytes: Vec<u8>) -> (u16, Value) {
    test.pass(Span::from_secs(1));
    let answer = test.administrators_send("PUT", &format!("{}/icon", channel()), bytes).await;
    let (status, _, body) = answered(answer).await;
    (status, serde_json::from_slice(&body).unwrap())
}

/// What an address shows to anybody.
async fn shown(test: &TestInbox, path: &str) -> (u16, HeaderMap, Vec<u8>) {
    answered(test.administrators_send("GET", path, Vec::new()).await).await
}

async fn listed(test: &TestInbox) -> Value {
    let channels = test.get("/api/channels").await;
    let line = |channel: &&Value| channel["kind"] == "line";
    channels["items"].as_array().unwrap().iter().find(line).unwrap()["icon_url"].clone()
}

async fn changes(test: &TestInbox) -> Vec<Value> {
    test.write_audit().await;
    let (_, body) = test.administer("GET", "/api/audit?limit=100", &Value::Null).await;
    let of_icon = |entry: &&Value| !entry["before"]["icon"].is_null() || !entry["after"]["icon"].is_null();
    body["items"].as_array().unwrap().iter().filter(of_icon).cloned().collect()
}

#[tokio::test]
async fn chn_12_an_icon_is_shown_under_an_address_that_never_shows_anything_else() {
    let test = TestInbox::start().await;
    assert_eq!(listed(&test).await, json!(null));
    let (png, jpeg) = (image(64, ImageFormat::Png), image(300, ImageFormat::Jpeg));
    let (status, view) = set(&test, png.clone()).await;
    assert_eq!(status, 200, "{view}");
    let first = view["icon_url"].as_str().unwrap().to_owned();
    assert_eq!(listed(&test).await, first);
    let (status, headers, body) = shown(&test, &first).await;
    assert_eq!((status, body), (200, png.clone()));
    for (name, value) in
        [(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, FOR_EVER), (X_CONTENT_TYPE_OPTIONS, "nosniff")]
    {
        assert_eq!(headers[name], value);
    }

    // The same once more is no news; another one has another address, and the first stays what it was.
    let stored = test.s3.objects();
    assert_eq!(set(&test, png.clone()).await.1["icon_url"], first);
    assert_eq!(test.s3.objects(), stored);
    let (_, view) = set(&test, jpeg.clone()).await;
    let second = view["icon_url"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let (_, headers, body) = shown(&test, &second).await;
    assert_eq!(headers[CONTENT_TYPE], "image/jpeg");
    assert_eq!(body, jpeg);
    assert_eq!(shown(&test, &first).await.2, png);
    assert!(test.s3.objects().keys().all(|key| key.starts_with("channel-icons/")));

    test.pass(Span::from_secs(1));
    let (status, gone) = test.administer("DELETE", &format!("{}/icon", channel()), &Value::Null).await;
    assert_eq!((status, &gone["icon_url"]), (200, &json!(null)));
    assert_eq!(listed(&test).await, json!(null));
    let told = changes(&test).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|entry| entry["act"] == "channel.changed"));
    assert!(told.iter().all(|entry| entry["actor"]["id"] == "administrator-1"));
}

#[tokio::test]
async fn chn_12_what_is_no_icon_is_refused_with_the_reason_and_stores_nothing() {
    let test = TestInbox::start().await;
    let png = image(64, ImageFormat::Png);
    let mut large = image(64, ImageFormat::Jpeg);
    large.resize(1_048_577, 0);
    for (bytes, id) in [
        (Vec::new(), "icon_empty"),
        (large, "icon_too_large"),
        (b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(), "icon_type_refused"),
        (b"<html><script>alert(1)</script>".to_vec(), "icon_type_refused"),
        (png[..png.len() - 8].to_vec(), "icon_damaged"),
        (image(8, ImageFormat::Png), "icon_pixels_refused"),
        (vec![0; 6 * 1_048_576 + 1], "body_too_large"),
    ] {
        let (status, refused) = set(&test, bytes).await;
        assert_eq!((status >= 400, &refused["error"]["id"]), (true, &json!(id)), "{refused}");
        if id == "icon_too_large" {
            let message = refused["error"]["message"].as_str().unwrap();
            assert!(message.contains("1048577") && message.contains("1048576"), "{message}");
        }
    }
    assert!(test.s3.objects().is_empty());
    assert_eq!(listed(&test).await, json!(null));
    let nothing = format!("/media/channel~{}~{}", TestInbox::channel_id(ChannelKind::Line), "0a".repeat(32));
    assert_eq!(shown(&test, &nothing).await.0, 404);
}

/// As it comes from API Gateway and goes back to it: in base64.
#[tokio::test]
async fn chn_12_an_image_passes_the_gateway_as_it_is() {
    use base64::Engine as _;
    let png = image(64, ImageFormat::Png);
    let event = json!({
        "version": "2.0", "routeKey": "PUT /api/channels/{id}/icon", "rawPath": "/", "rawQueryString": "",
        "headers": { "content-type": "image/png" },
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "p", "requestId": "r",
            "routeKey": "x", "stage": "$default", "time": "t", "timeEpoch": 1,
            "http": { "method": "PUT", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9", "userAgent": "x" },
        },
        "body": base64::engine::general_purpose::STANDARD.encode(&png), "isBase64Encoded": true,
    });
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    assert_eq!(request.body().as_ref(), png);
}

#[tokio::test]
async fn chn_12_a_deleted_channel_takes_no_icon() {
    let test = TestInbox::start().await;
    let confirm = json!({ "confirm": "Test line" });
    let (status, answer) = test.administer("DELETE", &channel(), &confirm).await;
    assert!(status < 300, "{answer}");
    let (status, refused) = set(&test, image(64, ImageFormat::Png)).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("channel_deleted")), "{refused}");
    assert!(test.s3.objects().is_empty());
}
