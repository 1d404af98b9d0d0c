//! `GET /media/{token}`: where a customer's app, or the provider, gets a file that an operator sent. The address cannot
//! be guessed and stays good; it leads to one that is good for minutes (MSG-15).

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::IntoResponse;
use madoguchi_domain::media::Token;

use super::LINK_LIFE;
use crate::{ApiError, Shared};

const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
];

pub(crate) async fn public(
    State(api): Shared,
    method: Method,
    Path(token): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let token: Token = token.parse().map_err(|_| ApiError::AttachmentNotFound)?;
    // A link is good for one method.
    let method = if method == Method::HEAD { Method::HEAD } else { Method::GET };
    let link = api.bucket.link(&method, token.key(), LINK_LIFE, None);
    let link = HeaderValue::from_str(&link)
        .map_err(|error| ApiError::Internal { detail: format!("a link that is no header: {error}") })?;
    Ok((StatusCode::FOUND, HEADERS, [(LOCATION, link)]))
}
