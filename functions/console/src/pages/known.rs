//! What many pages read of the API: lists, names of people and channels; and what their own address asks for.

use std::collections::HashMap;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use madoguchi_domain::ChannelKind;
use maud::{Markup, html};
use serde::Deserialize;

use crate::backend::Refusal;
use crate::parts;
use crate::view::View;

/// A page of one of the API's lists.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}

/// Anything that has a name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Of a channel.
    #[serde(default)]
    pub(crate) kind: String,
}

/// Names by id.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<Named>);

impl Names {
    /// What `path` lists.
    pub(crate) async fn of(view: &View, path: &str) -> Result<Self, Refusal> {
        Ok(Self(view.get::<Listed<Named>>(path).await?.items))
    }

    pub(crate) fn all(&self) -> &[Named] {
        &self.0
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Named> {
        self.0.iter().find(|named| named.id == id)
    }

    /// The name, or else the id.
    pub(crate) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.get(id).map_or(id, |named| &named.name)
    }
}

/// The kind of a channel by its word; `None` for one that this release does not know.
pub(crate) fn kind(word: &str) -> Option<ChannelKind> {
    match word {
        "messenger" => Some(ChannelKind::Messenger),
        "line" => Some(ChannelKind::Line),
        "whatsapp" => Some(ChannelKind::WhatsApp),
        "sms" => Some(ChannelKind::Sms),
        _ => None,
    }
}

/// A channel with its kind.
pub(crate) fn channel(names: &Names, id: &str) -> Markup {
    let named = names.get(id);
    html! {
        span.with-badge {
            @if let Some(kind) = named.and_then(|named| kind(&named.kind)) { (parts::channel_badge(kind)) }
            span dir="auto" { (named.map_or(id, |named| &named.name)) }
        }
    }
}

/// What the address of a page asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted(HashMap<String, String>);

impl Wanted {
    /// What is asked for, if it is more than nothing.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// `path` with those of `names` that are asked for, and with `more`.
    pub(crate) fn address(&self, path: &str, names: &[&str], more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in names {
            if let Some(value) = self.get(name) {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(more);
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

/// `value` as the part of an address.
pub(crate) fn encoded(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// When the day that is written as `2026-11-22` begins where the visitor is; `after` days later.
pub(crate) fn beginning(view: &View, day: &str, after: i64) -> Option<Timestamp> {
    let date: Date = day.parse().ok()?;
    let date = date.checked_add(after.days()).ok()?;
    date.to_zoned(view.zone.clone()).ok().map(|zoned| zoned.timestamp())
}

/// A choice among `options`, each a value with its words.
pub(crate) fn select(id: &str, name: &str, chosen: &str, options: &[(&str, &str)]) -> Markup {
    html! {
        select id=(id) name=(name) {
            @for (value, words) in options { option value=(value) selected[*value == chosen] { (words) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_an_address_keeps_what_was_asked_for() {
        let wanted = Wanted(HashMap::from([
            ("status".to_owned(), "open".to_owned()),
            ("from".to_owned(), " ".to_owned()),
            ("other".to_owned(), "x".to_owned()),
        ]));
        let names = ["status", "from"];
        assert_eq!(wanted.address("/a", &names, &[]), "/a?status=open");
        assert_eq!(wanted.address("/a", &names, &[("cursor", "é&")]), "/a?status=open&cursor=%C3%A9%26");
        assert_eq!(wanted.address("/a", &["from"], &[]), "/a");
    }
}
