//! Saved views (SRC-5): one item for each owner.

use madoguchi_domain::saved_view::{Owner, SavedViews};

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item};

/// Those of operators, which the audit log does not tell of.
const OWN: &str = "views";
/// Those of everybody.
const SHARED: &str = "shared-views";

fn key(owner: &Owner) -> Item {
    match owner {
        Owner::One(operator) => item::key(OWN, &operator.0),
        Owner::Everybody => item::key(SHARED, "everybody"),
    }
}

impl Directory {
    /// All views of `owner`.
    pub async fn saved_views(&self, owner: &Owner) -> Result<SavedViews, StoreError> {
        let views: Option<SavedViews> = access::get(&self.client, &self.table, key(owner)).await?;
        Ok(views.unwrap_or_default())
    }

    /// Writes them, if nobody has since they were read.
    pub async fn save_views(&self, owner: &Owner, views: &SavedViews) -> Result<Saved, StoreError> {
        let next = SavedViews { rev: views.rev + 1, ..views.clone() };
        self.save(key(owner), views.rev, &next).await
    }
}
