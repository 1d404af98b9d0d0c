//! What people take back of what they allowed our app at Meta, from when we hear of it until it is carried out.

use madoguchi_domain::Timestamp;
use madoguchi_domain::withdrawal::Withdrawal;

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s, text};

const PARTITION: &str = "withdrawal";
/// Partition of the `credential` index: those that are not carried out.
const DUE: &str = "withdrawal";

fn key(code: &str) -> Item {
    item::key(PARTITION, code)
}

impl Directory {
    /// Stores a request; [`Saved::Conflict`]: it was heard of before.
    pub async fn add_withdrawal(&self, withdrawal: &Withdrawal) -> Result<Saved, StoreError> {
        let mut item = self.signed(key(&withdrawal.code), withdrawal)?;
        item.insert("credential_pk".into(), s(DUE));
        item.insert("credential_due".into(), n(withdrawal.received_at.as_ms()));
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        saved("PutItem", request.condition_expression("attribute_not_exists(pk)").send().await)
    }

    /// The request of this code.
    pub async fn withdrawal(&self, code: &str) -> Result<Option<Withdrawal>, StoreError> {
        access::get(&self.client, &self.table, key(code)).await
    }

    /// Codes of requests that are not carried out, the oldest first.
    pub async fn open_withdrawals(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("credential")
            .key_condition_expression("credential_pk = :pk AND credential_due <= :now")
            .expression_attribute_values(":pk", s(DUE))
            .expression_attribute_values(":now", n(now.as_ms()))
            .limit(25)
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let items = answer.items.unwrap_or_default();
        Ok(items
            .iter()
            .map(|item| text(item, "sk"))
            .filter(|code| !code.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// Notes that a request is carried out; what it named is gone with it.
    pub async fn settle_withdrawal(&self, withdrawal: &Withdrawal) -> Result<(), StoreError> {
        let item = self.signed(key(&withdrawal.code), withdrawal)?;
        access::put(&self.client, &self.table, item).await
    }
}
