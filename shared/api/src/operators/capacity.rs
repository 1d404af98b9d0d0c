//! `PUT /api/people/{person}/capacity`: how many open conversations the rules give somebody, in place of what their
//! channels say (ASG-11).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::OperatorId;
use madoguchi_domain::assignment::CAPACITY;
use madoguchi_domain::channel::SettingsOutOfBounds;
use serde::Deserialize;

use super::DutyView;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody, named};
use crate::{ApiError, SharedOrganisation, people};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "null is a wish, leaving it out a mistake")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    #[serde(default, deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200))]
    capacity: Option<Option<u32>>,
}

/// Set how many conversations the channels' rules give a person
///
/// For administrators. Open conversations on all channels together, in place of the channels'
/// `assignment_capacity`; null = as each channel says. By hand anybody can be given more.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/people/{person}/capacity", operation_id = "setCapacity", tag = "Organisation",
    request_body = inline(Wish),
    responses((status = 200, description = "What the operator is on.", body = DutyView)),
    extensions(("x-errors" = json!(["settings_out_of_bounds"]))),
))]
pub(crate) async fn set(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<OperatorId>,
    JsonBody(Wish { capacity }): JsonBody<Wish>,
) -> Result<Json<DutyView>, ApiError> {
    let missing = || ApiError::InvalidBody { what: "`capacity` must be a number, or null".into() };
    let capacity = capacity.ok_or_else(missing)?;
    if let Some(value) = capacity.filter(|value| !CAPACITY.contains(value)) {
        let (min, max) = (*CAPACITY.start(), *CAPACITY.end());
        let field = "capacity";
        return Err(ApiError::SettingsOutOfBounds(SettingsOutOfBounds {
            field,
            value,
            min,
            max,
            off: "null",
        }));
    }
    people::existing(&api, &id).await?;
    api.inbox.set_capacity(&id, capacity).await?;
    tracing::info!(person.id = id.0, operator.id = administrator.id.0, capacity, "Set a capacity");
    Ok(Json(DutyView::from(&api.inbox.duty(&id).await?)))
}
