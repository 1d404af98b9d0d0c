//! `GET /console/sign-in?to=…`: off to the issuer.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use madoguchi_domain::session::{LOGIN_LASTS, Login, way_back};
use madoguchi_runtime::{fingerprint, unguessable_id};
use reqwest::Url;
use serde::Deserialize;

use super::cookie::Kept;
use super::issuer::IssuerError;
use super::{Door, DoorError, page};

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    to: String,
}

pub(super) async fn sign_in(
    State(door): State<Arc<Door>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    match door.send_off(&headers, way_back(&wanted.to).unwrap_or("/console")).await {
        Ok(response) => response,
        Err(error) => page::failed(&error, &headers),
    }
}

impl Door {
    async fn send_off(&self, headers: &HeaderMap, to: &str) -> Result<Response, DoorError> {
        let (state, nonce, verifier) = (unguessable_id()?, unguessable_id()?, unguessable_id()?);
        // Several tabs may be signing in at once: they share what tells the browser.
        let browser = match self.cookies.read(headers, Kept::Login) {
            Some(browser) => browser.to_owned(),
            None => unguessable_id()?,
        };
        let challenge = fingerprint(&verifier);
        let address = self.issuer.metadata().await?.authorization_endpoint;
        let mut address = Url::parse(&address).map_err(|_| IssuerError::Metadata("an address is none"))?;
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.issuer.config.client_id),
            ("redirect_uri", &self.issuer.redirect_uri),
            ("scope", &self.issuer.config.scopes),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let login = Login {
            nonce,
            verifier,
            browser: fingerprint(&browser),
            to: to.to_owned(),
            ends_at: self.clock.now() + LOGIN_LASTS,
        };
        self.sessions.begin_login(&fingerprint(&state), &login).await?;
        let cookie = self.cookies.keep(Kept::Login, &browser, LOGIN_LASTS);
        Ok(([(SET_COOKIE, cookie)], Redirect::to(address.as_str())).into_response())
    }
}
