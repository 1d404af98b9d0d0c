//! Who looks at a page, and what they like.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use jiff::tz::TimeZone;
use madoguchi_domain::{Act, Language, Role};

/// A person who is signed in. Whoever lets somebody in puts this among the extensions of their requests.
#[derive(Clone)]
pub struct Visitor {
    /// The claims of their ID token, as API Gateway would hand them over.
    pub claims: Arc<HashMap<String, String>>,
    /// The token itself, for functions that are reached through the gateway. Never shown, never logged.
    pub token: Arc<str>,
    /// What a request that changes something must carry.
    pub csrf: Arc<str>,
    /// What they may do.
    pub role: Role,
}

impl Visitor {
    /// The person's id.
    pub fn id(&self) -> &str {
        self.claims.get("sub").map_or("", String::as_str)
    }

    /// What they are called here.
    pub fn name(&self) -> &str {
        Self::called(&self.claims)
    }

    /// What whoever these claims are of is called.
    pub(crate) fn called(claims: &HashMap<String, String>) -> &str {
        ["name", "preferred_username", "email", "cognito:username", "sub"]
            .iter()
            .filter_map(|claim| claims.get(*claim))
            .find(|text| !text.trim().is_empty())
            .map_or("", String::as_str)
    }

    /// Whether they may do this (MEM-12).
    pub fn may(&self, act: Act) -> bool {
        self.role.may(act)
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get().cloned().ok_or(StatusCode::UNAUTHORIZED)
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How somebody likes their pages: kept by their browser, in cookies that its scripts write.
#[derive(Clone, Debug)]
pub(crate) struct Preferences {
    pub(crate) language: Language,
    pub(crate) theme: Theme,
    /// The browser's time zone; UTC until it has told.
    pub(crate) zone: TimeZone,
}

impl Preferences {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let language = match cookie(headers, "madoguchi_language") {
            Some("ja") => Language::Ja,
            Some("en") => Language::En,
            _ => headers
                .get(ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok())
                .map(Language::accepted)
                .unwrap_or_default(),
        };
        let theme = match cookie(headers, "madoguchi_theme") {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::Auto,
        };
        // A slash is written as %2F by scripts.
        let zone = cookie(headers, "madoguchi_zone").map(|name| name.replace("%2F", "/"));
        let zone = zone.and_then(|name| TimeZone::get(&name).ok()).unwrap_or(TimeZone::UTC);
        Self { language, theme, zone }
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // Another cookie's strange letters hide none of ours.
    let cookies =
        headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b';'));
    let mut pairs = cookies.filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
    pairs.find_map(|(found, value)| (found == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferences(cookies: &str, accepted: &str) -> Preferences {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, cookies.parse().unwrap());
        headers.insert(ACCEPT_LANGUAGE, accepted.parse().unwrap());
        Preferences::of(&headers)
    }

    #[test]
    fn con_8_the_language_is_chosen_or_else_the_browsers() {
        for (cookies, accepted, expected) in [
            ("", "ja-JP,ja;q=0.9", Language::Ja),
            ("", "fr", Language::En),
            ("a=b; madoguchi_language=en", "ja", Language::En),
            ("madoguchi_language=ja", "en", Language::Ja),
            ("madoguchi_language=xx", "ja", Language::Ja),
        ] {
            assert_eq!(preferences(cookies, accepted).language, expected, "{cookies} {accepted}");
        }
    }

    #[test]
    fn con_1_theme_and_zone_are_the_browsers_and_nonsense_is_left_aside() {
        let kept = preferences("madoguchi_theme=dark; madoguchi_zone=Asia%2FTokyo", "");
        assert_eq!(kept.theme, Theme::Dark);
        assert_eq!(kept.zone.iana_name(), Some("Asia/Tokyo"));
        let kept = preferences("madoguchi_theme=pink; madoguchi_zone=Atlantis", "");
        assert_eq!(kept.theme, Theme::Auto);
        assert_eq!(kept.zone, TimeZone::UTC);
    }
}
