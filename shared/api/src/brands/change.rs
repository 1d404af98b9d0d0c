//! `PATCH /api/brands/{brand}`: renames it.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::BrandId;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{BrandView, existing, free};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::{InPath, JsonBody, named};
use crate::{ApiError, SharedOrganisation};

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Changes {
    #[serde(deserialize_with = "named")]
    name: Option<String>,
}

pub(crate) async fn change(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(id): InPath<BrandId>,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Json<BrandView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, id).await?;
        let mut after = before.clone();
        if let Some(name) = &changes.name {
            after.name = free(&api, name, Some(id)).await?;
        }
        if after == before || api.directory.save_brand(&after).await? == Saved::Done {
            tracing::info!(brand.id = %id, operator.id = administrator.id.0, "Changed brand `{id}`");
            return Ok(Json(BrandView::from(&after)));
        }
    }
    Err(ApiError::contended("the brand"))
}
