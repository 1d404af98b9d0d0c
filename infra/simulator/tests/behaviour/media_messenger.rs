//! Files on Messenger: addresses that stop working, attachments that are fetched at once, and personas.

use madoguchi_simulator::{Action, Echo, MediaAct, MediaKind, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Stage, answer, files, mp4, png, stage, text};

const MIB: usize = 1024 * 1024;

async fn send(stage: &Stage, psid: &str, message: Value) -> Answer {
    stage.send(&json!({"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": message})).await
}

fn attachment(kind: &str, url: &str) -> Value {
    json!({"attachment": {"type": kind, "payload": {"url": url}}})
}

#[tokio::test]
async fn msg_3_addresses_of_files_stop_working() {
    let stage = stage().await;
    stage.simulator.set_messenger_media_life_ms(60_000);
    for (kind, name, content_type) in [
        (MediaKind::Image, "image", "image/png"),
        (MediaKind::Video, "video", "video/mp4"),
        (MediaKind::Audio, "audio", "audio/mp4"),
        (MediaKind::File, "file", "application/pdf"),
    ] {
        stage.simulator.set_clock_offset_ms(0);
        let act = MediaAct { media: kind, size_bytes: Some(100_000), ..MediaAct::default() };
        let (_, event) = stage.on_messenger("customer-1", Action::Media(act)).await;
        let attachment = &event["message"]["attachments"][0];
        assert_eq!(attachment["type"], name);
        let url = attachment["payload"]["url"].as_str().unwrap();
        let status = async |url: &str| stage.client.get(url).send().await.unwrap().status().as_u16();
        let file = stage.client.get(url).send().await.unwrap();
        assert_eq!(
            (file.status().as_u16(), &file.headers()["content-type"]),
            (200, &content_type.parse().unwrap())
        );
        assert_eq!(file.bytes().await.unwrap().len(), 100_000);
        let expires = url.split("oe=").nth(1).unwrap().split('&').next().unwrap();
        assert_eq!(status(&url.replace(expires, "7fffffff")).await, 403, "a changed expiry");
        stage.simulator.set_clock_offset_ms(62_000);
        assert_eq!(status(url).await, 403, "an old address");
    }
}

#[tokio::test]
async fn several_pictures_are_one_message() {
    let stage = stage().await;
    let act = MediaAct { count: Some(4), ..MediaAct::default() };
    let (performed, event) = stage.on_messenger("customer-1", Action::Media(act)).await;
    assert_eq!(
        (performed.message_ids.len(), event["message"]["attachments"].as_array().unwrap().len()),
        (1, 4)
    );
}

#[tokio::test]
async fn rpl_16_attachments_are_fetched_at_once_within_their_limits() {
    let base = files(vec![
        ("/photo.png", "image/png", png(8 * MIB)),
        ("/large.png", "image/png", png(8 * MIB + 1)),
        ("/film.mp4", "video/mp4", mp4(25 * MIB)),
        ("/large.mp4", "video/mp4", mp4(25 * MIB + 1)),
        ("/sheet.pdf", "application/pdf", b"%PDF-1.4".to_vec()),
    ])
    .await;
    let stage = stage().await;
    let psid = stage.on_messenger("customer-1", text("?")).await.0.peer;
    let url = |name: &str| format!("{base}/moved{name}");
    for (kind, name) in
        [("image", "/photo.png"), ("video", "/film.mp4"), ("audio", "/film.mp4"), ("file", "/sheet.pdf")]
    {
        let sent = send(&stage, &psid, attachment(kind, &url(name))).await;
        assert_eq!(sent.status, 200, "{name}: {}", sent.body);
        assert!(sent.body.get("attachment_id").is_none());
        let listed = stage.simulator.sent().into_iter().last().unwrap();
        assert_eq!((listed.kind.as_str(), listed.media[0].opened.is_some()), (kind, true));
    }
    let accepted = stage.simulator.sent().len();
    for (kind, url, subcode) in [
        ("image", url("/large.png"), 2_018_109),
        ("video", url("/large.mp4"), 2_018_109),
        ("image", url("/sheet.pdf"), 2_018_047),
        ("video", url("/photo.png"), 2_018_047),
        ("image", url("/gone.png"), 2_018_008),
        ("image", format!("{base}/away"), 2_018_008),
        ("image", "https://example.com/a.png".to_owned(), 2_018_008),
    ] {
        let refused = send(&stage, &psid, attachment(kind, &url)).await;
        assert_eq!(refused.graph_error(), (100, Some(subcode)), "{kind} {url}");
    }
    let nothing = json!({"attachment": {"type": "image", "payload": {}}});
    assert_eq!(send(&stage, &psid, nothing).await.graph_error(), (100, Some(2_018_008)));
    assert_eq!(stage.simulator.sent().len(), accepted);
}

#[tokio::test]
async fn a_file_is_not_fetched_for_a_message_that_is_refused_anyway() {
    let base = files(vec![("/photo.png", "image/png", png(64))]).await;
    let stage = stage().await;
    let psid = stage.on_messenger("customer-1", text("?")).await.0.peer;
    stage.simulator.set_clock_offset_ms(25 * 3_600_000);
    let late = send(&stage, &psid, attachment("image", &format!("{base}/photo.png"))).await;
    assert_eq!(late.graph_error(), (10, Some(2_018_278)));
}

