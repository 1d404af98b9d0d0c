//! `GET /api/connections`: the Facebook accounts that are linked (CHN-9), with the Pages that each reaches; never a token.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::checkup;
use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId};
use serde::Serialize;

use super::SharedConnect;
use crate::ApiError;
use crate::auth::Operator;
use crate::view::PageView;

/// One linked account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Account))]
pub(crate) struct AccountView {
    connection_id: ConnectionId,
    kind: ChannelKind,
    /// Null of an account that was linked by a token.
    user_id: Option<String>,
    user_name: Option<String>,
    /// The channels that it reaches.
    channels: Vec<ReachedView>,
    authorized_at: String,
    expires_at: Option<String>,
    days_left: Option<i64>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ReachedView {
    channel_id: ChannelId,
    page_id: String,
    name: String,
}

/// List the linked Facebook accounts
///
/// For administrators. With the channels that each reaches and the end of its login; never a token.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/connections", operation_id = "listConnections", tag = "Connecting",
    responses(
        (
            status = 200, description = "Every linked account, the longest linked first.", body =
            PageView<AccountView>,
        ),
    ),
))]
pub(crate) async fn accounts(
    State(api): SharedConnect,
    _: Operator,
) -> Result<Json<PageView<AccountView>>, ApiError> {
    let mut connections = api.directory.connections().await?;
    connections.retain(|connection| connection.kind == ChannelKind::Messenger);
    connections.sort_by_key(|connection| (connection.authorized_at, connection.id));
    let (channels, now) = (api.directory.channels().await?, api.clock.now());
    let items = connections.iter().map(|connection| {
        let reached = channels
            .iter()
            .filter(|channel| channel.connection_id == connection.id && !channel.status.is_deleted());
        AccountView {
            connection_id: connection.id,
            kind: connection.kind,
            user_id: connection.linked.as_ref().map(|linked| linked.user_id.clone()),
            user_name: connection.linked.as_ref().map(|linked| linked.user_name.clone()),
            channels: reached
                .map(|channel| ReachedView {
                    channel_id: channel.id,
                    page_id: channel.external_id.clone(),
                    name: channel.name.clone(),
                })
                .collect(),
            authorized_at: connection.authorized_at.to_string(),
            expires_at: connection.expires_at.map(|at| at.to_string()),
            days_left: connection.expires_at.map(|end| checkup::days_left(end, now)),
        }
    });
    Ok(Json(PageView { items: items.collect(), next_cursor: None }))
}
