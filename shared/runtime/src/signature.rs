//! Signatures of outgoing webhooks, as Standard Webhooks has them: HMAC-SHA256 over `{id}.{timestamp}.{body}`.
//!
//! A subscription's secret is derived from the stack's own secret, the subscription's id and a number that grows when it is
//! replaced. Nothing has to be kept for a subscription, and whoever reads the tables learns no secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use madoguchi_domain::{Timestamp, WebhookId};
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde::Deserialize;

use crate::{Secret, SecretCache, SecretError, Versioned};

/// The stack's own secret, from which those of the subscriptions are derived.
#[derive(Clone, Debug)]
pub struct WebhookKeys {
    secrets: SecretCache,
    name: String,
}

/// The secret of a subscription.
#[derive(Clone, Debug)]
pub struct WebhookSecret(Secret<Vec<u8>>);

#[derive(Deserialize)]
struct Root {
    key: String,
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Secrets Manager did not answer.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The stack has none, which its template makes.
    #[error("there is no secret `{0}`")]
    Missing(String),
}

impl WebhookKeys {
    /// Derived from the secret `{prefix}/webhook-key`.
    pub fn new(secrets: SecretCache, prefix: &str) -> Self {
        Self { secrets, name: format!("{prefix}/webhook-key") }
    }

    /// The secret of `webhook` in one of its generations.
    pub async fn secret(&self, webhook: WebhookId, generation: u32) -> Result<WebhookSecret, KeyError> {
        Ok(WebhookSecret::derive(&self.root().await?.expose().key, webhook, generation))
    }

    /// A key for another `purpose` than webhooks.
    pub(crate) async fn derived(&self, purpose: &str) -> Result<Secret<Vec<u8>>, KeyError> {
        let root = self.root().await?;
        let key = Key::new(HMAC_SHA256, root.expose().key.as_bytes());
        // No webhook is called so: theirs begin otherwise.
        Ok(Secret::new(sign(&key, format!("purpose:{purpose}").as_bytes()).as_ref().to_vec()))
    }

    async fn root(&self) -> Result<Versioned<Root>, KeyError> {
        let root = self.secrets.get::<Root>(&self.name).await?;
        let root = root.filter(|root| !root.expose().key.is_empty());
        root.ok_or_else(|| KeyError::Missing(self.name.clone()))
    }
}

impl WebhookSecret {
    fn derive(root: &str, webhook: WebhookId, generation: u32) -> Self {
        let key = Key::new(HMAC_SHA256, root.as_bytes());
        Self(Secret::new(sign(&key, format!("webhook:{webhook}:{generation}").as_bytes()).as_ref().to_vec()))
    }

    /// As it is shown to the administrator, once: `whsec_` and its bytes in base64.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0.expose()))
    }

    /// The signature of one call, with its version.
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let key = Key::new(HMAC_SHA256, self.0.expose());
        let signed = sign(&key, format!("{id}.{}.{body}", seconds(at)).as_bytes());
        format!("v1,{}", STANDARD.encode(signed.as_ref()))
    }
}

/// The headers of one call, signed with each of `secrets`.
pub fn headers(
    secrets: &[WebhookSecret],
    id: &str,
    at: Timestamp,
    body: &str,
) -> [(&'static str, String); 3] {
    let signatures: Vec<_> = secrets.iter().map(|secret| secret.sign(id, at, body)).collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", seconds(at).to_string()),
        ("webhook-signature", signatures.join(" ")),
    ]
}

fn seconds(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Standard Webhooks specification's own libraries.
    #[test]
    fn ops_1_the_signature_is_that_of_standard_webhooks() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let secret = WebhookSecret(Secret::new(secret));
        let at = Timestamp::from_ms(1_614_265_330_999);
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn ops_1_every_subscription_and_every_generation_has_a_secret_of_its_own() {
        let secret = |root, seed, generation| {
            WebhookSecret::derive(root, WebhookId::derive(seed), generation).reveal()
        };
        let first = secret("root", "a", 0);
        assert_eq!(first, secret("root", "a", 0));
        for other in [secret("root", "a", 1), secret("root", "b", 0), secret("boot", "a", 0)] {
            assert_ne!(first, other);
        }
        let bytes = STANDARD.decode(first.strip_prefix("whsec_").unwrap()).unwrap();
        assert_eq!(bytes.len(), 32);
    }

    #[test]
    fn ops_5_a_secret_is_not_printed() {
        let secret = WebhookSecret::derive("root", WebhookId::derive("a"), 0);
        assert_eq!(format!("{secret:?}"), "WebhookSecret([secret])");
    }

    #[test]
    fn ops_1_while_a_secret_is_replaced_both_sign() {
        let secrets = [0, 1].map(|generation| WebhookSecret::derive("r", WebhookId::derive("a"), generation));
        let at = Timestamp::from_ms(1_700_000_000_123);
        let headers = headers(&secrets, "event", at, "{}");
        assert_eq!(headers[1], ("webhook-timestamp", "1700000000".to_owned()));
        let expected = secrets.map(|secret| secret.sign("event", at, "{}")).join(" ");
        assert_eq!(headers[2], ("webhook-signature", expected));
    }
}
