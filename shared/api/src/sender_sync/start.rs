//! `POST /api/sender-sync`: makes the sync due. It begins within a minute; one that is running goes on, and another one
//! follows it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::SenderSyncView;
use crate::auth::Operator;
use crate::{ApiError, SharedOrganisation};

/// Sync the names of operators to Messenger
///
/// For administrators. Begins within a minute; otherwise it runs daily. Makes, renews and removes one persona per
/// operator and Page. Until then Messenger shows the names of the sync before.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/sender-sync", operation_id = "startSenderSync", tag = "Operators",
    responses((status = 202, description = "How the sync stands.", body = SenderSyncView)),
))]
pub(crate) async fn start(
    State(api): SharedOrganisation,
    administrator: Operator,
) -> Result<(StatusCode, Json<SenderSyncView>), ApiError> {
    let now = api.clock.now();
    api.by(&administrator).directory.plan_sender_sync(now).await?;
    tracing::info!(operator.id = administrator.id.0, "A sync of sender names was asked for");
    let state = api.directory.sender_sync().await?;
    Ok((StatusCode::ACCEPTED, Json(SenderSyncView::new(state, now))))
}
