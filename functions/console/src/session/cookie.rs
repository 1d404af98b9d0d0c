//! The two cookies: of a session, and of a browser that was sent off to sign in.

use axum::http::{HeaderMap, HeaderValue};
use madoguchi_domain::Span;

use crate::visitor::cookie;

/// What the cookies are called, and where they go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookies {
    secure: bool,
}

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// The id of the session.
    Session,
    /// What tells the browser that was sent off.
    Login,
}

impl Cookies {
    /// `secure`: the console is reached with TLS. Without it, on this machine, browsers would not keep such a cookie.
    pub(super) const fn new(secure: bool) -> Self {
        Self { secure }
    }

    const fn name(self, kept: Kept) -> &'static str {
        // No other host, and no page without TLS, can set a cookie with this prefix.
        match (self.secure, kept) {
            (true, Kept::Session) => "__Host-madoguchi_session",
            (true, Kept::Login) => "__Host-madoguchi_login",
            (false, Kept::Session) => "madoguchi_session",
            (false, Kept::Login) => "madoguchi_login",
        }
    }

    /// What the browser has kept, if it can be ours.
    pub(super) fn read(self, headers: &HeaderMap, kept: Kept) -> Option<&str> {
        const LENGTH: usize = 43;
        let ours = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        cookie(headers, self.name(kept)).filter(|value| value.len() == LENGTH && value.bytes().all(ours))
    }

    /// Lets the browser keep `value` for as long as `life`.
    pub(super) fn keep(self, kept: Kept, value: &str, life: Span) -> HeaderValue {
        self.set(kept, value, life.as_secs_ceil())
    }

    /// Lets it forget.
    pub(super) fn forget(self, kept: Kept) -> HeaderValue {
        self.set(kept, "", 0)
    }

    fn set(self, kept: Kept, value: &str, seconds: i64) -> HeaderValue {
        // Lax, not Strict: the first page after the issuer's would come without the session.
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(kept);
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_cookies_stay_with_the_browser_and_with_us() {
        let id = "a".repeat(43);
        let kept = |secure| {
            let header = Cookies::new(secure).keep(Kept::Session, &id, Span::from_hours(12));
            header.to_str().unwrap().to_owned()
        };
        let common = "Path=/; Max-Age=43200; HttpOnly; SameSite=Lax";
        assert_eq!(kept(true), format!("__Host-madoguchi_session={id}; {common}; Secure"));
        assert_eq!(kept(false), format!("madoguchi_session={id}; {common}"));
        assert!(Cookies::new(true).forget(Kept::Login).to_str().unwrap().contains("Max-Age=0"));
    }

    #[test]
    fn con_1_a_cookie_that_cannot_be_ours_is_none() {
        let id = "a".repeat(43);
        for (sent, found) in [
            (format!("madoguchi_session={id}"), true),
            (format!("a=b; madoguchi_session={id}"), true),
            (format!("__Host-madoguchi_session={id}"), false),
            (format!("madoguchi_session={id}a"), false),
            ("madoguchi_session=".to_owned(), false),
            (format!("madoguchi_session={}#", "a".repeat(42)), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(axum::http::header::COOKIE, sent.parse().unwrap());
            assert_eq!(Cookies::new(false).read(&headers, Kept::Session).is_some(), found, "{sent}");
        }
    }
}
