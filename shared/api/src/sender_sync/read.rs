//! `GET /api/sender-sync`.

use axum::Json;
use axum::extract::State;

use super::SenderSyncView;
use crate::auth::Operator;
use crate::{ApiError, SharedOrganisation};

/// Read how the sync of sender names stands
///
/// For administrators.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/sender-sync", operation_id = "readSenderSync", tag = "Operators",
    responses((status = 200, description = "How the sync stands.", body = SenderSyncView)),
))]
pub(crate) async fn read(
    State(api): SharedOrganisation,
    _: Operator,
) -> Result<Json<SenderSyncView>, ApiError> {
    let state = api.directory.sender_sync().await?;
    Ok(Json(SenderSyncView::new(state, api.clock.now())))
}
