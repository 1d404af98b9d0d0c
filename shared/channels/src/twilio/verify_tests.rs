use SignatureError::{Malformed, Mismatch, Missing, Unsupported};
use serde::Deserialize;

use super::*;

/// Made with Twilio's own validator, see `fixtures/twilio/signatures.py`.
const VECTORS: &str = include_str!("../../fixtures/twilio/signatures.json");

#[derive(Deserialize)]
struct Vector {
    name: String,
    base: String,
    path: String,
    content_type: Option<String>,
    body: String,
    key: String,
    algorithm: Option<String>,
    signature: String,
}

impl Vector {
    fn request(&self) -> SignedRequest<'_> {
        SignedRequest {
            public_base_url: &self.base,
            path_and_query: &self.path,
            content_type: self.content_type.as_deref(),
            body: self.body.as_bytes(),
            signature: Some(&self.signature),
            settings: None,
        }
    }

    /// Checks `request` with the vector's key as Auth Token, or as shared key if it has an algorithm.
    fn check(&self, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
        let Some(algorithm) = &self.algorithm else {
            return verify_signature(&tokens(&["new", &self.key]), request);
        };
        let shared = [SharedKey { id: "k0", secret: "x" }, SharedKey { id: "k1", secret: &self.key }];
        let keys = SigningKeys { shared_keys: &shared, ..tokens(&["unused"]) };
        let settings = format!("key=k1,algorithm={algorithm}");
        verify_signature(&keys, &SignedRequest { settings: Some(&settings), ..*request })
    }
}

fn tokens<'a>(auth_tokens: &'a [&'a str]) -> SigningKeys<'a> {
    SigningKeys { auth_tokens, shared_keys: &[], auth_token_beside_shared_keys: false }
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(VECTORS).unwrap()
}

fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

#[test]
fn ing_3_what_the_vendor_signs_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors[0].signature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    assert_eq!(vectors.len(), 25);
    for vector in &vectors {
        assert_eq!(vector.check(&vector.request()), Ok(()), "{}", vector.name);
    }
}

#[test]
fn ing_3_every_part_is_signed() {
    for vector in vectors() {
        let request = vector.request();
        let refuse = |request: SignedRequest<'_>, what: &str| {
            let verdict = vector.check(&request);
            assert!(matches!(verdict, Err(Mismatch | Missing)), "{}: {what}: {verdict:?}", vector.name);
        };
        refuse(SignedRequest { public_base_url: "https://evil.example.com", ..request }, "another host");
        let path = format!("{}/", vector.path);
        refuse(SignedRequest { path_and_query: &path, ..request }, "another path");
        let path = format!("{}{}x=1", vector.path, if vector.path.contains('?') { '&' } else { '?' });
        refuse(SignedRequest { path_and_query: &path, ..request }, "one more parameter in the address");
        if vector.body.is_empty() {
            let form = Some("application/x-www-form-urlencoded");
            refuse(SignedRequest { body: b"Body=x", content_type: form, ..request }, "a body");
            continue;
        }
        let body = format!("{}&Z=1", vector.body);
        refuse(SignedRequest { body: body.as_bytes(), ..request }, "one more parameter");
        let body = vector.body.replacen('=', "=z", 1).replacen(":\"", ":\"z", 1);
        assert_ne!(body, vector.body);
        refuse(SignedRequest { body: body.as_bytes(), ..request }, "another value");
        refuse(SignedRequest { body: b"", ..request }, "no body");
    }
}

#[test]
fn a_blank_more_or_less_is_another_text() {
    let vector = vector("empty values and whitespace");
    let trimmed = vector.body.replace("++two+spaces%09%0A", "two+spaces");
    assert_ne!(trimmed, vector.body);
    let request = SignedRequest { body: trimmed.as_bytes(), ..vector.request() };
    assert_eq!(vector.check(&request), Err(SignatureError::Mismatch));
    let without = vector.body.replace("&To=", "");
    assert_ne!(without, vector.body);
    // `To` and nothing behind it is signed too.
    let request = SignedRequest { body: without.as_bytes(), ..vector.request() };
    assert_eq!(vector.check(&request), Err(SignatureError::Mismatch));
}

