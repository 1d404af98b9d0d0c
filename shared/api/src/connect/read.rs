//! `GET /api/setups/{setup}`: everything that was chosen, which step comes next, and what stands in the way.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::SetupId;

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InPath;

/// Review a setup
///
/// For administrators. Every choice, the next step, and what stands in the way.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/setups/{setup}", operation_id = "readSetup", tag = "Connecting",
    responses(
        (status = 200, description = "Everything that was chosen, and the next step.", body = SetupView),
    ),
))]
pub(crate) async fn read(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
) -> Result<Json<SetupView>, ApiError> {
    let setup = api.existing(id).await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}
