//! Text limits, each in its provider's own unit.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::channel::ChannelKind;

/// Messenger takes fewer than 2,000 characters (Send API reference).
const MESSENGER_MAX_CHARACTERS: usize = 1_999;
/// LINE takes 5,000 UTF-16 code units (Messaging API reference, text message).
const LINE_MAX_UTF16_UNITS: usize = 5_000;
/// Twilio takes 1,600 characters, whatever the channel (error 14103).
const TWILIO_MAX_CHARACTERS: usize = 1_600;

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
}

/// Refuses a text that the provider of `kind` would refuse, with the count in its unit.
pub fn check(kind: ChannelKind, text: &str) -> Result<(), TextRefused> {
    if text.trim().is_empty() {
        return Err(TextRefused::Empty);
    }
    let (length, limit, unit) = match kind {
        ChannelKind::Messenger => (text.chars().count(), MESSENGER_MAX_CHARACTERS, "characters"),
        ChannelKind::Line => (text.encode_utf16().count(), LINE_MAX_UTF16_UNITS, "UTF-16 code units"),
        ChannelKind::WhatsApp | ChannelKind::Sms => {
            (text.chars().count(), TWILIO_MAX_CHARACTERS, "characters")
        }
    };
    if length > limit {
        return Err(TextRefused::TooLong { length, limit, unit, channel: kind });
    }
    Ok(())
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
