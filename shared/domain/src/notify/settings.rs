//! What somebody wants to be told of, and how (NTF-5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::catalogue::Language;
use crate::ids::OperatorId;

/// How somebody is told of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ways {
    /// On the desktop: by the open page, or by Web Push when none is open.
    pub desktop: bool,
    /// By e-mail to what they sign in with.
    pub email: bool,
}

impl Ways {
    /// What holds until somebody has chosen. What is one's own work is told by both ways; an unassigned conversation only
    /// on the desktop, since it is told to everybody who is available; others' conversations not at all.
    pub const fn by_default(kind: Kind) -> Self {
        match kind {
            Kind::Mine | Kind::Assigned => Self { desktop: true, email: true },
            Kind::Unassigned => Self { desktop: true, email: false },
            Kind::Others => Self { desktop: false, email: false },
        }
    }

    /// Those of them that are among `others`, too.
    #[must_use]
    pub const fn both(self, others: Self) -> Self {
        Self { desktop: self.desktop && others.desktop, email: self.email && others.email }
    }

    /// Whether there is any.
    pub const fn is_any(self) -> bool {
        self.desktop || self.email
    }
}

/// What one person has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Who.
    pub operator: OperatorId,
    /// The kinds that they have chosen for; the others are as [`Ways::by_default`] says.
    #[serde(default)]
    pub kinds: BTreeMap<Kind, Ways>,
    /// The language of their e-mail; Japanese unless they have chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

impl Settings {
    /// Of somebody who has chosen nothing.
    pub const fn new(operator: OperatorId) -> Self {
        Self { operator, kinds: BTreeMap::new(), language: None, rev: 0 }
    }

    /// How they are told of `kind`.
    pub fn ways(&self, kind: Kind) -> Ways {
        self.kinds.get(&kind).copied().unwrap_or_else(|| Ways::by_default(kind))
    }

    /// Whether they are told of `kind` at all.
    pub fn wants(&self, kind: Kind) -> bool {
        self.ways(kind).is_any()
    }

    /// Whether they want e-mail of any kind.
    pub fn wants_email(&self) -> bool {
        Kind::ALL.into_iter().any(|kind| self.ways(kind).email)
    }

    /// Whether they want to be told of any kind on the desktop.
    pub fn wants_desktop(&self) -> bool {
        Kind::ALL.into_iter().any(|kind| self.ways(kind).desktop)
    }

    /// Chooses `ways` for `kind`.
    pub fn choose(&mut self, kind: Kind, ways: Ways) {
        self.kinds.insert(kind, ways);
    }

    /// Switches e-mail of one kind off, as the link in an e-mail does; false if it is off.
    pub fn unsubscribe(&mut self, kind: Kind) -> bool {
        let ways = self.ways(kind);
        self.choose(kind, Ways { email: false, ..ways });
        ways.email
    }

    /// Chooses the language of e-mail; `None` for what holds unless somebody chooses.
    pub fn choose_language(&mut self, language: Option<Language>) {
        self.language = language.map(|language| spelled(language).to_owned());
    }

    /// The language that was chosen.
    pub fn chosen_language(&self) -> Option<Language> {
        match self.language.as_deref() {
            Some("ja") => Some(Language::Ja),
            Some("en") => Some(Language::En),
            _ => None,
        }
    }

    /// The language of their e-mail.
    pub fn language(&self) -> Language {
        self.chosen_language().unwrap_or(Language::Ja)
    }
}

const fn spelled(language: Language) -> &'static str {
    match language {
        Language::Ja => "ja",
        Language::En => "en",
    }
}
