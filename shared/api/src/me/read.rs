//! `GET /api/me`.

use axum::Json;
use axum::extract::State;

use super::{MeView, profile};
use crate::auth::Operator;
use crate::{ApiError, Shared};

pub(crate) async fn read(State(api): Shared, operator: Operator) -> Result<Json<MeView>, ApiError> {
    let profile = profile(&api, &operator).await?;
    let picture = api.inbox.operator_picture(&operator.id).await?;
    Ok(Json(MeView::new(&api, &profile, picture.as_ref())))
}
