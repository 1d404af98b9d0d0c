//! What is searched for.

use super::Folded;

/// The longest query, in characters.
const MOST_CHARACTERS: usize = 200;
/// The most terms of a query.
const MOST_TERMS: usize = 8;

/// What is searched for: terms, all of which a message must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    terms: Vec<String>,
}

/// Why nothing can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryRefused {
    /// Nothing of it is compared.
    #[error("`q` has nothing that could be found")]
    Empty,
    /// Longer than anybody types.
    #[error("`q` may have 200 characters and 8 words")]
    TooLong,
}

impl Query {
    /// The terms of `text`, which white space separates.
    pub fn parse(text: &str) -> Result<Self, QueryRefused> {
        if text.chars().count() > MOST_CHARACTERS {
            return Err(QueryRefused::TooLong);
        }
        let folded = Folded::new(text);
        let mut terms: Vec<String> = Vec::new();
        for term in folded.as_str().split(' ').filter(|term| !term.is_empty()) {
            if !terms.iter().any(|known| known == term) {
                terms.push(term.to_owned());
            }
        }
        match terms.len() {
            0 => Err(QueryRefused::Empty),
            1..=MOST_TERMS => Ok(Self { terms }),
            _ => Err(QueryRefused::TooLong),
        }
    }

    /// The terms, folded.
    pub fn terms(&self) -> &[String] {
        &self.terms
    }

    /// Whether `text` has all of them.
    pub fn finds(&self, text: &Folded) -> bool {
        self.terms.iter().all(|term| text.as_str().contains(term.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn src_3_a_query_is_its_terms() {
        for (text, terms) in [
            ("返品", Ok(vec!["返品"])),
            ("返品　コード 返品", Ok(vec!["返品", "こど"])),
            ("ABC", Ok(vec!["abc"])),
            ("", Err(QueryRefused::Empty)),
            (" ー ", Err(QueryRefused::Empty)),
            ("1 2 3 4 5 6 7 8 9", Err(QueryRefused::TooLong)),
            (&"あ".repeat(201), Err(QueryRefused::TooLong)),
        ] {
            let parsed = Query::parse(text);
            let expected = terms.map(|terms| terms.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(parsed.map(|query| query.terms), expected, "{text}");
        }
    }

    #[test]
    fn src_3_a_message_must_have_every_term() {
        let query = Query::parse("返品 コード").unwrap();
        assert!(query.finds(&Folded::new("この商品コードを返品したい")));
        assert!(!query.finds(&Folded::new("返品したい")));
    }
}
