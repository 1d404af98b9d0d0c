//! `POST /console/sign-out`: our session ends, then the issuer's.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use madoguchi_runtime::fingerprint;
use reqwest::Url;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::cookie::Kept;
use super::{Door, DoorError, page};
use crate::security::CSRF_HEADER;

#[derive(Default, Deserialize)]
pub(super) struct Sent {
    #[serde(default)]
    csrf: String,
}

pub(super) async fn sign_out(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    // Another site's form brings no cookie of ours, and must not have any taken away.
    let from = headers.get("sec-fetch-site").map(axum::http::HeaderValue::as_bytes);
    if from.is_some_and(|from| from != b"same-origin" && from != b"none") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Form(sent) = sent.unwrap_or_default();
    match door.let_out(&headers, &sent.csrf).await {
        Ok(response) => response,
        Err(error) => page::failed(&error, &headers),
    }
}

impl Door {
    async fn let_out(&self, headers: &HeaderMap, csrf: &str) -> Result<Response, DoorError> {
        if let Some(id) = self.cookies.read(headers, Kept::Session).map(fingerprint)
            && let Some(session) = self.sessions.read(&id).await?
        {
            let sent = headers.get(CSRF_HEADER).map_or(csrf.as_bytes(), axum::http::HeaderValue::as_bytes);
            if session.csrf.is_empty() || !bool::from(session.csrf.as_bytes().ct_eq(sent)) {
                return Ok(StatusCode::FORBIDDEN.into_response());
            }
            self.sessions.end(&id).await?;
            if let Some(token) = &session.refresh_token
                && let Err(error) = self.issuer.revoke(token).await
            {
                tracing::warn!(%error, "A refresh token could not be revoked; it ends by itself");
            }
        }
        let forgotten = AppendHeaders([
            (SET_COOKIE, self.cookies.forget(Kept::Session)),
            (SET_COOKIE, self.cookies.forget(Kept::Login)),
        ]);
        Ok((forgotten, page::signed_out(headers, self.issuers_end().await.as_deref())).into_response())
    }

    /// Where the issuer ends its own session, if it does. OpenID Connect and Cognito name the way back differently.
    async fn issuers_end(&self) -> Option<String> {
        let address = self.issuer.metadata().await.ok()?.end_session_endpoint?;
        let mut address = Url::parse(&address).ok()?;
        address.query_pairs_mut().extend_pairs([
            ("client_id", self.issuer.config.client_id.as_str()),
            ("logout_uri", &self.url),
            ("post_logout_redirect_uri", &self.url),
        ]);
        Some(address.into())
    }
}
