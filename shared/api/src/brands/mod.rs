//! Brands: list, add, rename, remove.

mod add;
mod change;
mod list;
mod remove;

pub(crate) use add::add;
pub(crate) use change::change;
pub(crate) use list::list;
pub(crate) use remove::remove;

use madoguchi_domain::BrandId;
use madoguchi_domain::organisation::{self, Brand};
use madoguchi_domain::timers::Timers;
use madoguchi_store::Directory;
use serde::Serialize;

use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, add::add, change::change, remove::remove))]
pub(crate) struct Described;

/// One brand.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct BrandView {
    id: BrandId,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    /// As `ETag` tells it.
    version: u64,
    /// What channels of the brand or department take over where they have no such timer of their own; null = none.
    /// The department's come first.
    timers: Timers,
    created_at: String,
}

impl From<&Brand> for BrandView {
    fn from(brand: &Brand) -> Self {
        Self {
            id: brand.id,
            name: brand.name.clone(),
            version: brand.rev,
            timers: brand.timers,
            created_at: brand.created_at.to_string(),
        }
    }
}

/// The brand, unless it was given up.
pub(crate) async fn existing(directory: &Directory, id: BrandId) -> Result<Brand, ApiError> {
    let brand = directory.brand(id).await?;
    brand.filter(|brand| brand.removed_at.is_none()).ok_or(ApiError::BrandNotFound)
}

/// The name, if no other brand has it.
async fn free(api: &OrganisationApi, given: &str, of: Option<BrandId>) -> Result<String, ApiError> {
    let name = organisation::name(given).ok_or_else(ApiError::bad_name)?;
    let brands = api.directory.brands().await?;
    let mut others = brands.iter().filter(|brand| brand.removed_at.is_none() && Some(brand.id) != of);
    if others.any(|brand| brand.name == name) { Err(ApiError::NameTaken) } else { Ok(name) }
}
