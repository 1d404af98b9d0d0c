use serde_json::json;

use super::*;
use crate::test_server::{Step, TestServer, http};

const APP: MetaApp<'static> = MetaApp { app_id: "77", app_secret: "app-secret" };
const PROOF_OF_USER: &str = "12ade6a77f7ed7662283cc7a6c2f9f61e6b1b3855eba4504897ffd452fbe1396";

fn graph(server: &TestServer) -> GraphConfig {
    GraphConfig { base_url: server.base(), version: "v26.0".into() }
}

fn dialog() -> Dialog<'static> {
    Dialog {
        base_url: "https://www.facebook.com",
        version: "v26.0",
        app_id: "77",
        redirect_uri: "https://inbox.example/oauth/facebook",
        state: "s-1",
        scopes: &["pages_messaging", "pages_show_list"],
        config_id: None,
        asks_again: false,
    }
}

#[test]
fn chn_8_the_dialog_is_asked_for_every_permission_or_for_a_configuration() {
    let begin = "https://www.facebook.com/v26.0/dialog/oauth?client_id=77&redirect_uri=\
                 https%3A%2F%2Finbox.example%2Foauth%2Ffacebook&state=s-1&response_type=code";
    for (dialog, end) in [
        (dialog(), "&scope=pages_messaging%2Cpages_show_list"),
        (Dialog { config_id: Some("9"), ..dialog() }, "&config_id=9&override_default_response_type=true"),
        (
            Dialog { asks_again: true, ..dialog() },
            "&scope=pages_messaging%2Cpages_show_list&auth_type=rerequest",
        ),
    ] {
        assert_eq!(dialog.address().unwrap(), format!("{begin}{end}"));
    }
    assert_eq!(Dialog { base_url: "nowhere", ..dialog() }.address(), None);
}

#[test]
fn chn_8_the_way_back_is_read_an_error_before_a_code() {
    for (query, expected) in [
        (&[("code", "c")][..], WayBack::Code(Token::new("c"))),
        (&[("error", "access_denied"), ("error_reason", "user_denied")], WayBack::Denied),
        (&[("error", "access_denied"), ("code", "c")], WayBack::Denied),
        (&[("error", "server_error")], WayBack::Failed),
        (&[("error", "server_error"), ("code", "c")], WayBack::Failed),
        (&[("code", "")], WayBack::Failed),
        (&[], WayBack::Failed),
    ] {
        let read = |name: &str| query.iter().find(|pair| pair.0 == name).map(|pair| pair.1);
        assert_eq!(WayBack::read(read), expected, "{query:?}");
    }
    assert!(!format!("{:?}", WayBack::Code(Token::new("hush"))).contains("hush"));
}

#[tokio::test]
async fn chn_8_a_code_is_redeemed_with_the_same_redirect_address() {
    let body = json!({"access_token": "short", "token_type": "bearer", "expires_in": 5183});
    let server = TestServer::start([Step::json(200, &body)]);
    let redirect = "https://inbox.example/oauth/facebook";
    let redeemed = redeem_code(&http(), &graph(&server), &APP, &Token::new("c 1"), redirect).await.unwrap();
    assert_eq!((redeemed.token.as_str(), redeemed.expires_in.unwrap().as_secs_ceil()), ("short", 5183));
    assert_eq!(
        server.only_request().line,
        "GET /v26.0/oauth/access_token?client_id=77&client_secret=app-secret&redirect_uri=\
         https%3A%2F%2Finbox.example%2Foauth%2Ffacebook&code=c+1"
    );
}

#[tokio::test]
async fn chn_8_a_code_that_was_used_before_is_refused_by_its_number() {
    let used = json!({"error": {"code": 100, "error_subcode": 36_009, "message": "used"}});
    let server = TestServer::start([Step::json(400, &used)]);
    let answer = redeem_code(&http(), &graph(&server), &APP, &Token::new("c"), "r").await;
    assert!(matches!(answer, Err(TokenError::Refused(refusal)) if refusal.detail.contains("36009")));
}

#[tokio::test]
async fn chn_8_who_logged_in_is_asked_with_the_proof() {
    let server = TestServer::start([Step::json(200, &json!({"id": "10", "name": "Yamada"}))]);
    let found = user(&http(), &graph(&server), "user token", "app-secret").await.unwrap();
    assert_eq!(found, FacebookUser { id: "10".into(), name: "Yamada".into() });
    let expected =
        format!("GET /v26.0/me?fields=id%2Cname&access_token=user+token&appsecret_proof={PROOF_OF_USER}");
    assert_eq!(server.only_request().line, expected);
}

#[tokio::test]
async fn chn_8_only_granted_permissions_count_those_of_later_lists_too() {
    let server = TestServer::start_with(|base| {
        let first = json!({
            "data": [
                {"permission": "pages_messaging", "status": "granted"},
                {"permission": "pages_show_list", "status": "declined"},
            ],
            "paging": {"next": format!("{base}/v26.0/me/permissions?after=x&access_token=theirs")},
        });
        let second = json!({"data": [
            {"permission": "business_management", "status": "expired"},
            {"permission": "pages_manage_metadata", "status": "granted"},
            {"something": "else"},
        ]});
        vec![Step::json(200, &first), Step::json(200, &second)]
    });
    let granted = granted_scopes(&http(), &graph(&server), "user token", "app-secret").await.unwrap();
    assert_eq!(granted, ["pages_messaging", "pages_manage_metadata"]);
    assert!(server.requests()[1].line.contains("after=x") && !server.requests()[1].line.contains("theirs"));
}

#[tokio::test]
async fn aut_7_the_test_call_wants_the_page_itself_to_answer() {
    for (body, works) in [
        (json!({"id": "1234", "name": "Shop"}), true),
        (json!({"id": "99", "name": "Other"}), false),
        (json!({}), false),
    ] {
        let server = TestServer::start([Step::json(200, &body)]);
        let page = PageAccess { page_id: "1234", token: "page token", app_secret: Some("app-secret") };
        let answer = try_page(&http(), &graph(&server), &page).await;
        assert_eq!(answer.is_ok(), works, "{body}");
        assert!(server.only_request().line.starts_with("GET /v26.0/1234?fields=id%2Cname&access_token=page"));
    }
}
