//! The providers' webhook signatures, written from their documents.
//!
//! Nothing is shared with the product, so that a mistake there cannot hide behind the same mistake here.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::hmac;

/// Meta: `sha256=` and the lowercase hex HMAC-SHA256 of the body under the app secret.
pub fn messenger_signature(app_secret: &str, body: &[u8]) -> String {
    format!("sha256={}", hmac_hex(app_secret, body))
}

/// Meta's older header value, still sent beside the SHA-256 one and to be ignored by receivers.
pub fn messenger_legacy_signature(app_secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, app_secret.as_bytes());
    format!("sha1={}", hex(hmac::sign(&key, body).as_ref()))
}

/// Meta's callbacks about a person: signature and payload in Base64 for addresses, without padding.
pub(crate) fn signed_request(app_secret: &str, payload: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload);
    let key = hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes());
    let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key, payload.as_bytes()));
    format!("{tag}.{payload}")
}

/// LINE: standard Base64 with padding of the HMAC-SHA256 of the body under the channel secret.
pub fn line_signature(channel_secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, channel_secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, body))
}

/// Twilio: Base64 of the HMAC-SHA1 of the address and the sorted parameters under the auth token.
///
/// Of parameters with one name each different value counts once; nothing is trimmed.
pub fn twilio_signature(auth_token: &str, url: &str, params: &[(String, String)]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, auth_token.as_bytes());
    STANDARD.encode(hmac::sign(&key, twilio_text(url, params).as_bytes()))
}

/// Twilio's newer form, under a shared key and with HMAC-SHA256.
pub fn twilio_shared_key_signature(secret: &str, url: &str, params: &[(String, String)]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, twilio_text(url, params).as_bytes()))
}

fn twilio_text(url: &str, params: &[(String, String)]) -> String {
    let sorted: std::collections::BTreeSet<(&str, &str)> =
        params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sorted.into_iter().fold(url.to_owned(), |text, (name, value)| text + name + value)
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

/// Lowercase hex HMAC-SHA256, as `appsecret_proof` uses it.
pub(crate) fn hmac_hex(secret: &str, message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex(hmac::sign(&key, message).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

/// Meta puts every character outside ASCII on the wire as lowercase `\uXXXX`, and signs that.
pub fn escape_unicode(json: &str) -> String {
    use std::fmt::Write;

    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const ESCAPED: &str = r#"{"object":"page","entry":[{"id":"1","time":1458692752478,"messaging":[{"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":1458692752478,"message":{"mid":"m_1","text":"\u00e4\u00f6\u00e5"}}]}]}"#;

    #[test]
    fn messenger_check_values_hold() {
        assert_eq!(
            messenger_signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
        assert_eq!(ESCAPED.len(), 196);
        assert_eq!(
            messenger_signature("app-secret", ESCAPED.as_bytes()),
            "sha256=0a8b39162ba725ce246cb1cd0678f389c4e986e0fb7d148fce102975649f4e1c"
        );
    }

    #[test]
    fn line_check_value_holds() {
        assert_eq!(line_signature("SECRET", b"{}"), "3q8QXTAGaey18yL8FWTqdVlbMr6hcuNvM4tefa0o9nA=");
    }

    #[test]
    fn twilio_check_value_holds_in_any_order_of_the_parameters() {
        let mut params = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        for _ in 0..2 {
            assert_eq!(twilio_signature("12345", url, &params), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
            params.reverse();
            params.push(("Digits".into(), "1234".into()));
        }
        assert_ne!(twilio_signature("12345", url, &params[1..]), twilio_signature("12345", url, &[]));
    }

    #[test]
    fn unicode_is_escaped_as_meta_escapes_it() {
        let plain = ESCAPED.replace(r"\u00e4\u00f6\u00e5", "äöå");
        assert_eq!(escape_unicode(&plain), ESCAPED);
        assert_eq!(escape_unicode("窓口😀"), r"\u7a93\u53e3\ud83d\ude00");
    }
}
