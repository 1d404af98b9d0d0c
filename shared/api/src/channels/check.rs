//! `POST /api/channels/{channel}/check`: has the provider asked now whether all is well. `token-refresh`, which comes
//! every minute, makes the real calls; `GET …/health` tells in `checked_at` when it did.

use axum::extract::State;
use axum::http::StatusCode;
use madoguchi_domain::ChannelId;
use madoguchi_domain::audit::Fields;

use super::existing;
use crate::auth::Operator;
use crate::input::InPath;
use crate::{ApiError, SharedAdmin};

pub(crate) async fn check(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<StatusCode, ApiError> {
    let channel = existing(&api.directory, id).await?;
    let (connection, now) = (channel.connection_id, api.clock.now());
    let asked = administrator.asks("channel.check_requested", format!("channel/{id}"), Fields::new(), now);
    let _once = api.audit.record(&asked.about(id)).await?;
    api.directory.check_connection_soon(connection, now).await?;
    tracing::info!(
        channel.id = %id, connection.id = %connection, operator.id = administrator.id.0,
        "A check of connection `{connection}` was asked for"
    );
    Ok(StatusCode::ACCEPTED)
}
