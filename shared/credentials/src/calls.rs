//! Tokens for provider calls.

use std::collections::HashMap;

use madoguchi_channels::line::token::issue_stateless;
use madoguchi_channels::{ProviderHttp, Token, TokenError};
use madoguchi_domain::credential::Cause;
use madoguchi_domain::{Channel, ChannelHealth, ChannelKind, ConnectionId, Span, Timestamp};
use madoguchi_runtime::{SecretCache, Versioned};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::{LineSecret, MessengerSecret, MetaAppSecret, SecretNames, TwilioSecret};

/// A stateless token is not used in the last minute of its 15: the call itself takes time.
const TOKEN_MARGIN: Span = Span::from_secs(60);

/// Whether what is remembered will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// What is remembered will do.
    Cached,
    /// The provider has just refused it: look whether there is something newer, once.
    Renewed,
}

/// Why there is nothing to call with.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// An administrator must act.
    #[error("the credential does not work: {cause}")]
    Broken {
        /// Why.
        cause: Cause,
        /// For maintainers.
        detail: String,
    },
    /// Nobody answered; it may work in a moment.
    #[error("the credential could not be had: {detail}")]
    Unavailable {
        /// For maintainers.
        detail: String,
    },
}

/// What a Page is called with.
#[derive(Debug)]
pub struct PageCredential {
    /// The page token.
    pub token: Token,
    /// For the proof that the token is used by the app that it was given to.
    pub app_secret: Token,
}

/// What Twilio is called with.
#[derive(Debug)]
pub struct TwilioCredential {
    /// The account that addresses name.
    pub account_sid: String,
    /// User of Basic authentication: the account, or an API key.
    pub user: String,
    /// Its password.
    pub password: Token,
}

/// Reads secrets through a cache and makes tokens from them.
#[derive(Debug)]
pub struct Credentials {
    secrets: SecretCache,
    names: SecretNames,
    http: ProviderHttp,
    line_base_url: String,
    line_tokens: Mutex<HashMap<ConnectionId, Issued>>,
}

#[derive(Clone, Debug)]
struct Issued {
    token: Token,
    usable_until: Timestamp,
    made_at: Timestamp,
    secret_version: String,
}

impl Credentials {
    /// Secrets are read through `secrets`, LINE tokens are issued at `line_base_url`.
    pub fn new(
        secrets: SecretCache,
        names: SecretNames,
        http: ProviderHttp,
        line_base_url: impl Into<String>,
    ) -> Self {
        let line_base_url = line_base_url.into();
        Self { secrets, names, http, line_base_url, line_tokens: Mutex::default() }
    }

    /// The token of a Messenger channel's Page.
    pub async fn page(
        &self,
        channel: &Channel,
        freshness: Freshness,
    ) -> Result<PageCredential, CredentialError> {
        let name = self.names.connection(ChannelKind::Messenger, channel.connection_id);
        let since = replaced_before(channel);
        let secret: Versioned<MessengerSecret> = self.read(&name, freshness, since).await?;
        let app: Versioned<MetaAppSecret> = self.read(&self.names.meta_app(), freshness, since).await?;
        let Some(token) = secret.expose().pages.get(&channel.external_id) else {
            let detail = "the connection holds no token of the page".to_owned();
            return Err(CredentialError::Broken { cause: Cause::PageNotAuthorized, detail });
        };
        Ok(PageCredential { token: Token::new(token), app_secret: Token::new(&app.expose().app_secret) })
    }

    /// A token of a LINE channel, kept until shortly before it expires (stateless, 15 minutes).
    pub async fn line_token(
        &self,
        channel: &Channel,
        freshness: Freshness,
        now: Timestamp,
    ) -> Result<String, CredentialError> {
        let name = self.names.connection(ChannelKind::Line, channel.connection_id);
        // Held while a token is issued, so that ten replies at once issue one.
        let mut tokens = self.line_tokens.lock().await;
        let since = replaced_before(channel);
        let secret: Versioned<LineSecret> = self.read(&name, freshness, since).await?;
        if let Some(known) = tokens.get(&channel.connection_id)
            && freshness == Freshness::Cached
            && known.usable_until > now
            && known.made_at >= since.min(now)
            && known.secret_version == secret.version
        {
            return Ok(known.token.as_str().to_owned());
        }
        let LineSecret { channel_id, channel_secret, .. } = secret.expose();
        let issued = issue_stateless(&self.http, &self.line_base_url, channel_id, channel_secret).await;
        let issued = issued.map_err(broken)?;
        let token = issued.token.as_str().to_owned();
        let usable_until = now + issued.expires_in - TOKEN_MARGIN;
        let issued =
            Issued { token: issued.token, usable_until, made_at: now, secret_version: secret.version };
        tokens.insert(channel.connection_id, issued);
        Ok(token)
    }

    /// What a WhatsApp or SMS channel is called with.
    pub async fn twilio(
        &self,
        channel: &Channel,
        freshness: Freshness,
    ) -> Result<TwilioCredential, CredentialError> {
        let name = self.names.connection(channel.kind, channel.connection_id);
        let secret: Versioned<TwilioSecret> = self.read(&name, freshness, replaced_before(channel)).await?;
        let secret = secret.expose();
        let (user, password) = secret.basic_auth();
        Ok(TwilioCredential {
            account_sid: secret.account_sid.clone(),
            user: user.to_owned(),
            password: Token::new(password),
        })
    }

    async fn read<T: DeserializeOwned>(
        &self,
        name: &str,
        freshness: Freshness,
        since: Timestamp,
    ) -> Result<Versioned<T>, CredentialError> {
        let unavailable = |detail: String| CredentialError::Unavailable { detail };
        let cached =
            self.secrets.get_since(name, since).await.map_err(|error| unavailable(error.to_string()))?;
        let Some(cached) = cached else {
            return Err(unavailable(format!("there is no secret `{name}`")));
        };
        if freshness == Freshness::Cached {
            return Ok(cached);
        }
        let newer = self.secrets.reload_once(name, &cached.version).await;
        Ok(newer.map_err(|error| unavailable(error.to_string()))?.unwrap_or(cached))
    }
}

/// When the channel was last found to work after it had not, if it works: what is remembered from before may be what it did
/// not work with (AUT-12).
fn replaced_before(channel: &Channel) -> Timestamp {
    match channel.health {
        ChannelHealth::Healthy { since } => since,
        ChannelHealth::Connecting | ChannelHealth::NeedsReauthorization { .. } => Timestamp::default(),
    }
}

fn broken(error: TokenError) -> CredentialError {
    match (error.cause(), error) {
        (Some(cause), TokenError::Refused(refusal)) => {
            CredentialError::Broken { cause, detail: refusal.detail }
        }
        (_, TokenError::Refused(refusal)) => CredentialError::Unavailable { detail: refusal.detail },
        (_, TokenError::Unavailable { detail }) => CredentialError::Unavailable { detail },
    }
}
