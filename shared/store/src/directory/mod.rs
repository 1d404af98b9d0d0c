//! The Directory table: channels and the connections that reach them. Small, edited by administrators.

mod channel;
mod connection;
mod health;
mod list;
mod operator;
mod organisation;
mod person;
mod persona;
mod quota;
mod rearm;
mod sender_sync;
mod settings;

pub use connection::{Connection, Lease};
pub use rearm::Rearmed;
pub use sender_sync::{SenderSync, SyncLease};

use aws_sdk_dynamodb::Client;

/// Access to the Directory table.
#[derive(Clone, Debug)]
pub struct Directory {
    client: Client,
    table: String,
}

impl Directory {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}
