//! What the issuer gives for a code or a refresh token (RFC 6749, sections 4.1.3 and 6), and taking it back (RFC 7009).

use std::time::Duration;

use reqwest::RequestBuilder;
use serde::Deserialize;

use super::DoorError;
use super::id_token::{self, Expected, Verified};
use super::issuer::{Issuer, IssuerError, read, unreachable};

/// Signing out does not wait for long.
const REVOCATION_PATIENCE: Duration = Duration::from_secs(3);

/// Tokens of somebody.
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) refresh_token: Option<String>,
    pub(super) verified: Verified,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    id_token: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Denied {
    error: String,
}

impl Issuer {
    /// Exchanges a code.
    pub(super) async fn exchange(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
    ) -> Result<Tokens, DoorError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier),
        ];
        self.tokens("a code", &form, Some(nonce), None).await
    }

    /// Has the tokens of `subject` renewed.
    pub(super) async fn renew(&self, refresh_token: &str, subject: &str) -> Result<Tokens, DoorError> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.tokens("a refresh token", &form, None, Some(subject)).await
    }

    /// Takes a refresh token back, where the issuer knows how. What became of it changes nothing: the session has ended.
    pub(super) async fn revoke(&self, refresh_token: &str) -> Result<(), IssuerError> {
        let Some(url) = self.metadata().await?.revocation_endpoint else { return Ok(()) };
        let form = [("token", refresh_token), ("token_type_hint", "refresh_token")];
        let what = "a revocation";
        let request = self.as_client(self.http.post(url).timeout(REVOCATION_PATIENCE), &form).await?;
        let answer = request.send().await.map_err(|error| unreachable(what, &error.without_url()))?;
        if answer.status().is_success() { Ok(()) } else { Err(unreachable(what, &answer.status())) }
    }

    async fn tokens(
        &self,
        what: &'static str,
        form: &[(&str, &str)],
        nonce: Option<&str>,
        subject: Option<&str>,
    ) -> Result<Tokens, DoorError> {
        let url = self.metadata().await?.token_endpoint;
        let request = self.as_client(self.http.post(url), form).await?;
        let answer = request.send().await.map_err(|error| unreachable(what, &error.without_url()))?;
        let status = answer.status();
        let bytes = read(answer, what).await?;
        if status.is_server_error() || status.as_u16() == 429 {
            return Err(unreachable(what, &status).into());
        }
        if !status.is_success() {
            let denied = serde_json::from_slice::<Denied>(&bytes);
            // Only this says that the code or the refresh token is at fault (RFC 6749, section 5.2); everything else may pass.
            return Err(match denied {
                Ok(Denied { error: detail }) if detail == "invalid_grant" => {
                    IssuerError::Refused { what, detail }
                }
                Ok(Denied { error }) => unreachable(what, &error),
                Err(_) => unreachable(what, &status),
            }
            .into());
        }
        let refused = |detail: &str| IssuerError::Refused { what, detail: detail.to_owned() };
        let given: Given = serde_json::from_slice(&bytes).map_err(|_| refused("its answer is no JSON"))?;
        let id_token = given.id_token.ok_or_else(|| refused("there is no ID token"))?;
        let keys = self.keys(id_token::key_of(&id_token)?.as_deref()).await?;
        let (issuer, client_id) = (self.config.issuer.as_str(), self.config.client_id.as_str());
        let expected = Expected { issuer, client_id, nonce, subject };
        let verified = id_token::verify(&id_token, &keys, expected, self.now())?;
        Ok(Tokens { id_token, refresh_token: given.refresh_token, verified })
    }

    /// The request as this client: with its secret in the header, or by its id alone.
    async fn as_client(
        &self,
        request: RequestBuilder,
        form: &[(&str, &str)],
    ) -> Result<RequestBuilder, IssuerError> {
        let id = self.config.client_id.as_str();
        Ok(match self.client_secret().await? {
            // Both are encoded before they are joined (RFC 6749, section 2.3.1).
            Some(secret) => request.basic_auth(encoded(id), Some(encoded(secret.expose()))).form(form),
            None => request.form(&[form, &[("client_id", id)]].concat()),
        })
    }
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
