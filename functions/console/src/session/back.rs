//! `GET /console/signed-in-back?code=…&state=…`: back from the issuer.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use madoguchi_domain::session::Session;
use madoguchi_runtime::{fingerprint, unguessable_id};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use super::cookie::Kept;
use super::token::Tokens;
use super::{Door, DoorError, claims, page};

#[derive(Deserialize)]
pub(super) struct Brought {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: Option<String>,
    /// Why there is no code (RFC 6749, section 4.1.2.1).
    #[serde(default)]
    error: Option<String>,
}

pub(super) async fn come_back(
    State(door): State<Arc<Door>>,
    Query(brought): Query<Brought>,
    headers: HeaderMap,
) -> Response {
    match door.let_in(&headers, brought).await {
        Ok(response) => response,
        Err(error) => page::failed(&error, &headers),
    }
}

impl Door {
    async fn let_in(&self, headers: &HeaderMap, brought: Brought) -> Result<Response, DoorError> {
        let now = self.clock.now();
        let state = brought.state.ok_or(DoorError::UnknownLogin)?;
        let login = self.sessions.take_login(&fingerprint(&state), now).await?;
        let login = login.ok_or(DoorError::UnknownLogin)?;
        // Somebody else's login must not become this browser's.
        let browser = self.cookies.read(headers, Kept::Login).map(fingerprint).unwrap_or_default();
        if !bool::from(browser.as_bytes().ct_eq(login.browser.as_bytes())) {
            return Err(DoorError::UnknownLogin);
        }
        let Some(code) = brought.code else {
            return Err(DoorError::Refused(word(brought.error.as_deref().unwrap_or("no_code"))));
        };
        let tokens = self.issuer.exchange(&code, &login.verifier, &login.nonce).await?;
        // Whoever was signed in here before is so no more.
        if let Some(former) = self.cookies.read(headers, Kept::Session) {
            self.sessions.end(&fingerprint(former)).await?;
        }
        let id = unguessable_id()?;
        let Tokens { id_token, refresh_token, verified } = tokens;
        let session = Session {
            claims: claims::as_text(&verified.claims),
            id_token,
            refresh_token,
            csrf: unguessable_id()?,
            began_at: now,
            used_at: now,
            token_ends_at: verified.ends_at,
        };
        self.sessions.begin(&fingerprint(&id), &session, self.limits).await?;
        tracing::info!("Somebody has signed in");
        let cookies = [
            (SET_COOKIE, self.cookies.keep(Kept::Session, &id, self.limits.life)),
            (SET_COOKIE, self.cookies.forget(Kept::Login)),
        ];
        Ok((AppendHeaders(cookies), Redirect::to(&login.to)).into_response())
    }
}

/// An error's name as the issuer gave it, which anybody can write into an address.
fn word(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').take(40).collect()
}
