//! Who may do what.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use madoguchi_domain::{ChannelKind, ChannelSettings};
use serde_json::json;

use crate::support::{Caller, NOW, TestApi};

const ID: &str = "1809223c-a54e-5e9b-ae37-4058be706671";

/// Every route, and whether it is for administrators.
const ROUTES: [(&str, &str, bool); 27] = [
    ("GET", "/api/conversations", false),
    ("GET", "/api/conversations/{conversation}", false),
    ("POST", "/api/conversations/{conversation}/close", false),
    ("POST", "/api/conversations/{conversation}/reopen", false),
    ("POST", "/api/conversations/{conversation}/read", false),
    ("POST", "/api/conversations/{conversation}/typing", false),
    ("GET", "/api/conversations/{conversation}/messages", false),
    ("POST", "/api/conversations/{conversation}/messages", false),
    ("DELETE", "/api/conversations/{conversation}/messages/{message}", false),
    ("POST", "/api/conversations/{conversation}/messages/{message}/resend", false),
    ("GET", "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}", false),
    ("POST", "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}/retry", false),
    ("POST", "/api/conversations/{conversation}/uploads", false),
    ("GET", "/api/me", false),
    ("PATCH", "/api/me", false),
    ("PUT", "/api/me/picture", false),
    ("DELETE", "/api/me/picture", false),
    ("POST", "/api/me/picture/uploads", false),
    ("GET", "/api/sender-sync", true),
    ("POST", "/api/sender-sync", true),
    ("GET", "/api/channels", false),
    ("POST", "/api/channels", true),
    ("GET", "/api/channels/{channel}", false),
    ("PATCH", "/api/channels/{channel}", true),
    ("PUT", "/api/channels/{channel}/credential", true),
    ("GET", "/api/quarantine", true),
    ("POST", "/api/quarantine/{quarantined}/replay", true),
];

#[test]
fn the_published_description_has_every_route_and_no_other() {
    let mut described = BTreeSet::new();
    let mut path = "";
    for line in include_str!("../../../../infra/openapi.yaml").lines() {
        if let Some(next) = line.strip_prefix("  /").and_then(|rest| rest.strip_suffix(':')) {
            path = next;
        }
        for method in ["get", "post", "put", "patch", "delete"] {
            if line == format!("    {method}:") {
                described.insert((method.to_uppercase(), format!("/{path}")));
            }
        }
    }
    // What customers' apps ask for.
    assert!(described.remove(&("GET".to_owned(), "/media/{token}".to_owned())));
    let routes = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    assert_eq!(described, routes.collect());
}

#[tokio::test]
async fn nobody_gets_in_without_claims_and_only_administrators_change_channels() {
    let api = TestApi::start().await;
    for (method, template, administrators) in ROUTES {
        let path = template.replace("{message}", &format!("1700000000000-{ID}")).replace("{attachment}", "0");
        let path = path.replace("{conversation}", ID).replace("{channel}", ID).replace("{quarantined}", "e1");
        let nobody = api.call(Caller::Nobody, method, &path, Some(json!({}))).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(nobody.error(), "unauthenticated");
        let operator = api.call(Caller::Operator, method, &path, Some(json!({}))).await;
        assert_eq!(operator.status == StatusCode::FORBIDDEN, administrators, "{method} {path}");
        let administrator = api.call(Caller::Administrator, method, &path, Some(json!({}))).await;
        assert_ne!(administrator.error(), "unknown_route", "{method} {path}");
        assert_ne!(administrator.error(), "method_not_allowed", "{method} {path}");
        assert_ne!(administrator.status, StatusCode::FORBIDDEN, "{method} {path}");
        assert!(!administrator.status.is_server_error(), "{method} {path}: {administrator:?}");
    }
}

#[tokio::test]
async fn an_unknown_address_or_method_is_told_as_every_other_error() {
    let api = TestApi::start().await;
    let unknown = api.get("/api/contacts").await;
    assert_eq!(
        (unknown.status, unknown.body),
        (
            StatusCode::NOT_FOUND,
            json!({"error": {
                "id": "unknown_route", "message": "There is nothing at this address.", "request_id": "-",
            }})
        )
    );
    let method = api.call(Caller::Operator, "DELETE", "/api/channels", None).await;
    assert_eq!((method.status, method.error()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
}

/// The gateway encodes a body in base64 when its content type is not one that it knows as text.
#[tokio::test]
async fn a_request_is_understood_as_the_gateway_hands_it_over() {
    let api = TestApi::start().await;
    let channel = api.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    let path = format!("/api/conversations/{id}/messages");
    let event = json!({
        "version": "2.0",
        "routeKey": "POST /api/conversations/{id}/messages",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"idempotency-key": "k", "host": "example.test"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "stage": "$default", "requestId": "r", "timeEpoch": 0,
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "authorizer": {"jwt": {"claims": {"sub": "person-2", "exp": "1"}, "scopes": []}},
        },
        "body": "eyJ0ZXh0Ijoi44Gv44GEIn0=",
        "isBase64Encoded": true,
    });
    let answer = api.invoke(&event).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!((&answer.body["text"], &answer.body["operator_id"]), (&json!("はい"), &json!("person-2")));
}
