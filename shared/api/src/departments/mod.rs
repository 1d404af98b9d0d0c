//! Departments: list, add, change, remove. Each has business hours, or answers always (OPS-4).

mod add;
mod change;
mod list;
mod remove;

pub(crate) use add::add;
pub(crate) use change::change;
pub(crate) use list::list;
pub(crate) use remove::remove;

use madoguchi_domain::organisation::{self, BusinessHours, Department};
use madoguchi_domain::timers::Timers;
use madoguchi_domain::{DepartmentId, Timestamp};
use madoguchi_store::Directory;
use serde::Serialize;

use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, add::add, change::change, remove::remove))]
pub(crate) struct Described;

/// One department.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct DepartmentView {
    id: DepartmentId,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// When a department answers; null = always. A day of the week that is missing is closed.
    hours: Option<BusinessHours>,
    open_now: bool,
    /// When `open_now` changes; null = never.
    next_change_at: Option<String>,
    /// As `ETag` tells it.
    version: u64,
    /// What channels of the brand or department take over where they have no such timer of their own; null = none.
    /// The department's come first.
    timers: Timers,
    created_at: String,
}

impl DepartmentView {
    fn new(department: &Department, now: Timestamp) -> Self {
        let change = department.hours.as_ref().and_then(|hours| hours.next_change(now));
        Self {
            id: department.id,
            name: department.name.clone(),
            hours: department.hours.clone(),
            open_now: department.is_open(now),
            next_change_at: change.map(|at| at.to_string()),
            version: department.rev,
            timers: department.timers,
            created_at: department.created_at.to_string(),
        }
    }
}

/// The department, unless it was given up.
pub(crate) async fn existing(directory: &Directory, id: DepartmentId) -> Result<Department, ApiError> {
    let department = directory.department(id).await?;
    department.filter(|department| department.removed_at.is_none()).ok_or(ApiError::DepartmentNotFound)
}

/// Those that were not given up.
pub(crate) async fn current(directory: &Directory) -> Result<Vec<Department>, ApiError> {
    let mut departments = directory.departments().await?;
    departments.retain(|department| department.removed_at.is_none());
    Ok(departments)
}

/// The name, if no other department has it.
async fn free(api: &OrganisationApi, given: &str, of: Option<DepartmentId>) -> Result<String, ApiError> {
    let name = organisation::name(given).ok_or_else(ApiError::bad_name)?;
    let departments = current(&api.directory).await?;
    let mut others = departments.iter().filter(|department| Some(department.id) != of);
    if others.any(|department| department.name == name) { Err(ApiError::NameTaken) } else { Ok(name) }
}
