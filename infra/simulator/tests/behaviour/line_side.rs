//! LINE's tokens, profiles, contents and webhook settings.

use madoguchi_simulator::{Action, Options, demo};
use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Product, Stage, answer, stage, stage_with, text};

async fn get(stage: &Stage, token: &str, path: &str) -> Answer {
    answer(stage.request(Method::GET, path).bearer_auth(token)).await
}

#[tokio::test]
async fn a_stateless_token_lives_fifteen_minutes() {
    let stage = stage().await;
    let issued = stage.issue_line_token(demo::LINE_SECRET).await;
    assert_eq!(
        (issued.body["expires_in"].as_i64(), issued.body["token_type"].as_str()),
        (Some(900), Some("Bearer"))
    );
    let token = issued.body["access_token"].as_str().unwrap();
    assert_eq!(get(&stage, token, "/v2/bot/info").await.body["displayName"], "デモ商店");

    stage.simulator.set_clock_offset_ms(901_000);
    let refused = get(&stage, token, "/v2/bot/info").await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.body["message"]
            .as_str()
            .unwrap()
            .starts_with("Authentication failed due to the following reason")
    );
}

#[tokio::test]
async fn a_wrong_secret_or_a_json_body_gets_no_token() {
    let stage = stage().await;
    let wrong = stage.issue_line_token("guess").await;
    assert_eq!((wrong.status, &wrong.body["error"]), (400, &json!("invalid_request")));
    let body = json!({"grant_type": "client_credentials", "client_id": demo::LINE_CHANNEL, "client_secret": demo::LINE_SECRET});
    assert_eq!(answer(stage.request(Method::POST, "/oauth2/v3/token").json(&body)).await.status, 400);

    let new = stage.simulator.rotate_line_secret(demo::LINE_CHANNEL, None).unwrap();
    assert_eq!(stage.issue_line_token(demo::LINE_SECRET).await.status, 400, "the old secret is dead at once");
    assert_eq!(stage.issue_line_token(&new).await.status, 200);
}

#[tokio::test]
async fn revoked_tokens_are_refused_and_new_ones_work() {
    let stage = stage().await;
    let token = stage.line_token().await;
    stage.simulator.revoke_line_tokens(demo::LINE_CHANNEL);
    assert_eq!(get(&stage, &token, "/v2/bot/info").await.status, 401);
    let token = stage.line_token().await;
    assert_eq!(get(&stage, &token, "/v2/bot/info").await.status, 200);
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let stage = stage().await;
    let token = stage.line_token().await;
    for path in ["/v2/bot/info", "/v2/bot/profile/nobody", "/v2/bot/no/such/path", "/v2/bot/message/quota"] {
        assert_eq!(get(&stage, &token, path).await.header("x-line-request-id").len(), 36, "{path}");
    }
    assert_eq!(stage.issue_line_token("guess").await.header("x-line-request-id").len(), 36);
}

#[tokio::test]
async fn a_profile_disappears_when_the_customer_blocks() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-2", text("?")).await;
    let path = format!("/v2/bot/profile/{}", performed.peer);
    let profile = get(&stage, &token, &path).await;
    assert_eq!(
        (profile.body["displayName"].as_str(), profile.body["userId"].as_str()),
        (Some("けんけん🐟"), Some(&*performed.peer))
    );
    stage.on_line("customer-2", Action::Unfollow).await;
    assert_eq!(get(&stage, &token, &path).await.status, 404);
}

#[tokio::test]
async fn content_is_there_until_it_is_unsent() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, event) = stage.on_line("customer-1", Action::Image { count: Some(1) }).await;
    assert_eq!(event["message"]["contentProvider"]["type"], "line");
    let id = performed.message_ids[0].clone();
    let path = format!("/v2/bot/message/{id}/content");
    let content = stage.request(Method::GET, &path).bearer_auth(&token).send().await.unwrap();
    assert_eq!(content.headers()["content-type"], "image/png");
    assert!(content.bytes().await.unwrap().starts_with(b"\x89PNG"));

    stage.on_line("customer-1", Action::Unsend { message_id: id }).await;
    assert_eq!(get(&stage, &token, &path).await.status, 410);
    assert_eq!(get(&stage, &token, "/v2/bot/message/1/content").await.status, 404);
}

