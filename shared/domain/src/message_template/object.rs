//! Where the values of merge fields come from (差込対象オブジェクト, TPL-4).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::channel::Channel;
use crate::conversation::Conversation;

/// How many fields a record brings.
const MOST_FIELDS: usize = 100;
/// The longest name of a record's field, in characters.
const FIELD_LENGTH: usize = 60;
/// The longest value, in characters.
const VALUE_LENGTH: usize = 1_000;

/// Something with fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Object {
    /// The customer.
    #[default]
    Contact,
    /// The conversation that the text is sent in.
    Conversation,
    /// Who sends it.
    Operator,
    /// An entry of another system. Whoever has the text filled in brings its fields along.
    Record,
}

impl Object {
    /// Every object.
    pub const ALL: [Self; 4] = [Self::Contact, Self::Conversation, Self::Operator, Self::Record];

    /// Its name in fields and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Conversation => "conversation",
            Self::Operator => "operator",
            Self::Record => "record",
        }
    }

    /// Its fields; a record has any.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Contact => &["name", "phone", "external_id"],
            Self::Conversation => &["id", "channel", "brand", "department"],
            Self::Operator => &["name", "account"],
            Self::Record => &[],
        }
    }

    /// Whether it has a field called so.
    pub fn has(self, field: &str) -> bool {
        self.fields().contains(&field) || (self == Self::Record && is_field(field))
    }

    /// All fields there are, for people.
    pub fn known() -> String {
        let fields = Self::ALL
            .iter()
            .flat_map(|object| object.fields().iter().map(|field| format!("{}.{field}", object.as_str())));
        format!("{}, record.…", fields.collect::<Vec<_>>().join(", "))
    }
}

/// A name that stands between braces without ending them.
fn is_field(name: &str) -> bool {
    (1..=FIELD_LENGTH).contains(&name.chars().count())
        && name.trim() == name
        && !name.contains(['{', '}', '|', '.'])
        && !name.chars().any(char::is_control)
}

impl FromStr for Object {
    type Err = NoObject;
    fn from_str(text: &str) -> Result<Self, NoObject> {
        Self::ALL.into_iter().find(|object| object.as_str() == text).ok_or(NoObject)
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that names no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an object is one of contact, conversation, operator, record")]
pub struct NoObject;

/// A record that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordRefused {
    /// More fields than are taken.
    #[error("`record` has {count} fields; at most {MOST_FIELDS} are taken")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A name that cannot stand in a text.
    #[error(
        "the names of `record` must have 1 to {FIELD_LENGTH} characters, without braces, full stops, `|` and blanks around \
         them"
    )]
    Name,
    /// A value that is too long.
    #[error("`record` has a value of more than {VALUE_LENGTH} characters, in `{field}`")]
    TooLong {
        /// Whose.
        field: String,
    },
}

/// What fields are filled with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Object, BTreeMap<String, String>>);

impl Values {
    /// What the conversation itself knows, and what its channel is called.
    pub fn of(conversation: &Conversation, channel: Option<&Channel>) -> Self {
        let mut values = Self::default();
        values.set(Object::Contact, "name", conversation.contact.name.as_deref());
        values.set(Object::Contact, "external_id", Some(conversation.party.external_id()));
        values.set(Object::Contact, "phone", phone(conversation));
        values.set(Object::Conversation, "id", Some(&conversation.id.to_string()));
        values.set(Object::Conversation, "channel", channel.map(|channel| channel.name.as_str()));
        values
    }

    /// Notes the value of a field; what is blank is none. What others chose as their name stays on one line, and is cut
    /// where no name goes on.
    pub fn set(&mut self, object: Object, field: &str, value: Option<&str>) {
        let value = value.map(|value| value.split(char::is_whitespace).filter(|word| !word.is_empty()));
        let value = value.map(|words| words.collect::<Vec<_>>().join(" ")).unwrap_or_default();
        let value: String = value.chars().filter(|c| !c.is_control()).take(VALUE_LENGTH).collect();
        self.put(object, field.to_owned(), value);
    }

    /// Notes the fields of a record. Their values may have several lines.
    pub fn set_record(&mut self, fields: BTreeMap<String, String>) -> Result<(), RecordRefused> {
        if fields.len() > MOST_FIELDS {
            return Err(RecordRefused::TooMany { count: fields.len() });
        }
        for (field, value) in fields {
            if !is_field(&field) {
                return Err(RecordRefused::Name);
            }
            if value.chars().count() > VALUE_LENGTH {
                return Err(RecordRefused::TooLong { field });
            }
            let value = value.trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect();
            self.put(Object::Record, field, value);
        }
        Ok(())
    }

    fn put(&mut self, object: Object, field: String, value: String) {
        if !value.is_empty() {
            self.0.entry(object).or_default().insert(field, value);
        }
    }

    /// The value of a field, if there is one.
    pub fn get(&self, object: Object, field: &str) -> Option<&str> {
        self.0.get(&object)?.get(field).map(String::as_str)
    }
}

/// The number of somebody who writes by SMS or WhatsApp.
fn phone(conversation: &Conversation) -> Option<&str> {
    let address = conversation.address();
    let number = address.strip_prefix("whatsapp:").unwrap_or(address);
    number.starts_with('+').then_some(number)
}
