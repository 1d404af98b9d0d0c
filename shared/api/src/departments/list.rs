//! `GET /api/departments`: all of them, by name.

use axum::Json;
use axum::extract::State;

use super::DepartmentView;
use crate::auth::Operator;
use crate::view::PageView;
use crate::{ApiError, SharedOrganisation};

/// List the departments
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/departments", operation_id = "listDepartments", tag = "Organisation",
    responses((status = 200, description = "Every department, by name.", body = PageView<DepartmentView>)),
))]
pub(crate) async fn list(
    State(api): SharedOrganisation,
    _: Operator,
) -> Result<Json<PageView<DepartmentView>>, ApiError> {
    let mut departments = super::current(&api.directory).await?;
    let now = api.clock.now();
    departments.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Json(PageView {
        items: departments.iter().map(|department| DepartmentView::new(department, now)).collect(),
        next_cursor: None,
    }))
}
