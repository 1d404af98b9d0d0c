//! `GET /media/{token}`: where a customer's app, or the provider, gets a file that an operator sent. The address cannot
//! be guessed and stays good; it leads to one that is good for minutes (MSG-15). A channel's icon is answered at once: it is
//! small, shown often, and never changes (CHN-12).

use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use madoguchi_domain::channel::icon;
use madoguchi_domain::media::{Token, serving, sniff};

use super::LINK_LIFE;
use crate::{Api, ApiError, Shared};

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

/// Get a file that was sent
///
/// What customers' apps and providers call; needs no token of an operator. The address stays good for as long as
/// the file is there. HEAD works as well. A channel's icon is answered at once, to be kept for ever.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/media/{token}", operation_id = "getMedia", tag = "Messages",
    responses(
        (
            status = 200, description = "A channel's icon.",
            content((crate::openapi::Bytes = "image/jpeg"), (crate::openapi::Bytes = "image/png")),
        ),
        (
            status = 302, description = "Leads to the file, by an address that is good for five minutes.",
            headers(("Location")),
        ),
    ),
    extensions(("x-errors" = json!(["attachment_not_found"]))),
))]
pub(crate) async fn public(
    State(api): Shared,
    method: Method,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    if let Some(key) = icon::named_by(&token) {
        return channel_icon(&api, &key).await;
    }
    let token: Token = token.parse().map_err(|_| ApiError::AttachmentNotFound)?;
    // A link is good for one method.
    let method = if method == Method::HEAD { Method::HEAD } else { Method::GET };
    let link = api.bucket.link(&method, token.key(), LINK_LIFE, None);
    let link = HeaderValue::from_str(&link)
        .map_err(|error| ApiError::Internal { detail: format!("a link that is no header: {error}") })?;
    Ok((StatusCode::FOUND, HEADERS, [(LOCATION, link)]).into_response())
}

async fn channel_icon(api: &Api, key: &str) -> Result<Response, ApiError> {
    let bytes =
        api.bucket.read(key, 0, icon::ICON_MAX_BYTES as u64).await?.ok_or(ApiError::AttachmentNotFound)?;
    let content_type = serving(&sniff(&bytes).unwrap_or_default()).content_type;
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((HEADERS, headers, bytes).into_response())
}
