//! The part of the API that other functions serve: reached through the gateway with the visitor's own token, so that the
//! console has no rights of its own there.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HOST, RETRY_AFTER,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Client;

use crate::visitor::Visitor;

/// The function has 29 seconds, some of which go to the session before.
const PATIENCE: Duration = Duration::from_secs(22);
/// As much as the gateway takes.
const LARGEST_REQUEST_BYTES: usize = 10 * 1_024 * 1_024;

#[derive(Clone)]
struct Gateway {
    client: Client,
    base: String,
}

/// Answers every request by what `base`, the API's address, answers.
pub fn routes(client: Client, base: &str) -> Router {
    let gateway = Gateway { client, base: base.trim_end_matches('/').to_owned() };
    Router::new().fallback(forward).with_state(gateway)
}

async fn forward(State(gateway): State<Gateway>, visitor: Visitor, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REQUEST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = head.headers;
    headers.remove(HOST);
    headers.remove(CONTENT_LENGTH);
    let request = gateway
        .client
        .request(head.method, format!("{}{path}", gateway.base))
        .timeout(PATIENCE)
        .headers(headers)
        .bearer_auth(&visitor.token)
        .body(body);
    match request.send().await {
        Ok(answer) => answered(answer).await,
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "The API could not be reached through the gateway");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

async fn answered(answer: reqwest::Response) -> Response {
    let status = answer.status();
    // What describes the answer, and nothing that a browser would take for the console's own word.
    let told = [CONTENT_TYPE, CONTENT_DISPOSITION, ETAG, RETRY_AFTER, CACHE_CONTROL];
    let headers: HeaderMap = told
        .into_iter()
        .filter_map(|name| Some((name.clone(), answer.headers().get(name)?.clone())))
        .collect();
    match answer.bytes().await {
        Ok(bytes) => {
            let mut response = (status, Body::from(bytes)).into_response();
            *response.headers_mut() = headers;
            response
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
