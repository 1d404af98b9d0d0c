//! Texts that operators send again and again (TPL-1): named, in folders, for a department or for all, in several languages,
//! with merge fields (差込項目) that are filled in when they are sent. What the provider keeps and has approved is
//! [`crate::template`]; a variant may name one, to go out when only such may (TPL-6).

mod object;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelKind};
use crate::event::Template;
use crate::ids::{DepartmentId, TemplateId};
use crate::membership;
use crate::organisation;
use crate::person::Person;
use crate::role::{Act, Role};
use crate::template;
use crate::text;
use crate::time::Timestamp;

pub use object::{Object, RecordRefused, Values};
pub use pattern::{Filled, Pattern, PatternRefused};

/// How many templates an organisation keeps.
pub const MOST_TEMPLATES: usize = 1_000;
/// How deep folders go.
const MOST_FOLDERS: usize = 5;
/// How many languages a template is kept in.
const MOST_LANGUAGES: usize = 10;
/// The longest text, in characters: no provider takes more.
const TEXT_LENGTH: usize = 5_000;
/// The texts of all languages together, in characters.
const TEXTS_LENGTH: usize = 10_000;
/// Which language is taken if the one that is asked for is not there, before all others.
const FIRST_LANGUAGES: [&str; 2] = ["ja", "en"];

/// A text that is kept to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTemplate {
    /// Which one.
    pub id: TemplateId,
    /// What it is called.
    pub name: String,
    /// The folders that it lies in, the outermost first.
    #[serde(default)]
    pub folder: Vec<String>,
    /// Whose it is; `None` = everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Where fields come from that name no object (差込対象オブジェクト, TPL-4).
    #[serde(default)]
    pub object: Object,
    /// Its text by language.
    #[serde(default)]
    pub variants: BTreeMap<LanguageTag, Variant>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up; its name stays for what refers to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// The text in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// What it says, see [`Pattern`].
    pub text: String,
    /// What goes out in its place where only what the provider has approved may (TPL-6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approved>,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// A template that the provider keeps, and what its variables are filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approved {
    /// The provider's id of it.
    pub content_sid: String,
    /// By the name of the variable, see [`Pattern`].
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// A language such as `ja`, `en` or `zh-tw`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LanguageTag(String);

/// Text that names no language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a language is named such as `ja`, `en` or `zh-TW`")]
pub struct NoLanguage;

