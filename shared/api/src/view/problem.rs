//! What stands in the way of a reply, in the reader's language.

use madoguchi_domain::send::Meter;
use madoguchi_domain::{ChannelKind, Language, Problem};
use serde::Serialize;

use crate::auth::Reader;

/// One entry of the catalogue.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ProblemView {
    pub(crate) id: &'static str,
    pub(crate) message: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) remedy: &'static str,
    /// Of a used-up quota: how much of it is used, where the provider told.
    meter: Option<Meter>,
    /// For administrators only.
    provider: Option<ProviderView>,
}

/// What the provider said.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct ProviderView {
    code: String,
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
