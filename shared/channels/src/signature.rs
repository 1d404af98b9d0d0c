//! Whether a webhook body is the provider's, for every provider alike.

use ring::{digest, hmac};
use subtle::ConstantTimeEq as _;

/// Why a webhook body is not taken for the provider's. Nothing of such a body is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No signature header.
    #[error("the signature header is missing")]
    Missing,
    /// Not in the provider's form.
    #[error("the signature header is malformed")]
    Malformed,
    /// Made in a way that we do not know: refused, for nobody can check it.
    #[error("the signature is of an unknown kind")]
    Unsupported,
    /// In the right form, but of another secret or another body.
    #[error("the signature does not match the body")]
    Mismatch,
}

impl SignatureError {
    /// The name that it is counted by.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Missing => "signature_missing",
            Self::Malformed => "signature_malformed",
            Self::Unsupported => "signature_unsupported",
            Self::Mismatch => "signature_mismatch",
        }
    }
}

/// HMAC-SHA256 of `body` under any of `secrets`, in constant time. Several secrets are good at once
/// while one replaces another.
pub(crate) fn check(secrets: &[&str], tag: &[u8], body: &[u8]) -> Result<(), SignatureError> {
    secrets
        .iter()
        // Anybody can sign with an empty secret.
        .filter(|secret| !secret.is_empty())
        .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
        .any(|key| hmac::verify(&key, body, tag).is_ok())
        .then_some(())
        .ok_or(SignatureError::Mismatch)
}

/// Whether two texts are equal, in a time that tells neither content nor length of `expected`.
pub(crate) fn equal(expected: &str, given: &str) -> bool {
    let digest = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
    !expected.is_empty() && digest(expected).as_ref().ct_eq(digest(given).as_ref()).into()
}
