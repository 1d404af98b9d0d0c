//! The identity provider: its metadata, its keys, and calling it.

use std::sync::Arc;

use madoguchi_domain::{Span, Timestamp};
use madoguchi_runtime::{Clock, Secret, SecretCache, SignInConfig};
use reqwest::{Client, Response, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::keys::Keys;

/// Keys and metadata have a few KB.
const LARGEST_ANSWER_BYTES: usize = 256 * 1_024;
/// How long the issuer is not asked again for a key that it did not have.
const KEYS_ASKED_EVERY: Span = Span::from_secs(30);

/// The issuer did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssuerError {
    /// It could not be reached, or did not know what to say.
    #[error("the issuer could not be reached for {what}: {detail}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// For maintainers.
        detail: String,
    },
    /// It does not take the code or the refresh token, or does not know us.
    #[error("the issuer refused {what}: {detail}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The error's name (RFC 6749, section 5.2).
        detail: String,
    },
    /// Its metadata is not what it must be.
    #[error("the issuer's metadata is not usable: {0}")]
    Metadata(&'static str),
}

/// Where the issuer does what (OpenID Connect Discovery 1.0).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    pub(super) revocation_endpoint: Option<String>,
    #[serde(default)]
    pub(super) end_session_endpoint: Option<String>,
}

impl Metadata {
    fn endpoints(&self) -> impl Iterator<Item = &str> {
        let always = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let given = [&self.revocation_endpoint, &self.end_session_endpoint];
        always.into_iter().chain(given.into_iter().flatten()).map(String::as_str)
    }
}

/// The issuer of one client. Clones share what they know.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) http: Client,
    secrets: SecretCache,
    pub(super) config: Arc<SignInConfig>,
    /// Where it sends people back to.
    pub(super) redirect_uri: Arc<str>,
    clock: Clock,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    metadata: Option<Metadata>,
    keys: Keys,
    asked_at: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Eq, Deserialize)]
struct ClientSecret {
    client_secret: Secret<String>,
}

impl Issuer {
    pub(super) fn new(
        http: Client,
        secrets: SecretCache,
        config: SignInConfig,
        redirect_uri: String,
        clock: Clock,
    ) -> Self {
        Self {
            http,
            secrets,
            config: config.into(),
            redirect_uri: redirect_uri.into(),
            clock,
            known: Arc::default(),
        }
    }

    /// What the issuer says of itself; asked once.
    pub(super) async fn metadata(&self) -> Result<Metadata, IssuerError> {
        let mut known = self.known.lock().await;
        if let Some(metadata) = &known.metadata {
            return Ok(metadata.clone());
        }
        let what = "its metadata";
        let url = format!("{}/.well-known/openid-configuration", self.config.discovery_base);
        let bytes = self.fetch(&url, what).await?;
        let metadata: Metadata = serde_json::from_slice(&bytes)
            .map_err(|_| IssuerError::Metadata("it is not the JSON of OpenID Connect Discovery"))?;
        if metadata.issuer != self.config.issuer {
            return Err(IssuerError::Metadata("it is of another issuer"));
        }
        if !metadata.endpoints().all(is_private) {
            return Err(IssuerError::Metadata("an address is neither https nor on this machine"));
        }
        known.metadata = Some(metadata.clone());
        Ok(metadata)
    }

    /// Keys with the one called `id`, if the issuer has it. It is asked again when it may have a new one.
    pub(super) async fn keys(&self, id: Option<&str>) -> Result<Keys, IssuerError> {
        let metadata = self.metadata().await?;
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        let asked_lately = known.asked_at.is_some_and(|at| now.since(at) < KEYS_ASKED_EVERY);
        if known.keys.has(id) || asked_lately {
            return Ok(known.keys.clone());
        }
        let bytes = self.fetch(&metadata.jwks_uri, "its keys").await?;
        known.keys = Keys::read(&bytes).ok_or(IssuerError::Metadata("its keys are no set of keys"))?;
        known.asked_at = Some(now);
        Ok(known.keys.clone())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The client's secret, if it has one.
    pub(super) async fn client_secret(&self) -> Result<Option<Secret<String>>, IssuerError> {
        let Some(name) = &self.config.client_secret_name else { return Ok(None) };
        match self.secrets.get::<ClientSecret>(name).await {
            Ok(found) => Ok(found.map(|found| found.expose().client_secret.clone())),
            Err(error) => Err(unreachable("the client's secret", &error)),
        }
    }

    async fn fetch(&self, url: &str, what: &'static str) -> Result<Vec<u8>, IssuerError> {
        let answer = self.http.get(url).send().await;
        let answer = answer.map_err(|error| unreachable(what, &error.without_url()))?;
        if !answer.status().is_success() {
            return Err(unreachable(what, &answer.status()));
        }
        read(answer, what).await
    }
}

/// Neither the client's secret nor what is known.
impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The whole answer, unless it is too large.
pub(super) async fn read(mut answer: Response, what: &'static str) -> Result<Vec<u8>, IssuerError> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(what, &error.without_url()))? {
        if bytes.len() + piece.len() > LARGEST_ANSWER_BYTES {
            return Err(unreachable(what, &"the answer is too large"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

pub(super) fn unreachable(what: &'static str, detail: &dyn std::fmt::Display) -> IssuerError {
    IssuerError::Unreachable { what, detail: detail.to_string() }
}

/// Whether nobody on the way can read along.
fn is_private(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    })
}
