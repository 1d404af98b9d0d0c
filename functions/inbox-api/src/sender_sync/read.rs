//! `GET /api/sender-sync`.

use axum::Json;
use axum::extract::State;

use super::SenderSyncView;
use crate::auth::Operator;
use crate::{ApiError, SharedAdmin};

pub(crate) async fn read(State(api): SharedAdmin, _: Operator) -> Result<Json<SenderSyncView>, ApiError> {
    let state = api.directory.sender_sync().await?;
    Ok(Json(SenderSyncView::new(state, api.clock.now())))
}
