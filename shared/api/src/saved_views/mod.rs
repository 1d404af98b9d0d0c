//! Saved views of the inbox: list, save, change, remove (SRC-5). One's own are everybody's business; those that everybody has are
//! kept by administrators.

mod add;
mod change;
mod list;
mod remove;

pub(crate) use add::add;
pub(crate) use change::change;
pub(crate) use list::list;
pub(crate) use remove::remove;

use std::collections::BTreeMap;

use madoguchi_domain::ViewId;
use madoguchi_domain::saved_view::{MOST_VIEWS, Owner, SavedView, SavedViews, ViewRefused};
use madoguchi_store::{Directory, Saved};
use serde::Serialize;

use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::{ApiError, OrganisationApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, add::add, change::change, remove::remove))]
pub(crate) struct Described;

/// A saved view of the inbox.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct SavedViewView {
    id: ViewId,
    name: String,
    /// Parameters of `listConversations` by their names, but for `limit` and `cursor`; at most 2,000 bytes
    /// together. `me` and `mine`
    /// are whoever looks.
    query: BTreeMap<String, String>,
    /// Everybody has it.
    shared: bool,
    /// As `ETag` tells it.
    version: u64,
    created_at: String,
}

impl SavedViewView {
    fn new(view: &SavedView, owner: &Owner) -> Self {
        Self {
            id: view.id,
            name: view.name.clone(),
            query: view.query.clone(),
            shared: *owner == Owner::Everybody,
            version: view.rev,
            created_at: view.created_at.to_string(),
        }
    }
}

/// Whose a view is that `operator` saves.
fn owner(operator: &Operator, shared: bool) -> Result<Owner, ApiError> {
    match shared {
        false => Ok(Owner::One(operator.id.clone())),
        true if operator.is_administrator() => Ok(Owner::Everybody),
        true => Err(ApiError::AdministratorsOnly),
    }
}

/// Whose the view is, of those that `operator` sees.
async fn owner_of(directory: &Directory, operator: &Operator, id: ViewId) -> Result<Owner, ApiError> {
    for owner in [Owner::One(operator.id.clone()), Owner::Everybody] {
        if directory.saved_views(&owner).await?.get(id).is_some() {
            return Ok(owner);
        }
    }
    Err(ApiError::ViewNotFound)
}

/// The same, if `operator` may change it.
async fn to_change(directory: &Directory, operator: &Operator, id: ViewId) -> Result<Owner, ApiError> {
    let found = owner_of(directory, operator, id).await?;
    owner(operator, found == Owner::Everybody)
}

/// Does something to the views of `owner`, again if somebody else has written them meanwhile. What `edit` says stays as it is is
/// not written.
async fn edited(
    api: &OrganisationApi,
    owner: &Owner,
    edit: impl Fn(&mut SavedViews) -> Result<bool, ApiError>,
) -> Result<SavedViews, ApiError> {
    for _ in 0..TRIES {
        let mut views = api.directory.saved_views(owner).await?;
        if !edit(&mut views)? || api.directory.save_views(owner, &views).await? == Saved::Done {
            return Ok(views);
        }
    }
    Err(ApiError::contended("the saved views"))
}

fn refused(why: ViewRefused) -> ApiError {
    match why {
        ViewRefused::Name | ViewRefused::Query => ApiError::InvalidBody { what: why.to_string() },
        ViewRefused::NameTaken => ApiError::NameTaken,
        ViewRefused::TooMany => ApiError::TooMany { what: "saved views", most: MOST_VIEWS },
        ViewRefused::Gone => ApiError::ViewNotFound,
    }
}
