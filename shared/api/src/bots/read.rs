//! `GET /api/channels/{channel}/bot`.

use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::existing;
use super::view::BotView;
use crate::ApiError;
use crate::etag::Tagged;
use crate::input::InPath;
use crate::webhooks::SharedWebhooks;

/// Read a channel's bot
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/channels/{channel}/bot", operation_id = "readBot", tag = "Channels",
    responses((status = 200, description = "The bot.", body = BotView, headers(("ETag")))),
    extensions(("x-errors" = json!(["bot_not_found"]))),
))]
pub(crate) async fn read(
    State(api): SharedWebhooks,
    InPath(channel): InPath<ChannelId>,
) -> Result<Tagged<BotView>, ApiError> {
    let bot = existing(&api.directory, channel).await?;
    Ok(Tagged(bot.rev, BotView::new(&bot)))
}
