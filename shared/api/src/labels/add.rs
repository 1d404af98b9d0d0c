//! `POST /api/labels`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::LabelId;
use madoguchi_domain::label::{Label, MOST_LABELS};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{LabelView, current, refused};
use crate::auth::Operator;
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewLabel {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    #[cfg_attr(feature = "openapi", schema(pattern = "^#[0-9a-fA-F]{6}$"))]
    color: String,
}

/// Add a label
///
/// For administrators. Names are told apart whatever their case and width. At most 200 are kept, else `too_many`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/labels", operation_id = "addLabel", tag = "Labels",
    request_body = inline(NewLabel),
    responses((status = 201, description = "The label.", body = LabelView)),
    extensions(("x-errors" = json!(["name_taken", "too_many"]))),
))]
pub(crate) async fn add(
    State(api): SharedOrganisation,
    administrator: Operator,
    JsonBody(new): JsonBody<NewLabel>,
) -> Result<impl IntoResponse, ApiError> {
    let now = api.clock.now();
    let label = Label {
        id: LabelId::derive(new.name.trim(), now),
        name: new.name,
        color: new.color,
        created_at: now,
        removed_at: None,
        rev: 0,
    };
    let mut label = label.checked().map_err(refused)?;
    let others = current(&api.directory).await?;
    if others.iter().any(|other| other.is_namesake(&label)) {
        return Err(ApiError::NameTaken);
    }
    if others.len() >= MOST_LABELS {
        return Err(ApiError::TooMany { what: "labels", most: MOST_LABELS });
    }
    if api.by(&administrator).directory.save_label(&label).await? == Saved::Conflict {
        return Err(ApiError::NameTaken);
    }
    label.rev += 1;
    tracing::info!(label.id = %label.id, operator.id = administrator.id.0, "Added label `{}`", label.id);
    Ok((StatusCode::CREATED, Json(LabelView::from(&label))))
}
