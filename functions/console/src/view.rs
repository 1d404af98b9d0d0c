//! What a page is made with: who looks at it, how they like it, and the API.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use madoguchi_domain::{Act, Language};
use serde::de::DeserializeOwned;

use crate::Console;
use crate::backend::{Origin, Refusal};
use crate::visitor::{Preferences, Theme, Visitor};

/// What a page is made with.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) visitor: Visitor,
    pub(crate) language: Language,
    pub(crate) theme: Theme,
    pub(crate) zone: TimeZone,
    pub(crate) now: Timestamp,
    /// The page's script asks for a part of a page.
    pub(crate) part: bool,
    /// The path that was asked for.
    pub(crate) path: String,
    origin: Origin,
    console: Arc<Console>,
}

impl View {
    /// The text in the visitor's language. Both stand side by side where they are used, so that neither is ever missing.
    pub(crate) const fn say<'a>(&self, ja: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Ja => ja,
            Language::En => en,
        }
    }

    /// The same with `what` in the place of `{}`.
    pub(crate) fn fill(&self, ja: &str, en: &str, what: &str) -> String {
        self.say(ja, en).replacen("{}", what, 1)
    }

    pub(crate) const fn is_japanese(&self) -> bool {
        matches!(self.language, Language::Ja)
    }

    /// Whether the visitor may do this (MEM-12). The API decides; this only leaves out what it would refuse.
    pub(crate) fn may(&self, act: Act) -> bool {
        self.visitor.may(act)
    }

    /// The origin of live updates; empty where there are none.
    pub(crate) fn live(&self) -> &str {
        &self.console.live
    }

    /// What the API tells of `path`.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        self.console.backend.get((&self.visitor, &self.origin, self.language), path).await
    }

    /// The same, with its tag, which a change sends as `If-Match`.
    pub(crate) async fn get_tagged<T: DeserializeOwned>(&self, path: &str) -> Result<(T, String), Refusal> {
        self.console.backend.get_tagged((&self.visitor, &self.origin, self.language), path).await
    }

    /// Sends `body` to the API.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, Refusal> {
        self.console.backend.send((&self.visitor, &self.origin, self.language), method, path, body).await
    }

    /// Calls the API; returns what it answers as it is.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &axum::http::HeaderMap,
        body: Body,
    ) -> Response {
        let who = (&self.visitor, &self.origin, self.language);
        self.console.backend.call(who, method, path, &crate::backend::passed_on(headers), body).await
    }
}

impl FromRequestParts<Arc<Console>> for View {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, StatusCode> {
        let visitor = <Visitor as FromRequestParts<()>>::from_request_parts(parts, &()).await?;
        let Preferences { language, theme, zone } = Preferences::of(&parts.headers);
        let now = Timestamp::from_millisecond(console.clock.now().as_ms()).unwrap_or_default();
        Ok(Self {
            visitor,
            language,
            theme,
            zone,
            now,
            part: parts.headers.contains_key("hx-request"),
            path: parts.uri.path().to_owned(),
            origin: Origin::of(&parts.extensions),
            console: console.clone(),
        })
    }
}
