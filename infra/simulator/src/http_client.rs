//! The client for webhooks and for the product's API.

use std::{sync::Arc, time::Duration};

use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::media::fetch::is_local;

/// Longer than the longest patience of a provider with a file.
const FILE_TIMEOUT: Duration = Duration::from_mins(2);
const MOST_REDIRECTS: usize = 5;

pub(crate) fn build(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    Ok(builder(timeout)?.build()?)
}

/// A client that is never led away from this machine.
pub(crate) fn for_files() -> anyhow::Result<reqwest::Client> {
    let within = Policy::custom(|attempt| {
        if is_local(attempt.url()) && attempt.previous().len() <= MOST_REDIRECTS {
            attempt.follow()
        } else {
            attempt.stop()
        }
    });
    Ok(builder(FILE_TIMEOUT)?.redirect(within).build()?)
}

/// A client whose redirects are the browser's affair. Longer than the gateway's patience.
pub(crate) fn for_console() -> anyhow::Result<reqwest::Client> {
    Ok(builder(Duration::from_secs(31))?.redirect(Policy::none()).build()?)
}

fn builder(timeout: Duration) -> anyhow::Result<reqwest::ClientBuilder> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // A proxy of the environment would not know the local addresses.
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).timeout(timeout).no_proxy())
}
