//! Whether a webhook call is LINE's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::signature::{self, SignatureError};

/// Checks `x-line-signature`: the HMAC-SHA256 of the raw body under the channel secret, in standard
/// Base64 with padding (Messaging API, "Verify webhook signature"). Case matters: other case is another
/// signature. LINE's secrets do not overlap when one is reissued, so any of `channel_secrets` will do.
pub fn verify_signature(
    channel_secrets: &[&str],
    header: Option<&str>,
    body: &[u8],
) -> Result<(), SignatureError> {
    let tag =
        STANDARD.decode(header.ok_or(SignatureError::Missing)?).map_err(|_| SignatureError::Malformed)?;
    if tag.len() != SHA256_BYTES {
        return Err(SignatureError::Malformed);
    }
    signature::check(channel_secrets, &tag, body)
}

const SHA256_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "3q8QXTAGaey18yL8FWTqdVlbMr6hcuNvM4tefa0o9nA=";

    #[test]
    fn the_check_value_passes_under_either_secret() {
        for secrets in [&["SECRET"][..], &["new", "SECRET"], &["SECRET", "old"]] {
            assert_eq!(verify_signature(secrets, Some(SIGNATURE), b"{}"), Ok(()));
        }
    }

    #[test]
    fn every_letter_in_the_other_case_is_refused() {
        for (at, letter) in SIGNATURE.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()) {
            let mut bytes = SIGNATURE.as_bytes().to_vec();
            bytes[at] ^= 0x20;
            let flipped = String::from_utf8(bytes).unwrap();
            let verdict = verify_signature(&["SECRET"], Some(&flipped), b"{}");
            // In the last letter two bits are unused, so another case need not be Base64 at all.
            assert!(
                matches!(verdict, Err(SignatureError::Mismatch | SignatureError::Malformed)),
                "{letter} at {at}: {verdict:?}"
            );
        }
    }

    #[test]
    fn a_changed_body_or_secret_is_refused() {
        for body in [&b"{ }"[..], b"{", b"", b"{}\n", b"{|"] {
            assert_eq!(verify_signature(&["SECRET"], Some(SIGNATURE), body), Err(SignatureError::Mismatch));
        }
        for secrets in [&["secret"][..], &["SECRET "], &[""], &[]] {
            assert_eq!(verify_signature(secrets, Some(SIGNATURE), b"{}"), Err(SignatureError::Mismatch));
        }
    }

    #[test]
    fn a_body_that_is_not_json_is_still_verified_as_bytes() {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"SECRET");
        let body = b"\xff\x00 not json";
        let header = STANDARD.encode(ring::hmac::sign(&key, body));
        assert_eq!(verify_signature(&["SECRET"], Some(&header), body), Ok(()));
    }

    #[test]
    fn a_header_in_any_other_form_is_refused() {
        let unpadded = SIGNATURE.trim_end_matches('=');
        let table = [
            (None, SignatureError::Missing),
            (Some(""), SignatureError::Malformed),
            (Some(unpadded), SignatureError::Malformed),
            (Some(&*format!("{SIGNATURE}=")), SignatureError::Malformed),
            (Some(&*format!(" {SIGNATURE}")), SignatureError::Malformed),
            (Some("3q8QXTAGaey18yL8FWTqdVlbMr6hcuNvM4tefa0o9nB="), SignatureError::Malformed),
            (Some("3q8QXTAGaey18yL8FWTqdVlbMr6hcuNvM4tefa0o9-A="), SignatureError::Malformed),
            (Some("3q8QXTAG"), SignatureError::Malformed),
            (Some(&*STANDARD.encode([0; 32])), SignatureError::Mismatch),
        ];
        for (header, expected) in table {
            assert_eq!(verify_signature(&["SECRET"], header, b"{}"), Err(expected), "{header:?}");
        }
    }
}