impl LanguageTag {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The language without region and script.
    fn base(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

impl FromStr for LanguageTag {
    type Err = NoLanguage;
    fn from_str(text: &str) -> Result<Self, NoLanguage> {
        let (mut parts, longest) = (text.split('-'), 35);
        let language = parts.next().unwrap_or_default();
        let language = matches!(language.len(), 2 | 3) && language.bytes().all(|b| b.is_ascii_alphabetic());
        let rest = parts
            .all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if language && rest && text.len() <= longest {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(NoLanguage)
        }
    }
}

impl TryFrom<String> for LanguageTag {
    type Error = NoLanguage;
    fn try_from(text: String) -> Result<Self, NoLanguage> {
        text.parse()
    }
}

impl From<LanguageTag> for String {
    fn from(tag: LanguageTag) -> Self {
        tag.0
    }
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a template cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateInvalid {
    /// No name, or none of one line.
    #[error("the name must be one line of 1 to {} characters", organisation::NAME_LENGTH)]
    Name,
    /// Not a path of folders.
    #[error("`folder` takes up to {MOST_FOLDERS} names of one line each, without `/`")]
    Folder,
    /// In no language, or in too many.
    #[error("`variants` takes 1 to {MOST_LANGUAGES} languages")]
    Languages,
    /// Nothing to send, or more than any provider takes.
    #[error("the text in `{language}` has {length} characters; it must have 1 to {TEXT_LENGTH}")]
    Text {
        /// In which language.
        language: LanguageTag,
        /// In characters.
        length: usize,
    },
    /// More than is kept.
    #[error("the texts have {length} characters together; at most {TEXTS_LENGTH} are kept")]
    Texts {
        /// In characters.
        length: usize,
    },
    /// Fields that cannot be filled.
    #[error("in `{language}` {reason}")]
    Pattern {
        /// In which language.
        language: LanguageTag,
        /// What is wrong with it.
        reason: PatternRefused,
    },
    /// The provider would not take it.
    #[error("in `{language}` {reason}")]
    Approved {
        /// In which language.
        language: LanguageTag,
        /// What is wrong with it.
        reason: template::TemplateRefused,
    },
}

/// What a template says to one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// In which language.
    pub language: LanguageTag,
    /// What it says; fields without a value stand as they are spelled.
    pub text: String,
    /// What goes out in its place.
    pub approved: Option<Template>,
    /// The fields without a value, each once, such as `contact.name`.
    pub missing: Vec<String>,
}

impl MessageTemplate {
    /// The template as it is kept: without the blanks around names, every field known.
    pub fn checked(mut self) -> Result<Self, TemplateInvalid> {
        self.name = organisation::name(&self.name).ok_or(TemplateInvalid::Name)?;
        let folder: Option<Vec<String>> = self.folder.iter().map(|name| organisation::name(name)).collect();
        self.folder = folder.ok_or(TemplateInvalid::Folder)?;
        if self.folder.len() > MOST_FOLDERS || self.folder.iter().any(|name| name.contains('/')) {
            return Err(TemplateInvalid::Folder);
        }
        if !(1..=MOST_LANGUAGES).contains(&self.variants.len()) {
            return Err(TemplateInvalid::Languages);
        }
        for (language, variant) in &self.variants {
            variant.check(language, self.object)?;
        }
        let length = self.variants.values().map(|variant| variant.text.chars().count()).sum();
        if length > TEXTS_LENGTH { Err(TemplateInvalid::Texts { length }) } else { Ok(self) }
    }

    /// The languages that it is kept in are looked through in this order: the one that is `wanted`, the same without its
    /// region, the same of another region; then Japanese, English, and whatever comes first.
    pub fn variant(&self, wanted: Option<&LanguageTag>) -> Option<(&LanguageTag, &Variant)> {
        let find =
            |is: &dyn Fn(&LanguageTag) -> bool| self.variants.iter().find(|(language, _)| is(language));
        let asked = wanted.and_then(|wanted| {
            find(&|language| language == wanted)
                .or_else(|| find(&|language| language.as_str() == wanted.base()))
                .or_else(|| find(&|language| language.base() == wanted.base()))
        });
        let [first, second] = FIRST_LANGUAGES;
        asked
            .or_else(|| find(&|language| language.as_str() == first))
            .or_else(|| find(&|language| language.as_str() == second))
            .or_else(|| self.variants.iter().next())
    }

    /// What it says with `values`, to be shown or sent; fields that name no object come from `object`, else from the
    /// template's own. `approved`: only what the provider has approved may go out. `None` of a template without a text.
    pub fn fill(
        &self,
        wanted: Option<&LanguageTag>,
        object: Option<Object>,
        values: &Values,
        approved: bool,
    ) -> Option<Filling> {
        let (language, variant) = self.variant(wanted)?;
        let chosen = object.unwrap_or(self.object);
        let fill = |text: &str| match Pattern::parse(text, self.object) {
            Ok(pattern) => pattern.fill(chosen, values),
            // Of a release that knew other fields.
            Err(_) => Filled::plain(text.to_owned()),
        };
        let Filled { text, mut missing } = fill(&variant.text);
        let approved = variant.approved.as_ref().filter(|_| approved).map(|approved| {
            let variables = approved.variables.iter().map(|(name, pattern)| {
                let filled = fill(pattern);
                missing.extend(filled.missing);
                (name.clone(), filled.text)
            });
            Template { content_sid: approved.content_sid.clone(), variables: variables.collect() }
        });
        let mut seen = BTreeSet::new();
        missing.retain(|field| seen.insert(field.clone()));
        Some(Filling { language: language.clone(), text, approved, missing })
    }

    /// The fields that it asks for in any language, with the objects that they come from if `object` is chosen.
    pub fn fields(&self, object: Option<Object>) -> BTreeSet<(Object, String)> {
        let chosen = object.unwrap_or(self.object);
        let texts = self.variants.values().flat_map(|variant| {
            let variables = variant.approved.iter().flat_map(|approved| approved.variables.values());
            std::iter::once(&variant.text).chain(variables)
        });
        let patterns = texts.filter_map(|text| Pattern::parse(text, self.object).ok());
        patterns.flat_map(|pattern| pattern.fields(chosen).collect::<Vec<_>>()).collect()
    }

    /// A field that nobody but a person who sends it can fill, where it is taken without a choice of language: what a bot
    /// says has neither an operator nor a record.
    pub fn needs_somebody(&self) -> Option<String> {
        let (_, variant) = self.variant(None)?;
        let pattern = Pattern::parse(&variant.text, self.object).ok()?;
        let of_nobody = |object: &Object| matches!(object, Object::Operator | Object::Record);
        let (object, field) = pattern.needed(self.object).find(|(object, _)| of_nobody(object))?;
        Some(format!("{object}.{field}"))
    }

    /// Where it stands in lists: by folder, then by name.
    pub fn position(&self) -> String {
        format!("{}/\u{1}{}\u{1}{}", self.folder.join("/"), self.name.to_lowercase(), self.id)
    }

    /// Whether the two cannot be told apart: same department, folder and name.
    pub fn is_namesake(&self, other: &Self) -> bool {
        (self.department, &self.folder) == (other.department, &other.folder)
            && self.name.to_lowercase() == other.name.to_lowercase()
    }

    /// Whether a search for `text` finds it: by a part of its name or of what it says, whatever the case.
    pub fn matches(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let has = |field: &str| field.to_lowercase().contains(&text);
        has(&self.name) || self.variants.values().any(|variant| has(&variant.text))
    }
}

impl Variant {
    fn check(&self, language: &LanguageTag, object: Object) -> Result<(), TemplateInvalid> {
        let length = self.text.chars().count();
        if !text::shows_something(&self.text) || length > TEXT_LENGTH {
            return Err(TemplateInvalid::Text { language: language.clone(), length });
        }
        let refused = |reason| TemplateInvalid::Pattern { language: language.clone(), reason };
        Pattern::parse(&self.text, object).map_err(refused)?;
        if let Some(Approved { content_sid, variables }) = &self.approved {
            let template = Template { content_sid: content_sid.clone(), variables: variables.clone() };
            template::check(ChannelKind::WhatsApp, &template)
                .map_err(|reason| TemplateInvalid::Approved { language: language.clone(), reason })?;
            for variable in variables.values() {
                Pattern::parse(variable, object).map_err(refused)?;
            }
        }
        Ok(())
    }
}

/// Whether somebody of `role`, of whom `person` is known, may add, change and remove what is `department`'s (TPL-3,
/// TPL-5): what is everybody's, and what belongs to a department of which they see a channel. Administrators may do all.
pub fn may_change(
    role: Role,
    department: Option<DepartmentId>,
    channels: &[Channel],
    person: Option<&Person>,
) -> bool {
    department.is_none()
        || role.may(Act::Administrate)
        || channels.iter().any(|channel| {
            channel.department == department
                && !channel.status.is_deleted()
                && membership::may_see(role, channel, person)
        })
}

#[cfg(test)]
#[path = "message_template/tests.rs"]
mod tests;
