//! What a list is asked for, as the page's address tells it: the names and values of the API's own query.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;

/// Every name that the API's list and its saved views take.
const NAMES: [&str; 11] = [
    "section",
    "sort",
    "channel",
    "brand",
    "department",
    "label",
    "assignee",
    "mode",
    "contacts",
    "never_replied",
    "window_ends_within_minutes",
];

/// A section, filters and an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked(BTreeMap<String, String>);

impl Asked {
    /// What `query`, that of an address, asks for. Names that no list has are left aside, and so are names without a value:
    /// forms send them. A name that comes again, such as one label and another, is one list with commas.
    pub(crate) fn parse(query: &str) -> Self {
        let mut asked = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if NAMES.contains(&&*name) && !value.is_empty() {
                asked
                    .entry(name.into_owned())
                    .and_modify(|known: &mut String| {
                        known.push(',');
                        known.push_str(&value);
                    })
                    .or_insert_with(|| value.into_owned());
            }
        }
        Self(asked)
    }

    /// What a saved view asks for.
    pub(crate) fn saved(query: BTreeMap<String, String>) -> Self {
        Self(query)
    }

    /// The value of `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The section; all open conversations if none is named.
    pub(crate) fn section(&self) -> &str {
        self.get("section").unwrap_or("open")
    }

    /// The order; by activity if none is named.
    pub(crate) fn sort(&self) -> &str {
        self.get("sort").unwrap_or("activity")
    }

    /// The ids of labels.
    pub(crate) fn labels(&self) -> impl Iterator<Item = &str> {
        self.get("label").into_iter().flat_map(|labels| labels.split(','))
    }

    /// The same with another value.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut asked = self.clone();
        asked.0.insert(name.to_owned(), value.to_owned());
        asked
    }

    /// The same without a name.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut asked = self.clone();
        asked.0.remove(name);
        asked
    }

    /// The same with one label fewer.
    pub(crate) fn without_label(&self, label: &str) -> Self {
        let left: Vec<&str> = self.labels().filter(|other| *other != label).collect();
        if left.is_empty() { self.without("label") } else { self.with("label", &left.join(",")) }
    }
    /// As a query, without a question mark.
    pub(crate) fn query(&self) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(&self.0);
        query.finish()
    }

    /// The address of the inbox that shows it.
    pub(crate) fn address(&self) -> String {
        with_query("/console/inbox", &self.query())
    }

    /// The address of a conversation in it.
    pub(crate) fn address_of(&self, conversation: &str) -> String {
        with_query(&format!("/console/inbox/{conversation}"), &self.query())
    }

    /// The API's list, with `more` of its parameters. Nobody is assignee within `mine` and `others`: those say whose.
    pub(crate) fn listed(&self, more: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        let whose = matches!(self.section(), "mine" | "others");
        query.extend_pairs(self.0.iter().filter(|(name, _)| !(whose && *name == "assignee")));
        query.extend_pairs(more);
        with_query("/api/conversations", &query.finish())
    }

    /// As the API keeps it in a saved view.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_an_address_says_what_is_listed() {
        for (query, expected) in [
            ("", ""),
            ("section=mine&sort=waiting", "section=mine&sort=waiting"),
            ("message=1&x=y&mode=&channel=a", "channel=a"),
            ("label=a&label=b", "label=a%2Cb"),
            ("label=a%2Cb", "label=a%2Cb"),
            ("assignee=%E5%B1%B1+%26", "assignee=%E5%B1%B1+%26"),
        ] {
            assert_eq!(Asked::parse(query).query(), expected, "{query}");
        }
    }

    #[test]
    fn con_1_a_chip_takes_its_own_filter_away_and_nothing_else() {
        let asked = Asked::parse("section=closed&label=a,b&mode=bot");
        assert_eq!(asked.without("mode").query(), "label=a%2Cb&section=closed");
        assert_eq!(asked.without_label("a").query(), "label=b&mode=bot&section=closed");
        assert_eq!(asked.without_label("a").without_label("b").query(), "mode=bot&section=closed");
    }

    #[test]
    fn con_1_whose_is_not_asked_for_twice() {
        let asked = Asked::parse("section=mine&assignee=me");
        assert_eq!(asked.listed(&[("limit", "30")]), "/api/conversations?section=mine&limit=30");
        let asked = Asked::parse("assignee=me");
        assert_eq!(asked.listed(&[]), "/api/conversations?assignee=me");
        assert_eq!(Asked::default().address_of("1"), "/console/inbox/1");
    }
}
