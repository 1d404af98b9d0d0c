//! Names that nobody can guess.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the system's source of randomness failed")]
pub struct NoRandomness;

/// 32 characters of letters, digits, `-` and `_`, which carry 192 random bits.
pub fn unguessable() -> Result<String, NoRandomness> {
    let mut bytes = [0; 24];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// 43 of the same characters, which carry 256 random bits: as much as a session's id should have, and as few characters as a
/// code verifier may (RFC 7636, section 4.1).
pub fn unguessable_id() -> Result<String, NoRandomness> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a name that opens something: whoever reads it cannot tell the name. SHA-256, which needs no salt where the
/// name is [`unguessable`].
pub fn fingerprint(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_long_and_never_the_same() {
        let (one, other) = (unguessable().unwrap(), unguessable().unwrap());
        assert_eq!((one.len(), other.len()), (32, 32));
        assert_ne!(one, other);
        let (one, other) = (unguessable_id().unwrap(), unguessable_id().unwrap());
        assert_eq!((one.len(), other.len()), (43, 43));
        assert_ne!(one, other);
    }

    #[test]
    fn a_fingerprint_is_always_the_same_and_tells_nothing() {
        // SHA-256 of "abc" (FIPS 180-4, example B.1).
        assert_eq!(fingerprint("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_ne!(fingerprint("abd"), fingerprint("abc"));
    }
}
