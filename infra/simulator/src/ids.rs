//! Identifiers in the providers' own shapes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{digest, rand};

use crate::signing::hex;

fn random<const N: usize>() -> [u8; N] {
    // A machine without a random source cannot run a TLS client either; zeros only cost uniqueness here.
    rand::generate(&rand::SystemRandom::new()).map_or([0; N], rand::Random::expose)
}

/// A secret-looking string: access tokens, reply tokens, session ids.
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}{}", hex(&random::<24>()))
}

/// Messenger's `mid`.
pub(crate) fn mid() -> String {
    format!("m_{}", URL_SAFE_NO_PAD.encode(random::<48>()))
}

/// A Twilio id: two letters and 32 hex digits.
pub(crate) fn twilio_sid(letters: &str) -> String {
    format!("{letters}{}", hex(&random::<16>()))
}

/// A file's id, in addresses of files and in Twilio's media ids.
pub(crate) fn media_id() -> String {
    hex(&random::<16>())
}

/// A telephone number that is the same after every reset; the mobile range of Japan.
pub(crate) fn telephone(customer: &str) -> String {
    format!("+8190{:08}", digits(&format!("telephone:{customer}")) % 100_000_000)
}

/// WhatsApp's id of a user who shows a name instead of a number.
pub(crate) fn whatsapp_user(customer: &str) -> String {
    format!("JP.{:016}", digits(&format!("whatsapp:{customer}")))
}

fn digits(seed: &str) -> u64 {
    let hash = digest::digest(&digest::SHA256, seed.as_bytes());
    hash.as_ref()[..6].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The id Meta asks for in bug reports.
pub(crate) fn fbtrace_id() -> String {
    format!("A{}", URL_SAFE_NO_PAD.encode(random::<16>()))
}

/// LINE's quote and mark-as-read tokens.
pub(crate) fn quote_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<48>())
}

/// A random UUID: LINE's `x-line-request-id`.
pub(crate) fn request_id() -> String {
    uuid::Builder::from_random_bytes(random()).into_uuid().to_string()
}

/// A ULID, as LINE's `webhookEventId`: 48 bits of time and 80 random bits in Crockford's base 32.
pub(crate) fn ulid(time_ms: i64) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&time_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random::<10>());
    let value = u128::from_be_bytes(bytes);
    (0..26).rev().map(|place| char::from(ALPHABET[(value >> (place * 5)) as usize & 31])).collect()
}

/// A LINE id of the given kind (`U`, `C` or `R`) that is the same after every reset.
pub(crate) fn line_id(kind: char, seed: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{kind}:{seed}").as_bytes());
    format!("{kind}{}", hex(&hash.as_ref()[..16]))
}

/// A Messenger page-scoped id that is the same after every reset.
pub(crate) fn page_scoped_id(page: &str, customer: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{page}:{customer}").as_bytes());
    let number = hash.as_ref()[..6].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    (24_000_000_000_000_000 + number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ulid_has_26_characters_and_sorts_by_time() {
        let (earlier, later) = (ulid(1_700_000_000_000), ulid(1_700_000_000_001));
        assert_eq!(earlier.len(), 26);
        assert!(earlier < later);
        // The example of the ULID specification: this time encodes to these ten characters.
        assert!(ulid(1_469_918_176_385).starts_with("01ARYZ6S41"));
    }

    #[test]
    fn a_line_user_id_has_the_documented_shape() {
        let id = line_id('U', "customer-1");
        assert_eq!(id.len(), 33);
        assert!(id[1..].chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)));
    }
}
