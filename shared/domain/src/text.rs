//! Text limits, each in its provider's own unit.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::channel::ChannelKind;

/// Messenger takes fewer than 2,000 characters (Send API reference).
const MESSENGER_MAX_CHARACTERS: usize = 1_999;
/// LINE takes 5,000 UTF-16 code units (Messaging API reference, text message).
const LINE_MAX_UTF16_UNITS: usize = 5_000;
/// Twilio takes 1,600 characters, whatever the channel (error 14103).
const TWILIO_MAX_CHARACTERS: usize = 1_600;

/// What a provider counts, and how much of it a message may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The most that the provider takes.
    pub max: usize,
    /// What is counted.
    pub unit: Unit,
}

/// What a provider counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode code points.
    Characters,
    /// UTF-16 code units: one or two for each code point.
    Utf16,
}

impl Unit {
    /// The name used in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Utf16 => "utf16_code_units",
        }
    }

    /// The name used in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Utf16 => "UTF-16 code units",
        }
    }

    /// How many of them `text` has.
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Characters => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// How long a text may be on a channel of `kind`.
pub const fn limit(kind: ChannelKind) -> Limit {
    match kind {
        ChannelKind::Messenger => Limit { max: MESSENGER_MAX_CHARACTERS, unit: Unit::Characters },
        ChannelKind::Line => Limit { max: LINE_MAX_UTF16_UNITS, unit: Unit::Utf16 },
        ChannelKind::WhatsApp | ChannelKind::Sms => {
            Limit { max: TWILIO_MAX_CHARACTERS, unit: Unit::Characters }
        }
    }
}

/// Why a text cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextRefused {
    /// Nothing to send.
    #[error("the text is empty")]
    Empty,
    /// Longer than the provider takes.
    #[error("the text is {length} {unit} long; {channel} takes at most {limit}")]
    TooLong {
        /// Counted in `unit`.
        length: usize,
        /// The most that the provider takes.
        limit: usize,
        /// What is counted.
        unit: &'static str,
        /// Whose limit.
        channel: ChannelKind,
    },
    /// Longer than the provider takes, and there is no place to split it: one character that the reader sees, or a
    /// stretch of spaces, is longer by itself.
    #[error("the text cannot be split: a piece of it is longer than the {limit} {unit} that {channel} takes")]
    Indivisible {
        /// The most that the provider takes.
        limit: usize,
        /// What is counted.
        unit: &'static str,
        /// Whose limit.
        channel: ChannelKind,
    },
}

/// Refuses a text that the provider of `kind` would refuse, with the count in its unit.
pub fn check(kind: ChannelKind, text: &str) -> Result<(), TextRefused> {
    check_behind(kind, "", text)
}

/// The same of a text that goes out behind `prefix`, which counts.
pub fn check_behind(kind: ChannelKind, prefix: &str, text: &str) -> Result<(), TextRefused> {
    if text.trim().is_empty() {
        return Err(TextRefused::Empty);
    }
    let Limit { max: limit, unit } = limit(kind);
    let length = unit.count(prefix) + unit.count(text);
    if length > limit {
        return Err(TextRefused::TooLong { length, limit, unit: unit.name(), channel: kind });
    }
    Ok(())
}

/// Splits a text into parts that the provider of `kind` takes one by one, in order: behind a sentence where there is
/// one, else behind a word, never inside of what a reader sees as one character. Joined, the parts are the text; none
/// is blank.
pub fn split(kind: ChannelKind, text: &str) -> Result<Vec<&str>, TextRefused> {
    split_behind(kind, "", text)
}

/// The same of a text of which every part goes out behind `prefix`.
pub fn split_behind<'a>(kind: ChannelKind, prefix: &str, text: &'a str) -> Result<Vec<&'a str>, TextRefused> {
    if text.trim().is_empty() {
        return Err(TextRefused::Empty);
    }
    let Limit { max, unit } = limit(kind);
    let max = max.saturating_sub(unit.count(prefix));
    let mut parts = Vec::new();
    let mut rest = text;
    while unit.count(rest) > max {
        let Some(end) = end_of_part(rest, max, unit) else {
            return Err(TextRefused::Indivisible { limit: max, unit: unit.name(), channel: kind });
        };
        let (part, more) = rest.split_at(end);
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    Ok(parts)
}

