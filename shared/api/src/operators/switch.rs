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
pub(crate) struct Wish {
    available: bool,
}

pub(crate) async fn read(
    State(api): SharedOrganisation,
    operator: Operator,
) -> Result<Json<DutyView>, ApiError> {
    Ok(Json(DutyView::from(&api.inbox.duty(&operator.id).await?)))
}

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
