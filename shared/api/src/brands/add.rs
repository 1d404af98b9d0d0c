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
pub(crate) struct NewBrand {
    name: String,
}

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
