//! The two pages: what they may load, who may use them, and the way to the product's API.

use axum::{Json, Router, extract::Request, http::StatusCode, response::IntoResponse};
use madoguchi_simulator::{Echo, Options, Provider, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Stage, answer, stage, stage_with};

#[tokio::test]
async fn pages_load_nothing_inline_and_nothing_from_elsewhere() {
    let stage = stage().await;
    for path in ["/", "/operator"] {
        let response = stage.request(Method::GET, path).send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let html = response.text().await.unwrap();
        for forbidden in ["<style", "style=", "onclick", "https://", "http://"] {
            assert!(!html.contains(forbidden), "{path} contains {forbidden}");
        }
        assert!(
            !html.replace("<script type=\"module\" src=", "").contains("<script"),
            "{path} has an inline script"
        );
    }
    for asset in ["style.css", "customer.css", "dom.js", "customer.js", "operator.js"] {
        assert_eq!(stage.get(&format!("/assets/{asset}")).await.status, 200, "{asset}");
    }
}

#[tokio::test]
async fn every_module_that_the_customers_page_imports_is_served() {
    let stage = stage().await;
    let mut wanted = vec!["customer.js".to_owned()];
    let mut served = 0;
    while let Some(name) = wanted.get(served).cloned() {
        let response = stage.request(Method::GET, &format!("/assets/{name}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{name}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/javascript"));
        let source = response.text().await.unwrap();
        let imported = source.lines().filter_map(|line| line.split(" from \"./").nth(1)?.split('"').next());
        for module in imported {
            if !wanted.iter().any(|known| known == module) {
                wanted.push(module.to_owned());
            }
        }
        served += 1;
    }
    assert!(served > 4, "{wanted:?}");
}

#[tokio::test]
async fn only_this_machines_names_are_answered() {
    let stage = stage().await;
    let foreign = stage.request(Method::GET, "/control/state").header("host", "rebound.example:4580");
    assert_eq!(answer(foreign).await.status, 421);
}

#[tokio::test]
async fn the_view_shows_both_chats() {
    let stage = stage().await;
    let act = json!({"provider": "line", "customer": "customer-2", "kind": "text", "text": "こんにちは"});
    let done = answer(stage.request(Method::POST, "/control/act").json(&act)).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let view = stage.get("/customer/view?customer=customer-2").await.body;
    assert_eq!(view["line"]["thread"]["messages"][0]["text"], "こんにちは");
    assert_eq!(view["messenger"]["thread"], Value::Null);
    assert_eq!(view["webhooks"][0]["state"], "unsent");
}

#[tokio::test]
async fn the_view_shows_whatsapp_and_sms_with_what_became_of_each_message() {
    let stage = stage().await;
    stage.simulator.set_echo(Echo::Off);
    for (provider, from, name) in
        [(Provider::WhatsApp, demo::WHATSAPP_SENDER, "whatsapp"), (Provider::Sms, demo::SMS_SENDER, "sms")]
    {
        let to = stage.address(provider, "customer-1").await;
        stage.twilio(&[("From", from), ("To", &to), ("Body", "はい")]).await;
        stage.simulator.write(provider, "customer-1", "STOP").await.unwrap();
        let side = stage.get("/customer/view?customer=customer-1").await.body[name].clone();
        assert_eq!((&side["account"], &side["accounts"][0]["id"]), (&json!(from), &json!(from)));
        let messages = side["thread"]["messages"].as_array().unwrap();
        let texts: Vec<&str> = messages.iter().map(|message| message["text"].as_str().unwrap()).collect();
        assert_eq!(texts, ["?", "はい", "STOP"]);
        assert_eq!((&messages[0]["status"], &messages[1]["status"]), (&Value::Null, &json!("delivered")));
        assert_eq!(side["thread"]["opted_out"], true);
    }
    let place =
        json!({"provider": "whatsapp", "kind": "attachment", "attachment": "location", "title": "本店"});
    assert_eq!(answer(stage.request(Method::POST, "/control/act").json(&place)).await.status, 200);
    let view = stage.get("/customer/view").await.body;
    assert_eq!(view["whatsapp"]["thread"]["messages"][3]["place"]["title"], "本店");
    assert_eq!(view["webhooks"][0]["what"], "location");
}

/// Plays the identity provider and the product's API.
async fn company() -> String {
    async fn serve(request: Request) -> impl IntoResponse {
        let path = request.uri().path().to_owned();
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
        };
        if path.starts_with("/api/") {
            let seen = json!({
                "path": request.uri().to_string(),
                "authorization": header("authorization"),
                "idempotency_key": header("idempotency-key"),
                "cookie": header("cookie"),
            });
            return (StatusCode::OK, Json(seen));
        }
        let body = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        if body["AuthParameters"]["PASSWORD"] != "right" {
            return (
                StatusCode::BAD_REQUEST,
                Json(
                    json!({"__type": "NotAuthorizedException", "message": "Incorrect username or password."}),
                ),
            );
        }
        assert_eq!((&body["AuthFlow"], &body["ClientId"]), (&json!("USER_PASSWORD_AUTH"), &json!("client")));
        // The payload says: {"cognito:groups":["administrators"]}
        let token = "h.eyJjb2duaXRvOmdyb3VwcyI6WyJhZG1pbmlzdHJhdG9ycyJdfQ.s";
        (
            StatusCode::OK,
            Json(json!({"AuthenticationResult": {"IdToken": token, "ExpiresIn": 3600, "RefreshToken": "r"}})),
        )
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(serve)).await.unwrap() });
    base
}

async fn log_in(stage: &Stage, password: &str) -> (u16, Value, String) {
    let body = json!({"email": "op@example.com", "password": password});
    let request = stage.request(Method::POST, "/operator/login").header("x-operator-page", "1").json(&body);
    let answer = answer(request).await;
    (answer.status, answer.body.clone(), answer.header("set-cookie").to_owned())
}

#[tokio::test]
async fn an_operator_signs_in_and_calls_the_api_without_seeing_a_token() {
    let base = company().await;
    let options = Options {
        api: Some(base.clone()),
        cognito_endpoint: Some(base),
        cognito_client_id: Some("client".into()),
        ..Options::default()
    };
    let stage = stage_with(options).await;
    assert_eq!(stage.get("/operator/api/conversations").await.status, 401);
    let (status, body, _) = log_in(&stage, "wrong").await;
    assert_eq!((status, &body["error"]["message"]), (401, &json!("Incorrect username or password.")));

    let (status, body, cookie) = log_in(&stage, "right").await;
    assert_eq!(status, 200);
    assert_eq!(body["person"], json!({"email": "op@example.com", "groups": ["administrators"]}));
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = cookie.split(';').next().unwrap().to_owned();

    let call = || {
        stage.request(Method::POST, "/operator/api/conversations/c/messages?x=1").header("cookie", &cookie)
    };
    assert_eq!(answer(call()).await.status, 403, "without the page's header");
    let through =
        answer(call().header("x-operator-page", "1").header("idempotency-key", "k-1").body("{}")).await;
    assert_eq!(through.body["path"], "/api/conversations/c/messages?x=1");
    assert!(through.body["authorization"].as_str().unwrap().starts_with("Bearer h."));
    assert_eq!(through.body["idempotency_key"], "k-1");
    assert_eq!(through.body["cookie"], Value::Null);

    let leave = stage
        .request(Method::POST, "/operator/logout")
        .header("x-operator-page", "1")
        .header("cookie", &cookie);
    assert_eq!(answer(leave).await.status, 204);
    assert_eq!(answer(call().header("x-operator-page", "1")).await.status, 401);
}