#[test]
fn a_json_body_is_vouched_for_by_its_digest_in_the_address() {
    let vector = vector("a JSON body");
    let request = vector.request();
    let other = SignedRequest { body: br#"{"MessageSid":"SM2"}"#, ..request };
    assert_eq!(vector.check(&other), Err(SignatureError::Mismatch));
    // Signed correctly, but nothing in the address says that this is the body.
    let empty = super::tests::vector("a POST without parameters");
    for content_type in [None, Some("application/json"), Some("text/plain")] {
        let smuggled = SignedRequest { body: br#"{"Body":"x"}"#, content_type, ..empty.request() };
        assert_eq!(empty.check(&smuggled), Err(SignatureError::Missing));
    }
    // Hexadecimal digits have no case of their own, but the address is signed as it came.
    let (path, digest) = vector.path.split_once("bodySHA256=").unwrap();
    let upper = format!("{path}bodySHA256={}", digest.to_uppercase());
    let request = SignedRequest { path_and_query: &upper, ..request };
    assert_eq!(vector.check(&request), Err(SignatureError::Mismatch));
}

#[test]
fn every_letter_of_the_signature_in_the_other_case_is_refused() {
    let vector = vector("a WhatsApp message in Japanese with an emoji");
    let letters = vector.signature.char_indices().filter(|(_, letter)| letter.is_ascii_alphabetic());
    for (at, _) in letters {
        let mut bytes = vector.signature.clone().into_bytes();
        bytes[at] ^= 0x20;
        let flipped = String::from_utf8(bytes).unwrap();
        let verdict = vector.check(&SignedRequest { signature: Some(&flipped), ..vector.request() });
        // In the last letter two bits are unused, so another case need not be Base64 at all.
        assert!(matches!(verdict, Err(SignatureError::Mismatch | SignatureError::Malformed)), "{at}");
    }
}

#[test]
fn a_header_in_any_other_form_is_refused() {
    let vector = vector("the vendor's documented check value");
    let signature = &vector.signature;
    let table = [
        (None, SignatureError::Missing),
        (Some(String::new()), SignatureError::Malformed),
        (Some(signature.trim_end_matches('=').to_owned()), SignatureError::Malformed),
        (Some(format!(" {signature}")), SignatureError::Malformed),
        (Some(STANDARD.encode([0; 32])), SignatureError::Malformed),
        (Some(STANDARD.encode([0; 20])), SignatureError::Mismatch),
    ];
    for (signature, expected) in table {
        let request = SignedRequest { signature: signature.as_deref(), ..vector.request() };
        assert_eq!(vector.check(&request), Err(expected), "{signature:?}");
    }
}

#[test]
fn aut_13_two_tokens_are_good_while_one_replaces_the_other_and_an_empty_one_never() {
    let vector = vector("the vendor's documented check value");
    for (known, expected) in [
        (&["12345"][..], Ok(())),
        (&["other", "12345"], Ok(())),
        (&["other"], Err(SignatureError::Mismatch)),
        (&["12345 "], Err(SignatureError::Mismatch)),
        (&[], Err(SignatureError::Mismatch)),
    ] {
        assert_eq!(verify_signature(&tokens(known), &vector.request()), expected, "{known:?}");
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"");
    let address = format!("{}{}", vector.base, vector.path);
    let signed = STANDARD.encode(hmac::sign(&key, address.as_bytes()));
    let request = SignedRequest { signature: Some(&signed), body: b"", ..vector.request() };
    assert_eq!(verify_signature(&tokens(&[""]), &request), Err(SignatureError::Mismatch));
}

#[test]
fn shared_keys_fail_closed() {
    let by_token = vector("a WhatsApp message in Japanese with an emoji");
    let (sha1, sha256) = (vector("a shared key, SHA-1"), vector("a shared key, SHA-256"));
    let shared = [SharedKey { id: "k1", secret: &sha256.key }];
    let auth_tokens = [by_token.key.as_str()];
    let strict = SigningKeys { shared_keys: &shared, ..tokens(&auth_tokens) };
    let lenient = SigningKeys { auth_token_beside_shared_keys: true, ..strict };
    let none = tokens(&auth_tokens);
    let table = [
        (strict, &sha256, Some("key=k1,algorithm=HMAC_SHA256"), Ok(())),
        (strict, &sha256, Some(" algorithm=HMAC_SHA256 , key=k1 "), Ok(())),
        (strict, &sha256, Some("key=k1,algorithm=HMAC_SHA256,more=1"), Ok(())),
        // Without an algorithm it is SHA-1, of the key that is named.
        (strict, &sha1, Some("key=k1"), Ok(())),
        (strict, &sha1, Some("key=k1,algorithm="), Ok(())),
        (strict, &sha1, Some("key=k1,algorithm=HMAC_SHA1"), Ok(())),
        (strict, &sha256, Some("key=k1"), Err(Malformed)),
        (strict, &sha256, Some("key=k1,algorithm=HMAC_SHA512"), Err(Unsupported)),
        (strict, &sha256, Some("key=k1,algorithm=none"), Err(Unsupported)),
        (strict, &sha256, Some("key=k2,algorithm=HMAC_SHA256"), Err(Mismatch)),
        (none, &sha256, Some("key=k1,algorithm=HMAC_SHA256"), Err(Mismatch)),
        (strict, &sha256, Some("algorithm=HMAC_SHA256"), Err(Malformed)),
        // Leaving the header out is no way around the keys, unless somebody allowed it.
        (strict, &by_token, None, Err(Mismatch)),
        (strict, &by_token, Some(" "), Err(Mismatch)),
        (lenient, &by_token, None, Ok(())),
        (none, &by_token, None, Ok(())),
        // The token is not a shared key.
        (lenient, &by_token, Some("key=k1"), Err(Mismatch)),
    ];
    for (keys, vector, settings, expected) in table {
        let request = SignedRequest { settings, ..vector.request() };
        assert_eq!(verify_signature(&keys, &request), expected, "{}: {settings:?}", vector.name);
    }
}

#[test]
fn a_port_is_told_from_an_address_in_brackets() {
    let request = vector("a POST without parameters");
    let table = [
        ("https://a.example", &["https://a.example/p", "https://a.example:443/p"][..]),
        ("https://a.example:8443/x/", &["https://a.example:8443/x/p", "https://a.example/x/p"]),
        ("http://[::1]", &["http://[::1]/p", "http://[::1]:80/p"]),
        ("http://[::1]:90", &["http://[::1]:90/p", "http://[::1]/p"]),
    ];
    for (public_base_url, expected) in table {
        let request = SignedRequest { public_base_url, path_and_query: "/p", ..request.request() };
        assert_eq!(addresses(&request), expected);
    }
}
