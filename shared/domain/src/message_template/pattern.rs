//! Texts with merge fields: `{{contact.name}}`; `{{contact.name|お客様}}` has a text for whoever has no name; `{{name}}` is of
//! the object that was chosen. What is filled in is not read again: a customer called `{{operator.name}}` is called so.

use super::object::{Object, Values};
use crate::text::cut;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
/// How many fields a text has.
const MOST_FIELDS: usize = 50;
/// How much of what is wrong is shown, in bytes.
const SHOWN: usize = 60;

/// A text that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(Field),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    /// `None` = the one that is chosen.
    object: Option<Object>,
    name: String,
    fallback: Option<String>,
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternRefused {
    /// A field without an end.
    #[error("the field that begins with `{0}` has no end; write it such as {{{{contact.name}}}}")]
    Unclosed(String),
    /// A field that nothing has.
    #[error("there is no field `{field}`; known are {known}", known = Object::known())]
    UnknownField {
        /// As it is written.
        field: String,
    },
    /// More fields than are filled.
    #[error("there are {0} fields; at most {MOST_FIELDS} are filled in")]
    TooMany(usize),
}

/// A text with values in place of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// What it says; fields without a value stand as `{{contact.name}}`.
    pub text: String,
    /// Those, such as `contact.name`, in their order.
    pub missing: Vec<String>,
}

impl Filled {
    /// A text without fields.
    pub const fn plain(text: String) -> Self {
        Self { text, missing: Vec::new() }
    }
}

impl Pattern {
    /// Reads a text; fields that name no object must be those of `object`.
    pub fn parse(text: &str, object: Object) -> Result<Self, PatternRefused> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(open) = rest.find(OPEN) {
            let (before, field) = rest.split_at(open);
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            let unclosed = || PatternRefused::Unclosed(cut(field, SHOWN));
            let inner = &field[OPEN.len()..];
            let close = inner.find(CLOSE).ok_or_else(unclosed)?;
            let (inner, after) = inner.split_at(close);
            if inner.contains(OPEN) {
                return Err(unclosed());
            }
            pieces.push(Piece::Field(Field::parse(inner, object)?));
            rest = &after[CLOSE.len()..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        let fields = pieces.iter().filter(|piece| matches!(piece, Piece::Field(_))).count();
        if fields > MOST_FIELDS { Err(PatternRefused::TooMany(fields)) } else { Ok(Self { pieces }) }
    }

    /// Puts values in place of the fields; those that name no object come from `chosen`.
    pub fn fill(&self, chosen: Object, values: &Values) -> Filled {
        let mut filled = Filled::plain(String::new());
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.text.push_str(text),
                Piece::Field(field) => {
                    let object = field.object.unwrap_or(chosen);
                    if let Some(value) = values.get(object, &field.name).or(field.fallback.as_deref()) {
                        filled.text.push_str(value);
                    } else {
                        let name = format!("{object}.{}", field.name);
                        filled.text.extend([OPEN, &name, CLOSE]);
                        filled.missing.push(name);
                    }
                }
            }
        }
        filled
    }

    /// Its fields with the objects that they come from if `chosen` is.
    pub fn fields(&self, chosen: Object) -> impl Iterator<Item = (Object, String)> + '_ {
        self.pieces.iter().filter_map(move |piece| match piece {
            Piece::Field(field) => Some((field.object.unwrap_or(chosen), field.name.clone())),
            Piece::Text(_) => None,
        })
    }

    /// Those of them that have no text for whoever has no value.
    pub fn needed(&self, chosen: Object) -> impl Iterator<Item = (Object, String)> + '_ {
        self.pieces.iter().filter_map(move |piece| match piece {
            Piece::Field(field) if field.fallback.is_none() => {
                Some((field.object.unwrap_or(chosen), field.name.clone()))
            }
            Piece::Field(_) | Piece::Text(_) => None,
        })
    }
}

impl Field {
    fn parse(inner: &str, object: Object) -> Result<Self, PatternRefused> {
        let (path, fallback) = match inner.split_once('|') {
            Some((path, fallback)) => (path.trim(), Some(fallback.trim().to_owned())),
            None => (inner.trim(), None),
        };
        let unknown = || PatternRefused::UnknownField { field: cut(path, SHOWN) };
        let (named, name) = match path.split_once('.') {
            Some((named, name)) => (Some(named.trim().parse().map_err(|_| unknown())?), name.trim()),
            None => (None, path),
        };
        if !named.unwrap_or(object).has(name) {
            return Err(unknown());
        }
        Ok(Self { object: named, name: name.to_owned(), fallback })
    }
}
