//! Sessions of the console (CON-1): how long they last, when their token is renewed, and where a sign-in may lead.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp};

/// How long somebody may take to sign in at the identity provider.
pub const LOGIN_LASTS: Span = Span::from_minutes(15);
/// With less than this left a token is renewed: what is begun with it must come to its end.
pub const RENEWED_BEFORE: Span = Span::from_minutes(2);
/// For how long one process alone renews a token; longer than the identity provider is waited for:
/// four calls of ten seconds.
pub const RENEWAL_LASTS: Span = Span::from_secs(45);
/// How exactly is known when a session was used last: each note is a write.
pub const NOTED_EVERY: Span = Span::from_minutes(5);
/// The longest address that a sign-in leads back to, in bytes.
pub const LONGEST_WAY_BACK: usize = 2_048;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the sign-in on, whatever happens.
    pub life: Span,
    /// Without a request.
    pub idle: Span,
}

/// Somebody who has signed in, in one browser.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The claims of the ID token, as API Gateway would hand them over.
    pub claims: HashMap<String, String>,
    /// The ID token.
    pub id_token: String,
    /// What another one is had for; some identity providers give none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What a request that changes something must carry.
    pub csrf: String,
    /// When they signed in.
    pub began_at: Timestamp,
    /// When they last asked for something, give or take [`NOTED_EVERY`].
    pub used_at: Timestamp,
    /// When the ID token ends.
    pub token_ends_at: Timestamp,
}

impl Session {
    /// When it ends unless it is used.
    pub fn ends_at(&self, limits: Limits) -> Timestamp {
        (self.began_at + limits.life).min(self.used_at + limits.idle)
    }

    /// Whether it has ended: by its own age, unused, or with a token that nothing can renew.
    pub fn is_over(&self, limits: Limits, now: Timestamp) -> bool {
        now >= self.ends_at(limits) || (self.refresh_token.is_none() && self.token_is_over(now))
    }

    /// Whether the ID token has ended.
    pub fn token_is_over(&self, now: Timestamp) -> bool {
        now >= self.token_ends_at
    }

    /// Whether the ID token ought to be renewed.
    pub fn wants_renewal(&self, now: Timestamp) -> bool {
        self.refresh_token.is_some() && now + RENEWED_BEFORE > self.token_ends_at
    }

    /// Whether it is to be noted that it was used.
    pub fn wants_noting(&self, now: Timestamp) -> bool {
        now.since(self.used_at) >= NOTED_EVERY
    }
}

/// Neither tokens nor claims.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("began_at", &self.began_at).finish_non_exhaustive()
    }
}

/// Somebody who was sent off to sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// What the ID token must repeat.
    pub nonce: String,
    /// What the code is exchanged with (PKCE, RFC 7636).
    pub verifier: String,
    /// Fingerprint of what the browser keeps: only the one that was sent off may come back.
    pub browser: String,
    /// Where they wanted to go; see [`way_back`].
    pub to: String,
    /// Until when they may come back.
    pub ends_at: Timestamp,
}

/// Neither nonce nor verifier.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

/// `path`, if it is a page of the console that somebody may be led to after signing in: nowhere else, nothing that would
/// sign them in or out again, and nothing that is no page.
pub fn way_back(path: &str) -> Option<&str> {
    const NO_PAGES: [&str; 5] = [
        "/console/api",
        "/console/assets",
        "/console/sign-in",
        "/console/sign-out",
        "/console/signed-in-back",
    ];
    let (place, _) = path.split_once('?').unwrap_or((path, ""));
    let below =
        |root: &str| place.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let plain =
        path.len() <= LONGEST_WAY_BACK && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // Browsers resolve dots, also when they are written otherwise.
    let straight = !place.to_ascii_lowercase().replace("%2e", ".").contains("/.") && !place.contains("//");
    (plain && straight && below("/console") && !NO_PAGES.iter().any(|root| below(root))).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);
    const LIMITS: Limits = Limits { life: Span::from_hours(12), idle: Span::from_hours(2) };

    fn session(refresh_token: Option<&str>) -> Session {
        Session {
            claims: HashMap::new(),
            id_token: "secret-token".to_owned(),
            refresh_token: refresh_token.map(str::to_owned),
            csrf: "secret-csrf".to_owned(),
            began_at: START,
            used_at: START,
            token_ends_at: START + Span::from_hours(1),
        }
    }

    #[test]
    fn con_1_a_sign_in_leads_back_to_pages_of_the_console_alone() {
        let long = format!("/console/inbox?q={}", "a".repeat(LONGEST_WAY_BACK));
        for path in [
            "/console",
            "/console/",
            "/console/inbox",
            "/console/inbox/1?section=mine&to=//example.com",
            "/console/signed-in",
            "/console/search?q=%2F..%2F",
            "/console/settings/a.b",
        ] {
            assert_eq!(way_back(path), Some(path));
        }
        for path in [
            "",
            "/",
            "/api/me",
            "/consolex",
            "//example.com",
            "https://example.com/console",
            "/\\example.com",
            "/console/\\example.com",
            "/console/../..//example.com",
            "/console/%2E%2e/x",
            "/console//example.com",
            "/console/inbox\r\nset-cookie: a=b",
            "/console/受信箱",
            "/console/a b",
            "/console/api/me",
            "/console/assets/1/app.css",
            "/console/sign-in?to=/console",
            "/console/sign-out",
            "/console/signed-in-back?code=1",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(way_back(path), None, "{path}");
        }
    }

    #[test]
    fn con_1_a_session_ends_by_age_unused_or_with_a_token_that_nothing_renews() {
        let after = |hours| START + Span::from_hours(hours);
        let unused = session(Some("r"));
        assert!(!unused.is_over(LIMITS, after(2) - Span::from_ms(1)));
        assert!(unused.is_over(LIMITS, after(2)));
        let used = Session { used_at: after(11), ..session(Some("r")) };
        assert!(!used.is_over(LIMITS, after(12) - Span::from_ms(1)));
        assert!(used.is_over(LIMITS, after(12)));
        assert!(!session(None).is_over(LIMITS, after(1) - Span::from_ms(1)));
        assert!(session(None).is_over(LIMITS, after(1)));
        assert!(!session(Some("r")).is_over(LIMITS, after(1)));
    }

    #[test]
    fn con_1_a_token_is_renewed_two_minutes_before_its_end() {
        let end = START + Span::from_hours(1);
        assert!(!session(Some("r")).wants_renewal(end - RENEWED_BEFORE));
        assert!(session(Some("r")).wants_renewal(end - RENEWED_BEFORE + Span::from_ms(1)));
        assert!(!session(None).wants_renewal(end));
        assert!(!session(None).wants_noting(START + NOTED_EVERY - Span::from_ms(1)));
        assert!(session(None).wants_noting(START + NOTED_EVERY));
    }

    #[test]
    fn con_1_neither_sessions_nor_logins_show_what_they_keep() {
        let login = Login {
            nonce: "secret-nonce".to_owned(),
            verifier: "secret-verifier".to_owned(),
            browser: "secret-browser".to_owned(),
            to: "/console".to_owned(),
            ends_at: START,
        };
        let text = format!("{:?} {login:?}", session(Some("secret-refresh")));
        assert!(!text.contains("secret"), "{text}");
    }
}
