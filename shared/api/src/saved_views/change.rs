//! `PATCH /api/views/{view}`: its name, what it asks for, its place.

use std::collections::BTreeMap;

use axum::extract::State;
use madoguchi_domain::ViewId;
use madoguchi_domain::saved_view::ViewChange;
use serde::Deserialize;

use super::{SavedViewView, edited, refused, to_change};
use crate::auth::Operator;
use crate::conversations::to_save;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody};
use crate::{ApiError, SharedOrganisation};

/// What is left out stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Changes {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: Option<String>,
    /// Parameters of `listConversations` by their names, but for `limit` and `cursor`; at most 2,000 bytes
    /// together. `me` and `mine`
    /// are whoever looks.
    query: Option<BTreeMap<String, String>>,
    /// From 0, among one's own or everybody's.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 65535))]
    position: Option<u16>,
}

/// Change a saved view
///
/// What is left out stays as it is. Those that everybody has are changed by administrators.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/views/{view}", operation_id = "changeView", tag = "Conversations",
    params(IfMatch),
    request_body = inline(Changes),
    responses((status = 200, description = "The view.", body = SavedViewView, headers(("ETag")))),
    extensions(("x-errors" = json!(["view_not_found", "name_taken", "too_many", "administrators_only"]))),
))]
pub(crate) async fn change(
    State(api): SharedOrganisation,
    operator: Operator,
    InPath(id): InPath<ViewId>,
    meant: IfMatch,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Tagged<SavedViewView>, ApiError> {
    let change = ViewChange {
        name: changes.name,
        query: changes.query.map(to_save).transpose()?,
        position: changes.position.map(usize::from),
    };
    let owner = to_change(&api.directory, &operator, id).await?;
    let api = api.by(&operator);
    let views = edited(&api, &owner, |views| {
        let current = views.get(id).ok_or(ApiError::ViewNotFound)?;
        meant.check(current.rev, || SavedViewView::new(current, &owner))?;
        views.change(id, change.clone()).map_err(refused)
    })
    .await?;
    let view = views.get(id).ok_or(ApiError::ViewNotFound)?;
    tracing::info!(view.id = %id, operator.id = operator.id.0, "Changed view `{id}`");
    Ok(Tagged(view.rev, SavedViewView::new(view, &owner)))
}
