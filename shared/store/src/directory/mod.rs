//! The Directory table: channels and the connections that reach them. Small, edited by administrators.
//!
//! A write that the audit log tells of (`madoguchi_domain::audit`) says in itself who made it: a put by [`Directory::signed`],
//! an update by `SET changed_by = :changed_by` with [`Directory::signature`].

mod bot;
mod channel;
mod connection;
mod health;
mod icon;
mod label;
mod list;
mod look;
mod merge;
mod notify;
mod operator;
mod organisation;
mod person;
mod persona;
mod profanity;
mod quota;
mod rearm;
mod saved_view;
mod sender_sync;
mod settings;
mod setup;
mod status;
mod template;
mod told;
mod webhook;
mod withdrawal;

pub(crate) use channel::saved;
pub use connection::{Connection, Lease, Linked};
pub use look::Found;
pub use rearm::{Rearmed, Walk};
pub use sender_sync::{SenderSync, SyncLease};
pub use setup::{LoginState, Returned};
pub use template::TemplateUse;
pub use told::checked;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::Timestamp;
use madoguchi_domain::audit::Author;
use serde::Serialize;

use crate::error::StoreError;
use crate::item::{self, Item};

/// Where a write says who made it.
const CHANGED_BY: &str = "changed_by";

/// Access to the Directory table.
#[derive(Clone, Debug)]
pub struct Directory {
    client: Client,
    table: String,
    by: Arc<Author>,
}

impl Directory {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into(), by: Arc::new(Author::unknown()) }
    }

    /// The same table, written by `author`.
    #[must_use]
    pub fn by(&self, author: Author) -> Self {
        Self { by: Arc::new(author), ..self.clone() }
    }

    /// The same table, written by a function that acts by itself.
    #[must_use]
    pub fn by_function(&self, name: &str) -> Self {
        self.by(Author::function(name))
    }

    /// Who writes.
    pub fn author(&self) -> &Author {
        &self.by
    }

    /// Who writes; at `now`, unless they have said when they asked for it.
    fn signature(&self, now: Option<Timestamp>) -> Result<AttributeValue, StoreError> {
        let author = Author { at: self.by.at.or(now), ..Author::clone(&self.by) };
        serde_dynamo::to_attribute_value(author)
            .map_err(|error| StoreError::Unreadable { key: CHANGED_BY.to_owned(), detail: error.to_string() })
    }

    /// Serialises `value` under `key`, with who writes it.
    fn signed(&self, key: Item, value: &impl Serialize) -> Result<Item, StoreError> {
        let mut item = item::encode(key, value)?;
        item.insert(CHANGED_BY.to_owned(), self.signature(None)?);
        Ok(item)
    }
}
