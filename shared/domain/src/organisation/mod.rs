//! What an organisation is made of: brands that it shows, departments that answer.

pub mod hours;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use crate::channel::ChannelKind;
use crate::ids::{BrandId, DepartmentId};
use crate::text;
use crate::time::Timestamp;
use crate::timers::Timers;

pub use hours::BusinessHours;

/// A face that the organisation shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Which one.
    pub id: BrandId,
    /// What it is called.
    pub name: String,
    /// What its channels take over that have no such timers of their own (TMR-5).
    #[serde(default, skip_serializing_if = "Timers::is_empty")]
    pub timers: Timers,
    /// When what timers go by was last changed; deadlines of open conversations follow within a minute (TMR-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers_changed_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up; its name stays for what refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// A group that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Which one.
    pub id: DepartmentId,
    /// What it is called.
    pub name: String,
    /// When it answers; `None` = always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<BusinessHours>,
    /// What its channels take over that have no such timers of their own (TMR-5).
    #[serde(default, skip_serializing_if = "Timers::is_empty")]
    pub timers: Timers,
    /// When what timers go by was last changed; deadlines of open conversations follow within a minute (TMR-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers_changed_at: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up; its name stays for what refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

impl Department {
    /// Whether somebody answers at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.hours.as_ref().is_none_or(|hours| hours.is_open(now))
    }
}

/// A kind of channel cannot have one more (CHN-13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there are {channels} channels of the kind {kind}, and each kind may have as many as there are departments \
     ({departments}); add a department first, or delete a channel"
)]
pub struct TooManyChannels {
    /// Which kind.
    pub kind: ChannelKind,
    /// How many there are of it.
    pub channels: usize,
    /// How many are allowed.
    pub departments: usize,
}

/// Whether one more channel of `kind` may be connected: as many of each kind as there are departments (CHN-13). An
/// organisation that has not set up departments is one by itself.
pub const fn may_connect(
    kind: ChannelKind,
    channels: usize,
    departments: usize,
) -> Result<(), TooManyChannels> {
    let departments = if departments == 0 { 1 } else { departments };
    if channels < departments { Ok(()) } else { Err(TooManyChannels { kind, channels, departments }) }
}

/// Whether a department may be given up of which `departments` are left then: no kind has more channels than that.
pub const fn may_keep(kind: ChannelKind, channels: usize, departments: usize) -> Result<(), TooManyChannels> {
    let departments = if departments == 0 { 1 } else { departments };
    if channels <= departments { Ok(()) } else { Err(TooManyChannels { kind, channels, departments }) }
}

/// A name without the blanks around it: one line of 1 to 100 characters, some of which can be seen.
pub fn name(given: &str) -> Option<String> {
    let name = given.trim();
    let fits = (1..=NAME_LENGTH).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    (fits && text::shows_something(name)).then(|| name.to_owned())
}

/// A name as it is compared with others: without what readers hardly see: case, the width of letters (NFKC), what takes no
/// room, how many blanks there are.
pub fn as_seen(name: &str) -> String {
    let letters = name.chars().filter(|letter| !text::is_invisible(*letter));
    let name: String = letters.nfkc().flat_map(char::to_lowercase).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The longest name, in characters.
pub const NAME_LENGTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chn_13_each_kind_has_as_many_channels_as_there_are_departments() {
        for (channels, departments, allowed) in [
            (0, 0, true),
            (1, 0, false),
            (0, 1, true),
            (1, 1, false),
            (1, 2, true),
            (2, 2, false),
            (5, 3, false),
        ] {
            let answer = may_connect(ChannelKind::Line, channels, departments);
            assert_eq!(answer.is_ok(), allowed, "{channels} of {departments}");
        }
        for (channels, left, allowed) in
            [(0, 0, true), (1, 0, true), (2, 0, false), (2, 1, false), (2, 2, true)]
        {
            let answer = may_keep(ChannelKind::Line, channels, left);
            assert_eq!(answer.is_ok(), allowed, "{channels} with {left} left");
        }
        let refused = may_connect(ChannelKind::Line, 1, 0).unwrap_err().to_string();
        assert!(refused.contains("channels of the kind line") && refused.contains("(1)"), "{refused}");
    }

    #[test]
    fn a_name_is_one_line_of_up_to_100_characters() {
        let (long, longer) = ("店".repeat(100), "店".repeat(101));
        for (given, expected) in [
            (" 本店 ", Some("本店")),
            (long.as_str(), Some(long.as_str())),
            (longer.as_str(), None),
            (" ", None),
            ("a\nb", None),
            ("\u{200B}", None),
            ("\u{2060}\u{3164}", None),
            ("한국", Some("한국")),
        ] {
            assert_eq!(name(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn names_that_look_alike_are_the_same() {
        for (one, other) in [
            ("VIP", "ｖｉｐ"),
            ("VIP", "v\u{200B}ip"),
            ("カナ", "ｶﾅ"),
            ("ガ", "カ\u{3099}"),
            ("a  b", "A\u{3000}b"),
            ("①", "1"),
        ] {
            assert_eq!(as_seen(one), as_seen(other), "{one} {other}");
        }
        assert_ne!(as_seen("カ"), as_seen("ガ"));
    }
}
