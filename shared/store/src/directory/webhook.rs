//! Outgoing webhooks: who is told what.

use madoguchi_domain::WebhookId;
use madoguchi_domain::webhook::Subscription;

use super::Directory;
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item;

const WEBHOOKS: &str = "webhook";

impl Directory {
    /// Every subscription, those that were given up among them.
    pub async fn webhooks(&self) -> Result<Vec<Subscription>, StoreError> {
        self.list(WEBHOOKS).await
    }

    /// The subscription, given up or not.
    pub async fn webhook(&self, id: WebhookId) -> Result<Option<Subscription>, StoreError> {
        access::get(&self.client, &self.table, item::key(WEBHOOKS, id.to_string())).await
    }

    /// Writes a subscription, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_webhook(&self, subscription: &Subscription) -> Result<Saved, StoreError> {
        let next = Subscription { rev: subscription.rev + 1, ..subscription.clone() };
        self.save(item::key(WEBHOOKS, subscription.id.to_string()), subscription.rev, &next).await
    }
}