#[tokio::test]
async fn an_album_says_which_picture_is_which() {
    let stage = stage().await;
    let (performed, event) = stage.on_line("customer-1", Action::Image { count: Some(3) }).await;
    assert_eq!(performed.message_ids.len(), 3);
    assert_eq!(
        (event["message"]["imageSet"]["index"].as_i64(), event["message"]["imageSet"]["total"].as_i64()),
        (Some(1), Some(3))
    );
}

#[tokio::test]
async fn the_loading_animation_is_for_single_people_and_a_while() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let (performed, _) = stage.on_line("customer-1", text("?")).await;
    let start = async |body: serde_json::Value| {
        let request = stage.request(Method::POST, "/v2/bot/chat/loading/start").bearer_auth(&token);
        answer(request.json(&body)).await.status
    };
    let typing = async || stage.get("/customer/view").await.body["line"]["thread"]["typing"].clone();
    assert_eq!(start(json!({"chatId": performed.peer, "loadingSeconds": 60})).await, 202);
    assert_eq!(typing().await, true);
    stage.push(&token, &performed.peer, "a", None).await;
    assert_eq!(typing().await, false, "a message ends it");
    assert_eq!(start(json!({"chatId": performed.peer})).await, 202);
    let group = stage.simulator.groups(demo::LINE_CHANNEL)[0].clone();
    for body in [
        json!({"chatId": group}),
        json!({}),
        json!({"chatId": performed.peer, "loadingSeconds": 7}),
        json!({"chatId": performed.peer, "loadingSeconds": 65}),
        json!({"chatId": performed.peer, "loadingSeconds": 0}),
    ] {
        assert_eq!(start(body.clone()).await, 400, "{body}");
    }
}

#[tokio::test]
async fn marking_as_read_covers_everything_before() {
    let stage = stage().await;
    let token = stage.line_token().await;
    stage.on_line("customer-1", text("first")).await;
    let (_, second) = stage.on_line("customer-1", text("second")).await;
    stage.on_line("customer-1", text("third")).await;
    let mark = async |read: serde_json::Value| {
        let request = stage.request(Method::POST, "/v2/bot/chat/markAsRead").bearer_auth(&token);
        answer(request.json(&json!({"markAsReadToken": read}))).await
    };
    let marked = mark(second["message"]["markAsReadToken"].clone()).await;
    assert_eq!((marked.status, marked.body), (200, json!({})));
    let messages = stage.get("/customer/view").await.body["line"]["thread"]["messages"].clone();
    let read: Vec<_> = messages.as_array().unwrap().iter().map(|message| message["read"].clone()).collect();
    assert_eq!(read, [true, true, false]);
    for wrong in [json!("guess"), json!(null)] {
        assert_eq!(mark(wrong).await.status, 400);
    }
    let shown = stage.get("/control/shown").await.body["items"].clone();
    assert_eq!(shown.as_array().unwrap().len(), 1, "what was refused shows nothing: {shown}");
    let (what, through) = (&shown[0]["what"], &shown[0]["through"]);
    assert_eq!((what, through), (&json!("mark_as_read"), &second["message"]["id"]));
}

