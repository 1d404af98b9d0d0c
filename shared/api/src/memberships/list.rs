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
pub(crate) struct Search {
    query: Option<String>,
    state: Option<String>,
}

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
