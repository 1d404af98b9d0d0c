//! Instants and spans in milliseconds. Nothing in this crate asks what time it is.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, as the providers count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `ms` milliseconds after the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// What `text` tells in RFC 2822, such as `Sun, 01 Nov 2026 00:00:00 +0000`.
    pub fn from_rfc_2822(text: &str) -> Option<Self> {
        let instant = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Self(instant.as_millisecond()))
    }

    /// What `text` tells in RFC 3339, with its offset; parts of a millisecond are cut off.
    pub fn from_rfc_3339(text: &str) -> Option<Self> {
        text.parse().ok().map(|instant: jiff::Timestamp| Self(instant.as_millisecond()))
    }

    /// A provider's number that ought to be milliseconds. Meta sends lead events in seconds, so
    /// anything below 10^12 (the year 2001 in milliseconds) is taken as seconds.
    pub const fn from_provider(value: i64) -> Self {
        if value < 1_000_000_000_000 { Self(value.saturating_mul(1000)) } else { Self(value) }
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Self) -> Span {
        let ms = self.0.saturating_sub(earlier.0);
        Span(if ms < 0 { 0 } else { ms })
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

impl Span {
    /// `ms` milliseconds.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }
    /// `s` seconds.
    pub const fn from_secs(s: i64) -> Self {
        Self(s * 1000)
    }
    /// `m` minutes.
    pub const fn from_minutes(m: i64) -> Self {
        Self(m * 60_000)
    }
    /// `h` hours.
    pub const fn from_hours(h: i64) -> Self {
        Self(h * 3_600_000)
    }
    /// `d` days of 24 hours.
    pub const fn from_days(d: i64) -> Self {
        Self(d * 86_400_000)
    }
    /// Milliseconds.
    pub const fn as_ms(self) -> i64 {
        self.0
    }
    /// Whole seconds, rounded up, so that a wait is never too short.
    pub const fn as_secs_ceil(self) -> i64 {
        (self.0 + 999) / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_rfc_3339() {
        assert_eq!(Timestamp::from_ms(1_700_000_000_123).to_string(), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn reads_rfc_3339_with_any_offset_and_nothing_without_one() {
        let read = Timestamp::from_rfc_3339;
        assert_eq!(read("2023-11-14T22:13:20.123Z"), Some(Timestamp::from_ms(1_700_000_000_123)));
        assert_eq!(read("2023-11-15T07:13:20.1239+09:00"), Some(Timestamp::from_ms(1_700_000_000_123)));
        for text in ["", "2023-11-14", "2023-11-14T22:13:20", "22:13", "1700000000", "soon"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_provider_time_in_seconds_is_scaled() {
        assert_eq!(Timestamp::from_provider(1_700_000_000), Timestamp::from_ms(1_700_000_000_000));
        assert_eq!(Timestamp::from_provider(1_700_000_000_001), Timestamp::from_ms(1_700_000_000_001));
    }
}
