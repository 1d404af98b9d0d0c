//! `GET /api/channels`: those that the caller may see, by name.

use axum::Json;
use axum::extract::State;

use crate::auth::Operator;
use crate::view::{ChannelView, PageView};
use crate::{ApiError, SharedAdmin};

/// List the channels
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/channels", operation_id = "listChannels", tag = "Channels",
    responses(
        (
            status = 200, description = "Every channel that the caller may see, by name.", body =
            PageView<ChannelView>,
        ),
    ),
))]
pub(crate) async fn list(
    State(api): SharedAdmin,
    operator: Operator,
) -> Result<Json<PageView<ChannelView>>, ApiError> {
    let mut channels = api.directory.channels().await?;
    super::keep_visible(&api, &operator, &mut channels).await?;
    channels.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    Ok(Json(PageView { items: channels.iter().map(ChannelView::from).collect(), next_cursor: None }))
}
