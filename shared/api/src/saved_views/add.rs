//! `POST /api/views`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::ViewId;
use madoguchi_domain::saved_view::SavedView;
use serde::Deserialize;

use super::{SavedViewView, edited, owner, refused};
use crate::auth::Operator;
use crate::conversations::to_save;
use crate::etag::Tagged;
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewView {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// Parameters of `listConversations` by their names, but for `limit` and `cursor`; at most 2,000 bytes
    /// together. `me` and `mine`
    /// are whoever looks.
    query: BTreeMap<String, String>,
    /// Left out: `false`.
    #[serde(default)]
    shared: bool,
}

/// Save a view of the inbox
///
/// Behind the others. `shared`: for everybody, which only administrators may. At most 50 are kept of each, else
/// `too_many`; names
/// are told apart whatever their case and width.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/views", operation_id = "addView", tag = "Conversations",
    request_body = inline(NewView),
    responses((status = 201, description = "The view.", body = super::SavedViewView, headers(("ETag")))),
    extensions(("x-errors" = json!(["view_not_found", "too_many", "name_taken", "administrators_only"]))),
))]
pub(crate) async fn add(
    State(api): SharedOrganisation,
    operator: Operator,
    JsonBody(new): JsonBody<NewView>,
) -> Result<impl IntoResponse, ApiError> {
    let owner = owner(&operator, new.shared)?;
    let now = api.clock.now();
    let view = SavedView {
        id: ViewId::derive(&operator.id.0, new.name.trim(), now),
        name: new.name,
        query: to_save(new.query)?,
        created_at: now,
        rev: 1,
    };
    let api = api.by(&operator);
    let views = edited(&api, &owner, |views| views.add(view.clone()).map(|()| true).map_err(refused)).await?;
    let saved = views.get(view.id).ok_or(ApiError::ViewNotFound)?;
    tracing::info!(view.id = %saved.id, operator.id = operator.id.0, new.shared, "Saved view `{}`", saved.id);
    Ok((StatusCode::CREATED, Tagged(saved.rev, SavedViewView::new(saved, &owner))))
}
