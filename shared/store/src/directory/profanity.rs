//! What brands find offensive.

use madoguchi_domain::BrandId;
use madoguchi_domain::profanity::Profanity;

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item;

const PARTITION: &str = "profanity";

impl Directory {
    /// What was chosen for a brand; `None` if nobody has chosen anything.
    pub async fn profanity(&self, brand: BrandId) -> Result<Option<Profanity>, StoreError> {
        access::get(&self.client, &self.table, item::key(PARTITION, brand.to_string())).await
    }

    /// Writes what is chosen for a brand, if nobody has since it was read (`rev` 0: if there is nothing).
    pub async fn save_profanity(&self, profanity: &Profanity) -> Result<Saved, StoreError> {
        let next = Profanity { rev: profanity.rev + 1, ..profanity.clone() };
        self.save(item::key(PARTITION, profanity.brand.to_string()), profanity.rev, &next).await
    }
}
