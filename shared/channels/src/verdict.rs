//! What an answer that is not a success says, for every provider alike.

use madoguchi_domain::Span;
use madoguchi_domain::send::{Outcome, Refusal, RefusalClass};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::http::TransportError;

/// What an answer that is not a success says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider certainly did not do it.
    Refused(Refusal),
    /// It may have been done.
    Unclear {
        /// The provider's code or the fault, for maintainers. Never a token, never message text.
        detail: String,
    },
}

impl Verdict {
    /// A refusal without a hint when to come back.
    pub(crate) fn refused(class: RefusalClass, detail: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(class, detail))
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused(refusal) => Self::Refused(refusal),
            Verdict::Unclear { detail } => Self::Unclear { detail },
        }
    }
}

impl From<TransportError> for Verdict {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::NotSent { detail } => Self::refused(RefusalClass::Temporary, detail),
            TransportError::Unclear { detail } => Self::Unclear { detail },
        }
    }
}

/// `Retry-After` in seconds; its date form is not used by these providers.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Span> {
    let seconds: u32 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (seconds > 0).then(|| Span::from_secs(seconds.into()))
}
