//! `DELETE /api/labels/{label}`. Conversations lose it when their labels are next changed.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::LabelId;
use madoguchi_store::Saved;

use super::existing;
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Give a label up
///
/// For administrators. Conversations lose it when their labels are next changed.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/labels/{label}", operation_id = "removeLabel", tag = "Labels",
    responses((status = 204, description = "It is given up.")),
))]
pub(crate) async fn remove(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<LabelId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let mut label = existing(&api.directory, id).await?;
        label.removed_at = Some(api.clock.now());
        if api.directory.save_label(&label).await? == Saved::Done {
            tracing::info!(label.id = %id, operator.id = administrator.id.0, "Removed label `{id}`");
            return Ok(StatusCode::NO_CONTENT);
        }
    }
    Err(ApiError::contended("the label"))
}
