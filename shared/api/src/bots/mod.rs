//! The bots of channels: set, read, take away, try out (BOT-2).

mod read;
mod remove;
mod set;
mod test;
mod view;

pub(crate) use read::read;
pub(crate) use remove::remove;
pub(crate) use set::set;
pub(crate) use test::test;

use madoguchi_domain::ChannelId;
use madoguchi_domain::bot::Bot;
use madoguchi_store::Directory;

use crate::ApiError;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(read::read, set::set, remove::remove, test::test))]
pub(crate) struct Described;

/// The channel's bot, unless it was taken away.
async fn existing(directory: &Directory, channel: ChannelId) -> Result<Bot, ApiError> {
    let channel = directory.channel(channel).await?.filter(|channel| !channel.status.is_deleted());
    let channel = channel.ok_or(ApiError::ChannelNotFound)?;
    let bot = directory.bot(channel.id).await?;
    bot.filter(|bot| bot.removed_at.is_none()).ok_or(ApiError::BotNotFound)
}
