//! Whether a webhook call is Meta's.

use crate::signature::{self, SignatureError};

/// Checks `X-Hub-Signature-256`: `sha256=` and the lowercase hex HMAC-SHA256 of the raw body under
/// the app secret (Messenger Platform, "Webhooks"). The body must be the bytes as received: Meta signs
/// escaped unicode, so a body that was parsed and written again no longer matches. Any of
/// `app_secrets` will do, for the time in which one replaces another.
pub fn verify_signature(
    app_secrets: &[&str],
    header: Option<&str>,
    body: &[u8],
) -> Result<(), SignatureError> {
    let hex =
        header.ok_or(SignatureError::Missing)?.strip_prefix("sha256=").ok_or(SignatureError::Malformed)?;
    signature::check(app_secrets, &unhex(hex).ok_or(SignatureError::Malformed)?, body)
}

/// Compares `hub.verify_token` of the subscription handshake in constant time (ING-4). An empty
/// expected token matches nothing.
pub fn verify_token_matches(expected: &str, given: &str) -> bool {
    signature::equal(expected, given)
}

/// 64 lowercase hex digits, nothing else.
fn unhex(hex: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits: &[u8; 64] = hex.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO_KEY: &str = "It's a Secret to Everybody";
    const HELLO: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    const ESCAPED: &str = "sha256=0a8b39162ba725ce246cb1cd0678f389c4e986e0fb7d148fce102975649f4e1c";
    const ESCAPED_BODY: &[u8] = include_bytes!("../../fixtures/messenger/escaped_unicode.json");

    #[test]
    fn the_check_values_pass() {
        assert_eq!(verify_signature(&[HELLO_KEY], Some(HELLO), b"Hello, World!"), Ok(()));
        assert_eq!(ESCAPED_BODY.len(), 196);
        assert_eq!(verify_signature(&["app-secret"], Some(ESCAPED), ESCAPED_BODY), Ok(()));
    }

    #[test]
    fn either_secret_is_good_during_a_rotation() {
        for secrets in [[HELLO_KEY, "new"], ["new", HELLO_KEY]] {
            assert_eq!(verify_signature(&secrets, Some(HELLO), b"Hello, World!"), Ok(()));
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_is_refused() {
        for at in 0..ESCAPED_BODY.len() {
            let mut body = ESCAPED_BODY.to_vec();
            body[at] ^= 1;
            let verdict = verify_signature(&["app-secret"], Some(ESCAPED), &body);
            assert_eq!(verdict, Err(SignatureError::Mismatch), "byte {at}");
        }
    }

    #[test]
    fn a_body_that_was_written_again_is_refused() {
        let value: serde_json::Value = serde_json::from_slice(ESCAPED_BODY).unwrap();
        let again = serde_json::to_vec(&value).unwrap();
        assert_eq!(verify_signature(&["app-secret"], Some(ESCAPED), &again), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_header_in_any_other_form_is_refused() {
        let digits = HELLO.strip_prefix("sha256=").unwrap();
        let last_changed = format!("{}6", &HELLO[..HELLO.len() - 1]);
        let table = [
            (None, SignatureError::Missing),
            (Some(""), SignatureError::Malformed),
            (Some("sha256="), SignatureError::Malformed),
            (Some(digits), SignatureError::Malformed),
            (Some(&*format!("SHA256={digits}")), SignatureError::Malformed),
            (Some(&*format!("sha1={}", &digits[..40])), SignatureError::Malformed),
            (Some(&*format!("sha256={}", digits.to_uppercase())), SignatureError::Malformed),
            (Some(&*format!("sha256={}", digits.replacen('e', "E", 1))), SignatureError::Malformed),
            (Some(&*format!("{HELLO} ")), SignatureError::Malformed),
            (Some(&*format!("{HELLO}00")), SignatureError::Malformed),
            (Some(&HELLO[..HELLO.len() - 2]), SignatureError::Malformed),
            (Some(&*format!("sha256=+{}", &digits[1..])), SignatureError::Malformed),
            (Some(&*format!("sha256={}", "あ".repeat(21) + "a")), SignatureError::Malformed),
            (Some(&*last_changed), SignatureError::Mismatch),
        ];
        for (header, expected) in table {
            assert_eq!(verify_signature(&[HELLO_KEY], header, b"Hello, World!"), Err(expected), "{header:?}");
        }
    }

    #[test]
    fn no_secret_and_an_empty_secret_verify_nothing() {
        let forged = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b""), b"{}");
        let header = format!("sha256={}", crate::digest::hex(forged.as_ref()));
        for secrets in [&[][..], &[""][..]] {
            assert_eq!(verify_signature(secrets, Some(&header), b"{}"), Err(SignatureError::Mismatch));
        }
    }

    #[test]
    fn ing_4_the_verify_token_is_really_compared() {
        let table = [
            ("token", "token", true),
            ("token", "Token", false),
            ("token", "toke", false),
            ("token", "", false),
            ("", "", false),
        ];
        for (expected, given, matches) in table {
            assert_eq!(verify_token_matches(expected, given), matches, "{expected:?} {given:?}");
        }
    }
}
