//! Whether a `signed_request` is Meta's, and whom it is about ("Data Deletion Request Callback"; "Deauthorize Callback").
//!
//! It is `{signature}.{payload}`, both in Base64 for addresses: the signature is the HMAC-SHA256 of the payload as it is
//! written, under the app secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_domain::Timestamp;
use serde_json::Value;

use crate::digest;
use crate::json;
use crate::signature::{self, SignatureError};

/// Meta's are shorter than a tenth of it.
const LARGEST_BYTES: usize = 16 * 1024;

/// What Meta vouches for.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The person, by the id that our app knows them by.
    pub user_id: String,
    /// When it was made, to the second.
    pub issued_at: Timestamp,
    /// Names this request: the same for every delivery of it, and not to be guessed without the app secret.
    pub code: String,
}

impl std::fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedRequest").field("issued_at", &self.issued_at).finish_non_exhaustive()
    }
}

/// Why a signed request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedRequestError {
    /// It is not Meta's.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is Meta's, and does not say whom it is about or when it was made.
    #[error("the signed request does not say whom it is about, or when it was made")]
    Incomplete,
}

impl SignedRequestError {
    /// The name that it is counted by.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Signature(error) => error.public_id(),
            Self::Incomplete => "incomplete",
        }
    }
}

/// Reads a signed request. Any of `app_secrets` will do, for the time in which one replaces another. The signature is
/// checked before anything of the payload is believed, the name of the algorithm included: no other one is taken, whatever
/// it says.
pub fn read_signed_request(
    app_secrets: &[&str],
    signed_request: &str,
) -> Result<SignedRequest, SignedRequestError> {
    if signed_request.is_empty() {
        return Err(SignatureError::Missing.into());
    }
    let parts = signed_request.split_once('.').filter(|_| signed_request.len() <= LARGEST_BYTES);
    let (tag, payload) = parts.ok_or(SignatureError::Malformed)?;
    let decoded = |text: &str| {
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| SignatureError::Malformed)
    };
    let tag = decoded(tag)?;
    signature::check(app_secrets, &tag, payload.as_bytes())?;
    let payload: Value = serde_json::from_slice(&decoded(payload)?).map_err(|_| SignatureError::Malformed)?;
    if !json::text(&payload, "algorithm").is_some_and(|name| name.eq_ignore_ascii_case("HMAC-SHA256")) {
        return Err(SignatureError::Unsupported.into());
    }
    let (Some(user_id), Some(issued_at)) =
        (json::id(&payload, "user_id"), json::instant(&payload, "issued_at"))
    else {
        return Err(SignedRequestError::Incomplete);
    };
    let code = digest::of(&[b"signed_request", &tag])[..CODE_LENGTH].to_ascii_uppercase();
    Ok(SignedRequest { user_id, issued_at, code })
}

/// The signed request of a callback's form.
pub fn signed_request_of(body: &[u8]) -> Option<String> {
    let mut fields = form_urlencoded::parse(body);
    fields.find(|(name, _)| name == "signed_request").map(|(_, value)| value.into_owned())
}

/// Hex digits of a code: 96 bits.
const CODE_LENGTH: usize = 24;

#[cfg(test)]
mod tests {
    use ring::hmac;
    use serde_json::json;

    use super::*;

    const SECRET: &str = "app-secret";

    fn signed(secret: &str, payload: &str) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = hmac::sign(&key, payload.as_bytes());
        format!("{}.{payload}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn good() -> Value {
        json!({"algorithm": "HMAC-SHA256", "expires": 1_291_840_400, "issued_at": 1_291_836_800, "user_id": "218471"})
    }

    fn read(text: &str) -> Result<SignedRequest, SignedRequestError> {
        read_signed_request(&[SECRET], text)
    }

    /// Made with another tool, Python's `hmac`.
    const CHECK_VALUE: &str = "jrp12ZijqTy2-9NDSsFcrvW7Yz9HUqinb-TuSFEekhs.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsImV4cGlyZXMiOjEyOTE4NDA0MDAsImlzc3VlZF9hdCI6MTI5MTgzNjgwMCwidXNlcl9pZCI6IjIxODQ3MSJ9";

