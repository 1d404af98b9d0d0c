//! `POST /api/brands`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::BrandId;
use madoguchi_domain::organisation::Brand;
use madoguchi_domain::timers::Timers;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{BrandView, free};
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::JsonBody;
use crate::{ApiError, SharedOrganisation};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NewBrand {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
}

/// Add a brand
///
/// For administrators.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/brands", operation_id = "addBrand", tag = "Organisation",
    request_body = inline(NewBrand),
    responses((status = 201, description = "The brand.", body = BrandView)),
    extensions(("x-errors" = json!(["name_taken"]))),
))]
pub(crate) async fn add(
    State(api): SharedOrganisation,
    administrator: Operator,
    JsonBody(new): JsonBody<NewBrand>,
) -> Result<impl IntoResponse, ApiError> {
    let name = free(&api, &new.name, None).await?;
    let now = api.clock.now();
    let mut brand = Brand {
        id: BrandId::derive(&name, now),
        name,
        timers: Timers::default(),
        timers_changed_at: None,
        created_at: now,
        removed_at: None,
        rev: 0,
    };
    if api.by(&administrator).directory.save_brand(&brand).await? == Saved::Conflict {
        return Err(ApiError::NameTaken);
    }
    tracing::info!(brand.id = %brand.id, operator.id = administrator.id.0, "Added brand `{}`", brand.id);
    brand.rev += 1;
    Ok((StatusCode::CREATED, Tagged(brand.rev, BrandView::from(&brand))))
}
