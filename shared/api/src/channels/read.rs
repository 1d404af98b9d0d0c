//! `GET /api/channels/{channel}`.

use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::{existing, version};
use crate::auth::Operator;
use crate::etag::Tagged;
use crate::input::InPath;
use crate::view::ChannelView;
use crate::{ApiError, SharedAdmin};

/// Read a channel
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/channels/{channel}", operation_id = "readChannel", tag = "Channels",
    responses((status = 200, description = "The channel.", body = ChannelView, headers(("ETag")))),
))]
pub(crate) async fn read(
    State(api): SharedAdmin,
    operator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Tagged<ChannelView>, ApiError> {
    let mut found = vec![existing(&api.directory, id).await?];
    super::keep_visible(&api, &operator, &mut found).await?;
    let channel = found.first().ok_or(ApiError::ChannelNotFound)?;
    Ok(Tagged(version(channel), ChannelView::from(channel)))
}
