//! A text as it is compared.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Hiragana stand this far below katakana.
const KANA_APART: u32 = 0x60;

/// A text as it is compared: compatibility forms are one (NFKC: full and half width, `㌔`, `①`), so are capitals and small
/// letters, katakana and hiragana; the mark of a long vowel (`ー`), which people leave out as they like, and what cannot be
/// seen are left out, and any white space is one space. Knows where each of its characters came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// For each byte of `text`: the bytes of the original that it came from.
    origins: Vec<Range<usize>>,
}

impl Folded {
    /// Folds `text`.
    pub fn new(text: &str) -> Self {
        let mut folded = Self::default();
        // What combines into one character stands in one grapheme, the half-width sound marks included.
        for (at, grapheme) in text.grapheme_indices(true) {
            let origin = at..at + grapheme.len();
            if grapheme.chars().all(|c| c.is_whitespace() || c.is_control()) {
                if !folded.text.is_empty() && !folded.text.ends_with(' ') {
                    folded.push(' ', &origin);
                }
                continue;
            }
            for c in grapheme.nfkc().flat_map(char::to_lowercase).filter(|c| is_compared(*c)) {
                match c {
                    'ß' => ['s', 's'].into_iter().for_each(|c| folded.push(c, &origin)),
                    'ς' => folded.push('σ', &origin),
                    c if c.is_whitespace() => {
                        if !folded.text.is_empty() && !folded.text.ends_with(' ') {
                            folded.push(' ', &origin);
                        }
                    }
                    c => folded.push(hiragana(c), &origin),
                }
            }
        }
        if folded.text.ends_with(' ') {
            folded.text.pop();
            folded.origins.pop();
        }
        folded
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where `term`, which is folded itself, stands in the original: ranges of its bytes that do not overlap, first to last.
    pub fn find(&self, term: &str) -> Vec<Range<usize>> {
        if term.is_empty() {
            return Vec::new();
        }
        let hits = self.text.match_indices(term);
        hits.filter_map(|(at, hit)| {
            let first = self.origins.get(at)?;
            let last = self.origins.get(at + hit.len() - 1)?;
            Some(first.start..last.end)
        })
        .collect()
    }

    fn push(&mut self, c: char, origin: &Range<usize>) {
        self.text.push(c);
        self.origins.resize(self.text.len(), origin.clone());
    }
}

/// Whether `c` says anything: long vowel marks, variation selectors and what joins or hyphenates unseen do not.
const fn is_compared(c: char) -> bool {
    !matches!(c, 'ー' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(u32::from(c) - KANA_APART).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn src_4_what_readers_take_for_the_same_is_the_same() {
        for (text, folded) in [
            ("ＡＢＣ１２３", "abc123"),
            ("ｶﾞｯｺｳ", "がっこう"),
            ("ガッコウ", "がっこう"),
            ("か\u{3099}っこう", "がっこう"),
            ("サーバー", "さば"),
            ("さーば", "さば"),
            ("コンピュータ", "こんぴゅた"),
            ("ｻｰﾊﾞｰ", "さば"),
            ("㌔①㈱", "きろ1(株)"),
            ("Straße ΣΑΣ", "strasse σασ"),
            ("  a\u{3000}\r\n b\t", "a b"),
            ("c\u{200b}d\u{feff}", "cd"),
            ("渡邉", "渡邉"),
            ("ゟ ヶ ヴ", "より ゖ ゔ"),
            ("", ""),
            ("ー", ""),
        ] {
            assert_eq!(Folded::new(text).as_str(), folded, "{text}");
        }
    }

    #[test]
    fn src_3_a_term_is_found_where_it_stands_in_the_original() {
        for (text, term, expected) in [
            ("東京タワーへ行く", "たわ", vec!["タワ"]),
            ("ＡＢＣとabc", "bc", vec!["ＢＣ", "bc"]),
            ("ﾊﾞﾅﾅ", "ばな", vec!["ﾊﾞﾅ"]),
            ("5㌔先", "き", vec!["㌔"]),
            ("aaaa", "aa", vec!["aa", "aa"]),
            ("👨‍👩‍👧 家族", "家", vec!["家"]),
            ("abc", "x", vec![]),
            ("abc", "", vec![]),
        ] {
            let found: Vec<&str> = Folded::new(text).find(term).into_iter().map(|at| &text[at]).collect();
            assert_eq!(found, expected, "{text} / {term}");
        }
    }

    proptest! {
        #[test]
        fn src_4_folding_twice_changes_nothing_and_every_place_is_one_of_the_text(text in "\\PC{0,40}") {
            let folded = Folded::new(&text);
            prop_assert_eq!(folded.origins.len(), folded.text.len());
            for c in folded.text.chars() {
                for at in folded.find(&c.to_string()) {
                    prop_assert!(text.get(at).is_some());
                }
            }
        }

        /// Any stretch of a text finds the text.
        #[test]
        fn src_3_any_piece_of_a_text_finds_it(text in "[ぁ-んァ-ヶ一-亀a-zA-Zａ-ｚｦ-ﾟ ]{1,30}", from in 0usize..30, length in 1usize..8) {
            let graphemes: Vec<&str> = text.graphemes(true).collect();
            let piece: String = graphemes.into_iter().skip(from).take(length).collect();
            let piece = Folded::new(&piece);
            if !piece.as_str().is_empty() {
                prop_assert!(Folded::new(&text).as_str().contains(piece.as_str()));
            }
        }
    }
}
