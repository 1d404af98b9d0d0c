//! Requests as API Gateway hands them to a function.

use serde_json::{Value, json};

/// Who answers in the jobs: what Cognito calls a person.
pub const OPERATOR: &str = "b7f4a9d2-5c31-4e0c-9a6e-2f1d3c8b7a65";

/// What a function answered.
#[derive(Clone, Debug)]
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    pub(super) body: String,
    /// Headers and body as they go out.
    pub(super) bytes: usize,
}

impl HttpAnswer {
    /// What a function returned to API Gateway.
    pub(super) fn of(answer: &Value) -> Self {
        let headers = answer["headers"].as_object().into_iter().flatten();
        let headers: usize = headers.map(|(name, value)| name.len() + value.to_string().len() + 2).sum();
        let body = answer["body"].as_str().unwrap_or_default().to_owned();
        let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        Self { status: status.unwrap_or(500), bytes: headers + body.len(), body }
    }
}

/// A request by an operator for what `path` names, with a query if there is one.
pub(super) fn get(path: &str, at_ms: i64) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut event = post(path, &[], "", true, at_ms);
    event["requestContext"]["http"]["method"] = json!("GET");
    event["rawQueryString"] = json!(query);
    event.as_object_mut().into_iter().for_each(|event| drop(event.remove("body")));
    event
}

/// A request by an operator, if `operator`, or by a provider.
pub(super) fn post(
    path: &str,
    headers: &[(String, String)],
    body: &str,
    operator: bool,
    at_ms: i64,
) -> Value {
    let headers: serde_json::Map<String, Value> = headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), json!(value)))
        .chain([("content-type".to_owned(), json!("application/json"))])
        .collect();
    let mut context = json!({
        "accountId": "123456789012",
        "apiId": "a1b2c3d4e5",
        "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "a1b2c3d4e5",
        "http": {
            "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.10",
            "userAgent": "facebookexternalua",
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "$default",
        "stage": "$default",
        "time": "01/Nov/2026:00:00:00 +0000",
        "timeEpoch": at_ms,
    });
    if operator {
        let claims = json!({"sub": OPERATOR, "cognito:groups": "[operators]"});
        context["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
    }
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": context, "body": body, "isBase64Encoded": false,
    })
}
