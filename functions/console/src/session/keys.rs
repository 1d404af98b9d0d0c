//! The issuer's public keys (RFC 7517). Only RSA keys for signatures count.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::Value;

/// Keys, each under its name.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default, rename = "use")]
    used_for: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    n: String,
    e: String,
}

impl Keys {
    /// Those among `json` that can be used; `None` if it is no set of keys.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let set: KeySet = serde_json::from_slice(json).ok()?;
        Some(Self(set.keys.into_iter().filter_map(key).collect()))
    }

    /// Whether there is a key for what says that it was signed with `id`.
    pub(super) fn has(&self, id: Option<&str>) -> bool {
        self.find(id).is_some()
    }

    /// Whether the key `id` has signed `message` (RS256).
    pub(super) fn verify(&self, id: Option<&str>, message: &[u8], signature: &[u8]) -> bool {
        self.find(id).is_some_and(|key| {
            let components = RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent };
            components.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
        })
    }

    /// A token need not name its key where there is only one.
    fn find(&self, id: Option<&str>) -> Option<&Key> {
        match id {
            Some(id) => self.0.iter().find(|key| key.id.as_deref() == Some(id)),
            None if self.0.len() == 1 => self.0.first(),
            None => None,
        }
    }
}

fn key(json: Value) -> Option<Key> {
    let Jwk { kty, kid, used_for, alg, n, e } = serde_json::from_value(json).ok()?;
    let usable = kty == "RSA"
        && used_for.is_none_or(|used_for| used_for == "sig")
        && alg.is_none_or(|alg| alg == "RS256");
    // Leading zeros are not allowed, and yet some issuers write one.
    let number = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>())
    };
    usable.then_some(())?;
    Some(Key { id: kid, modulus: number(&n)?, exponent: number(&e)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_keys_for_other_things_are_left_aside() {
        let set = br#"{"keys":[
            {"kty":"EC","crv":"P-256","kid":"ec","x":"AQ","y":"AQ"},
            {"kty":"RSA","kid":"enc","use":"enc","n":"AQAB","e":"AQAB"},
            {"kty":"RSA","kid":"other","alg":"PS512","n":"AQAB","e":"AQAB"},
            {"kty":"RSA","kid":"broken","n":"%","e":"AQAB"},
            {"kty":"RSA","kid":"one","use":"sig","alg":"RS256","n":"AQAB","e":"AQAB"}
        ]}"#;
        let keys = Keys::read(set).unwrap();
        for (id, there) in [("one", true), ("ec", false), ("enc", false), ("other", false), ("broken", false)]
        {
            assert_eq!(keys.has(Some(id)), there, "{id}");
        }
        assert!(keys.has(None), "only one is left");
        assert!(!keys.verify(Some("one"), b"message", b"signature"));
        assert!(Keys::read(b"{}").is_none());
        assert!(Keys::read(b"<html>").is_none());
    }
}
