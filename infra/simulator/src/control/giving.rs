//! Files that somebody chose, on their way into an act.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::json;

use crate::{media::given, params, shared::Shared};

/// Messenger's limit, which is the highest that a person meets with by hand.
const LARGEST_BYTES: usize = 25 * 1024 * 1024;
/// The file's name, percent-encoded. A page elsewhere cannot send a header of its own without being asked.
const NAME_HEADER: &str = "x-file-name";

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/control/files", post(give))
}

async fn give(State(shared): State<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(name) = header(NAME_HEADER) else {
        return refused(StatusCode::BAD_REQUEST, "the header x-file-name is missing");
    };
    if bytes.is_empty() {
        return refused(StatusCode::BAD_REQUEST, "the file is empty");
    }
    if bytes.len() > LARGEST_BYTES {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "files of up to 25 MB can be sent from here");
    }
    let content_type = header("content-type").unwrap_or("application/octet-stream");
    let media = given::media(content_type, &params::decode(name), bytes);
    if let Some(path) = shared.state_file()
        && given::save(&path, &media).is_err()
    {
        return refused(StatusCode::INSUFFICIENT_STORAGE, "the file could not be kept");
    }
    let answer = json!({"id": media.id, "kind": media.kind, "size_bytes": media.size_bytes});
    shared.change(|world| given::keep(world, media));
    Json(answer).into_response()
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({"error": error}))).into_response()
}
