//! Channels: list, read, create, change, re-authorize.

mod change;
mod create;
mod list;
mod read;
mod reauthorize;

pub(crate) use change::change;
pub(crate) use create::create;
pub(crate) use list::list;
pub(crate) use read::read;
pub(crate) use reauthorize::reauthorize;

use madoguchi_domain::{BrandId, Channel, ChannelId, DepartmentId, membership};

use crate::auth::Operator;
use crate::{AdminApi, ApiError, brands, departments};

pub(crate) async fn existing(api: &AdminApi, id: ChannelId) -> Result<Channel, ApiError> {
    api.directory.channel(id).await?.ok_or(ApiError::ChannelNotFound)
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
        brands::existing(api, brand).await?;
    }
    if let Some(department) = department {
        departments::existing(api, department).await?;
    }
    Ok(())
}
