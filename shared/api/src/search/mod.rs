//! Search inside a conversation.

mod in_conversation;
mod result;

pub(crate) use in_conversation::in_conversation;

use madoguchi_domain::search::Query;

use crate::ApiError;
use crate::input::given;

/// What is searched for, which a search cannot do without.
fn query(q: Option<&str>) -> Result<Query, ApiError> {
    let text = given(q).ok_or_else(|| invalid("`q` is missing: what to search for"))?;
    Query::parse(text).map_err(|refused| invalid(&refused.to_string()))
}

fn invalid(what: &str) -> ApiError {
    ApiError::InvalidQuery { what: what.to_owned() }
}
