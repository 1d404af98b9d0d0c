//! The ID token (OpenID Connect Core, section 3.1.3.7): signed by the issuer, for us, for this sign-in, and not over.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_domain::{Span, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq as _;

use super::keys::Keys;

/// By how much clocks may differ.
const LEEWAY: Span = Span::from_secs(60);
/// No issuer's are longer, and a session must fit into an item.
const LONGEST: usize = 32 * 1_024;

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// Of a token that comes with a sign-in; a renewed one repeats it or not.
    pub(super) nonce: Option<&'a str>,
    /// Of a renewed token: whose it was.
    pub(super) subject: Option<&'a str>,
}

/// What it says.
#[derive(Clone, Debug)]
pub(super) struct Verified {
    pub(super) claims: Map<String, Value>,
    pub(super) ends_at: Timestamp,
}

/// Why an ID token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefused {
    #[error("it is no token")]
    Form,
    #[error("it is not signed with RS256")]
    Algorithm,
    #[error("its signature is not by a key of the issuer")]
    Signature,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("its time is over, or has not begun")]
    Time,
    #[error("it is of another sign-in")]
    Nonce,
    #[error("it is of another person")]
    Subject,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    /// What whoever reads it must understand; we understand nothing of the kind.
    #[serde(default)]
    crit: Option<Value>,
}

/// The key that `token` says that it was signed with.
pub(super) fn key_of(token: &str) -> Result<Option<String>, TokenRefused> {
    Ok(header(token)?.kid)
}

/// What `token` says, if it was signed with one of `keys` and says what is `expected`.
pub(super) fn verify(
    token: &str,
    keys: &Keys,
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<Verified, TokenRefused> {
    let head = header(token)?;
    // Before anything else: nobody but us chooses how it is verified.
    if head.alg != "RS256" || head.crit.is_some() {
        return Err(TokenRefused::Algorithm);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(TokenRefused::Form)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenRefused::Form)?;
    if !keys.verify(head.kid.as_deref(), message.as_bytes(), &signature) {
        return Err(TokenRefused::Signature);
    }
    let claims: Map<String, Value> = part(message.split('.').nth(1))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("iss") != expected.issuer {
        return Err(TokenRefused::Issuer);
    }
    if !is_for(&claims, expected.client_id) {
        return Err(TokenRefused::Audience);
    }
    let ends_at = instant(&claims, "exp").ok_or(TokenRefused::Time)?;
    let early = ["iat", "nbf"].iter().filter_map(|name| instant(&claims, name)).any(|from| from > now + LEEWAY);
    if ends_at <= now || early {
        return Err(TokenRefused::Time);
    }
    if expected.nonce.is_some_and(|nonce| !bool::from(nonce.as_bytes().ct_eq(text("nonce").as_bytes()))) {
        return Err(TokenRefused::Nonce);
    }
    if text("sub").is_empty() || expected.subject.is_some_and(|subject| subject != text("sub")) {
        return Err(TokenRefused::Subject);
    }
    Ok(Verified { claims, ends_at })
}

/// `aud` names us, and who it was issued to, where it says that, are we.
fn is_for(claims: &Map<String, Value>, client_id: &str) -> bool {
    let (named, others) = match claims.get("aud") {
        Some(Value::String(one)) => (one == client_id, false),
        Some(Value::Array(several)) => {
            (several.iter().any(|one| one.as_str() == Some(client_id)), several.len() > 1)
        }
        _ => (false, false),
    };
    named
        && match claims.get("azp") {
            Some(party) => party.as_str() == Some(client_id),
            None => !others,
        }
}

fn header(token: &str) -> Result<Header, TokenRefused> {
    if token.len() > LONGEST || token.split('.').count() != 3 {
        return Err(TokenRefused::Form);
    }
    part(token.split('.').next())
}

fn part<T: for<'de> Deserialize<'de>>(text: Option<&str>) -> Result<T, TokenRefused> {
    let bytes = URL_SAFE_NO_PAD.decode(text.unwrap_or_default()).map_err(|_| TokenRefused::Form)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenRefused::Form)
}

/// Seconds since the epoch, which may have a fraction.
fn instant(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let value = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range becomes the outermost instant")]
    let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
    Some(Timestamp::from_ms(seconds.saturating_mul(1_000)))
}
