//! `GET /api/channels/{channel}/operators`: those who are associated with it, by name (MEM-1, MEM-8).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ChannelId, MembershipState};
use serde::Deserialize;

use super::MemberView;
use crate::auth::Operator;
use crate::input::{InPath, InQuery, given};
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation, channels, people};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct Search {
    /// A part of the name or the account; the person's id; or the id of a channel of theirs.
    query: Option<String>,
    /// `waiting`: the provider is asked by itself. `failed`: somebody has to do something, see `reason`.
    /// `retry`: the provider could not be asked; it is tried again by itself. Whoever is associated sees and
    /// answers the channel in each of them; until they are `available`, replies go out as the account.
    #[cfg_attr(feature = "openapi", param(value_type = Option<crate::openapi::words::StateChoice>))]
    state: Option<String>,
}

/// List the operators of a channel
///
/// For administrators. Those who are associated with it, by name.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/channels/{channel}/operators",
    operation_id = "listChannelOperators", tag = "Organisation",
    params(Search),
    responses((status = 200, description = "Operators of the channel.", body = PageView<MemberView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    InQuery(search): InQuery<Search>,
) -> Result<Json<PageView<MemberView>>, ApiError> {
    let named = |text: &str| MembershipState::ALL.into_iter().find(|state| state.as_str() == text);
    let state = match given(search.state.as_deref()) {
        None => None,
        Some(text) => Some(named(text).ok_or_else(|| ApiError::InvalidQuery {
            what: "`state` must be available, waiting, failed or retry".to_owned(),
        })?),
    };
    let channel = channels::existing(&api.directory, id).await?;
    let language = administrator.reader().language;
    let people = people::current(&api).await?;
    let found = people.iter().filter(|person| {
        given(search.query.as_deref()).is_none_or(|text| person.matches(text))
            && state.is_none_or(|state| person.channels.get(&id).is_some_and(|of| of.state() == state))
    });
    let items = found.filter_map(|person| MemberView::new(person, &channel, language)).collect();
    Ok(Json(PageView { items, next_cursor: None }))
}
