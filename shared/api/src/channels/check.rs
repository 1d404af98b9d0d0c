//! `POST /api/channels/{channel}/check`: has the provider asked now whether all is well. `token-refresh`, which comes
//! every minute, makes the real calls; the answer says where the finding is then.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::ChannelId;
use madoguchi_domain::audit::Fields;
use madoguchi_domain::channel::OutOfUse;
use madoguchi_domain::reply::Lock;
use serde::Serialize;

use super::existing;
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedAdmin};

/// A check that will be made.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct AskedView {
    asked_at: String,
    /// When the provider was last asked. Once the health tells a later time, this check was made.
    checked_at: Option<String>,
    /// Path of the channel's health, where the finding will be.
    health: String,
}

/// Have the provider asked now whether all is well
///
/// For administrators. The calls are made within a minute, and what can be repaired by itself is; `checked_at` of
/// the channel's health tells when. Refused for a channel that is off or deleted (`channel_off`,
/// `channel_deleted`), of which nobody is asked.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels/{channel}/check", operation_id = "checkChannel", tag = "Channels",
    responses((status = 202, description = "It will be.", body = AskedView)),
    extensions(("x-errors" = json!(["channel_deleted", "connection_not_found", "channel_off", "locks"]))),
))]
pub(crate) async fn check(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<(StatusCode, Json<AskedView>), ApiError> {
    let channel = existing(&api.directory, id).await?;
    match channel.status.out_of_use() {
        None => {}
        Some(OutOfUse::Off) => return Err(ApiError::Locked(Lock::ChannelOff, channel.kind)),
        Some(OutOfUse::Gone) => return Err(ApiError::ChannelDeleted),
    }
    let (connection, now) = (channel.connection_id, api.clock.now());
    let known = api.directory.connection(connection).await?;
    let asked = administrator.asks("channel.check_requested", format!("channel/{id}"), Fields::new(), now);
    let _once = api.audit.record(&asked.about(id)).await?;
    if !api.directory.check_connection_soon(connection, now).await? {
        return Err(ApiError::ConnectionNotFound);
    }
    tracing::info!(
        channel.id = %id, connection.id = %connection, operator.id = administrator.id.0,
        "A check of connection `{connection}` was asked for"
    );
    let asked = AskedView {
        asked_at: now.to_string(),
        checked_at: known.and_then(|known| known.checked_at).map(|at| at.to_string()),
        health: format!("/api/channels/{id}/health"),
    };
    Ok((StatusCode::ACCEPTED, Json(asked)))
}
