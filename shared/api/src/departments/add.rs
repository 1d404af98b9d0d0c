//! `POST /api/departments`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::DepartmentId;
use madoguchi_domain::organisation::{BusinessHours, Department};
use madoguchi_domain::timers::Timers;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{DepartmentView, free};
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewDepartment {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// When a department answers; null = always. A day of the week that is missing is closed.
    hours: Option<BusinessHours>,
}

/// Add a department
///
/// For administrators. Without `hours` it answers always.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/departments", operation_id = "addDepartment", tag = "Organisation",
    request_body = inline(NewDepartment),
    responses((status = 201, description = "The department.", body = DepartmentView)),
    extensions(("x-errors" = json!(["name_taken", "hours_refused"]))),
))]
pub(crate) async fn add(
    State(api): SharedOrganisation,
    administrator: Operator,
    JsonBody(new): JsonBody<NewDepartment>,
) -> Result<impl IntoResponse, ApiError> {
    let name = free(&api, &new.name, None).await?;
    let now = api.clock.now();
    let hours = new.hours.map(BusinessHours::checked).transpose().map_err(ApiError::hours)?;
    let id = DepartmentId::derive(&name, now);
    let mut department = Department {
        id,
        name,
        hours,
        timers: Timers::default(),
        timers_changed_at: None,
        created_at: now,
        removed_at: None,
        rev: 0,
    };
    if api.by(&administrator).directory.save_department(&department).await? == Saved::Conflict {
        return Err(ApiError::NameTaken);
    }
    tracing::info!(department.id = %department.id, operator.id = administrator.id.0, "Added department `{}`", department.id);
    department.rev += 1;
    Ok((StatusCode::CREATED, Tagged(department.rev, DepartmentView::new(&department, now))))
}
