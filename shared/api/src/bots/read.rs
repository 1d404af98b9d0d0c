//! `GET /api/channels/{channel}/bot`.

use axum::extract::State;
use madoguchi_domain::ChannelId;

use super::existing;
use super::view::BotView;
use crate::ApiError;
use crate::etag::Tagged;
use crate::input::InPath;
use crate::webhooks::SharedWebhooks;

pub(crate) async fn read(
    State(api): SharedWebhooks,
    InPath(channel): InPath<ChannelId>,
) -> Result<Tagged<BotView>, ApiError> {
    let bot = existing(&api.directory, channel).await?;
    Ok(Tagged(bot.rev, BotView::new(&bot)))
}
