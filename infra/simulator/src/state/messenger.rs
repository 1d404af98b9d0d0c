//! Meta's side: the app, its pages, and the tokens that were issued.

use serde::{Deserialize, Serialize};

use crate::media::Media;

/// Fields that a page can subscribe an app to, as far as they reach this product.
pub(crate) const SUBSCRIPTION_FIELDS: [&str; 14] = [
    "messages",
    "message_echoes",
    "message_edits",
    "message_reactions",
    "message_deliveries",
    "message_reads",
    "messaging_postbacks",
    "messaging_referrals",
    "messaging_handovers",
    "messaging_optins",
    "messaging_policy_enforcement",
    "messaging_feedback",
    "standby",
    "feed",
];

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) verify_token: String,
    pub(crate) name: String,
    /// "Require App Secret" of the app's settings: calls without `appsecret_proof` are refused.
    pub(crate) require_proof: bool,
    pub(crate) user_id: String,
    pub(crate) user_name: String,
    pub(crate) business_id: String,
    /// Where the login dialog may send browsers back to, to the letter.
    #[serde(default)]
    pub(crate) redirect_uris: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tasks: Vec<String>,
    /// `None` when the app is not subscribed to the page at all.
    pub(crate) subscribed_fields: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum TokenKind {
    User,
    Page { page_id: String, parent: String },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    pub(crate) value: String,
    #[serde(flatten)]
    pub(crate) kind: TokenKind,
    pub(crate) issued_at_ms: i64,
    /// `None` never expires by time.
    pub(crate) expires_at_ms: Option<i64>,
    /// What the person allowed.
    #[serde(default)]
    pub(crate) grant: Grant,
    /// Set when somebody made the token invalid before its time.
    pub(crate) invalid: Option<Invalid>,
}

/// What a person allowed in the login dialog: everything by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Id and name of the person, if it is not the app's usual one.
    pub(crate) user: Option<(String, String)>,
    /// Permissions that were left out.
    pub(crate) declined: Vec<String>,
    /// The pages that were ticked; `None`: all of them.
    pub(crate) pages: Option<Vec<String>>,
}

impl Grant {
    pub(crate) fn has(&self, scope: &str) -> bool {
        !self.declined.iter().any(|declined| declined == scope)
    }

    pub(crate) fn covers(&self, page: &str) -> bool {
        self.pages.as_ref().is_none_or(|pages| pages.iter().any(|ticked| ticked == page))
    }
}

/// How Meta words the death of a token. Real answers often lack a subcode.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invalid {
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
}

/// A sender other than the page itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Persona {
    pub(crate) id: String,
    pub(crate) page: String,
    pub(crate) name: String,
    pub(crate) picture_url: String,
    /// Deleted ones stay readable on old messages.
    pub(crate) deleted: bool,
}

/// An attachment that can be sent by its id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) page: String,
    pub(crate) media: Media,
    pub(crate) made_at_ms: i64,
}

/// A one-time code of the login dialog.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) value: String,
    pub(crate) redirect_uri: String,
    pub(crate) used: bool,
    /// What it will be good for.
    #[serde(default)]
    pub(crate) grant: Grant,
}
