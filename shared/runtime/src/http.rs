//! The HTTP client for providers, over the shared TLS configuration.

use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;

use crate::tls;

/// A client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The TLS configuration is impossible.
    #[error("the TLS configuration was refused")]
    Tls(#[from] rustls::Error),
    /// The HTTP client refused its settings.
    #[error("the HTTP client was refused")]
    Client(#[from] reqwest::Error),
}

/// Reaching a provider takes well under a second or does not happen.
const PROVIDER_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest a provider call may take unless the caller sets its own limit.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(10);
/// A thawed environment must not write into a connection that died meanwhile: the outcome of that
/// send would be unclear. Four seconds still serve a busy batch from one connection.
const PROVIDER_IDLE: Duration = Duration::from_secs(4);

/// The client for provider calls. It follows no redirect, since that could carry a token to
/// another host, and ignores proxy variables.
pub fn provider_client() -> Result<Client, HttpError> {
    Ok(Client::builder()
        .tls_backend_preconfigured(tls::client_config()?)
        .redirect(Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .connect_timeout(PROVIDER_CONNECT_TIMEOUT)
        .timeout(PROVIDER_TIMEOUT)
        .pool_idle_timeout(PROVIDER_IDLE)
        .user_agent("madoguchi")
        .build()?)
}
