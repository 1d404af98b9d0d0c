//! Tickets: each opens one connection, once.

use aws_sdk_dynamodb::types::ReturnValue;
use madoguchi_domain::Timestamp;
use madoguchi_domain::live::Ticket;

use super::{EXPIRES_AT, Live, expiry};
use crate::access;
use crate::error::{StoreError, failed};
use crate::item::{self, Item};

fn key(fingerprint: &str) -> Item {
    item::key(format!("ticket#{fingerprint}"), "ticket")
}

impl Live {
    /// Stores a ticket by the fingerprint of what opens it.
    pub async fn add_ticket(&self, fingerprint: &str, ticket: &Ticket) -> Result<(), StoreError> {
        let mut item = item::encode(key(fingerprint), ticket)?;
        item.insert(EXPIRES_AT.to_owned(), expiry(ticket.ends_at));
        access::put(&self.client, &self.table, item).await
    }

    /// Takes a ticket by its fingerprint; `None` if there is none, if it was taken before or is too old. Of several at once
    /// one gets it.
    pub async fn redeem(&self, fingerprint: &str, now: Timestamp) -> Result<Option<Ticket>, StoreError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(fingerprint)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| failed("DeleteItem", error))?;
        let ticket: Option<Ticket> = answer.attributes.map(item::decode).transpose()?;
        Ok(ticket.filter(|ticket| now < ticket.ends_at))
    }
}
