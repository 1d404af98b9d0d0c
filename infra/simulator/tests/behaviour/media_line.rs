//! Files on LINE: fetched by message id, prepared for a while, gone when unsent; sent ones are fetched when
//! the customer opens them.

use madoguchi_simulator::{Action, MediaAct, MediaKind, Provider, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Stage, act, answer, files, mp4, png, stage, text};

const MIB: usize = 1024 * 1024;

async fn get(stage: &Stage, token: &str, path: &str) -> Answer {
    answer(stage.request(Method::GET, path).bearer_auth(token)).await
}

async fn sends(stage: &Stage, media: MediaAct) -> (String, Value) {
    let (performed, event) = stage.on_line("customer-1", Action::Media(media)).await;
    (performed.message_ids[0].clone(), event["message"].clone())
}

fn of(media: MediaKind) -> MediaAct {
    MediaAct { media, ..MediaAct::default() }
}

#[tokio::test]
async fn msg_3_content_has_its_type_and_length() {
    let stage = stage().await;
    let token = stage.line_token().await;
    for (kind, content_type, begins_at, begins) in [
        (MediaKind::Image, "image/png", 0, b"\x89PNG".as_slice()),
        (MediaKind::Video, "video/mp4", 4, b"ftypisom"),
        (MediaKind::Audio, "audio/x-m4a", 4, b"ftypM4A "),
        (MediaKind::File, "application/pdf", 0, b"%PDF-"),
    ] {
        let (id, message) = sends(&stage, of(kind)).await;
        let path = format!("/v2/bot/message/{id}/content");
        let content = stage.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(
            (content.status().as_u16(), &content.headers()["content-type"]),
            (200, &content_type.parse().unwrap())
        );
        let length: usize = content.headers()["content-length"].to_str().unwrap().parse().unwrap();
        let bytes = content.bytes().await.unwrap();
        assert_eq!((bytes.len(), &bytes[begins_at..begins_at + begins.len()]), (length, begins));
        match kind {
            MediaKind::File => assert_eq!(
                (&message["fileName"], message["fileSize"].as_u64()),
                (&json!("見積書.pdf"), Some(length as u64))
            ),
            _ => assert_eq!(message["contentProvider"], json!({"type": "line"})),
        }
        let timed = matches!(kind, MediaKind::Video | MediaKind::Audio);
        assert_eq!(message.get("duration"), timed.then_some(&json!(12_000)));
    }
    assert_eq!(get(&stage, "guess", "/v2/bot/message/1/content").await.status, 401);
    assert_eq!(get(&stage, &token, "/v2/bot/message/1/content").await.status, 404);
}

#[tokio::test]
async fn ing_9_large_content_is_prepared_first() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (id, _) = sends(&stage, MediaAct { preparing_ms: Some(60_000), ..of(MediaKind::Video) }).await;
    let at = |rest: &str| format!("/v2/bot/message/{id}/content{rest}");
    let progress = async || get(&stage, &token, &at("/transcoding")).await.body["status"].clone();
    assert_eq!(get(&stage, &token, &at("")).await.status, 202);
    assert_eq!(progress().await, "processing");
    stage.simulator.set_clock_offset_ms(61_000);
    let token = stage.line_token().await;
    assert_eq!(get(&stage, &token, &at("")).await.status, 200);
    assert_eq!(get(&stage, &token, &at("/transcoding")).await.body["status"], "succeeded");
    assert_eq!(get(&stage, &token, &at("/preview")).await.header("content-type"), "image/png");

    stage.on_line("customer-1", Action::Unsend { message_id: id.clone() }).await;
    for rest in ["", "/transcoding", "/preview"] {
        assert_eq!(get(&stage, &token, &at(rest)).await.status, 410, "{rest}");
    }
}

#[tokio::test]
async fn other_kinds_have_no_preview_and_no_transcoding() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let status = async |id: &str, rest: &str| {
        get(&stage, &token, &format!("/v2/bot/message/{id}/content{rest}")).await.status
    };
    let (audio, _) = sends(&stage, of(MediaKind::Audio)).await;
    assert_eq!(status(&audio, "/preview").await, 400);
    let (image, _) = sends(&stage, of(MediaKind::Image)).await;
    assert_eq!(status(&image, "/transcoding").await, 400);
    let words = stage.on_line("customer-1", text("?")).await.0.message_ids[0].clone();
    assert_eq!(status(&words, "").await, 400);
}

