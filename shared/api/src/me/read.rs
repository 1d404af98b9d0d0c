//! `GET /api/me`.

use axum::Json;
use axum::extract::State;

use super::{MeView, profile};
use crate::auth::Operator;
use crate::{ApiError, Shared};

/// Read how customers see you
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me", operation_id = "readMe", tag = "Operators",
    responses((status = 200, description = "How customers see the operator who calls.", body = MeView)),
))]
pub(crate) async fn read(State(api): Shared, operator: Operator) -> Result<Json<MeView>, ApiError> {
    let profile = profile(&api, &operator).await?;
    let picture = api.inbox.operator_picture(&operator.id).await?;
    Ok(Json(MeView::new(&api, &profile, picture.as_ref())))
}
