//! `GET` and `PUT /api/me/availability`: the operator's own switch (ASG-5, ASG-6).

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::DutyView;
use crate::auth::Operator;
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    available: bool,
}

/// Read whether conversations can be assigned to you
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/me/availability", operation_id = "readMyAvailability", tag = "Operators",
    responses((status = 200, description = "What the operator is on.", body = DutyView)),
))]
pub(crate) async fn read(
    State(api): SharedOrganisation,
    operator: Operator,
) -> Result<Json<DutyView>, ApiError> {
    Ok(Json(DutyView::from(&api.inbox.duty(&operator.id).await?)))
}

/// Switch whether conversations can be assigned to you
///
/// Everybody begins switched off. While you are, nobody can assign conversations to you, yourself included, nor
/// does a channel's rule; those that are yours stay yours. What waits for somebody is given out as soon as you
/// switch yourself on.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/me/availability", operation_id = "switchMyAvailability", tag = "Operators",
    request_body = inline(Wish),
    responses((status = 200, description = "What the operator is on.", body = DutyView)),
))]
pub(crate) async fn switch(
    State(api): SharedOrganisation,
    operator: Operator,
    JsonBody(Wish { available }): JsonBody<Wish>,
) -> Result<Json<DutyView>, ApiError> {
    // That it stands so already is as good.
    let _switched = api.inbox.switch(&operator.id, available, api.clock.now()).await?;
    tracing::info!(operator.id = operator.id.0, available, "An operator switched their availability");
    read(State(api), operator).await
}
