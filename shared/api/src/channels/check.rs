//! `POST /api/channels/{channel}/check`: has the provider asked now whether all is well. `token-refresh`, which comes
//! every minute, makes the real calls; the answer says where the finding is then.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::ChannelId;
use serde::Serialize;

use super::existing;
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedAdmin};

/// A check that will be made.
#[derive(Debug, Serialize)]
pub(crate) struct AskedView {
    asked_at: String,
    /// When the provider was last asked: once it is later in the channel's health, this check was made.
    checked_at: Option<String>,
    /// Where the finding will be.
    health: String,
}

pub(crate) async fn check(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<(StatusCode, Json<AskedView>), ApiError> {
    let channel = existing(&api.directory, id).await?;
    let (connection, now) = (channel.connection_id, api.clock.now());
    let known = api.directory.connection(connection).await?;
    api.directory.check_connection_soon(connection, now).await?;
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
