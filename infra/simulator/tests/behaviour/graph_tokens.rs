//! Tokens on Meta's side.

use madoguchi_simulator::{demo, messenger_signature};
use serde_json::{Value, json};

use crate::support::{Answer, Stage, stage};

const DAY_MS: i64 = 86_400_000;

async fn exchange(stage: &Stage, token: &str) -> Answer {
    stage
        .get(&format!(
            "/v26.0/oauth/access_token?grant_type=fb_exchange_token&client_id={}&client_secret={}&fb_exchange_token={token}",
            demo::APP_ID,
            demo::APP_SECRET
        ))
        .await
}

async fn debug(stage: &Stage, token: &str) -> Value {
    let path = format!(
        "/v26.0/debug_token?input_token={token}&access_token={}%7C{}",
        demo::APP_ID,
        demo::APP_SECRET
    );
    stage.get(&path).await.body["data"].clone()
}

/// Follows the paging to its end.
async fn pages(stage: &Stage, token: &str) -> (Vec<Value>, usize) {
    let mut address = format!("{}/v26.0/me/accounts?access_token={token}", stage.simulator.base_url);
    let (mut pages, mut answers) = (Vec::new(), 0);
    loop {
        let answer: Value = stage.client.get(&address).send().await.unwrap().json().await.unwrap();
        pages.extend(answer["data"].as_array().unwrap().iter().cloned());
        answers += 1;
        match answer["paging"]["next"].as_str() {
            Some(next) => next.clone_into(&mut address),
            None => return (pages, answers),
        }
    }
}

#[tokio::test]
async fn accounts_come_in_several_pages_of_results() {
    let stage = stage().await;
    let (pages, answers) = pages(&stage, demo::LONG_USER_TOKEN).await;
    assert_eq!((pages.len(), answers), (7, 3));
    assert_eq!(pages[0]["id"], demo::PAGE);
    assert_eq!(pages[0]["access_token"], demo::page_token(demo::PAGE).as_str());
    assert!(pages[0]["tasks"].as_array().unwrap().contains(&json!("MESSAGING")));
    assert!(!pages[6]["tasks"].as_array().unwrap().contains(&json!("MESSAGING")));
}

#[tokio::test]
async fn an_exchange_gives_sixty_days_and_page_tokens_without_end() {
    let stage = stage().await;
    let answer = exchange(&stage, demo::SHORT_USER_TOKEN).await;
    assert_eq!(answer.body["expires_in"], 5_184_000);
    let long = answer.body["access_token"].as_str().unwrap().to_owned();
    assert_ne!(long, demo::SHORT_USER_TOKEN);

    let page_token = pages(&stage, &long).await.0[0]["access_token"].as_str().unwrap().to_owned();
    let described = debug(&stage, &page_token).await;
    assert_eq!((described["type"].as_str(), described["expires_at"].as_i64()), (Some("PAGE"), Some(0)));

    let short_page_token =
        pages(&stage, demo::SHORT_USER_TOKEN).await.0[0]["access_token"].as_str().unwrap().to_owned();
    assert_ne!(debug(&stage, &short_page_token).await["expires_at"], 0);
}

#[tokio::test]
async fn an_expired_token_cannot_be_exchanged() {
    let stage = stage().await;
    stage.simulator.set_clock_offset_ms(60 * DAY_MS + 1_000);
    let refused = exchange(&stage, demo::LONG_USER_TOKEN).await;
    assert_eq!(refused.graph_error(), (190, Some(463)));
    assert_eq!(debug(&stage, demo::LONG_USER_TOKEN).await["is_valid"], false);
    // The page tokens made from it while it was alive go on living.
    assert_eq!(debug(&stage, &demo::page_token(demo::PAGE)).await["is_valid"], true);
}

