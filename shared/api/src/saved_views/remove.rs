//! `DELETE /api/views/{view}`.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::ViewId;

use super::{edited, to_change};
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

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
