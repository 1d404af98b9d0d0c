//! `GET /api/templates/{template}`.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::TemplateId;

use super::{TemplateView, existing, with_uses};
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Read a message template
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/templates/{template}", operation_id = "readTemplate", tag = "Templates",
    responses((status = 200, description = "The template.", body = TemplateView)),
))]
pub(crate) async fn read(
    State(api): SharedOrganisation,
    _: Operator,
    InPath(id): InPath<TemplateId>,
) -> Result<Json<TemplateView>, ApiError> {
    let template = existing(&api.directory, id).await?;
    Ok(Json(with_uses(&api, &template).await?))
}
