//! `GET /media/operator.png`: the picture of a persona, which Meta fetches when it is made. Open, and the same for all.

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "image/png"),
    (CACHE_CONTROL, "public, max-age=86400"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Get the picture of a persona without one of its own
///
/// Open, and the same for all: Meta fetches it when a persona is made.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/media/operator.png", operation_id = "getPersonaPicture", tag = "Messages",
    responses((status = 200, description = "The picture.", content_type = "image/png", body = crate::openapi::Bytes)),
))]
pub(crate) async fn picture() -> ([(HeaderName, &'static str); 3], &'static [u8]) {
    (HEADERS, include_bytes!("operator.png"))
}