#[tokio::test]
async fn external_content_is_elsewhere() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (id, message) = sends(&stage, MediaAct { external: true, ..of(MediaKind::Image) }).await;
    let provider = &message["contentProvider"];
    assert_eq!(provider["type"], "external");
    assert_eq!(get(&stage, &token, &format!("/v2/bot/message/{id}/content")).await.status, 404);
    for name in ["originalContentUrl", "previewImageUrl"] {
        let file = stage.client.get(provider[name].as_str().unwrap()).send().await.unwrap();
        assert_eq!(
            (file.status().as_u16(), &file.headers()["content-type"]),
            (200, &"image/png".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn msg_4_an_album_may_come_in_parallel() {
    let stage = stage().await;
    let album = MediaAct { count: Some(10), apart: true, ..MediaAct::default() };
    let performed =
        stage.simulator.act(act(Provider::Line, "customer-1", Action::Media(album))).await.unwrap();
    assert_eq!(performed.message_ids.len(), 10);
    let sets: Vec<Value> = stage
        .simulator
        .take_webhooks()
        .iter()
        .map(|webhook| serde_json::from_str::<Value>(&webhook.body).unwrap())
        .map(|body| {
            assert_eq!(body["events"].as_array().unwrap().len(), 1);
            body["events"][0]["message"]["imageSet"].clone()
        })
        .collect();
    assert_eq!(sets.len(), 10);
    assert!(sets.iter().all(|set| set["id"] == sets[0]["id"] && set["total"] == 10));
    let mut indices: Vec<i64> = sets.iter().map(|set| set["index"].as_i64().unwrap()).collect();
    indices.sort_unstable();
    assert_eq!(indices, (1..=10).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_large_file_is_streamed() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let large = MediaAct { size_bytes: Some(200_000_000), ..of(MediaKind::Video) };
    let (id, _) = sends(&stage, large).await;
    let request = stage.request(Method::GET, &format!("/v2/bot/message/{id}/content")).bearer_auth(&token);
    let mut content = request.send().await.unwrap();
    assert_eq!(content.headers()["content-length"], "200000000");
    let (mut size, mut largest) = (0, 0);
    while let Some(piece) = content.chunk().await.unwrap() {
        size += piece.len();
        largest = largest.max(piece.len());
    }
    assert_eq!(size, 200_000_000);
    assert!(largest < 4 * MIB, "{largest} bytes at once");
}

async fn push(stage: &Stage, message: Value) -> Answer {
    let token = stage.line_token().await;
    let to = stage.simulator.peer(Provider::Line, demo::LINE_CHANNEL, "customer-1").unwrap();
    let body = json!({"to": to, "messages": [message]});
    answer(stage.request(Method::POST, "/v2/bot/message/push").bearer_auth(token).json(&body)).await
}

#[tokio::test]
async fn rpl_16_sent_files_are_fetched_when_they_are_opened() {
    let base = files(vec![
        ("/photo.png", "image/png", png(10 * MIB)),
        ("/small.png", "image/png", png(MIB)),
        ("/large.png", "image/png", png(10 * MIB + 1)),
        ("/preview.png", "image/png", png(MIB + 1)),
        ("/film.mp4", "video/mp4", mp4(5_000)),
        ("/voice.m4a", "application/octet-stream", b"\0\0\0\x18ftypM4A ".to_vec()),
        ("/sheet.pdf", "application/pdf", b"%PDF-1.4".to_vec()),
    ])
    .await;
    let stage = stage().await;
    stage.on_line("customer-1", text("?")).await;
    let url = |name: &str| format!("{base}/moved{name}");
    let image = |original: &str, preview: &str| json!({"type": "image", "originalContentUrl": url(original), "previewImageUrl": url(preview)});
    let cases = [
        (image("/photo.png", "/small.png"), None),
        (image("/large.png", "/small.png"), Some("larger than 10485760")),
        (image("/photo.png", "/preview.png"), Some("preview: the file is larger than 1048576")),
        (image("/photo.png", "/gone.png"), Some("preview: the address answered 404")),
        (image("/film.mp4", "/small.png"), Some("video/mp4 cannot be shown")),
        (
            json!({"type": "video", "originalContentUrl": url("/film.mp4"), "previewImageUrl": url("/small.png")}),
            None,
        ),
        (json!({"type": "audio", "originalContentUrl": url("/voice.m4a"), "duration": 3_000}), None),
        (
            json!({"type": "audio", "originalContentUrl": url("/sheet.pdf"), "duration": 3_000}),
            Some("application/pdf cannot"),
        ),
    ];
    for (message, problem) in cases {
        let sent = push(&stage, message.clone()).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let listed = stage.simulator.sent().into_iter().last().unwrap();
        assert_eq!(listed.media[0].opened, None, "nothing is fetched before the customer looks");
        let opened = stage.simulator.open_files(&listed.id).await;
        match problem {
            None => assert_eq!(opened[0].problem, None, "{message}"),
            Some(problem) => {
                assert!(
                    opened[0].problem.as_ref().is_some_and(|found| found.contains(problem)),
                    "{opened:?}"
                );
            }
        }
        let listed = stage.simulator.sent().into_iter().last().unwrap();
        assert_eq!(listed.media[0].opened.as_ref(), opened.first());
    }
}

#[tokio::test]
async fn the_phone_shows_what_was_sent() {
    let base = files(vec![("/photo.png", "image/png", png(64))]).await;
    let stage = stage().await;
    stage.on_line("customer-1", text("?")).await;
    let url = format!("{base}/photo.png");
    push(&stage, json!({"type": "image", "originalContentUrl": url, "previewImageUrl": url})).await;
    let view = stage.get("/customer/view").await.body;
    let file = view["line"]["thread"]["messages"][1]["files"][0].clone();
    assert_eq!(file["kind"], "image");
    let path = file["url"].as_str().unwrap();
    let shown = stage.request(Method::GET, path).send().await.unwrap();
    assert_eq!(shown.bytes().await.unwrap(), png(64));
    let preview = stage.request(Method::GET, &format!("{path}/preview")).send().await.unwrap();
    assert_eq!(preview.bytes().await.unwrap(), png(64));
    assert!(stage.simulator.sent()[0].media[0].opened.is_some(), "the phone opened it");
}

#[tokio::test]
async fn the_product_is_not_led_elsewhere_through_its_links() {
    let base = files(Vec::new()).await;
    let stage = stage().await;
    stage.on_line("customer-1", text("?")).await;
    for url in [format!("{base}/away"), "https://example.com/a.png".to_owned()] {
        push(&stage, json!({"type": "image", "originalContentUrl": url, "previewImageUrl": url})).await;
        let id = stage.simulator.sent().into_iter().last().unwrap().id;
        assert!(stage.simulator.open_files(&id).await[0].problem.is_some(), "{url}");
    }
}
