//! What the index keeps of a text.

use std::collections::BTreeSet;

use super::{Folded, Query};

/// Pairs of neighbouring characters, and single Han characters, which are words by themselves: each as 16 bits of a hash.
/// What finds a text is among its grams; that something is among them does not mean that the text is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grams(BTreeSet<u16>);

impl Grams {
    /// The grams of `text`.
    pub fn of(text: &Folded) -> Self {
        let mut grams = Self::default();
        for word in text.as_str().split(' ') {
            grams.add(word);
        }
        grams
    }

    /// What a text must have among its grams for `query` to find it. Empty if any text may be found: a single kana or letter
    /// is almost everywhere.
    pub fn wanted(query: &Query) -> Self {
        let mut grams = Self::default();
        for term in query.terms() {
            grams.add(term);
        }
        grams
    }

    fn add(&mut self, word: &str) {
        let mut before = None;
        for c in word.chars() {
            if is_han(c) {
                self.0.insert(hash(&[c]));
            }
            if let Some(before) = before {
                self.0.insert(hash(&[before, c]));
            }
            before = Some(c);
        }
    }

    /// Adds those of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// Whether all of `wanted` are among them.
    pub fn contains(&self, wanted: &Self) -> bool {
        wanted.0.is_subset(&self.0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they are stored: the distance of each from the one before, seven bits a byte.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut bytes, mut next) = (Vec::with_capacity(self.0.len() * 3 / 2), 0_u32);
        for gram in &self.0 {
            let mut distance = u32::from(*gram) - next;
            next = u32::from(*gram) + 1;
            while distance >= 0x80 {
                bytes.push(distance.to_le_bytes()[0] | 0x80);
                distance >>= 7;
            }
            bytes.push(distance.to_le_bytes()[0]);
        }
        bytes
    }

    /// What [`Grams::to_bytes`] wrote; `None` of anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (mut grams, mut next, mut distance, mut shift) = (BTreeSet::new(), 0_u32, 0_u32, 0_u32);
        for byte in bytes {
            distance |= u32::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if shift > 21 {
                return None;
            }
            if byte & 0x80 == 0 {
                let gram = u16::try_from(next.checked_add(distance)?).ok()?;
                grams.insert(gram);
                (next, distance, shift) = (u32::from(gram) + 1, 0, 0);
            }
        }
        (shift == 0).then_some(Self(grams))
    }
}

const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '々' | '〆')
}

/// FNV-1a, folded to 16 bits. What is stored depends on it: with another one the index must be made anew.
fn hash(gram: &[char]) -> u16 {
    let mut hash = 0x811c_9dc5_u32;
    for byte in gram.iter().flat_map(|c| u32::from(*c).to_le_bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    let [a, b, c, d] = hash.to_le_bytes();
    u16::from_le_bytes([a ^ c, b ^ d])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Grams {
        Grams::of(&Folded::new(text))
    }

    fn wanted(query: &str) -> Grams {
        Grams::wanted(&Query::parse(query).unwrap())
    }

    #[test]
    fn src_4_a_text_has_the_grams_of_what_finds_it() {
        let text = of("明日の予約をキャンセルしたいです");
        for query in ["予約", "予", "ｷｬﾝｾﾙ", "きゃんせる 明日", "の", "です"] {
            assert!(text.contains(&wanted(query)), "{query}");
        }
        for query in ["返品", "昨日", "予約 返品"] {
            assert!(!text.contains(&wanted(query)), "{query}");
        }
        assert!(wanted("の").is_empty() && wanted("a").is_empty());
        assert!(!wanted("予").is_empty());
    }

    /// Whoever changes the hash changes what is stored.
    #[test]
    fn src_4_the_grams_of_earlier_releases_are_those_of_this_one() {
        assert_eq!(of("予約ab").to_bytes(), STORED);
    }

    const STORED: [u8; 0] = [];

    #[test]
    fn src_4_bytes_that_are_no_grams_are_refused() {
        for bytes in [&[0x80][..], &[0xff, 0xff, 0xff, 0x01], &[0xff, 0xff, 0x03, 0x00]] {
            assert_eq!(Grams::from_bytes(bytes), None, "{bytes:?}");
        }
        assert_eq!(Grams::from_bytes(&[]), Some(Grams::default()));
    }

    proptest! {
        #[test]
        fn src_4_grams_are_read_as_they_were_written(grams in prop::collection::btree_set(any::<u16>(), 0..600)) {
            let grams = Grams(grams);
            prop_assert_eq!(Grams::from_bytes(&grams.to_bytes()), Some(grams));
        }

        /// Nothing is missed: what finds a text is wanted of its grams.
        #[test]
        fn src_4_no_text_is_missed(text in "[ぁ-んァ-ヶ一-亀a-zA-Zａ-ｚｦ-ﾟ ー]{1,40}", query in "[ぁ-ん一-亀a-z ]{1,3}") {
            let text = Folded::new(&text);
            if let Ok(query) = Query::parse(&query) && query.finds(&text) {
                prop_assert!(Grams::of(&text).contains(&Grams::wanted(&query)));
            }
        }
    }
}
