//! `POST /api/channels/{channel}/enable`: the channel receives from now on, and sends as soon as its credential was looked
//! at, within a minute (CHN-19).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::switched;
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

/// Switch a channel on
///
/// For administrators. It receives at once, and sends as soon as its credential was looked at, within a minute.
/// What was sent to it meanwhile is not fetched. A deleted channel is refused with `channel_deleted`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels/{channel}/enable", operation_id = "enableChannel", tag = "Channels",
    responses((status = 200, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!(["channel_deleted"]))),
))]
pub(crate) async fn enable(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, ApiError> {
    let api = api.by(&administrator);
    let channel = switched(&api, id, |channel, _| channel.status.on().map_err(|_| ApiError::ChannelDeleted));
    let (channel, is_new) = channel.await?;
    // Also when it is on already: an earlier request may have ended before this.
    api.directory.check_connection_soon(channel.connection_id, api.clock.now()).await?;
    if is_new {
        tracing::info!(channel.id = %id, operator.id = administrator.id.0, "Switched channel `{id}` on");
    }
    Ok(Json(ChannelView::from(&channel)))
}
