use serde_json::json;

use super::*;
use crate::test_server::{Request, Step, TestServer, http};

const APP: MetaApp<'static> = MetaApp { app_id: "77", app_secret: "app-secret" };
const PROOF_OF_USER: &str = "12ade6a77f7ed7662283cc7a6c2f9f61e6b1b3855eba4504897ffd452fbe1396";

fn graph(server: &TestServer) -> GraphConfig {
    GraphConfig { base_url: server.base(), version: "v26.0".into() }
}

fn page_access() -> PageAccess<'static> {
    PageAccess { page_id: "1234", token: "page token", app_secret: None }
}

async fn inspect(step: Step) -> (Result<Inspection, TokenError>, Request) {
    let server = TestServer::start([step]);
    let found = debug_token(&http(), &graph(&server), &APP, "user token").await;
    (found, server.only_request())
}

#[tokio::test]
async fn a_good_token_is_described() {
    let body = json!({"data": {
        "app_id": "77", "type": "USER", "is_valid": true, "expires_at": 1_795_000_000, "data_access_expires_at": 0,
        "scopes": ["pages_messaging", "pages_show_list"], "user_id": "10",
        "granular_scopes": [{"scope": "pages_messaging", "target_ids": ["1234"]}, {"scope": "pages_show_list"}],
    }});
    let (found, request) = inspect(Step::json(200, &body)).await;
    assert_eq!(request.line, "GET /v26.0/debug_token?input_token=user+token&access_token=77%7Capp-secret");
    let granted = |scope: &str, target_ids| GranularScope { scope: scope.into(), target_ids };
    assert_eq!(
        found.unwrap(),
        Inspection {
            is_valid: true,
            cause: None,
            detail: None,
            expires_at: Some(Timestamp::from_ms(1_795_000_000_000)),
            data_access_expires_at: None,
            user_id: Some("10".into()),
            scopes: vec!["pages_messaging".into(), "pages_show_list".into()],
            granular_scopes: vec![
                granted("pages_messaging", Some(vec!["1234".into()])),
                granted("pages_show_list", None),
            ],
        }
    );
}

#[tokio::test]
async fn a_dead_token_tells_its_cause() {
    let table = [
        (json!({"code": 190, "message": "x", "subcode": 463}), Some(Cause::TokenExpired), "190/463"),
        (json!({"code": 190, "subcode": 460}), Some(Cause::PasswordChanged), "190/460"),
        (json!({"code": 190, "subcode": 458}), Some(Cause::AppAccessWithdrawn), "190/458"),
        (json!({"code": 190, "subcode": 492}), Some(Cause::PageRoleLost), "190/492"),
        (json!({"code": 190}), Some(Cause::TokenExpired), "190"),
        (json!({"code": 100}), None, "100"),
    ];
    for (error, cause, detail) in table {
        let body = json!({"data": {"is_valid": false, "error": error, "scopes": []}});
        let found = inspect(Step::json(200, &body)).await.0.unwrap();
        assert_eq!((found.is_valid, found.cause, found.detail.as_deref()), (false, cause, Some(detail)));
    }
}

