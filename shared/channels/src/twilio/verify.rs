//! Whether a webhook call is Twilio's (Webhooks security).
//!
//! Twilio signs the public address, query included, followed by every parameter of a form: names in byte order, each
//! with its value and no separator. Of a JSON body it signs the address only, which then carries the body's digest.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac};
use subtle::ConstantTimeEq as _;

use super::Form;
use crate::digest::hex;
use crate::signature::SignatureError;

/// What a webhook may be signed with.
#[derive(Clone, Copy)]
pub struct SigningKeys<'a> {
    /// The account's Auth Token, and the one before while it is being replaced.
    pub auth_tokens: &'a [&'a str],
    /// Keys of our own that Twilio was told to sign with (SharedKey, public beta).
    pub shared_keys: &'a [SharedKey<'a>],
    /// Whether an Auth Token will do although there are shared keys. Otherwise leaving the header out would be a
    /// way around them.
    pub auth_token_beside_shared_keys: bool,
}

/// A key of our own.
#[derive(Clone, Copy)]
pub struct SharedKey<'a> {
    /// What `X-Twilio-Webhooks-Signature-Settings` calls it.
    pub id: &'a str,
    /// The secret.
    pub secret: &'a str,
}

/// A webhook call as far as it is signed.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The address that Twilio was given, up to the path: from configuration, never from a header.
    pub public_base_url: &'a str,
    /// Path and query exactly as they came, such as `/webhooks/twilio/1?status=2`.
    pub path_and_query: &'a str,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The raw body.
    pub body: &'a [u8],
    /// `X-Twilio-Signature`.
    pub signature: Option<&'a str>,
    /// `X-Twilio-Webhooks-Signature-Settings`.
    pub settings: Option<&'a str>,
}

/// Checks `X-Twilio-Signature`: standard Base64 of an HMAC-SHA1, with a shared key also of an HMAC-SHA256. Case
/// matters. Twilio is not consistent about the port, so the address is tried with and without it.
pub fn verify_signature(keys: &SigningKeys<'_>, request: &SignedRequest<'_>) -> Result<(), SignatureError> {
    let given = request.signature.ok_or(SignatureError::Missing)?;
    let tag = STANDARD.decode(given).map_err(|_| SignatureError::Malformed)?;
    let (algorithm, secrets) = signers(keys, request.settings)?;
    if tag.len() != algorithm.digest_algorithm().output_len() {
        return Err(SignatureError::Malformed);
    }
    let parameters = parameters(request)?;
    let addresses = addresses(request);
    let texts: Vec<String> = addresses.iter().map(|address| format!("{address}{parameters}")).collect();
    secrets
        .iter()
        // Anybody can sign with an empty secret.
        .filter(|secret| !secret.is_empty())
        .map(|secret| hmac::Key::new(algorithm, secret.as_bytes()))
        .any(|key| texts.iter().any(|text| hmac::verify(&key, text.as_bytes(), &tag).is_ok()))
        .then_some(())
        .ok_or(SignatureError::Mismatch)
}

/// With what, and how, the call must be signed. Without the header it is the Auth Token and SHA-1; a header without
/// an algorithm means SHA-1 under the key that it names.
fn signers<'a>(
    keys: &SigningKeys<'a>,
    settings: Option<&str>,
) -> Result<(hmac::Algorithm, Vec<&'a str>), SignatureError> {
    let Some(settings) = settings.filter(|settings| !settings.trim().is_empty()) else {
        if !keys.shared_keys.is_empty() && !keys.auth_token_beside_shared_keys {
            return Err(SignatureError::Mismatch);
        }
        return Ok((hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, keys.auth_tokens.to_vec()));
    };
    let (mut id, mut algorithm) = (None, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY);
    for setting in settings.split(',') {
        let Some((name, value)) = setting.split_once('=') else { continue };
        match (name.trim(), value.trim()) {
            ("key", key) => id = Some(key),
            ("algorithm", "" | "HMAC_SHA1") => algorithm = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            ("algorithm", "HMAC_SHA256") => algorithm = hmac::HMAC_SHA256,
            ("algorithm", _) => return Err(SignatureError::Unsupported),
            _ => {}
        }
    }
    // An unknown key may be one that was added a moment ago: a mismatch makes the caller read the secret anew.
    let id = id.ok_or(SignatureError::Malformed)?;
    let named = keys.shared_keys.iter().filter(|key| key.id == id).map(|key| key.secret);
    Ok((algorithm, named.collect()))
}

/// What follows the address in the signed text.
fn parameters(request: &SignedRequest<'_>) -> Result<String, SignatureError> {
    let media_type = request.content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let is_form = media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if is_form && !request.body.is_empty() {
        return Ok(joined(&Form::from_urlencoded(request.body)));
    }
    // Any other body is signed by its digest in the address. Without one, nothing vouches for it; with one, leaving
    // the body out is a change too.
    let query = request.path_and_query.split_once('?').map_or("", |(_, query)| query);
    let query = Form::from_urlencoded(query.as_bytes());
    let Some(expected) = query.get("bodySHA256").map(str::to_ascii_lowercase) else {
        return if request.body.is_empty() { Ok(String::new()) } else { Err(SignatureError::Missing) };
    };
    let found = hex(digest::digest(&digest::SHA256, request.body).as_ref());
    if found.as_bytes().ct_eq(expected.as_bytes()).into() {
        Ok(String::new())
    } else {
        Err(SignatureError::Mismatch)
    }
}

/// Names in byte order; the values of a repeated name once each, in byte order.
fn joined(form: &Form) -> String {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in form.pairs() {
        values.entry(name).or_default().insert(value);
    }
    let pairs = values.iter().flat_map(|(name, values)| values.iter().map(move |value| [*name, *value]));
    pairs.flatten().collect()
}

/// The address as configured, with the standard port, and without any.
fn addresses(request: &SignedRequest<'_>) -> Vec<String> {
    let base = request.public_base_url.trim_end_matches('/');
    let mut bases = vec![base.to_owned()];
    if let Some((scheme, rest)) = base.split_once("://") {
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if let Some(at) = port_at(authority) {
            bases.push(format!("{scheme}://{}{path}", &authority[..at]));
        } else {
            let port = if scheme.eq_ignore_ascii_case("http") { 80 } else { 443 };
            bases.push(format!("{scheme}://{authority}:{port}{path}"));
        }
    }
    bases.into_iter().map(|base| base + request.path_and_query).collect()
}

/// Where the colon before the port stands, behind the brackets of an IPv6 address.
fn port_at(authority: &str) -> Option<usize> {
    let host = authority.rfind(']').map_or(0, |end| end + 1);
    authority[host..].rfind(':').map(|at| host + at)
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