    #[test]
    fn the_check_value_passes() {
        let request = read(CHECK_VALUE).unwrap();
        assert_eq!((&*request.user_id, request.issued_at), ("218471", Timestamp::from_ms(1_291_836_800_000)));
        assert!(request.code.len() == 24 && request.code.bytes().all(|b| b.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_good_request_tells_whom_and_when_under_either_secret() {
        let text = signed(SECRET, &good().to_string());
        for secrets in [[SECRET, "new"], ["new", SECRET]] {
            assert_eq!(read_signed_request(&secrets, &text).unwrap().user_id, "218471");
        }
        // Ids are strings, but numbers occur; algorithms are written in either case.
        for (field, value) in [("user_id", json!(218_471)), ("algorithm", json!("hmac-sha256"))] {
            let mut payload = good();
            payload[field] = value;
            assert_eq!(read(&signed(SECRET, &payload.to_string())).unwrap().user_id, "218471", "{payload}");
        }
        let (tag, payload) = text.split_once('.').unwrap();
        let padded = format!("{tag}=.{payload}");
        assert_eq!(
            read(&padded).unwrap().code,
            read(&text).unwrap().code,
            "every delivery has the same code"
        );
        let shown = format!("{:?}", read(&text).unwrap());
        assert!(!shown.contains("218471"), "{shown}");
    }

    #[test]
    fn the_form_has_a_field_for_it() {
        let body = format!("a=b&signed_request={CHECK_VALUE}&c");
        assert_eq!(signed_request_of(body.as_bytes()).as_deref(), Some(CHECK_VALUE));
        assert_eq!(signed_request_of(b"signed=x"), None);
        assert_eq!(signed_request_of(b""), None);
    }

    #[test]
    fn what_is_not_metas_is_refused() {
        use SignatureError::{Malformed, Mismatch, Missing};
        let text = signed(SECRET, &good().to_string());
        let (tag, payload) = text.split_once('.').unwrap();
        let mut other = good();
        other["user_id"] = json!("999999");
        let other = URL_SAFE_NO_PAD.encode(other.to_string());
        let sha1 = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        let sha1 = URL_SAFE_NO_PAD.encode(hmac::sign(&sha1, payload.as_bytes()));
        let table = [
            (String::new(), Missing),
            ("x".into(), Malformed),
            (format!("{tag}!.{payload}"), Malformed),
            (format!("{tag}.{other}"), Mismatch),
            (format!(".{payload}"), Mismatch),
            (format!("{tag}."), Mismatch),
            (format!("{sha1}.{payload}"), Mismatch),
            (format!("{}.{payload}", &tag[..40]), Mismatch),
            (signed("another-secret", &good().to_string()), Mismatch),
            // Nobody's secret: anybody can sign with it.
            (signed("", &good().to_string()), Mismatch),
            (format!("{tag}.{payload}.{payload}"), Mismatch),
            (format!("{tag}.{}", "A".repeat(LARGEST_BYTES)), Malformed),
        ];
        for (text, expected) in table {
            assert_eq!(read(&text), Err(expected.into()), "{text}");
        }
        assert_eq!(read_signed_request(&[""], &signed("", &good().to_string())), Err(Mismatch.into()));
    }

    #[test]
    fn a_good_signature_does_not_make_up_for_what_the_payload_lacks() {
        let without = |field: &str| {
            let mut payload = good();
            payload.as_object_mut().unwrap().remove(field);
            payload.to_string()
        };
        let with = |field: &str, value: Value| {
            let mut payload = good();
            payload[field] = value;
            payload.to_string()
        };
        let unsupported = Err(SignatureError::Unsupported.into());
        let table = [
            (without("algorithm"), unsupported.clone()),
            (with("algorithm", json!("none")), unsupported.clone()),
            (with("algorithm", json!("HMAC-SHA1")), unsupported),
            (without("user_id"), Err(SignedRequestError::Incomplete)),
            (with("user_id", json!("")), Err(SignedRequestError::Incomplete)),
            (without("issued_at"), Err(SignedRequestError::Incomplete)),
            (with("issued_at", json!(-5)), Err(SignedRequestError::Incomplete)),
            ("[]".into(), Err(SignatureError::Unsupported.into())),
            ("not json".into(), Err(SignatureError::Malformed.into())),
        ];
        for (payload, expected) in table {
            assert_eq!(read(&signed(SECRET, &payload)), expected, "{payload}");
        }
    }
}
