//! The Live table: who is connected, what they are told of, what they look at. All of it passes: whatever is lost with it,
//! clients connect and load anew.

mod connection;
mod log;
mod presence;
mod stream;
mod ticket;

pub use log::Logged;
pub use stream::committed;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::Timestamp;

use crate::item::n;

/// When the table forgets an item, in seconds.
const EXPIRES_AT: &str = "expires_at";

/// Access to the Live table.
#[derive(Clone, Debug)]
pub struct Live {
    client: Client,
    table: String,
}

impl Live {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}

fn expiry(at: Timestamp) -> AttributeValue {
    // Never before its end: the rules look at the instant itself.
    n(at.as_ms() / 1000 + 1)
}
