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

use madoguchi_domain::LabelId;
use madoguchi_domain::label::{By, Label, LabelRefused};
use madoguchi_store::Directory;
use serde::Serialize;

use crate::ApiError;
use crate::auth::Operator;

/// One label.
#[derive(Debug, Serialize)]
pub(crate) struct LabelView {
    id: LabelId,
    name: String,
    color: String,
    created_at: String,
}

impl From<&Label> for LabelView {
    fn from(label: &Label) -> Self {
        Self {
            id: label.id,
            name: label.name.clone(),
            color: label.color.clone(),
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

fn refused(refused: LabelRefused) -> ApiError {
    ApiError::InvalidBody { what: refused.to_string() }
}

fn by(operator: &Operator) -> By<'_> {
    By { id: &operator.id, name: &operator.name }
}
