//! `PUT /api/setups/{setup}/brand`: which brand the channels show; null for none.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::setup::Place;
use madoguchi_domain::{BrandId, SetupId};
use serde::Deserialize;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct AtBrand {
    // Not told and told to be none are two things.
    #[serde(deserialize_with = "Option::deserialize")]
    brand_id: Option<BrandId>,
}

/// Choose the brand
///
/// For administrators. Null for none.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/brand", operation_id = "chooseSetupBrand", tag = "Connecting",
    request_body = inline(AtBrand),
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["setups", "brand_not_found"]))),
))]
pub(crate) async fn brand(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(at): JsonBody<AtBrand>,
) -> Result<Json<SetupView>, ApiError> {
    api.has_brand(at.brand_id).await?;
    let setup = api
        .change(id, &administrator, |setup, _| {
            setup.may_choose()?;
            setup.brand = Place::chosen(at.brand_id);
            Ok(())
        })
        .await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}
