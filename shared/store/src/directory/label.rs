//! Labels, as they are kept.

use madoguchi_domain::LabelId;
use madoguchi_domain::label::Label;

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item;

const LABELS: &str = "label";

impl Directory {
    /// Every label, those that were given up among them.
    pub async fn labels(&self) -> Result<Vec<Label>, StoreError> {
        self.list(LABELS).await
    }

    /// The label, given up or not.
    pub async fn label(&self, id: LabelId) -> Result<Option<Label>, StoreError> {
        access::get(&self.client, &self.table, item::key(LABELS, id.to_string())).await
    }

    /// Writes a label, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_label(&self, label: &Label) -> Result<Saved, StoreError> {
        let next = Label { rev: label.rev + 1, ..label.clone() };
        self.save(item::key(LABELS, label.id.to_string()), label.rev, &next).await
    }
}
