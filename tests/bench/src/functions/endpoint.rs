//! One address for AWS, as a function is configured with it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::serve::ListenerExt as _;
use madoguchi_runtime::http::provider_client;
use madoguchi_tests::TestInbox;
use tokio::net::TcpListener;

use super::function::Function;
use super::sink::Sink;

const HOPS: [HeaderName; 4] =
    [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING];

/// The address for `function`: that of the only stand-in that it calls, or else of a switch between them.
pub(super) async fn of(function: Function, test: &TestInbox, bucket: &Sink) -> anyhow::Result<String> {
    let uses = |wanted: fn(&str) -> bool| function.variables().iter().any(|variable| wanted(variable));
    let tables = uses(|variable| variable.ends_with("_TABLE"));
    let others = uses(|variable| variable.ends_with("_QUEUE_URL") || variable == "SECRET_PREFIX");
    match (tables, others) {
        (true, false) => Ok(test.dynamo.url().to_owned()),
        (false, _) => Ok(test.aws.url().to_owned()),
        (true, true) => switch(test.dynamo.url().to_owned(), test.aws.url().to_owned(), bucket.clone()).await,
    }
}

/// Passes every request on, DynamoDB's to `tables`; what is for the bucket is answered here.
async fn switch(tables: String, others: String, bucket: Sink) -> anyhow::Result<String> {
    let client = provider_client()?;
    let router = Router::new().fallback(move |request: Request| {
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
        let is_table = target.is_some_and(|target| target.starts_with("DynamoDB"));
        let upstream = if is_table { tables.clone() } else { others.clone() };
        let (client, bucket) = (client.clone(), bucket.clone());
        async move {
            let (parts, body) = request.into_parts();
            let Ok(body) = to_bytes(body, usize::MAX).await else { return bad_gateway() };
            if Sink::is_for(&parts.uri) {
                return bucket.answer(&parts.method, &parts.uri, body.len());
            }
            let mut headers = parts.headers;
            forget_hops(&mut headers);
            let url = format!("{upstream}{}", parts.uri);
            let call = client.request(parts.method, url).headers(headers).body(body);
            let Ok(answer) = call.send().await else { return bad_gateway() };
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            forget_hops(&mut headers);
            let Ok(body) = answer.bytes().await else { return bad_gateway() };
            (status, headers, Body::from(body)).into_response()
        }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

/// What concerns one connection and not the message.
fn forget_hops(headers: &mut HeaderMap) {
    for hop in HOPS {
        headers.remove(hop);
    }
}

fn bad_gateway() -> Response {
    StatusCode::BAD_GATEWAY.into_response()
}
