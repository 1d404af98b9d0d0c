//! Offensive words of customers (ABU-1, ABU-2): what a brand looks for, and from when on it has had enough.
//!
//! The starter lists stand in `data/`. They are short on purpose: a word that innocent people need costs more than one that
//! is missing, since what is counted closes conversations.

mod fold;
mod matcher;
#[cfg(test)]
mod tests;
mod word;

use serde::{Deserialize, Serialize};

pub use matcher::{Found, Matcher};
pub use word::List;
use word::Word;

use crate::catalogue::Language;
use crate::ids::BrandId;

/// Bounds of [`Profanity::limit`]: offensive messages within one episode.
pub const LIMITS: std::ops::RangeInclusive<u32> = 1..=100;
/// The most words of a brand's own, and the most exceptions.
pub const MOST_WORDS: usize = 300;
/// The longest of them, in characters.
pub const LONGEST_WORD: usize = 40;

const JA: &str = include_str!("data/ja.txt");
const JA_EXCEPTIONS: &str = include_str!("data/ja-exceptions.txt");
const EN: &str = include_str!("data/en.txt");
const EN_EXCEPTIONS: &str = include_str!("data/en-exceptions.txt");

/// What an administrator chose for a brand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a box to tick")]
pub struct Profanity {
    /// Whose.
    pub brand: BrandId,
    /// Whether customers' messages are looked at.
    pub on: bool,
    /// Whether the Japanese starter list is used.
    #[serde(default = "used")]
    pub japanese: bool,
    /// Whether the English one is.
    #[serde(default = "used")]
    pub english: bool,
    /// The brand's own words. `*` at an end lets a Latin word go on there, quotes make a Japanese one stand alone.
    #[serde(default)]
    pub words: Vec<String>,
    /// Phrases in which no word counts.
    #[serde(default)]
    pub exceptions: Vec<String>,
    /// The offensive message of an episode that closes it.
    #[serde(default = "limit")]
    pub limit: u32,
    /// Whether the contact is blocked then.
    #[serde(default)]
    pub block: bool,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

const fn used() -> bool {
    true
}

const fn limit() -> u32 {
    3
}

/// Why settings are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfanityRefused {
    /// The limit is outside its bounds.
    #[error("limit is {0}; it must be between {min} and {max}", min = LIMITS.start(), max = LIMITS.end())]
    Limit(u32),
    /// Too many words or exceptions.
    #[error("{field} has {count} entries; the most is {MOST_WORDS}")]
    TooMany {
        /// Which of the lists.
        field: &'static str,
        /// How many were given.
        count: usize,
    },
    /// One of the words cannot be looked for.
    #[error("{field}[{index}] {why}")]
    Word {
        /// Which of the lists.
        field: &'static str,
        /// Which word, from 0.
        index: usize,
        /// Why.
        why: WordRefused,
    },
}

/// Why a word cannot be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordRefused {
    /// It would stand in everything.
    #[error("needs at least two letters, or one kanji")]
    Short,
    /// It is no word.
    #[error("has more than {LONGEST_WORD} characters")]
    Long,
    /// It has more than one line.
    #[error("must be one line")]
    Lines,
}

impl Profanity {
    /// What holds for a brand of which nobody has chosen anything: off.
    pub const fn new(brand: BrandId) -> Self {
        Self {
            brand,
            on: false,
            japanese: used(),
            english: used(),
            words: Vec::new(),
            exceptions: Vec::new(),
            limit: limit(),
            block: false,
            rev: 0,
        }
    }

    /// Refuses settings outside their bounds.
    pub fn check(&self) -> Result<(), ProfanityRefused> {
        if !LIMITS.contains(&self.limit) {
            return Err(ProfanityRefused::Limit(self.limit));
        }
        for (field, list) in [("words", &self.words), ("exceptions", &self.exceptions)] {
            if list.len() > MOST_WORDS {
                return Err(ProfanityRefused::TooMany { field, count: list.len() });
            }
            for (index, given) in list.iter().enumerate() {
                word::own(given).map_err(|why| ProfanityRefused::Word { field, index, why })?;
            }
        }
        Ok(())
    }

    /// What looks for the words, switched on or not. Of what an earlier release accepted and this one does not, nothing is
    /// looked for.
    pub fn matcher(&self) -> Matcher {
        let (mut words, mut exceptions) = (Vec::new(), Vec::new());
        for (used, language, list, excepted) in [
            (self.japanese, Language::Ja, JA, JA_EXCEPTIONS),
            (self.english, Language::En, EN, EN_EXCEPTIONS),
        ] {
            if used {
                words.extend(word::lines(list).filter_map(|line| word::starter(line, language)));
                exceptions.extend(word::lines(excepted).filter_map(|line| word::starter(line, language)));
            }
        }
        let own =
            |list: &[String]| list.iter().filter_map(|given| word::own(given).ok()).collect::<Vec<Word>>();
        words.extend(own(&self.words));
        exceptions.extend(own(&self.exceptions));
        Matcher::new(words, exceptions)
    }

    /// What guards the brand's conversations; `None` while it is switched off.
    pub fn guard(&self) -> Option<Guard> {
        self.on.then(|| Guard { matcher: self.matcher(), limit: self.limit, block: self.block })
    }
}

/// What guards the conversations of a brand.
#[derive(Clone, Debug)]
pub struct Guard {
    matcher: Matcher,
    limit: u32,
    block: bool,
}

impl Guard {
    /// Whether a customer's words are offensive.
    pub fn minds(&self, text: &str) -> bool {
        self.matcher.is_offensive(text)
    }

    /// Whether so many offensive messages in an episode are enough.
    pub const fn is_enough(&self, offences: u32) -> bool {
        offences >= self.limit
    }

    /// Whether the contact is blocked then.
    pub const fn blocks(&self) -> bool {
        self.block
    }
}
