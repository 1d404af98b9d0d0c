//! Search: inside a conversation, and over all of them.

mod across;
mod engine;
mod in_conversation;
mod rebuild;
mod result;

pub(crate) use across::across;
pub(crate) use in_conversation::in_conversation;
pub(crate) use rebuild::{rebuild, rebuilding};

use madoguchi_domain::search::Query;

use crate::ApiError;
use crate::input::given;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(in_conversation::in_conversation, across::across, rebuild::rebuilding, rebuild::rebuild))]
pub(crate) struct Described;

/// What is searched for in messages, if anything is.
fn query(q: Option<&str>) -> Result<Option<Query>, ApiError> {
    given(q).map(Query::parse).transpose().map_err(|refused| invalid(&refused.to_string()))
}

fn invalid(what: &str) -> ApiError {
    ApiError::InvalidQuery { what: what.to_owned() }
}
