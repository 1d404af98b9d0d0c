//! `DELETE /api/channels/{channel}`: its history stays readable, and nothing else is possible any more (CHN-21). Whoever
//! deletes it types its name.
//!
//! The mark comes first: from then on nothing is sent or received. What follows is others' work, which starts from the
//! mark and goes on until it is done: the connection is due at once, and its check ends the webhook subscription and
//! destroys the credential; the closers complete the open conversations. Asking again starts what is left.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ChannelId;
use serde::Deserialize;

use super::switched;
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Confirmation {
    /// The channel's name.
    confirm: String,
}

/// Delete a channel
///
/// For administrators, who type its name: anything else is refused with `not_confirmed`. Its conversations are
/// closed with the reason `channel_removed` within a minute and can be read from then on, and nothing else. Its
/// credential is destroyed, unless other Pages need the login. Asking again changes nothing and starts what is
/// left to be done.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/channels/{channel}", operation_id = "deleteChannel", tag = "Channels",
    request_body = inline(Confirmation),
    responses((status = 200, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!(["not_confirmed"]))),
))]
pub(crate) async fn remove(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    JsonBody(Confirmation { confirm }): JsonBody<Confirmation>,
) -> Result<Json<ChannelView>, ApiError> {
    let api = api.by(&administrator);
    let channel = switched(&api, id, |channel, now| {
        if !channel.is_named(&confirm) {
            return Err(ApiError::NotConfirmed { name: channel.name.clone() });
        }
        Ok(channel.status.deleted(&administrator.id, now))
    });
    let (channel, is_new) = channel.await?;
    api.directory.check_connection_soon(channel.connection_id, api.clock.now()).await?;
    if is_new {
        tracing::info!(
            channel.id = %id, connection.id = %channel.connection_id, operator.id = administrator.id.0,
            "Deleted channel `{id}`"
        );
    }
    Ok(Json(ChannelView::from(&channel)))
}
