//! `POST /api/channels/{channel}/disable`: the channel neither sends nor receives until it is enabled again (CHN-19).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::switched;
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

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
