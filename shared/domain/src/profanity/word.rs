//! What is looked for: words of the starter lists and of an administrator.

use super::fold::{Kind, Script, fold};
use super::{LONGEST_WORD, WordRefused};
use crate::catalogue::Language;

/// Where a word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// In the starter list of this language.
    Starter(Language),
    /// Among the brand's own words.
    Own,
}

impl List {
    /// The list's name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starter(Language::Ja) => "ja",
            Self::Starter(Language::En) => "en",
            Self::Own => "own",
        }
    }
}

/// A word as it is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// As it was written down.
    pub(super) text: String,
    pub(super) list: List,
    /// Folded; a blank stands for whatever parts words.
    pub(super) letters: Vec<char>,
    /// Letters may go on before it, or after it.
    pub(super) open: (bool, bool),
    /// Letters of the same script end it also where Japanese goes on without a blank.
    pub(super) closed: bool,
    /// Kana as they are written, where this matters.
    pub(super) written: Option<Vec<Script>>,
}

/// Reads a word as administrators write it: `*` at an end lets a Latin word go on there, quotes make a Japanese one stand
/// alone.
pub(super) fn own(given: &str) -> Result<Word, WordRefused> {
    let given = given.trim();
    if given.chars().count() > LONGEST_WORD {
        return Err(WordRefused::Long);
    }
    if given.chars().any(char::is_control) {
        return Err(WordRefused::Lines);
    }
    parse(given, List::Own).ok_or(WordRefused::Short)
}

/// The words of a list, one a line; `#` begins a remark.
pub(super) fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty())
}

/// A word of a starter list. A final `!` says that kana count as they are written.
pub(super) fn starter(line: &str, language: Language) -> Option<Word> {
    match line.strip_suffix('!') {
        None => parse(line, List::Starter(language)),
        Some(line) => {
            let word = parse(line, List::Starter(language))?;
            let written = fold(bare(line)).iter().filter_map(super::fold::Unit::script).collect();
            Some(Word { written: Some(written), ..word })
        }
    }
}

fn bare(given: &str) -> &str {
    given.trim_matches(['*', '"', '「', '」'])
}

fn parse(given: &str, list: List) -> Option<Word> {
    let quoted =
        |open: char, close: char| given.len() > 1 && given.starts_with(open) && given.ends_with(close);
    let text = bare(given);
    let mut letters = Vec::new();
    let (mut kana, mut others) = (0, 0);
    for unit in fold(text) {
        match unit.kind {
            Kind::Letter(script) => {
                letters.push(unit.ch);
                match script {
                    Script::Hiragana | Script::Katakana => kana += 1,
                    Script::Han => others += 2,
                    Script::Latin | Script::Other => others += 1,
                }
            }
            Kind::Digit => letters.push(unit.ch),
            Kind::Space | Kind::Break if letters.last().is_some_and(|last| *last != ' ') => letters.push(' '),
            Kind::Space | Kind::Break | Kind::Joiner => {}
        }
    }
    if letters.last() == Some(&' ') {
        letters.pop();
    }
    // One letter is no word, but one of Han is.
    if kana + others < 2 {
        return None;
    }
    // Two kana stand in too many words.
    let short = others == 0 && kana <= 2;
    Some(Word {
        text: given.to_owned(),
        list,
        letters,
        open: (given.starts_with('*'), given.ends_with('*')),
        closed: short || quoted('"', '"') || quoted('「', '」'),
        written: None,
    })
}