#[tokio::test]
async fn the_app_must_prove_itself_to_exchange() {
    let stage = stage().await;
    let path =
        "/v26.0/oauth/access_token?grant_type=fb_exchange_token&fb_exchange_token=test-user-token-long";
    let wrong_secret = stage.get(&format!("{path}&client_id={}&client_secret=guess", demo::APP_ID)).await;
    assert_eq!(wrong_secret.graph_error().0, 1);
    let wrong_app = stage.get(&format!("{path}&client_id=1&client_secret={}", demo::APP_SECRET)).await;
    assert_eq!(wrong_app.graph_error().0, 101);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_own_address() {
    let stage = stage().await;
    let code = stage.simulator.issue_code("https://inbox.example/callback");
    let redeem = async |redirect: &str| {
        let (id, secret) = (demo::APP_ID, demo::APP_SECRET);
        stage
            .get(&format!(
                "/v26.0/oauth/access_token?client_id={id}&client_secret={secret}&redirect_uri={redirect}&code={code}"
            ))
            .await
    };
    assert_eq!(redeem("https://elsewhere.example/").await.graph_error(), (100, Some(36_008)));
    let token = redeem("https://inbox.example/callback").await;
    assert!(token.body["expires_in"].as_i64().unwrap() < 10_000, "short-lived");
    assert_eq!(redeem("https://inbox.example/callback").await.graph_error(), (100, Some(36_009)));
}

#[tokio::test]
async fn a_dead_token_is_190_with_or_without_a_subcode() {
    let stage = stage().await;
    let page = |token: &str| format!("/v26.0/me?access_token={token}");
    assert_eq!(stage.get(&page("nonsense")).await.graph_error(), (190, None));

    let token = demo::page_token(demo::PAGE);
    stage.simulator.invalidate_page(
        demo::PAGE,
        None,
        Some("Error validating access token: a text never seen"),
    );
    assert_eq!(stage.get(&page(&token)).await.graph_error(), (190, None));
    stage.simulator.invalidate_page(demo::PAGE, Some(460), None);
    assert_eq!(stage.get(&page(&token)).await.graph_error(), (190, Some(460)));
    let described = debug(&stage, &token).await;
    assert_eq!(
        (described["is_valid"].as_bool(), described["error"]["subcode"].as_i64()),
        (Some(false), Some(460))
    );

    let other_page = demo::page_token(demo::SECOND_PAGE);
    assert_eq!(stage.get(&page(&other_page)).await.status, 200);
}

#[tokio::test]
async fn a_new_login_brings_new_page_tokens() {
    let stage = stage().await;
    stage.simulator.invalidate_login();
    let token = stage.simulator.log_in();
    let page_token = pages(&stage, &token).await.0[0]["access_token"].as_str().unwrap().to_owned();
    assert_ne!(page_token, demo::page_token(demo::PAGE));
    assert_eq!(stage.get(&format!("/v26.0/me?access_token={page_token}")).await.body["id"], demo::PAGE);
}

#[tokio::test]
async fn an_unknown_token_is_described_as_invalid() {
    let stage = stage().await;
    let described = debug(&stage, "nonsense").await;
    assert_eq!(
        (described["is_valid"].as_bool(), described["error"]["code"].as_i64()),
        (Some(false), Some(190))
    );
    let without_app = stage.get("/debug_token?input_token=test-user-token-long&access_token=1%7C2").await;
    assert_eq!(without_app.graph_error().0, 190);
}

#[tokio::test]
async fn the_proof_is_checked_when_given() {
    let stage = stage().await;
    let token = demo::page_token(demo::PAGE);
    let proof =
        |message: &str| messenger_signature(demo::APP_SECRET, message.as_bytes()).replace("sha256=", "");
    let get = async |extra: String| stage.get(&format!("/v26.0/me?access_token={token}{extra}")).await.status;

    let now = stage.simulator.now_ms() / 1_000;
    assert_eq!(get(format!("&appsecret_proof={}", proof(&token))).await, 200);
    assert_eq!(
        get(format!("&appsecret_proof={}&appsecret_time={now}", proof(&format!("{token}|{now}")))).await,
        200
    );
    let old = now - 301;
    assert_eq!(
        get(format!("&appsecret_proof={}&appsecret_time={old}", proof(&format!("{token}|{old}")))).await,
        400
    );
    assert_eq!(get("&appsecret_proof=00".into()).await, 400);
}
