//! Channels: list, read, create, change, re-authorize.

mod change;
mod create;
mod list;
mod name;
mod read;
mod reauthorize;

pub(crate) use change::change;
pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use read::read;
pub(crate) use reauthorize::reauthorize;

use madoguchi_domain::{Channel, ChannelId};

use crate::{AdminApi, ApiError};

async fn existing(api: &AdminApi, id: ChannelId) -> Result<Channel, ApiError> {
    api.directory.channel(id).await?.ok_or(ApiError::ChannelNotFound)
}
