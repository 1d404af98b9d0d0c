//! `GET /api/me`.

use axum::Json;
use axum::extract::State;

use super::{MeView, profile};
use crate::auth::Operator;
use crate::{ApiError, Shared};

pub(crate) async fn read(State(api): Shared, operator: Operator) -> Result<Json<MeView>, ApiError> {
    Ok(Json(MeView::from(&profile(&api, &operator).await?)))
}
