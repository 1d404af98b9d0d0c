//! Tokens, and why one could not be had.

use std::fmt;

use madoguchi_domain::credential::Cause;
use madoguchi_domain::send::{Refusal, RefusalClass};

use crate::verdict::Verdict;

/// A provider's access token. Prints as `Token(…)`, so that no log can hold one.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token over.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token itself.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Why a credential could not be looked at, renewed or subscribed with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The provider said no; the class says what it means.
    #[error("the provider refused: {}", .0.detail)]
    Refused(Refusal),
    /// The provider gave no verdict: nothing is known about the credential.
    #[error("the provider gave no verdict: {detail}")]
    Unavailable {
        /// For maintainers.
        detail: String,
    },
}

impl TokenError {
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable { detail: detail.into() }
    }

    /// What is wrong with the credential, if that is what the provider said.
    pub const fn cause(&self) -> Option<Cause> {
        match self {
            Self::Refused(Refusal { class: RefusalClass::Credential(cause), .. }) => Some(*cause),
            _ => None,
        }
    }
}

impl From<Verdict> for TokenError {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused(Refusal { class: RefusalClass::Temporary, detail, .. })
            | Verdict::Unclear { detail } => Self::Unavailable { detail },
            Verdict::Refused(refusal) => Self::Refused(refusal),
        }
    }
}