/// Where the first part of a text ends that is too long; `None` if no end leaves something to read on both sides.
fn end_of_part(text: &str, max: usize, unit: Unit) -> Option<usize> {
    let last_solid = text.trim_end().grapheme_indices(true).next_back()?.0;
    let (mut length, mut solid) = (0, false);
    let mut ends = Vec::new();
    for (start, grapheme) in text.grapheme_indices(true) {
        length += unit.count(grapheme);
        let end = start + grapheme.len();
        if length > max || end > last_solid {
            break;
        }
        solid |= !grapheme.trim().is_empty();
        if solid {
            ends.push(end);
        }
    }
    let farthest = *ends.last()?;
    // Beyond this the next part would begin with more blanks than it can hold together with a character.
    let goes_on = |end: usize| {
        let rest = &text[end..];
        let blanks = rest.len() - rest.trim_start().len();
        let next = rest[blanks..].graphemes(true).next().map_or(0, str::len);
        unit.count(&rest[..blanks + next]) <= max
    };
    let fits = |end: usize| end < farthest && ends.binary_search(&end).is_ok() && goes_on(end);
    // An end in the first half would make parts that are hardly worth it.
    let half = farthest / 2;
    let seen = &text[..text.ceil_char_boundary(farthest + 1)];
    let sentence =
        seen.split_sentence_bound_indices().map(|(start, _)| start).filter(|end| fits(*end)).last();
    let word = || seen.split_word_bound_indices().map(|(start, _)| start).rfind(|end| fits(*end));
    sentence.filter(|end| *end > half).or_else(|| word().filter(|end| *end > half)).or(Some(farthest))
}

/// A web address in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// Where it begins, in UTF-16 code units.
    pub index: usize,
    /// How long it is, in UTF-16 code units.
    pub length: usize,
    /// The address.
    pub url: &'a str,
}

/// The web addresses in a text. An address goes on until a blank or something that no address holds unescaped;
/// punctuation at its end belongs to the sentence.
pub fn links(text: &str) -> Vec<Link<'_>> {
    const ENDS: &[char] = &['<', '>', '"', '「', '」', '『', '』', '（', '）', '、', '。', '　'];
    const SENTENCE: &[char] = &['.', ',', ';', ':', '!', '?', '\'', ')', ']', '！', '？'];
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("http") {
        let start = at + found;
        let rest = &text[start..];
        let end = rest.find(|c: char| c.is_whitespace() || ENDS.contains(&c)).unwrap_or(rest.len());
        let link = rest[..end].trim_end_matches(SENTENCE);
        let host = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
        if host.is_some_and(|host| host.starts_with(char::is_alphanumeric)) {
            let (index, length) = (Unit::Utf16.count(&text[..start]), Unit::Utf16.count(link));
            links.push(Link { index, length, url: link });
            at = start + link.len();
        } else {
            at = start + "http".len();
        }
    }
    links
}

