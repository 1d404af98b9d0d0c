//! The login dialog on Meta's side, and what a login is worth of which something was left out.

use madoguchi_simulator::{Consent, demo};
use reqwest::{Method, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{Stage, stage};

const BACK: &str = "http://127.0.0.1:1/oauth/facebook";

fn address(client: &str, back: &str, scope: &str) -> String {
    let back = back.replace(':', "%3A").replace('/', "%2F");
    format!(
        "/v26.0/dialog/oauth?client_id={client}&redirect_uri={back}&state=s%201&response_type=code&scope={scope}"
    )
}

async fn token(stage: &Stage, consent: &Consent) -> String {
    let asked = address(demo::APP_ID, BACK, "pages_messaging,pages_show_list,pages_manage_metadata");
    let back = stage.simulator.consent(&asked, consent).unwrap();
    let code = back.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let path = format!(
        "/v26.0/oauth/access_token?client_id={}&client_secret={}&redirect_uri={BACK}&code={code}",
        demo::APP_ID,
        demo::APP_SECRET
    );
    stage.get(&path).await.body["access_token"].as_str().unwrap().to_owned()
}

async fn ask(stage: &Stage, path: &str, token: &str) -> Value {
    stage.get(&format!("/v26.0/{path}?access_token={token}")).await.body
}

#[tokio::test]
async fn an_unknown_app_a_foreign_redirect_and_an_unknown_permission_are_refused() {
    let stage = stage().await;
    stage.simulator.set_redirect_uris(&[BACK]);
    for (path, status) in [
        (address(demo::APP_ID, BACK, "pages_messaging"), 200),
        (address("1", BACK, "pages_messaging"), 400),
        (address(demo::APP_ID, &format!("{BACK}/"), "pages_messaging"), 400),
        (address(demo::APP_ID, "http://127.0.0.1:1/", "pages_messaging"), 400),
        (address(demo::APP_ID, BACK, "everything"), 400),
        (address(demo::APP_ID, BACK, ""), 400),
    ] {
        let answer = stage.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let html = answer.text().await.unwrap();
        assert_eq!(html.contains("Demo Shop Osaka"), status == 200, "{html}");
    }
}

#[tokio::test]
async fn the_form_leads_back_with_a_code_or_with_the_denial() {
    let stage = stage().await;
    stage.simulator.set_redirect_uris(&[BACK]);
    let url = format!("{}{}", stage.simulator.base_url, address(demo::APP_ID, BACK, "pages_messaging"));
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(crate::support::tls())
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    for (decision, begins) in [
        ("allow", format!("{BACK}?code=AQ")),
        ("cancel", format!("{BACK}?error=access_denied&")),
        ("", format!("{BACK}?error=access_denied&")),
    ] {
        let form = [("decision", decision), ("grant", "pages_messaging"), ("page", demo::PAGE)];
        let answer = client.post(&url).form(&form).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 302);
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&begins) && location.ends_with("&state=s%201"), "{location}");
        assert_eq!(location.contains("error_reason=user_denied"), decision != "allow");
    }
}

#[tokio::test]
async fn what_was_left_out_is_missing_everywhere() {
    let stage = stage().await;
    stage.simulator.set_redirect_uris(&[BACK]);
    let consent = Consent {
        as_other_person: true,
        pages: Some(vec![demo::PAGE.to_owned()]),
        declines: vec!["pages_manage_metadata".to_owned()],
        cancels: false,
    };
    let token = token(&stage, &consent).await;
    assert_eq!(
        ask(&stage, "me", &token).await,
        json!({"id": "3000000000000002", "name": "Second Administrator"})
    );
    let permissions = ask(&stage, "me/permissions", &token).await["data"].clone();
    let status = |name: &str| {
        let listed = permissions.as_array().unwrap();
        listed.iter().find(|it| it["permission"] == name).unwrap()["status"].clone()
    };
    assert_eq!(
        (status("pages_messaging"), status("pages_manage_metadata")),
        ("granted".into(), "declined".into())
    );
    // It was not asked for.
    assert_eq!(status("business_management"), "declined");
    let pages = ask(&stage, "me/accounts", &token).await["data"].clone();
    assert_eq!((pages.as_array().unwrap().len(), &pages[0]["id"]), (1, &json!(demo::PAGE)));
    let page_token = pages[0]["access_token"].as_str().unwrap();
    let path = format!("/v26.0/{}/subscribed_apps?access_token={page_token}", demo::PAGE);
    let refused = crate::support::answer(
        stage.request(Method::POST, &path).json(&json!({"subscribed_fields": ["messages"]})),
    )
    .await;
    assert_eq!(refused.graph_error().0, 200);
    let nothing = token_without_pages(&stage).await;
    assert_eq!(ask(&stage, "me/accounts", &nothing).await["data"], json!([]));
}

async fn token_without_pages(stage: &Stage) -> String {
    let declines = vec!["pages_show_list".to_owned()];
    token(stage, &Consent { declines, ..Consent::default() }).await
}
