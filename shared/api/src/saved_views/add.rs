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
pub(crate) struct NewView {
    name: String,
    query: BTreeMap<String, String>,
    /// For everybody; only administrators save such a view.
    #[serde(default)]
    shared: bool,
}

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
