//! `PUT /api/setups/{setup}/names`: what the channels will be called, by their Page. Without it they are called like it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::SetupId;
use madoguchi_domain::organisation::NAME_LENGTH;
use serde::Deserialize;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Names {
    names: BTreeMap<String, String>,
}

/// Name the channels
///
/// For administrators. By the id of the Page.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/names", operation_id = "nameSetupChannels", tag = "Connecting",
    request_body = inline(Names),
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["setups"]))),
))]
pub(crate) async fn names(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(Names { names }): JsonBody<Names>,
) -> Result<Json<SetupView>, ApiError> {
    let setup = api
        .change(id, &administrator, |setup, _| {
            setup.may_choose()?;
            setup.facebook_mut()?.rename(&names).map_err(|page| ApiError::InvalidBody {
                what: format!(
                    "`names.{page}` must be a Page that was chosen, with one line of 1 to {NAME_LENGTH} characters"
                ),
            })
        })
        .await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}
