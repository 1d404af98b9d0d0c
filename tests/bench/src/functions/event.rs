//! Events as API Gateway and SQS hand them to a function.

use anyhow::{Context as _, ensure};
use serde_json::{Map, Value, json};

/// A `POST` through an HTTP API, payload format 2.0. `route` is the one that the template declares for `path`.
pub(super) fn post(route: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let length = body.len().to_string();
    let common = [
        ("accept", "*/*"),
        ("content-length", length.as_str()),
        ("content-type", "application/json; charset=utf-8"),
        ("host", "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"),
        ("x-amzn-trace-id", "Root=1-6abcdef0-0123456789abcdef01234567"),
        ("x-forwarded-for", "203.0.113.10"),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ];
    let headers: Map<_, _> =
        common.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    json!({
        "version": "2.0",
        "routeKey": format!("POST {route}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.10",
                "userAgent": "benchmark",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": format!("POST {route}"),
            "stage": "$default",
            "time": "21/Sep/2026:14:13:20 +0000",
            "timeEpoch": 1_790_000_000_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The same by somebody whom API Gateway's authorizer knows.
pub(super) fn post_by_operator(route: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let mut event = post(route, path, headers, body);
    let claims = json!({"sub": "b7f4a9d2-5c31-4e0c-9a6e-2f1d3c8b7a65", "cognito:groups": "[operators]"});
    event["requestContext"]["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
    event
}

/// A `PATCH` by an administrator.
pub(super) fn patch_by_administrator(route: &str, path: &str, body: &str) -> Value {
    let mut event = post(route, path, &[], body);
    let claims = json!({"sub": "b7f4a9d2-5c31-4e0c-9a6e-2f1d3c8b7a66", "cognito:groups": "[administrators]"});
    event["routeKey"] = json!(format!("PATCH {route}"));
    let context = &mut event["requestContext"];
    context["routeKey"] = json!(format!("PATCH {route}"));
    context["http"]["method"] = json!("PATCH");
    context["authorizer"] = json!({"jwt": {"claims": claims, "scopes": null}});
    event
}

/// A batch of one message of a FIFO queue.
pub(super) fn sqs(id: &str, group: &str, body: &str) -> Value {
    json!({"Records": [{
        "messageId": id,
        "receiptHandle": format!("{id}#1"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "ApproximateFirstReceiveTimestamp": "1790000000001",
            "MessageDeduplicationId": id,
            "MessageGroupId": group,
            "SenderId": "AROAEXAMPLE",
            "SentTimestamp": "1790000000000",
            "SequenceNumber": "18849496460467696128",
        },
        "messageAttributes": {},
        "md5OfBody": "7b270e59b47ff90a553787216d55d91d",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:queue.fifo",
        "awsRegion": "eu-central-1",
    }]})
}

/// Fails unless an answer to API Gateway has this status.
pub(super) fn ensure_status(answer: &Value, status: u64) -> anyhow::Result<()> {
    ensure!(answer["statusCode"] == status, "answered {answer} and not {status}");
    Ok(())
}

/// Fails if an answer to a batch reports a failure, or is none.
pub(super) fn ensure_all_done(answer: &Value) -> anyhow::Result<()> {
    let failures = answer["batchItemFailures"].as_array().context("this is no answer to a batch")?;
    ensure!(failures.is_empty(), "failed: {answer}");
    Ok(())
}
