//! `GET /api/operators`: to whom a conversation can be given, for everybody who assigns.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::assignment::Duty;
use madoguchi_domain::{ChannelId, OperatorId, membership};
use serde::Deserialize;

use super::OperatorView;
use crate::auth::Operator;
use crate::input::{InQuery, given};
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation, people};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct Search {
    /// Only those who see this channel.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    channel: Option<String>,
}

/// List to whom conversations can be given
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/operators", operation_id = "listOperators", tag = "Operators",
    params(Search),
    responses((status = 200, description = "By name.", body = PageView<OperatorView>)),
    extensions(("x-errors" = json!(["channel_not_found"]))),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    operator: Operator,
    InQuery(search): InQuery<Search>,
) -> Result<Json<PageView<OperatorView>>, ApiError> {
    let id: Option<ChannelId> = given(search.channel.as_deref())
        .map(str::parse)
        .transpose()
        .map_err(|_| ApiError::InvalidQuery { what: "`channel` must be a channel's id".into() })?;
    let mut people = people::current(&api).await?;
    if let Some(id) = id {
        let caller = people.iter().find(|person| person.id == operator.id);
        let channel = api.directory.channel(id).await?.filter(|channel| !channel.status.is_deleted());
        let channel = channel.filter(|channel| membership::may_see(operator.role, channel, caller));
        let channel = channel.ok_or(ApiError::ChannelNotFound)?;
        people.retain(|person| membership::may_see(person.role, &channel, Some(person)));
    }
    let duties: HashMap<OperatorId, Duty> =
        api.inbox.duties().await?.into_iter().map(|duty| (duty.operator.clone(), duty)).collect();
    let items = people.into_iter().map(|person| {
        let none = Duty::new(person.id.clone());
        let duty = duties.get(&person.id).unwrap_or(&none).into();
        OperatorView { id: person.id, name: person.name, duty }
    });
    Ok(Json(PageView { items: items.collect(), next_cursor: None }))
}
