//! `POST /api/channels/{channel}/disable`: the channel neither sends nor receives until it is enabled again (CHN-19).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::switched;
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

/// Switch a channel off
///
/// For administrators. It neither sends nor receives until it is switched on again: replies that are queued or
/// scheduled fail with the reason `channel_off` when their turn comes, and what the provider sends is answered,
/// counted and dropped. What is there stays. A channel that is off already stays as it is.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/channels/{channel}/disable", operation_id = "disableChannel", tag = "Channels",
    responses((status = 200, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!(["channel_deleted", "channel_off"]))),
))]
pub(crate) async fn disable(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, ApiError> {
    let api = api.by(&administrator);
    let channel = switched(&api, id, |channel, now| {
        channel.status.off(&administrator.id, now).map_err(|_| ApiError::ChannelDeleted)
    });
    let (channel, is_new) = channel.await?;
    if is_new {
        tracing::info!(channel.id = %id, operator.id = administrator.id.0, "Switched channel `{id}` off");
    }
    Ok(Json(ChannelView::from(&channel)))
}
