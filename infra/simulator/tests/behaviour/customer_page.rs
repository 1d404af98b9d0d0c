//! What the customer's page relies on: its language, files of the person's own, and what a phone shows of a message.

use madoguchi_simulator::{Options, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Product, Stage, answer, files, png, stage, stage_with, text};

/// Percent-encoded, as the page does it.
const NAME: &str = "%E5%86%99%E7%9C%9F%201.png";
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\nchosen";

async fn give(stage: &Stage, content_type: &str, bytes: Vec<u8>) -> Answer {
    let request = stage.request(Method::POST, "/control/files").header("content-type", content_type);
    answer(request.header("x-file-name", NAME).body(bytes)).await
}

async fn given(stage: &Stage, content_type: &str, bytes: &[u8]) -> String {
    let answer = give(stage, content_type, bytes.to_vec()).await;
    assert_eq!((answer.status, &answer.body["size_bytes"]), (200, &json!(bytes.len())), "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn send(stage: &Stage, provider: &str, kind: &str, files: &[&str]) -> Answer {
    let act = json!({"provider": provider, "kind": "media", "media": kind, "files": files});
    answer(stage.request(Method::POST, "/control/act").json(&act)).await
}

async fn view(stage: &Stage) -> Value {
    stage.get("/customer/view").await.body
}

#[tokio::test]
async fn the_page_is_in_the_language_that_the_browser_asks_for() {
    let stage = stage().await;
    for (accept, expected) in [("ja-JP,en;q=0.5", "ja"), ("en-GB,ja;q=0.3", "en"), ("fr", "en")] {
        let response =
            stage.request(Method::GET, "/").header("accept-language", accept).send().await.unwrap();
        assert_eq!(response.headers()["vary"], "accept-language");
        let html = response.text().await.unwrap();
        assert!(html.contains(&format!("<html lang=\"{expected}\">")), "{accept}");
    }
}

#[tokio::test]
async fn a_chosen_file_reaches_the_company_as_it_is() {
    let stage = stage().await;
    let line_token = stage.line_token().await;
    for provider in ["messenger", "line", "whatsapp", "sms"] {
        let id = given(&stage, "image/png", PICTURE).await;
        let sent = send(&stage, provider, "image", &[&id]).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let message = sent.body["message_ids"][0].as_str().unwrap();
        let body = sent.body["webhook"]["body"].as_str().unwrap();
        let url = match provider {
            "messenger" => serde_json::from_str::<Value>(body).unwrap()["entry"][0]["messaging"][0]["message"]
                ["attachments"][0]["payload"]["url"]
                .as_str()
                .unwrap()
                .to_owned(),
            "line" => format!("{}/v2/bot/message/{message}/content", stage.simulator.base_url),
            _ => format!("{}/files/{id}", stage.simulator.base_url),
        };
        let file = stage.client.get(url).bearer_auth(&line_token).send().await.unwrap();
        assert_eq!(
            (file.status().as_u16(), &file.headers()["content-type"]),
            (200, &"image/png".parse().unwrap())
        );
        assert_eq!(file.bytes().await.unwrap(), PICTURE, "{provider}");
        let shown = &view(&stage).await[provider]["thread"]["messages"][0]["files"][0];
        assert_eq!((&shown["kind"], &shown["url"]), (&json!("image"), &json!(format!("/files/{id}"))));
    }
}

#[tokio::test]
async fn several_chosen_pictures_are_an_album_and_a_document_has_its_name() {
    let stage = stage().await;
    let (first, second) =
        (given(&stage, "image/png", PICTURE).await, given(&stage, "image/jpeg", b"\xff\xd8\xff2").await);
    let album = send(&stage, "line", "image", &[&first, &second]).await.body;
    assert_eq!(album["message_ids"].as_array().unwrap().len(), 2);
    let events: Value = serde_json::from_str(album["webhook"]["body"].as_str().unwrap()).unwrap();
    assert_eq!(events["events"][1]["message"]["imageSet"]["total"], 2);

    let id = given(&stage, "text/plain", b"words").await;
    let sent = send(&stage, "line", "file", &[&id]).await.body;
    let events: Value = serde_json::from_str(sent["webhook"]["body"].as_str().unwrap()).unwrap();
    let message = &events["events"][0]["message"];
    assert_eq!((&message["fileName"], &message["fileSize"]), (&json!("写真 1.png"), &json!(5)));
}

#[tokio::test]
async fn what_a_provider_does_not_send_is_refused() {
    let stage = stage().await;
    let nameless = stage.request(Method::POST, "/control/files").body("a");
    assert_eq!(answer(nameless).await.status, 400);
    assert_eq!(give(&stage, "image/png", Vec::new()).await.status, 400);
    assert_eq!(give(&stage, "video/mp4", vec![0; 25 * 1024 * 1024 + 1]).await.status, 413);

    let document = given(&stage, "application/pdf", b"%PDF-").await;
    let large = given(&stage, "image/png", &vec![7; 5 * 1024 * 1024 + 1]).await;
    for (provider, kind, file, status) in [
        ("line", "image", document.as_str(), 409),
        ("sms", "file", &document, 409),
        ("sms", "image", &large, 409),
        ("whatsapp", "image", "no-such-file", 404),
    ] {
        let refused = send(&stage, provider, kind, &[file]).await;
        assert_eq!(refused.status, status, "{provider} {kind}: {}", refused.body);
        assert_eq!(view(&stage).await[provider]["thread"]["messages"].as_array().map_or(0, Vec::len), 0);
    }
    assert_eq!(send(&stage, "whatsapp", "image", &[&large]).await.status, 200);
}

#[tokio::test]
async fn what_a_browser_would_run_is_only_saved() {
    let stage = stage().await;
    for (content_type, saved) in [("text/html", true), ("image/svg+xml", true), ("image/png", false)] {
        let id = given(&stage, content_type, b"<script>").await;
        assert_eq!(send(&stage, "line", "file", &[&id]).await.status, 200);
        let file = stage.request(Method::GET, &format!("/files/{id}")).send().await.unwrap();
        assert_eq!(file.headers().contains_key("content-disposition"), saved, "{content_type}");
        assert_eq!(file.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn the_view_says_whether_the_company_was_told() {
    let stage = stage().await;
    stage.on_messenger("customer-1", text("nobody hears this")).await;
    let arrival = async |stage: &Stage, index: usize| {
        view(stage).await["messenger"]["thread"]["messages"][index]["arrival"]["state"].clone()
    };
    assert_eq!(arrival(&stage, 0).await, "unsent");

    let (_, base) = Product::start(1).await;
    let told = stage_with(Options { api: Some(base), ..Options::default() }).await;
    told.on_messenger("customer-1", text("refused")).await;
    told.on_messenger("customer-1", text("taken")).await;
    assert_eq!((arrival(&told, 0).await, arrival(&told, 1).await), (json!("error"), json!("ok")));

    let webhook = told.simulator.webhooks()[0].id;
    let again = told.request(Method::POST, "/control/redeliver").json(&json!({"webhook_id": webhook}));
    assert_eq!(answer(again).await.status, 200);
    assert_eq!(arrival(&told, 0).await, "ok", "repeated");
}

#[tokio::test]
async fn senders_have_their_picture_and_answers_what_they_answer() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let base = files(vec![("/face.png", "image/png", png(500))]).await;
    let (wrote, event) = stage.on_line("customer-1", text("いつ届きますか?")).await;
    let sender = |name: &str, picture: &str| json!({"name": name, "iconUrl": format!("{base}{picture}")});
    let body = json!({"to": wrote.peer, "messages": [
        {"type": "text", "text": "明日です", "quoteToken": event["message"]["quoteToken"], "sender": sender("佐藤", "/face.png")},
        {"type": "text", "text": "午前中に", "sender": sender("鈴木", "/gone.png")},
    ]});
    let push = stage.request(Method::POST, "/v2/bot/message/push").bearer_auth(&token).json(&body);
    assert_eq!(answer(push).await.status, 200);

    let messages = view(&stage).await["line"]["thread"]["messages"].clone();
    assert_eq!(
        messages[1]["quote"],
        json!({"id": wrote.message_ids[0], "kind": "text", "text": "いつ届きますか?", "from_company": false})
    );
    let picture = async |index: usize| {
        let path = messages[index]["sender_picture"].as_str().unwrap();
        stage.request(Method::GET, path).send().await.unwrap().bytes().await.unwrap()
    };
    assert_eq!((&messages[0]["sender_picture"], &messages[0]["quote"]), (&Value::Null, &Value::Null));
    assert_eq!(picture(1).await, png(500));
    assert!(picture(2).await.starts_with(b"\x89PNG"), "a face in place of one that cannot be had");
    assert_eq!(stage.get("/customer/senders/1").await.status, 404);

    let answered = messages[2]["id"].clone();
    let act = json!({"provider": "line", "kind": "text", "text": "はい", "quote": answered});
    assert_eq!(answer(stage.request(Method::POST, "/control/act").json(&act)).await.status, 200);
    assert_eq!(view(&stage).await["line"]["thread"]["messages"][3]["quote"]["id"], answered);
}

#[tokio::test]
async fn a_new_customer_has_a_language_that_the_providers_hand_out() {
    let stage = stage().await;
    let new = json!({"name": "Nadia Haddad", "language": "en"});
    let id = answer(stage.request(Method::POST, "/control/customers").json(&new)).await.body["id"].clone();
    let id = id.as_str().unwrap();
    let listed = view(&stage).await["customers"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&listed["name"], &listed["language"]), (&json!("Nadia Haddad"), &json!("en")));

    let (wrote, _) = stage.on_line(id, text("Hello")).await;
    let profile = stage.request(Method::GET, &format!("/v2/bot/profile/{}", wrote.peer));
    assert_eq!(answer(profile.bearer_auth(stage.line_token().await)).await.body["language"], "en");
    let (wrote, _) = stage.on_messenger(id, text("Hello")).await;
    let profile = stage.request(Method::GET, &format!("/v26.0/{}?fields=locale", wrote.peer));
    assert_eq!(answer(profile.bearer_auth(demo::page_token(demo::PAGE))).await.body["locale"], "en_US");
}

#[tokio::test]
async fn typing_ends_by_itself() {
    let stage = stage().await;
    let (wrote, _) = stage.on_messenger("customer-1", text("?")).await;
    let typing = json!({"recipient": {"id": wrote.peer}, "sender_action": "typing_on"});
    assert_eq!(stage.send(&typing).await.status, 200);
    let left = view(&stage).await["messenger"]["thread"]["typing_for_ms"].as_i64().unwrap();
    assert!((1..=60_000).contains(&left), "{left}");
    stage.simulator.set_clock_offset_ms(120_000);
    assert_eq!(view(&stage).await["messenger"]["thread"]["typing_for_ms"], 0);
}
