//! How many text messages a text is sent as, which is what the company pays for (CHN-5, MSG-1).

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// GSM 03.38: 160 septets, or 153 in each of several.
    Gsm7,
    /// UCS-2: 70 UTF-16 code units, or 67 in each of several.
    Ucs2,
}

impl Encoding {
    /// The name that the API shows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "gsm7",
            Self::Ucs2 => "ucs2",
        }
    }

    /// What fits into one message that stands alone.
    const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// What fits into each of several: a header of 6 bytes tells the phone how to join them.
    const fn joined(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }
}

/// What a text takes as SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// How it travels: one character outside GSM 03.38 makes all of it UCS-2.
    pub encoding: Encoding,
    /// Septets or UTF-16 code units.
    pub units: usize,
    /// How many messages it is sent as.
    pub count: usize,
}

/// Counts the segments of `text`. A character never falls on both sides of a boundary.
pub fn segments(text: &str) -> Segments {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (encoding, lengths) = match septets {
        Some(lengths) => (Encoding::Gsm7, lengths),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
    };
    let units = lengths.iter().sum();
    if units <= encoding.alone() {
        return Segments { encoding, units, count: 1 };
    }
    let (mut count, mut used) = (1, 0);
    for length in lengths {
        if used + length > encoding.joined() {
            count += 1;
            used = 0;
        }
        used += length;
    }
    Segments { encoding, units, count }
}

/// Characters of one septet: GSM 03.38's default alphabet, but for letters and digits.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
/// Characters of two septets: its extension table, each behind an escape.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many septets a character takes in GSM 03.38; `None` if it is not there.
fn septets(character: char) -> Option<usize> {
    if character.is_ascii_alphanumeric() || BASIC.contains(character) {
        Some(1)
    } else {
        EXTENDED.contains(character).then_some(2)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_alphabet_has_127_characters_and_the_escape_has_10() {
        let letters = (0..=0x7f_u8).filter(u8::is_ascii_alphanumeric).count();
        assert_eq!(letters + BASIC.chars().count(), 127);
        assert_eq!(EXTENDED.chars().count(), 10);
    }

    #[test]
    fn chn_5_segments_are_counted_as_the_phone_network_does() {
        use Encoding::{Gsm7, Ucs2};
        let table = [
            (String::new(), Gsm7, 0, 1),
            ("Hello".to_owned(), Gsm7, 5, 1),
            ("a".repeat(160), Gsm7, 160, 1),
            ("a".repeat(161), Gsm7, 161, 2),
            ("a".repeat(306), Gsm7, 306, 2),
            ("a".repeat(307), Gsm7, 307, 3),
            ("€".repeat(80), Gsm7, 160, 1),
            ("€".repeat(81), Gsm7, 162, 2),
            // 153 is odd: the escape does not stand at the end of one segment and its character in the next.
            ("€".repeat(152), Gsm7, 304, 2),
            ("€".repeat(153), Gsm7, 306, 3),
            ("[ok] {1} ~|^\\".to_owned(), Gsm7, 21, 1),
            ("ÄÖÜäöüßé@".to_owned(), Gsm7, 9, 1),
            // The accent that GSM 03.38 lacks makes all of it UCS-2.
            (format!("{}ê", "a".repeat(69)), Ucs2, 70, 1),
            (format!("{}ê", "a".repeat(70)), Ucs2, 71, 2),
            ("あ".repeat(70), Ucs2, 70, 1),
            ("あ".repeat(71), Ucs2, 71, 2),
            ("あ".repeat(134), Ucs2, 134, 2),
            ("あ".repeat(135), Ucs2, 135, 3),
            ("😀".repeat(35), Ucs2, 70, 1),
            // 67 is odd: an emoji is not cut in two.
            ("😀".repeat(66), Ucs2, 132, 2),
            ("😀".repeat(67), Ucs2, 134, 3),
            ("`".to_owned(), Ucs2, 1, 1),
        ];
        for (text, encoding, units, count) in table {
            assert_eq!(segments(&text), Segments { encoding, units, count }, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_segment_holds_more_than_it_can_and_none_is_wasted(text in "[a€あ😀 ]{0,400}") {
            let Segments { encoding, units, count } = segments(&text);
            let room = if count == 1 { encoding.alone() } else { count * encoding.joined() };
            prop_assert!(units <= room);
            // At most one unit is lost at each boundary.
            prop_assert!(count == 1 || units + count > (count - 1) * encoding.joined());
        }
    }
}
