//! `GET /api/people/{person}`: also of somebody who was removed, whom replies still name.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::OperatorId;

use super::PersonView;
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedOrganisation};

pub(crate) async fn read(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<OperatorId>,
) -> Result<Json<PersonView>, ApiError> {
    let person = api.directory.person(&id).await?.ok_or(ApiError::PersonNotFound)?;
    Ok(Json(PersonView::new(&person, administrator.reader().language)))
}
