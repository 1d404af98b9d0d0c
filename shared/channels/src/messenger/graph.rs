//! The Graph API's addresses, credentials and answers.

use std::fmt;

use reqwest::{RequestBuilder, Url};
use ring::hmac;
use serde_json::Value;

use super::error::classify;
use crate::digest;
use crate::http::{self, ProviderHttp, TransportError};
use crate::verdict::Verdict;

/// Where the Graph API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphConfig {
    /// `https://graph.facebook.com`, or the simulator.
    pub base_url: String,
    /// Such as `v26.0`. Versions end two years after the next one appears.
    pub version: String,
}

impl GraphConfig {
    pub(super) fn address(&self, segments: &[&str]) -> Result<Url, TransportError> {
        let mut path = vec![&*self.version];
        path.extend(segments);
        http::address(&self.base_url, &path)
    }
}

/// What a page is reached with.
#[derive(Clone, Copy)]
pub struct PageAccess<'a> {
    /// The page.
    pub page_id: &'a str,
    /// Its token.
    pub token: &'a str,
    /// Proves that the token is used by the app that it was given to; mandatory once "Require App Secret"
    /// is set.
    pub app_secret: Option<&'a str>,
}

impl fmt::Debug for PageAccess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageAccess").field("page_id", &self.page_id).finish_non_exhaustive()
    }
}

/// Our app at Meta.
#[derive(Clone, Copy)]
pub struct MetaApp<'a> {
    /// Its number.
    pub app_id: &'a str,
    /// Its secret, which also signs webhooks.
    pub app_secret: &'a str,
}

impl fmt::Debug for MetaApp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaApp").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// The query pairs that authorize a call. The proof is the form over the token alone, which Meta's own
/// SDK still sends; the timestamped form would need a clock that agrees with Meta's.
pub(super) fn credentials(token: &str, app_secret: Option<&str>) -> Vec<(&'static str, String)> {
    let mut pairs = vec![(ACCESS_TOKEN, token.to_owned())];
    if let Some(secret) = app_secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        pairs.push((PROOF, digest::hex(hmac::sign(&key, token.as_bytes()).as_ref())));
    }
    pairs
}

pub(super) const ACCESS_TOKEN: &str = "access_token";
pub(super) const PROOF: &str = "appsecret_proof";

/// Makes the call; an answer that is a success is a JSON object.
pub(super) async fn call(http: &ProviderHttp, request: RequestBuilder) -> Result<Value, Verdict> {
    let answer = http.call(request).await?;
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok().filter(Value::is_object);
    match body {
        Some(body) if answer.is_success() && body.get("error").is_none() => Ok(body),
        _ => Err(classify(answer.status, &answer.body, &answer.headers)),
    }
}
