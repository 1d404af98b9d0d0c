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

/// How long a link for an operator, or for a customer's app that is just asking, is good.
const LINK_LIFE: Span = Span::from_minutes(5);
