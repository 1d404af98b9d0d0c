//! Channels: list, read, create, change, re-authorize.

mod change;
mod check;
mod create;
mod health;
mod list;
mod read;
mod reauthorize;

pub(crate) use change::change;
pub(crate) use check::check;
pub(crate) use create::create;
pub(crate) use health::health;
pub(crate) use list::list;
pub(crate) use read::read;
pub(crate) use reauthorize::reauthorize;

use madoguchi_domain::{BrandId, Channel, ChannelId, DepartmentId};

use crate::{AdminApi, ApiError, brands, departments};

async fn existing(api: &AdminApi, id: ChannelId) -> Result<Channel, ApiError> {
    api.directory.channel(id).await?.ok_or(ApiError::ChannelNotFound)
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
