//! A result in its context.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Folded, Query};

/// How much stands before the first place found, in what a reader sees as characters.
const BEFORE: usize = 30;
/// How long an excerpt is.
const LONGEST: usize = 120;

/// A piece of a text around what was found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The piece.
    pub text: String,
    /// Where it begins in the whole, in UTF-16 code units.
    pub position: usize,
    /// Whether something stands before it.
    pub begins_inside: bool,
    /// Whether something stands behind it.
    pub ends_inside: bool,
    /// What was found, first to last, none touching another.
    pub marks: Vec<Mark>,
}

/// A stretch of an [`Excerpt`], in UTF-16 code units of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it begins.
    pub index: usize,
    /// How long it is.
    pub length: usize,
}

/// The piece of `text` around the first place that `query` finds; `None` if it does not find it.
pub fn excerpt(text: &str, query: &Query) -> Option<Excerpt> {
    let folded = Folded::new(text);
    if !query.finds(&folded) {
        return None;
    }
    let mut found: Vec<_> = query.terms().iter().flat_map(|term| folded.find(term)).collect();
    found.sort_unstable_by_key(|at| (at.start, at.end));
    let first = found.first()?.start;
    let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
    let from = starts.partition_point(|at| *at < first).saturating_sub(BEFORE);
    let begin = starts.get(from).copied().unwrap_or(0);
    let end = starts.get(from + LONGEST).copied().unwrap_or(text.len());
    let mut marks: Vec<std::ops::Range<usize>> = Vec::new();
    for at in found {
        let at = at.start..at.end.min(end);
        match marks.last_mut() {
            _ if at.start >= at.end => {}
            Some(last) if at.start <= last.end => last.end = last.end.max(at.end),
            _ => marks.push(at),
        }
    }
    let units = |from: usize, to: usize| text[from..to].encode_utf16().count();
    let marks =
        marks.into_iter().map(|at| Mark { index: units(begin, at.start), length: units(at.start, at.end) });
    Some(Excerpt {
        text: text[begin..end].to_owned(),
        position: units(0, begin),
        begins_inside: begin > 0,
        ends_inside: end < text.len(),
        marks: marks.collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str, query: &str) -> Option<(String, Vec<String>, bool, bool)> {
        let excerpt = excerpt(text, &Query::parse(query).unwrap())?;
        let units: Vec<u16> = excerpt.text.encode_utf16().collect();
        let marks = excerpt.marks.iter();
        let marks =
            marks.map(|mark| String::from_utf16(&units[mark.index..mark.index + mark.length]).unwrap());
        Some((excerpt.text.clone(), marks.collect(), excerpt.begins_inside, excerpt.ends_inside))
    }

    #[test]
    fn src_3_a_result_shows_what_was_found_in_its_context() {
        let whole = |text: &str, marks: &[&str]| {
            Some((text.to_owned(), marks.iter().map(|mark| (*mark).to_owned()).collect(), false, false))
        };
        assert_eq!(shown("😀返品の方法", "返品"), whole("😀返品の方法", &["返品"]));
        assert_eq!(
            shown("返品の方法、ヘンピン", "返品 へんぴん"),
            whole("返品の方法、ヘンピン", &["返品", "ヘンピン"])
        );
        assert_eq!(shown("ababa", "ab ba"), whole("ababa", &["ababa"]));
        assert_eq!(shown("返品", "交換"), None);
        let long = format!("{}返品{}", "あ".repeat(100), "い".repeat(200));
        let (text, marks, begins_inside, ends_inside) = shown(&long, "返品").unwrap();
        assert_eq!(text, format!("{}返品{}", "あ".repeat(30), "い".repeat(88)));
        assert_eq!((marks, begins_inside, ends_inside), (vec!["返品".to_owned()], true, true));
        let position = excerpt(&long, &Query::parse("返品").unwrap()).unwrap().position;
        assert_eq!(position, 70);
    }

    proptest! {
        #[test]
        fn src_3_every_mark_lies_in_its_excerpt(text in "\\PC{0,300}", query in "\\PC{1,2}") {
            if let Ok(query) = Query::parse(&query)
                && let Some(excerpt) = excerpt(&text, &query)
            {
                let units: Vec<u16> = excerpt.text.encode_utf16().collect();
                prop_assert!(!excerpt.marks.is_empty());
                for mark in &excerpt.marks {
                    prop_assert!(mark.length > 0);
                    prop_assert!(String::from_utf16(&units[mark.index..mark.index + mark.length]).is_ok());
                }
            }
        }
    }
}
