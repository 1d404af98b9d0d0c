//! `PUT /api/setups/{setup}/consent`: accepts the consent text (CHN-7); who, when and which words is kept.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::SetupId;
use serde::Deserialize;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Accepted {
    version: String,
}

/// Accept the consent text
///
/// For administrators. Who, when and which version is kept. `consent_outdated`: another version is current.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/consent", operation_id = "acceptConsent", tag = "Connecting",
    request_body = inline(Accepted),
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
    extensions(("x-errors" = json!(["consent_outdated", "setups"]))),
))]
pub(crate) async fn accept(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(accepted): JsonBody<Accepted>,
) -> Result<Json<SetupView>, ApiError> {
    let setup = api
        .change(id, &administrator, |setup, now| {
            Ok(setup.accept(&accepted.version, &administrator.id, &administrator.name, now)?)
        })
        .await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}