/// What takes no room: format characters, variation selectors, fillers.
pub(crate) const fn is_invisible(ch: char) -> bool {
    matches!(
        ch,
        '\0'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{7F}' | '\u{AD}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Whether a reader sees anything of `text`: something that is neither a blank nor takes no room.
pub fn shows_something(text: &str) -> bool {
    // The blank of Braille is a letter by its class.
    let blank = |ch: char| ch.is_whitespace() || ch.is_control() || ch == '\u{2800}';
    text.chars().any(|ch| !blank(ch) && !is_invisible(ch))
}

/// As much of `text` as fits into `max_bytes`, never half of what a reader sees as one character; an ellipsis tells
/// that something is missing.
pub fn cut(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let room = max_bytes.saturating_sub('…'.len_utf8());
    let end = text.grapheme_indices(true).map(|(start, _)| start).take_while(|end| *end <= room).last();
    format!("{}…", &text[..end.unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_are_counted_in_the_providers_unit() {
        let table = [
            (ChannelKind::Messenger, "あ".repeat(1_999), true),
            (ChannelKind::Messenger, "あ".repeat(2_000), false),
            (ChannelKind::Messenger, "😀".repeat(1_999), true),
            (ChannelKind::Line, "あ".repeat(5_000), true),
            (ChannelKind::Line, "あ".repeat(5_001), false),
            (ChannelKind::Line, "😀".repeat(2_500), true),
            (ChannelKind::Line, "😀".repeat(2_501), false),
            (ChannelKind::WhatsApp, "😀".repeat(1_600), true),
            (ChannelKind::WhatsApp, "あ".repeat(1_601), false),
            (ChannelKind::Sms, "あ".repeat(1_600), true),
            (ChannelKind::Sms, "a".repeat(1_601), false),
        ];
        for (kind, text, fits) in table {
            assert_eq!(check(kind, &text).is_ok(), fits, "{kind} {}", text.chars().count());
        }
    }

    #[test]
    fn msg_1_a_text_is_split_behind_a_sentence_else_behind_a_word() {
        let sentence = format!("{}。", "あ".repeat(999));
        let text = sentence.repeat(3);
        assert_eq!(split(ChannelKind::Messenger, &text).unwrap(), [&sentence; 3]);
        let words = "word ".repeat(500);
        let parts = split(ChannelKind::Messenger, &words).unwrap();
        assert!(parts[0].ends_with(' ') && parts[1].starts_with("word"), "{:?}", parts[0].len());
        let lines = format!("{}\n{}", "あ".repeat(1_500), "い".repeat(1_500));
        let parts = split(ChannelKind::Messenger, &lines).unwrap();
        assert_eq!(parts.iter().map(|part| part.chars().count()).collect::<Vec<_>>(), [1_501, 1_500]);
        let one = "あ".repeat(1_999);
        assert_eq!(split(ChannelKind::Messenger, &one).unwrap(), [&one]);
    }

    #[test]
    fn msg_1_what_a_reader_sees_as_one_character_is_never_split() {
        let family = "👨‍👩‍👧";
        let text = family.repeat(1_000);
        for kind in [ChannelKind::Messenger, ChannelKind::Line] {
            for part in split(kind, &text).unwrap() {
                assert_eq!(part.replace(family, ""), "", "{kind}");
                assert_eq!(check(kind, part), Ok(()));
            }
        }
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        let tower = format!("a{}", "\u{301}".repeat(2_000));
        let gap = format!("a{}b", " ".repeat(2 * 1_999));
        for text in [&tower, &gap] {
            let refused = split(ChannelKind::Messenger, text);
            assert!(matches!(refused, Err(TextRefused::Indivisible { limit: 1_999, .. })), "{refused:?}");
        }
        assert_eq!(split(ChannelKind::Line, " \n　"), Err(TextRefused::Empty));
        // As long as each side can carry its share of the blanks it can be done.
        let gap = format!("a{}b", " ".repeat(3_000));
        assert_eq!(split(ChannelKind::Messenger, &gap).unwrap().concat(), gap);
    }

    #[test]
    fn links_are_found_with_their_place() {
        let link = |index, length, url| Link { index, length, url };
        let table = [
            ("", vec![]),
            ("http", vec![]),
            ("https:// nothing", vec![]),
            ("see https://example.com/a?b=c#d.", vec![link(4, 27, "https://example.com/a?b=c#d")]),
            ("😀 http://例え.jp/、次", vec![link(3, 13, "http://例え.jp/")]),
            (
                "（https://a.jp）https://b.jp!",
                vec![link(1, 12, "https://a.jp"), link(14, 12, "https://b.jp")],
            ),
            ("httphttps://a.jp", vec![link(4, 12, "https://a.jp")]),
            ("<http://a.jp/(x)>", vec![link(1, 14, "http://a.jp/(x")]),
        ];
        for (text, expected) in table {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    fn long_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            4 => "[a-zあ-ん漢字。. ]{1,40}",
            1 => "\\PC{1,20}",
            1 => prop::sample::select(vec!["👨‍👩‍👧", "が", "e\u{301}", "\r\n", "  ", "　", "🇯🇵", "한국", "!? "])
                .prop_map(str::to_owned),
        ];
        prop::collection::vec((piece, 1_usize..80), 1..24)
            .prop_map(|pieces| pieces.into_iter().map(|(piece, times)| piece.repeat(times)).collect())
    }

    proptest! {
        #[test]
        fn msg_1_parts_are_the_text_and_each_fits(text in long_text(), line in any::<bool>()) {
            let kind = if line { ChannelKind::Line } else { ChannelKind::Messenger };
            match split(kind, &text) {
                Ok(parts) => {
                    prop_assert_eq!(parts.concat(), text.clone());
                    for part in &parts {
                        prop_assert_eq!(check(kind, part), Ok(()));
                    }
                    let ends: Vec<usize> = text.grapheme_indices(true).map(|(start, _)| start).collect();
                    let mut at = 0;
                    for part in parts {
                        prop_assert!(ends.contains(&at), "inside a character at {}", at);
                        at += part.len();
                    }
                }
                Err(TextRefused::Empty) => prop_assert!(text.trim().is_empty()),
                Err(TextRefused::Indivisible { .. }) => {
                    // No text of these pieces has so long a character; only blanks can be in the way.
                    let gap = text.split(|c: char| !c.is_whitespace()).map(|gap| limit(kind).unit.count(gap)).max();
                    let longest_piece = 20;
                    prop_assert!(gap.unwrap_or(0) + longest_piece >= limit(kind).max, "{:?}", gap);
                }
                Err(other) => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn what_takes_no_room_shows_nothing() {
        for nothing in
            ["", " \n　", "\u{200B}", "\u{2060} \u{FEFF}", "\u{3164}", "\u{AD}", "\u{2800}", "\u{FE0F}"]
        {
            assert!(!shows_something(nothing), "{nothing:?}");
        }
        for something in ["a", "\u{200B}あ", "👨‍👩‍👧", "❤\u{FE0F}", "-", "\u{3164}한"] {
            assert!(shows_something(something), "{something:?}");
        }
    }

    #[test]
    fn an_empty_text_is_refused() {
        assert_eq!(check(ChannelKind::Line, " \n　"), Err(TextRefused::Empty));
    }

    #[test]
    fn a_cut_never_splits_what_the_reader_sees_as_one_character() {
        let family = "👨‍👩‍👧";
        assert_eq!(cut(&format!("{family}がが"), family.len() + 3), format!("{family}…"));
        assert_eq!(cut(&format!("{family}がが"), family.len() + 2), "…");
        assert_eq!(cut(&"あ".repeat(41), 120), format!("{}…", "あ".repeat(39)));
        assert_eq!(cut(&"あ".repeat(40), 120), "あ".repeat(40));
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 2), "…", "an ellipsis is always there");
    }
}