#[tokio::test]
async fn a_refused_app_credential_says_nothing_about_the_token() {
    let steps = [
        Step::json(400, &json!({"error": {"code": 190, "message": "Invalid OAuth access token signature."}})),
        Step::json(500, &json!({"error": {"code": 2}})),
        Step::json(200, &json!({"surprise": 1})),
        Step::Close,
    ];
    for step in steps {
        let error = inspect(step).await.0.unwrap_err();
        assert!(matches!(error, TokenError::Unavailable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn aut_8_a_user_token_is_exchanged() {
    let server = TestServer::start([
        Step::json(200, &json!({"access_token": "longer", "token_type": "bearer", "expires_in": 5_184_000})),
        Step::json(200, &json!({"access_token": "endless"})),
        Step::json(400, &json!({"error": {"code": 190, "error_subcode": 463}})),
    ]);
    let exchange = async || exchange_user_token(&http(), &graph(&server), &APP, "user token").await;
    let token = exchange().await.unwrap();
    assert_eq!((token.token.as_str(), token.expires_in), ("longer", Some(Span::from_days(60))));
    assert!(!format!("{token:?}").contains("longer"));
    assert_eq!(exchange().await.unwrap().expires_in, None);
    let error = exchange().await.unwrap_err();
    assert_eq!(error.cause(), Some(Cause::TokenExpired));
    assert!(!format!("{error:?} {error}").contains("token "));
    assert_eq!(
        server.requests()[0].line,
        "GET /v26.0/oauth/access_token?grant_type=fb_exchange_token&client_id=77&client_secret=app-secret\
         &fb_exchange_token=user+token"
    );
}

#[tokio::test]
async fn aut_14_every_list_of_pages_is_read_with_our_own_credentials() {
    let listed = |id: &str| json!({"id": id, "name": "Shop", "access_token": format!("token {id}"), "tasks": ["MODERATE", "MESSAGING"]});
    let server = TestServer::start_with(|base| {
        let next =
            |after: &str| format!("{base}/v26.0/me/accounts?access_token=theirs&limit=100&after={after}");
        vec![
            Step::json(
                200,
                &json!({"data": [listed("1"), listed("2")], "paging": {"cursors": {"after": "A"}, "next": next("A")}}),
            ),
            Step::json(200, &json!({"data": [listed("3")], "paging": {"next": next("B")}})),
            Step::json(
                200,
                &json!({"data": [{"id": "4", "name": "No role"}, {"name": "no id"}], "paging": {"cursors": {}}}),
            ),
        ]
    });
    let pages = list_pages(&http(), &graph(&server), "user token", Some("app-secret")).await.unwrap();
    let seen: Vec<_> =
        pages.iter().map(|p| (p.page_id.as_str(), p.token.as_ref().map(Token::as_str))).collect();
    assert_eq!(seen, [("1", Some("token 1")), ("2", Some("token 2")), ("3", Some("token 3")), ("4", None)]);
    assert_eq!(pages[0].tasks, ["MODERATE", "MESSAGING"]);
    let own = format!("access_token=user+token&appsecret_proof={PROOF_OF_USER}");
    let lines: Vec<_> = server.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            format!("GET /v26.0/me/accounts?fields=id%2Cname%2Caccess_token%2Ctasks&limit=100&{own}"),
            format!("GET /v26.0/me/accounts?limit=100&after=A&{own}"),
            format!("GET /v26.0/me/accounts?limit=100&after=B&{own}"),
        ]
    );
}

#[tokio::test]
async fn the_token_is_not_taken_to_another_host() {
    for next in ["https://evil.example/v26.0/me/accounts?after=A", "not a url"] {
        let body = json!({"data": [], "paging": {"next": next}});
        let server = TestServer::start([Step::json(200, &body)]);
        let error = list_pages(&http(), &graph(&server), "user token", None).await.unwrap_err();
        assert!(matches!(error, TokenError::Unavailable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_endless_or_broken_list_is_an_error_and_not_a_short_list() {
    let server = TestServer::start_with(|base| {
        let next = format!("{base}/v26.0/me/accounts?after=A");
        vec![Step::json(200, &json!({"data": [], "paging": {"next": next}})); MAX_LISTS]
    });
    let error = list_pages(&http(), &graph(&server), "t", None).await.unwrap_err();
    assert!(matches!(error, TokenError::Unavailable { .. }), "{error:?}");

    let server = TestServer::start([Step::json(200, &json!({"data": null}))]);
    assert!(list_pages(&http(), &graph(&server), "t", None).await.is_err());
}

#[tokio::test]
async fn subscriptions_are_compared_and_posted_again() {
    let server = TestServer::start([
        Step::json(
            200,
            &json!({"data": [{"id": "5", "subscribed_fields": ["feed"]}, {"id": "77", "subscribed_fields": ["messages"]}]}),
        ),
        Step::json(200, &json!({"data": []})),
        Step::json(200, &json!({"success": "true"})),
        Step::json(200, &json!({"success": true})),
        Step::json(200, &json!({"success": false})),
        Step::json(403, &json!({"error": {"code": 200}})),
    ]);
    let (http, graph, page) = (http(), graph(&server), page_access());
    let fields = subscribed_fields(&http, &graph, &page, "77").await.unwrap();
    assert_eq!(fields, ["messages"]);
    assert_eq!(missing_fields(&fields).len(), WEBHOOK_FIELDS.len() - 1);
    assert_eq!(subscribed_fields(&http, &graph, &page, "77").await, Ok(vec![]));
    assert_eq!(subscribe(&http, &graph, &page).await, Ok(()));
    assert_eq!(subscribe(&http, &graph, &page).await, Ok(()));
    assert!(matches!(subscribe(&http, &graph, &page).await, Err(TokenError::Unavailable { .. })));
    let refused = subscribe(&http, &graph, &page).await.unwrap_err();
    assert_eq!(refused.cause(), Some(Cause::PermissionRevoked));

    let request = &server.requests()[2];
    assert_eq!(request.line, "POST /v26.0/1234/subscribed_apps?access_token=page+token");
    assert!(request.body.starts_with("subscribed_fields=message_deliveries%2Cmessage_echoes%2C"));
    assert_eq!(missing_fields(&WEBHOOK_FIELDS.map(str::to_owned)), [""; 0]);
}

#[tokio::test]
async fn chn_21_the_apps_subscription_to_a_page_is_ended() {
    let server = TestServer::start(vec![
        Step::json(200, &json!({"success": true})),
        Step::json(200, &json!({"success": false})),
        Step::json(400, &json!({"error": {"code": 190, "error_subcode": 463}})),
    ]);
    let (http, graph, page) = (http(), graph(&server), page_access());
    assert_eq!(unsubscribe(&http, &graph, &page).await, Ok(()));
    assert!(matches!(unsubscribe(&http, &graph, &page).await, Err(TokenError::Unavailable { .. })));
    assert!(unsubscribe(&http, &graph, &page).await.unwrap_err().cause().is_some());
    assert_eq!(server.requests()[0].line, "DELETE /v26.0/1234/subscribed_apps?access_token=page+token");
}

#[test]
fn nothing_that_prints_shows_a_secret() {
    let grant =
        PageGrant { page_id: "1".into(), name: "n".into(), token: Some(Token::new("s3cret")), tasks: vec![] };
    let access = PageAccess { page_id: "1", token: "s3cret", app_secret: Some("s3cret") };
    let app = MetaApp { app_id: "1", app_secret: "s3cret" };
    assert!(!format!("{grant:?} {access:?} {app:?}").contains("s3cret"));
}
