//! Channels: list, read, create, change, re-authorize, switch off and on, delete.

mod change;
mod check;
mod create;
mod disable;
mod enable;
mod health;
mod icon;
mod list;
mod read;
mod reauthorize;
mod remove;

pub(crate) use change::change;
pub(crate) use check::check;
pub(crate) use create::{create, entered};
pub(crate) use disable::disable;
pub(crate) use enable::enable;
pub(crate) use health::health;
pub(crate) use icon::{remove as remove_icon, set as set_icon};
pub(crate) use list::list;
pub(crate) use read::read;
pub(crate) use reauthorize::reauthorize;
pub(crate) use remove::remove;

use madoguchi_domain::{
    BrandId, Channel, ChannelHealth, ChannelId, ChannelStatus, DepartmentId, Timestamp, membership,
};
use madoguchi_store::{Directory, Saved};

use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::{AdminApi, ApiError, brands, departments};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    health::health,
    list::list,
    create::create,
    read::read,
    change::change,
    remove::remove,
    disable::disable,
    enable::enable,
    check::check,
    reauthorize::reauthorize,
    icon::set,
    icon::remove
))]
pub(crate) struct Described;

pub(crate) async fn existing(directory: &Directory, id: ChannelId) -> Result<Channel, ApiError> {
    directory.channel(id).await?.ok_or(ApiError::ChannelNotFound)
}

/// The version of a channel's settings, as `ETag` tells it: when they were changed last, in milliseconds.
fn version(channel: &Channel) -> u64 {
    u64::try_from(channel.settings_changed_at.as_ms()).unwrap_or_default()
}

/// A channel that was not deleted: nothing of one that was can be changed.
async fn present(api: &AdminApi, id: ChannelId) -> Result<Channel, ApiError> {
    let channel = existing(&api.directory, id).await?;
    if channel.status.is_deleted() { Err(ApiError::ChannelDeleted) } else { Ok(channel) }
}

/// Gives the channel the status that `next` asks for at this moment, if any; with the channel as it is then, and whether
/// this request made it so.
async fn switched(
    api: &AdminApi,
    id: ChannelId,
    next: impl Fn(&Channel, Timestamp) -> Result<Option<ChannelStatus>, ApiError>,
) -> Result<(Channel, bool), ApiError> {
    for _ in 0..TRIES {
        let (channel, now) = (existing(&api.directory, id).await?, api.clock.now());
        let Some(status) = next(&channel, now)? else { return Ok((channel, false)) };
        if api.directory.set_status(&channel, &status, now).await? == Saved::Done {
            let health = if status.is_on() { ChannelHealth::Connecting } else { channel.health.clone() };
            return Ok((Channel { status, health, settings_changed_at: now, ..channel }, true));
        }
    }
    Err(ApiError::contended("the channel"))
}

/// Leaves the channels that `operator` may see (ASG-8).
async fn keep_visible(
    api: &AdminApi,
    operator: &Operator,
    channels: &mut Vec<Channel>,
) -> Result<(), ApiError> {
    if channels.iter().all(|channel| membership::open_to(operator.role, &channel.settings)) {
        return Ok(());
    }
    let person = api.directory.person(&operator.id).await?;
    channels.retain(|channel| membership::may_see(operator.role, channel, person.as_ref()));
    Ok(())
}

/// Refuses a brand or a department that is not there.
async fn placed(
    api: &AdminApi,
    brand: Option<BrandId>,
    department: Option<DepartmentId>,
) -> Result<(), ApiError> {
    if let Some(brand) = brand {
        brands::existing(&api.directory, brand).await?;
    }
    if let Some(department) = department {
        departments::existing(&api.directory, department).await?;
    }
    Ok(())
}
