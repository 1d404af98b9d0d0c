//! Message templates, and how often each was used: an item of its own, so that using one is no change of it.

use madoguchi_domain::{MessageTemplate, TemplateId, Timestamp};
use serde::Deserialize;

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, n};

const TEMPLATES: &str = "template";
const USES: &str = "template-use";

/// How often a template was used (TPL-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct TemplateUse {
    /// Which one.
    pub id: TemplateId,
    /// How often.
    pub uses: u64,
    /// When it was used last.
    pub last_used_at: Timestamp,
}

#[derive(Deserialize)]
struct Counted {
    sk: String,
    uses: u64,
    last_used_at: Timestamp,
}

impl Counted {
    fn of(self) -> Option<TemplateUse> {
        let Self { sk, uses, last_used_at } = self;
        Some(TemplateUse { id: sk.parse().ok()?, uses, last_used_at })
    }
}

impl Directory {
    /// Every template, those that were given up among them.
    pub async fn templates(&self) -> Result<Vec<MessageTemplate>, StoreError> {
        self.list(TEMPLATES).await
    }

    /// The template, given up or not.
    pub async fn template(&self, id: TemplateId) -> Result<Option<MessageTemplate>, StoreError> {
        access::get(&self.client, &self.table, item::key(TEMPLATES, id.to_string())).await
    }

    /// Writes a template, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_template(&self, template: &MessageTemplate) -> Result<Saved, StoreError> {
        let next = MessageTemplate { rev: template.rev + 1, ..template.clone() };
        self.save(item::key(TEMPLATES, template.id.to_string()), template.rev, &next).await
    }

    /// Counts a use of a template.
    pub async fn count_template_use(&self, id: TemplateId, now: Timestamp) -> Result<(), StoreError> {
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(item::key(USES, id.to_string())))
            .update_expression("ADD uses :one SET last_used_at = :now")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", n(now.as_ms()))
            .send()
            .await;
        answer.map(drop).map_err(|error| failed("UpdateItem", error))
    }

    /// How often each template was used; those that never were are left out.
    pub async fn template_uses(&self) -> Result<Vec<TemplateUse>, StoreError> {
        let counted: Vec<Counted> = self.list(USES).await?;
        Ok(counted.into_iter().filter_map(Counted::of).collect())
    }

    /// How often one was used; `None` = never.
    pub async fn template_use(&self, id: TemplateId) -> Result<Option<TemplateUse>, StoreError> {
        let key = item::key(USES, id.to_string());
        let counted: Option<Counted> = access::get(&self.client, &self.table, key).await?;
        Ok(counted.and_then(Counted::of))
    }
}
