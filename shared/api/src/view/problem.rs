//! What stands in the way of a reply, in the reader's language.

use madoguchi_domain::send::Meter;
use madoguchi_domain::{ChannelKind, Language, Problem};
use serde::Serialize;

use crate::auth::Reader;

/// One entry of the catalogue of what stands in the way of a reply, in the reader's language.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ProblemView {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ProblemId))]
    pub(crate) id: &'static str,
    /// What happened.
    pub(crate) message: &'static str,
    /// Why.
    pub(crate) cause: &'static str,
    /// What to do.
    pub(crate) remedy: &'static str,
    /// Of `quota_exhausted` on LINE, as LINE counted when it refused.
    meter: Option<Meter>,
    /// For administrators only. What the provider said.
    provider: Option<ProviderView>,
}

/// For administrators only. What the provider said.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ProviderView {
    code: String,
    /// Its words, where the code has no entry here.
    text: Option<String>,
}

impl ProblemView {
    pub(crate) fn new(problem: Problem, kind: ChannelKind, language: Language) -> Self {
        let text = problem.text(kind, language);
        Self {
            id: problem.public_id(),
            message: text.message,
            cause: text.cause,
            remedy: text.remedy,
            meter: None,
            provider: None,
        }
    }

    /// With the provider's meter of the quota.
    pub(crate) fn metered(self, meter: Option<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// With what the provider said, if `reader` may know.
    pub(crate) fn said(mut self, code: &str, text: Option<&str>, reader: Reader) -> Self {
        if reader.administrator {
            self.provider = Some(ProviderView { code: code.to_owned(), text: text.map(str::to_owned) });
        }
        self
    }
}
