//! One TLS configuration for AWS and the providers alike.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore};

static CONFIG: OnceLock<ClientConfig> = OnceLock::new();

/// The shared client configuration: ring, and Mozilla's roots compiled in. It is built once;
/// clones share the roots, the verifier and the session cache.
///
/// Compiled in, because reading and parsing the platform's certificates costs tens of
/// milliseconds of every cold start.
pub fn client_config() -> Result<ClientConfig, rustls::Error> {
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let config = build()?;
    Ok(CONFIG.get_or_init(|| config).clone())
}

fn build() -> Result<ClientConfig, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_caller_gets_the_same_provider() {
        let (one, other) = (client_config().unwrap(), client_config().unwrap());
        assert!(Arc::ptr_eq(one.crypto_provider(), other.crypto_provider()));
    }
}
