//! `GET /api/people`: everybody who has been here, by name; those of a role, of a channel, or found by a search.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ChannelId, Role};
use serde::Deserialize;

use super::{PersonView, current};
use crate::auth::Operator;
use crate::input::{InQuery, given};
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct Search {
    /// A part of the name or the account; the person's id; or the id of a channel of theirs.
    query: Option<String>,
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::words::RoleChoice>))]
    role: Option<String>,
    /// Those who are associated with it.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    channel: Option<String>,
}

/// List the people
///
/// For administrators. Everybody who has made a request and was not removed since, by name.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/people", operation_id = "listPeople", tag = "Organisation",
    params(Search),
    responses((status = 200, description = "The people.", body = PageView<PersonView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    administrator: Operator,
    InQuery(search): InQuery<Search>,
) -> Result<Json<PageView<PersonView>>, ApiError> {
    let invalid = |what: &str| ApiError::InvalidQuery { what: what.to_owned() };
    let role = given(search.role.as_deref()).map(str::parse::<Role>).transpose();
    let role = role.map_err(|_| invalid("`role` must be operator, administrator or owner"))?;
    let channel = given(search.channel.as_deref()).map(str::parse::<ChannelId>).transpose();
    let channel = channel.map_err(|_| invalid("`channel` must be a channel's id"))?;
    let mut people = current(&api).await?;
    people.retain(|person| {
        given(search.query.as_deref()).is_none_or(|text| person.matches(text))
            && role.is_none_or(|role| person.role == role)
            && channel.is_none_or(|channel| person.is_member(channel))
    });
    let language = administrator.reader().language;
    let items = people.iter().map(|person| PersonView::new(person, language)).collect();
    Ok(Json(PageView { items, next_cursor: None }))
}
