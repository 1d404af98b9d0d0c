//! Operators: what customers see of them.

use madoguchi_domain::OperatorId;
use madoguchi_domain::sender::Profile;

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item};

const PARTITION: &str = "operator";

fn key(operator: &OperatorId) -> Item {
    item::key(PARTITION, operator.0.clone())
}

impl Directory {
    /// What is kept of an operator; `None` of one who has set nothing.
    pub async fn operator(&self, id: &OperatorId) -> Result<Option<Profile>, StoreError> {
        access::get(&self.client, &self.table, key(id)).await
    }

    /// Every operator who has set something.
    pub async fn operators(&self) -> Result<Vec<Profile>, StoreError> {
        self.list(PARTITION).await
    }

    /// Writes what is kept of an operator, if nobody has since it was read.
    pub async fn save_operator(&self, profile: &Profile) -> Result<Saved, StoreError> {
        let next = Profile { rev: profile.rev + 1, ..profile.clone() };
        self.save(key(&next.operator), profile.rev, &next).await
    }
}
