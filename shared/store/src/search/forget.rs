//! Forgetting a conversation.

use madoguchi_domain::ConversationId;

use super::{Search, leaf};
use crate::error::{StoreError, failed};
use crate::item::{self, s, text};

impl Search {
    /// Removes everything that is kept of a conversation: nobody finds it by what was said, nor by its contact. May be
    /// repeated. Deleting the conversation's item from the Inbox table leads here by itself.
    pub async fn forget(&self, id: ConversationId) -> Result<(), StoreError> {
        self.remove_contact(id).await?;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND begins_with(sk, :leaves)")
                .expression_attribute_values(":pk", s(leaf::partition(id)))
                .expression_attribute_values(":leaves", s(leaf::PREFIX))
                .projection_expression("pk, sk")
                .limit(100)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            let items = answer.items.unwrap_or_default();
            let deletes = items.iter().map(|item| self.delete(item::key(text(item, "pk"), text(item, "sk"))));
            futures::future::try_join_all(deletes).await?;
            if answer.last_evaluated_key.is_none() {
                return Ok(());
            }
        }
    }
}
