//! Labels: list, add, change, remove; on conversations: put, take off.
//!
//! `organisation-api` keeps them; `inbox-api`, which writes conversations, puts them on.

mod add;
mod change;
mod list;
mod put;
mod remove;
mod take_off;

pub(crate) use add::add;
pub(crate) use change::change;
pub(crate) use list::list;
pub(crate) use put::put;
pub(crate) use remove::remove;
pub(crate) use take_off::take_off;

use std::collections::BTreeSet;

use madoguchi_domain::LabelId;
use madoguchi_domain::label::{By, Label, LabelRefused, MOST_ON_ONE, TooManyLabels};
use madoguchi_store::Directory;
use serde::Serialize;

use crate::ApiError;
use crate::auth::Operator;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(put::put, take_off::take_off, list::list, add::add, change::change, remove::remove))]
pub(crate) struct Described;

/// One label.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct LabelView {
    id: LabelId,
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    name: String,
    #[cfg_attr(feature = "openapi", schema(pattern = "^#[0-9a-fA-F]{6}$"))]
    color: String,
    /// As the header `ETag` of a change tells it.
    version: u64,
    created_at: String,
}

impl From<&Label> for LabelView {
    fn from(label: &Label) -> Self {
        Self {
            id: label.id,
            name: label.name.clone(),
            color: label.color.clone(),
            version: label.rev,
            created_at: label.created_at.to_string(),
        }
    }
}

/// The label, unless it was given up.
pub(crate) async fn existing(directory: &Directory, id: LabelId) -> Result<Label, ApiError> {
    let label = directory.label(id).await?;
    label.filter(|label| label.removed_at.is_none()).ok_or(ApiError::LabelNotFound)
}

/// Those that were not given up.
async fn current(directory: &Directory) -> Result<Vec<Label>, ApiError> {
    let mut labels = directory.labels().await?;
    labels.retain(|label| label.removed_at.is_none());
    Ok(labels)
}

/// The label that is to be put on a conversation, and the ids of all that are kept.
pub(crate) async fn to_put(
    directory: &Directory,
    id: LabelId,
) -> Result<(Label, BTreeSet<LabelId>), ApiError> {
    let labels = current(directory).await?;
    let kept = labels.iter().map(|label| label.id).collect();
    let label = labels.into_iter().find(|label| label.id == id).ok_or(ApiError::LabelNotFound)?;
    Ok((label, kept))
}

/// A conversation has as many as it takes.
pub(crate) fn too_many(_: TooManyLabels) -> ApiError {
    ApiError::TooMany { what: "labels on this conversation", most: MOST_ON_ONE }
}

fn refused(refused: LabelRefused) -> ApiError {
    ApiError::InvalidBody { what: refused.to_string() }
}

fn by(operator: &Operator) -> By<'_> {
    By { id: &operator.id, name: &operator.name }
}
