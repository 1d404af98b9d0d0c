//! Files: uploaded, looked at, tried again, and handed to customers' apps.

mod link;
mod public;
mod retry;
mod upload;

pub(crate) use link::link;
pub(crate) use public::public;
pub(crate) use retry::retry;
pub(crate) use upload::upload;

use madoguchi_domain::Span;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(link::link, retry::retry, upload::upload, public::public))]
pub(crate) struct Described;

/// How long an upload may take to begin: long enough for 200 MB by a slow line, since the bucket looks at it then.
pub(crate) const FORM_LIFE: Span = Span::from_minutes(15);

/// How long a link for an operator, or for a customer's app that is just asking, is good.
pub(crate) const LINK_LIFE: Span = Span::from_minutes(5);
