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

/// One department.
#[derive(Debug, Serialize)]
pub(crate) struct DepartmentView {
    id: DepartmentId,
    name: String,
    /// When it answers; null = always.
    hours: Option<BusinessHours>,
    open_now: bool,
    /// When that changes; null if it never does.
    next_change_at: Option<String>,
    /// As `ETag` tells it.
    version: u64,
    /// What its channels take over.
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
