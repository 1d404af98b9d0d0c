//! `DELETE /api/setups/{setup}`: gives it up; what it kept is destroyed. Any administrator may.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::SetupId;

use super::SharedConnect;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::InPath;

/// Give a setup up
///
/// For administrators. What it kept of a login is destroyed.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/setups/{setup}", operation_id = "abandonSetup", tag = "Connecting",
    responses((status = 204, description = "It is forgotten.")),
    extensions(("x-errors" = json!(["setups"]))),
))]
pub(crate) async fn abandon(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
) -> Result<StatusCode, ApiError> {
    let api = api.by(&administrator);
    let setup = api.existing(id).await?;
    // What is deleted cannot say who did it.
    api.is_asked("setup.abandoned", id, [].into(), &administrator).await?;
    if setup.keeps_secret() {
        api.secrets.schedule_deletion(&api.names.setup(id)).await?;
    }
    api.directory.remove_setup(id).await?;
    tracing::info!(setup.id = %id, operator.id = administrator.id.0, "Gave setup `{id}` up");
    Ok(StatusCode::NO_CONTENT)
}