#[tokio::test]
async fn uploads_and_reusable_attachments_are_sent_by_their_id() {
    let base = files(vec![("/photo.png", "image/png", png(64))]).await;
    let stage = stage().await;
    let psid = stage.on_messenger("customer-1", text("?")).await.0.peer;
    let payload = json!({"url": format!("{base}/photo.png"), "is_reusable": true});
    let message = json!({"attachment": {"type": "image", "payload": payload}});
    let path = format!("/v26.0/{}/message_attachments", demo::PAGE);
    let uploaded = stage.graph_post(&path, &json!({"message": message})).await;
    let sent = send(&stage, &psid, message).await;
    for id in [&uploaded.body["attachment_id"], &sent.body["attachment_id"]] {
        assert!(id.is_string());
        let by_id = json!({"attachment": {"type": "image", "payload": {"attachment_id": id}}});
        assert_eq!(send(&stage, &psid, by_id).await.status, 200);
    }
    assert_eq!(stage.simulator.sent()[0].times_received, 3, "the same picture three times");
    let unknown = json!({"attachment": {"type": "image", "payload": {"attachment_id": "1"}}});
    assert_eq!(send(&stage, &psid, unknown).await.graph_error(), (100, Some(2_018_074)));
    stage.simulator.set_clock_offset_ms(91 * 86_400_000);
    stage.on_messenger("customer-1", text("?")).await;
    let old = json!({"attachment": {"type": "image", "payload": {"attachment_id": uploaded.body["attachment_id"]}}});
    assert_eq!(send(&stage, &psid, old).await.graph_error(), (100, Some(2_018_074)), "after 90 days");
}

#[tokio::test]
async fn the_echo_names_a_copy_of_the_file() {
    let base = files(vec![("/photo.png", "image/png", png(64))]).await;
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Before);
    let psid = stage.on_messenger("customer-1", text("?")).await.0.peer;
    stage.simulator.take_webhooks();
    send(&stage, &psid, attachment("image", &format!("{base}/photo.png"))).await;
    let echo: Value = serde_json::from_str(&stage.simulator.take_webhooks()[0].body).unwrap();
    let attachment = &echo["entry"][0]["messaging"][0]["message"]["attachments"][0];
    assert_eq!(attachment["type"], "image");
    let copy = attachment["payload"]["url"].as_str().unwrap();
    assert!(!copy.contains("photo.png"));
    assert_eq!(stage.client.get(copy).send().await.unwrap().bytes().await.unwrap(), png(64));
}

async fn graph(stage: &Stage, method: Method, path: &str) -> Answer {
    answer(stage.request(method, &format!("/v26.0{path}")).bearer_auth(demo::page_token(demo::PAGE))).await
}

#[tokio::test]
async fn snd_3_personas_are_made_listed_used_and_removed() {
    let base = files(vec![
        ("/face.png", "image/png", png(64)),
        ("/large.png", "image/png", png(8 * MIB + 1)),
        ("/face.txt", "text/plain", b"no face".to_vec()),
    ])
    .await;
    let stage = stage().await;
    let psid = stage.on_messenger("customer-1", text("?")).await.0.peer;
    let path = format!("/{}/personas", demo::PAGE);
    let create = async |name: &str, picture: &str| {
        let body = json!({"name": name, "profile_picture_url": format!("{base}{picture}")});
        stage.graph_post(&format!("/v26.0{path}"), &body).await
    };
    let mut ids = Vec::new();
    for name in ["佐藤", "鈴木", &"長".repeat(50)] {
        ids.push(create(name, "/face.png").await.body["id"].as_str().unwrap().to_owned());
    }
    for (name, picture) in [
        ("長".repeat(51).as_str(), "/face.png"),
        ("a", "/large.png"),
        ("a", "/face.txt"),
        ("a", "/gone.png"),
        ("", "/face.png"),
    ] {
        assert_eq!(create(name, picture).await.graph_error().0, 100, "{name} {picture}");
    }

    let listed = graph(&stage, Method::GET, &format!("{path}?limit=2")).await.body;
    assert_eq!(listed["data"][1]["name"], "鈴木");
    assert!(listed["paging"]["next"].as_str().unwrap().contains("after=2"));
    let rest = graph(&stage, Method::GET, &format!("{path}?limit=2&after=2")).await.body;
    assert_eq!((rest["data"].as_array().unwrap().len(), rest["paging"].get("next")), (1, None));
    assert_eq!(graph(&stage, Method::GET, &format!("/{}", ids[0])).await.body["name"], "佐藤");

    let send_as = async |persona: &str| {
        let body = json!({
            "recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": {"text": "a"}, "persona_id": persona,
        });
        stage.send(&body).await
    };
    assert_eq!(send_as(&ids[0]).await.status, 200);
    assert_eq!(stage.simulator.sent()[0].sender_name.as_deref(), Some("佐藤"));
    assert_eq!(graph(&stage, Method::DELETE, &format!("/{}", ids[0])).await.body, json!({"success": true}));
    for persona in [ids[0].as_str(), "1"] {
        assert_eq!(send_as(persona).await.graph_error(), (100, None));
        assert_eq!(
            graph(&stage, Method::DELETE, &format!("/{persona}")).await.graph_error(),
            (100, Some(33))
        );
    }
    assert_eq!(graph(&stage, Method::GET, &path).await.body["data"].as_array().unwrap().len(), 2);
    assert_eq!(stage.simulator.sent().len(), 1);
}
