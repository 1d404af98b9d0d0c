//! What somebody wants to be told of, as they see it.

use std::collections::BTreeMap;

use madoguchi_domain::notify::{Kind, Settings, Trouble, Ways, address};
use madoguchi_domain::{Language, Person};
use serde::{Deserialize, Serialize};

/// A person's settings.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NotificationsView {
    /// As `ETag` tells it.
    version: u64,
    /// `mine`: a customer wrote in a conversation that is yours. `others`: in a colleague's. `unassigned`: in one
    /// that is nobody's,
    /// while you are available. `assigned`: somebody, or a channel's rule, gave you a conversation.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, Ways>))]
    kinds: BTreeMap<Kind, Ways>,
    /// Of administrators: that a channel needs them. It is always told, by e-mail; null of everybody else.
    channel_trouble: Option<Ways>,
    /// Of your e-mail; null = Japanese.
    language: Option<Tongue>,
    email: EmailView,
}

/// Where e-mail goes.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct EmailView {
    /// What you sign in with, where that is an address.
    address: Option<String>,
    /// Why there is no e-mail.
    problem: Option<TroubleView>,
}

/// Why there is no e-mail.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct TroubleView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::TroubleId))]
    id: &'static str,
    cause: &'static str,
    remedy: &'static str,
    /// What the mail service or the push service said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    code: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    at: Option<String>,
}

/// A language of the settings.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) enum Tongue {
    Ja,
    En,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Ja => Self::Ja,
            Tongue::En => Self::En,
        }
    }
}

impl From<Language> for Tongue {
    fn from(language: Language) -> Self {
        match language {
            Language::Ja => Self::Ja,
            Language::En => Self::En,
        }
    }
}

impl TroubleView {
    pub(super) fn new(trouble: &Trouble, language: Language) -> Self {
        let text = trouble.text(language);
        Self {
            id: trouble.public_id(),
            cause: text.cause,
            remedy: text.remedy,
            code: trouble.refusal().map(|refusal| refusal.code.clone()),
            at: trouble.refusal().map(|refusal| refusal.at.to_string()),
        }
    }
}

impl NotificationsView {
    pub(super) fn new(
        settings: &Settings,
        person: Option<&Person>,
        is_administrator: bool,
        language: Language,
    ) -> Self {
        let address = person.and_then(address);
        let problem = address.is_none().then(|| TroubleView::new(&Trouble::NoEmailAddress, language));
        Self {
            version: settings.rev,
            kinds: Kind::ALL.into_iter().map(|kind| (kind, settings.ways(kind))).collect(),
            channel_trouble: is_administrator.then_some(Ways { desktop: false, email: true }),
            language: settings.chosen_language().map(Tongue::from),
            email: EmailView { address: address.map(str::to_owned), problem },
        }
    }
}
