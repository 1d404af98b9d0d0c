//! `GET /api/people/{person}`: also of somebody who was removed, whom replies still name.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::OperatorId;

use super::PersonView;
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

/// Read a person
///
/// For administrators. Also one who was removed.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/people/{person}", operation_id = "readPerson", tag = "Organisation",
    responses((status = 200, description = "The person.", body = PersonView)),
))]
pub(crate) async fn read(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<OperatorId>,
) -> Result<Json<PersonView>, ApiError> {
    let person = api.directory.person(&id).await?.ok_or(ApiError::PersonNotFound)?;
    Ok(Json(PersonView::new(&person, administrator.reader().language)))
}
