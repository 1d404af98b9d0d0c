//! The product's console, passed on as it is: the emulator's own address for it changes with every stack, and not every browser
//! finds it.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};

use crate::shared::Shared;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/console", any(forward)).route("/console/{*path}", any(forward))
}

async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let Some(base) = shared.targets().api_base() else {
        return (StatusCode::BAD_GATEWAY, "The stack is still being deployed. Try again in a moment.")
            .into_response();
    };
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, super::CONTROL_BODY_LIMIT_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = head.uri.path_and_query().map_or("/console", |path| path.as_str());
    let mut headers = head.headers;
    // They are of this connection.
    for name in [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    let request = shared.console.request(head.method, format!("{base}{path}")).headers(headers).body(body);
    match request.send().await {
        Ok(answer) => {
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
                headers.remove(name);
            }
            let bytes: Bytes = answer.bytes().await.unwrap_or_default();
            let mut response = (status, Body::from(bytes)).into_response();
            *response.headers_mut() = headers;
            response
        }
        Err(_) => (StatusCode::BAD_GATEWAY, "The stack does not answer.").into_response(),
    }
}
