//! `DELETE /api/views/{view}`.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::ViewId;

use super::{edited, to_change};
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Remove a saved view
///
/// Those that everybody has are removed by administrators.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/views/{view}", operation_id = "removeView", tag = "Conversations",
    responses((status = 204, description = "It is gone.")),
    extensions(("x-errors" = json!(["administrators_only"]))),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    operator: Operator,
    InPath(id): InPath<ViewId>,
) -> Result<StatusCode, ApiError> {
    let owner = to_change(&api.directory, &operator, id).await?;
    edited(&api.by(&operator), &owner, |views| Ok(views.remove(id))).await?;
    tracing::info!(view.id = %id, operator.id = operator.id.0, "Removed view `{id}`");
    Ok(StatusCode::NO_CONTENT)
}