#[tokio::test]
async fn followers_are_friends_who_have_not_blocked() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let mut peers = Vec::new();
    for customer in ["customer-1", "customer-2", "customer-3"] {
        peers.push(stage.on_line(customer, Action::Follow).await.0.peer);
    }
    stage.on_line("customer-4", text("no friend")).await;
    stage.on_line("customer-2", Action::Unfollow).await;
    peers.remove(1);
    peers.sort();
    let first = get(&stage, &token, "/v2/bot/followers/ids?limit=1").await.body;
    assert_eq!(first["userIds"], json!([peers[0]]));
    let next = first["next"].as_str().unwrap();
    let second = get(&stage, &token, &format!("/v2/bot/followers/ids?limit=1&start={next}")).await.body;
    assert_eq!((&second["userIds"], second.get("next")), (&json!([peers[1]]), None));
    for wrong in ["limit=0", "limit=1001", "limit=x", "start=x"] {
        assert_eq!(
            get(&stage, &token, &format!("/v2/bot/followers/ids?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_webhook_endpoint_is_read_set_and_tested() {
    let (product, api) = Product::start(0).await;
    let stage = stage_with(Options::default()).await;
    let token = stage.line_token().await;
    let path = "/v2/bot/channel/webhook/endpoint";
    assert_eq!(get(&stage, &token, path).await.status, 404);
    let test = || {
        answer(
            stage.request(Method::POST, "/v2/bot/channel/webhook/test").bearer_auth(&token).json(&json!({})),
        )
    };
    assert_eq!(test().await.status, 404);

    let refused = stage
        .request(Method::PUT, path)
        .bearer_auth(&token)
        .json(&json!({"endpoint": "http://example.com/"}));
    assert_eq!(answer(refused).await.status, 400);
    let endpoint = format!("{api}/webhooks/line/abc");
    let set = stage.request(Method::PUT, path).bearer_auth(&token).json(&json!({"endpoint": endpoint}));
    assert_eq!(answer(set).await.status, 200);
    assert_eq!(get(&stage, &token, path).await.body, json!({"endpoint": endpoint, "active": true}));

    let tested = test().await;
    assert_eq!(
        (tested.body["success"].as_bool(), tested.body["statusCode"].as_i64()),
        (Some(true), Some(200))
    );
    assert_eq!(product.bodies()[0]["events"], json!([]));
    for _ in 0..59 {
        test().await;
    }
    assert_eq!(test().await.status, 429, "sixty tests an hour");
}

#[tokio::test]
async fn a_test_of_the_endpoint_tells_why_it_failed() {
    let (product, api) = Product::start(0).await;
    let stage = stage_with(Options::default()).await;
    let token = stage.line_token().await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let fine = format!("{api}/webhooks/line/abc");
    for (endpoint, reason) in [
        (fine.as_str(), "OK"),
        (nobody.as_str(), "COULD_NOT_CONNECT"),
        // An address elsewhere is never called.
        ("https://inbox.example.test/webhooks/line/abc", "COULD_NOT_CONNECT"),
    ] {
        stage.simulator.set_line_endpoint(demo::LINE_CHANNEL, Some(endpoint));
        let request = stage.request(Method::POST, "/v2/bot/channel/webhook/test").bearer_auth(&token);
        let tested = answer(request.json(&json!({}))).await.body;
        assert_eq!(tested["reason"], reason, "{endpoint}");
        assert_eq!(tested["success"], reason == "OK", "{endpoint}");
    }
    assert_eq!(product.bodies().len(), 1);
}

#[tokio::test]
async fn chat_and_reading_go_together() {
    let stage = stage().await;
    let token = stage.line_token().await;
    for (chat, mode, reading) in [(true, "chat", "manual"), (false, "bot", "auto")] {
        stage.simulator.set_line_switches(demo::LINE_CHANNEL, true, chat);
        let info = get(&stage, &token, "/v2/bot/info").await.body;
        assert_eq!((&info["chatMode"], &info["markAsReadMode"]), (&json!(mode), &json!(reading)));
    }
}

#[tokio::test]
async fn bodies_have_a_type_and_a_limit() {
    let stage = stage().await;
    let token = stage.line_token().await;
    let push = || stage.request(Method::POST, "/v2/bot/message/push").bearer_auth(&token);
    assert_eq!(answer(push().header("content-type", "text/plain").body("{}")).await.status, 415);
    assert_eq!(answer(push().header("content-type", "application/json").body("{")).await.status, 400);
    let huge = "x".repeat(2 * 1024 * 1024 + 1);
    assert_eq!(answer(push().header("content-type", "application/json").body(huge)).await.status, 413);
}
