//! Who may do what.

use axum::http::StatusCode;
use madoguchi_api::access::{Access, ROUTES};
use madoguchi_domain::role::Scope;
use madoguchi_domain::{ChannelKind, ChannelSettings, Role};
use serde_json::json;

use crate::support::{Caller, NOW, TestApi};

const ID: &str = "1809223c-a54e-5e9b-ae37-4058be706671";

/// Row by row: every route for everybody.
#[tokio::test]
async fn mem_12_each_route_lets_in_whom_its_act_allows_and_nobody_else() {
    let api = TestApi::start().await;
    for (method, template, access) in ROUTES {
        let Access::To(act) = access else { continue };
        let path = template.replace("{message}", &format!("1700000000000-{ID}")).replace("{attachment}", "0");
        let path = path.replace("{conversation}", ID).replace("{channel}", ID).replace("{quarantined}", "e1");
        let path = path.replace("{brand}", ID).replace("{department}", ID).replace("{person}", "person-9");
        let path = path
            .replace("{setup}", ID)
            .replace("{template}", ID)
            .replace("{label}", ID)
            .replace("{view}", ID);
        let path = path.replace("{webhook}", ID).replace("{delivery}", &format!("1700000000000-{ID}"));
        let path = path.replace("{subscription}", "b1");
        let all = Scope::ALL.map(Scope::as_str);
        for (scope, name) in Scope::ALL.into_iter().zip(all) {
            let answer = api.call(Caller::Client(name), method, &path, Some(json!({}))).await;
            let refused = ["scope_missing", "person_needed"].contains(&answer.error());
            let expected = match Scope::of(*act) {
                None => Some("person_needed"),
                Some(needed) if needed != scope => Some("scope_missing"),
                Some(_) => None,
            };
            match expected {
                Some(error) => assert_eq!(answer.error(), error, "{method} {path} {name}"),
                None => assert!(!refused, "{method} {path} {name}: {answer:?}"),
            }
            assert!(!answer.status.is_server_error(), "{method} {path}: {answer:?}");
        }
        let callers = [
            (Caller::Nobody, Err("unauthenticated")),
            (Caller::Guest, Err("no_role")),
            (Caller::Operator, Ok(Role::Operator)),
            (Caller::Administrator, Ok(Role::Administrator)),
            (Caller::Owner, Ok(Role::Owner)),
        ];
        for (caller, role) in callers {
            let expected =
                role.and_then(|role| if role.may(*act) { Ok(()) } else { Err("administrators_only") });
            let answer = api.call(caller, method, &path, Some(json!({}))).await;
            let refused = ["unauthenticated", "no_role", "administrators_only"].contains(&answer.error());
            match expected {
                Err(error) => assert_eq!(answer.error(), error, "{method} {path} {caller:?}"),
                Ok(()) => assert!(!refused, "{method} {path} {caller:?}: {answer:?}"),
            }
            assert!(!["unknown_route", "method_not_allowed"].contains(&answer.error()), "{method} {path}");
            assert!(!answer.status.is_server_error(), "{method} {path}: {answer:?}");
        }
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
            json!({
                "type": "urn:madoguchi:error:unknown_route",
                "title": "Unknown route",
                "status": 404,
                "detail": "There is nothing at this address.",
                "instance": "-",
                "error": {
                    "id": "unknown_route", "message": "There is nothing at this address.", "request_id": "-",
                },
            })
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
            "authorizer": {"jwt": {"claims": {"sub": "person-2", "exp": "1", "cognito:groups": "[operators]"}, "scopes": []}},
        },
        "body": "eyJ0ZXh0Ijoi44Gv44GEIn0=",
        "isBase64Encoded": true,
    });
    let answer = api.invoke(&event).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!((&answer.body["text"], &answer.body["operator_id"]), (&json!("はい"), &json!("person-2")));
}
