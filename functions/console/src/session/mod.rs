//! Signing in and out (CON-1): OpenID Connect, authorization code with PKCE, and a session that is kept here. API Gateway lets
//! everybody in to the console; this is its door.

mod back;
mod claims;
mod cookie;
mod end;
mod gate;
mod id_token;
mod issuer;
mod keys;
mod page;
mod renew;
mod signed_in;
mod start;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use madoguchi_api::RolesClaim;
use madoguchi_domain::session::Limits;
use madoguchi_runtime::{Clock, SecretCache, SignInConfig};
use madoguchi_store::{Sessions, StoreError};
use reqwest::Client;

use cookie::Cookies;
use issuer::{Issuer, IssuerError};

pub(crate) use gate::gate;
pub(crate) use signed_in::routes as signed_in_routes;

/// Where the issuer sends people back to, below the console's address; it has to know this address.
pub(crate) const WAY_BACK: &str = "signed-in-back";

/// Who may come in, and how.
#[derive(Clone, Debug)]
pub struct Door {
    /// Who is signed in.
    sessions: Sessions,
    /// Where they sign in.
    issuer: Issuer,
    /// What gives a role.
    roles: RolesClaim,
    clock: Clock,
    limits: Limits,
    cookies: Cookies,
    /// The console's own address, such as `https://example.com/console`.
    url: String,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DoorError {
    /// Whoever comes back was not sent off from this browser within the last minutes.
    #[error("nobody of this browser was sent off to sign in")]
    UnknownLogin,
    /// The issuer sent somebody back without a code.
    #[error("the issuer answered {0}")]
    Refused(String),
    /// The issuer did not do what it was asked.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The ID token is not for us.
    #[error("the ID token was refused: {0}")]
    Token(#[from] id_token::TokenRefused),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random numbers.
    #[error(transparent)]
    Randomness(#[from] madoguchi_runtime::NoRandomness),
}

impl Door {
    /// The door of the console at `url`, which ends in `/console`.
    pub fn new(
        (sessions, secrets): (Sessions, SecretCache),
        http: Client,
        config: SignInConfig,
        roles: RolesClaim,
        clock: Clock,
        url: &str,
    ) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        let cookies = Cookies::new(url.starts_with("https:"));
        let limits = config.limits;
        let issuer = Issuer::new(http, secrets, config, format!("{url}/{WAY_BACK}"), clock.clone());
        Self { sessions, issuer, roles, clock, limits, cookies, url }
    }
}

/// The ways in and out, for whom nobody has let in.
pub(crate) fn routes(door: Door) -> Router {
    Router::new()
        .route("/console/sign-in", get(start::sign_in))
        .route("/console/signed-in-back", get(back::come_back))
        .route("/console/sign-out", post(end::sign_out))
        .with_state(Arc::new(door))
}
