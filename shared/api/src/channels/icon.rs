//! `PUT` and `DELETE /api/channels/{channel}/icon` (CHN-12). The body is the image itself.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use madoguchi_domain::channel::icon;
use madoguchi_domain::{Channel, ChannelId};
use madoguchi_runtime::bucket::{Described, disposition};
use madoguchi_runtime::sha256;
use madoguchi_store::Saved;

use super::present;
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ChannelView;
use crate::{AdminApi, ApiError, SharedAdmin};

/// More than a Lambda function can be sent: what is too large is told by its size.
const BODY_LIMIT_BYTES: usize = 6 * 1_048_576;

/// Give a channel an icon
///
/// For administrators. The body is the image itself: a JPEG or PNG by its content, at most 1 MiB (1,048,576
/// bytes), from 16 to 4,096 pixels wide and high. One that is replaced can still be had at its own address.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/channels/{channel}/icon", operation_id = "setChannelIcon", tag = "Channels",
    request_body(
        content((crate::openapi::Bytes = "image/jpeg"), (crate::openapi::Bytes = "image/png")),
        description = "The image itself.",
    ),
    responses((status = 200, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!(["channel_deleted", "icons"]))),
))]
pub(crate) async fn set(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
    request: Request,
) -> Result<Json<ChannelView>, ApiError> {
    let channel = present(&api, id).await?;
    let bytes = to_bytes(request.into_body(), BODY_LIMIT_BYTES)
        .await
        .map_err(|_| ApiError::BodyTooLarge { limit_bytes: icon::ICON_MAX_BYTES })?;
    let content_type = icon::check(&bytes).map_err(ApiError::Icon)?;
    let digest = sha256(&bytes);
    if channel.icon.as_deref() != Some(&digest) {
        // The image first: what the channel names must be there.
        let described = Described { content_type, disposition: &disposition(true, None) };
        api.bucket.put(&icon::key(id, &digest), bytes.into(), described).await?;
        note(&api.by(&administrator), id, Some(&digest)).await?;
        tracing::info!(
            channel.id = %id, operator.id = administrator.id.0, "Changed the icon of channel `{id}`"
        );
    }
    Ok(Json(ChannelView::from(&Channel { icon: Some(digest), ..channel })))
}

/// Take a channel's icon away
///
/// For administrators.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/channels/{channel}/icon", operation_id = "removeChannelIcon", tag = "Channels",
    responses((status = 200, description = "The channel.", body = ChannelView)),
    extensions(("x-errors" = json!(["channel_deleted", "icons"]))),
))]
pub(crate) async fn remove(
    State(api): SharedAdmin,
    administrator: Operator,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<ChannelView>, ApiError> {
    let channel = present(&api, id).await?;
    if channel.icon.is_some() {
        note(&api.by(&administrator), id, None).await?;
        tracing::info!(
            channel.id = %id, operator.id = administrator.id.0, "Removed the icon of channel `{id}`"
        );
    }
    Ok(Json(ChannelView::from(&Channel { icon: None, ..channel })))
}

async fn note(api: &AdminApi, id: ChannelId, digest: Option<&str>) -> Result<(), ApiError> {
    match api.directory.set_icon(id, digest, api.clock.now()).await? {
        Saved::Done => Ok(()),
        // It was there a moment ago.
        Saved::Conflict => Err(ApiError::ChannelDeleted),
    }
}
