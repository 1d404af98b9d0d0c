//! Names and pictures of contacts. They come after the fact and never stand in the way of a message.

use madoguchi_domain::Span;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::RefusalClass;

use crate::verdict::Verdict;

/// How a contact or a group presents itself. At least one of the two is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name to show.
    pub name: Option<String>,
    /// Where the picture is now. The address may expire: copy the picture to keep it.
    pub picture_url: Option<String>,
}

/// What came of asking for a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileAnswer {
    /// Here it is.
    Found(Profile),
    /// The provider does not give it: no consent, blocked, no permission, no such thing. A normal case.
    NotAvailable,
    /// Ask again later.
    Retry {
        /// For maintainers.
        detail: String,
        /// How long the provider asked us to wait.
        after: Option<Span>,
    },
    /// The credential does not work.
    Credential {
        /// What is wrong with it.
        cause: Cause,
        /// For maintainers.
        detail: String,
    },
}

/// The longest name that is kept.
const NAME_CHARACTERS: usize = 100;

impl ProfileAnswer {
    pub(crate) fn of(name: Option<String>, picture_url: Option<String>) -> Self {
        let name = name.map(|name| crate::json::cut(name.trim(), NAME_CHARACTERS)).filter(|n| !n.is_empty());
        if name.is_none() && picture_url.is_none() {
            return Self::NotAvailable;
        }
        Self::Found(Profile { name, picture_url })
    }
}

impl From<Verdict> for ProfileAnswer {
    fn from(verdict: Verdict) -> Self {
        let refusal = match verdict {
            Verdict::Unclear { detail } => return Self::Retry { detail, after: None },
            Verdict::Refused(refusal) => refusal,
        };
        match refusal.class {
            // Reading profiles needs a permission of its own. Without it the channel still sends.
            RefusalClass::Credential(Cause::PermissionRevoked) => Self::NotAvailable,
            RefusalClass::Credential(cause) => Self::Credential { cause, detail: refusal.detail },
            RefusalClass::Rate | RefusalClass::Temporary => {
                Self::Retry { detail: refusal.detail, after: refusal.retry_after }
            }
            _ => Self::NotAvailable,
        }
    }
}
