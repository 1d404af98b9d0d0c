//! The customer's page: what it may load, who may use it; and the way to the product's console.

use axum::{
    Json, Router,
    extract::Request,
    http::StatusCode,
    response::{AppendHeaders, IntoResponse},
};
use madoguchi_simulator::{Echo, Options, Provider, demo};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{answer, stage, stage_with, tls};

#[tokio::test]
async fn pages_load_nothing_inline_and_nothing_from_elsewhere() {
    let stage = stage().await;
    for path in ["/"] {
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
    for asset in ["style.css", "customer.css", "dom.js", "customer.js"] {
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

/// Plays the product.
async fn product() -> String {
    async fn serve(request: Request) -> impl IntoResponse {
        let header = |name: &str| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
        };
        let seen = json!({
            "method": request.method().as_str(),
            "path": request.uri().to_string(),
            "cookie": header("cookie"),
        });
        let cookies =
            AppendHeaders([("set-cookie", "a=1"), ("set-cookie", "b=2"), ("location", "/elsewhere")]);
        (StatusCode::SEE_OTHER, cookies, Json(seen))
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(serve)).await.unwrap() });
    base
}

#[tokio::test]
async fn the_console_is_passed_on_with_its_cookies_and_redirects() {
    let stage = stage().await;
    assert_eq!(stage.request(Method::GET, "/console").send().await.unwrap().status(), 502);
    let stage = stage_with(Options { api: Some(product().await), ..Options::default() }).await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    let client = client.tls_backend_preconfigured(tls()).build().unwrap();
    for path in ["/console", "/console/inbox/1?section=mine"] {
        let url = format!("{}{path}", stage.simulator.base_url);
        let answer = client.post(url).header("cookie", "c=3").body("{}").send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &"/elsewhere".parse().unwrap())
        );
        let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        let seen: Value = answer.json().await.unwrap();
        assert_eq!(seen, json!({ "method": "POST", "path": path, "cookie": "c=3" }));
    }
}
