//! `GET /api/sender-sync`.

use axum::Json;
use axum::extract::State;

use super::SenderSyncView;
use crate::auth::Operator;
use crate::{ApiError, SharedOrganisation};

pub(crate) async fn read(
    State(api): SharedOrganisation,
    _: Operator,
) -> Result<Json<SenderSyncView>, ApiError> {
    let state = api.directory.sender_sync().await?;
    Ok(Json(SenderSyncView::new(state, api.clock.now())))
}
