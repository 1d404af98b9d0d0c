//! `PUT /api/setups/{setup}/department`: which department the channels' conversations belong to; null for none.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::setup::Place;
use madoguchi_domain::{DepartmentId, SetupId};
use serde::Deserialize;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct AtDepartment {
    // Not told and told to be none are two things.
    #[serde(deserialize_with = "Option::deserialize")]
    department_id: Option<DepartmentId>,
}

/// Choose the department
///
/// For administrators. Null for none.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/department", operation_id = "chooseSetupDepartment", tag = "Connecting",
    request_body = inline(AtDepartment),
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["setups", "department_not_found"]))),
))]
pub(crate) async fn department(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(at): JsonBody<AtDepartment>,
) -> Result<Json<SetupView>, ApiError> {
    api.has_department(at.department_id).await?;
    let setup = api
        .change(id, &administrator, |setup, _| {
            setup.may_choose()?;
            setup.department = Place::chosen(at.department_id);
            Ok(())
        })
        .await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}
