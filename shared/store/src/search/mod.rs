//! The Search table: what is kept to find conversations and messages by. Everything in it follows from the Inbox table and can be
//! made anew.

mod contact;
mod forget;
mod leaf;
mod sweep;
mod work;

pub use contact::{ContactHit, ContactPage};
pub use leaf::{LeafCursor, LeafPage};
pub use sweep::{Entry, EntryPage};
pub use work::{SearchItem, SearchWork};

use aws_sdk_dynamodb::Client;

/// Access to the Search table.
#[derive(Clone, Debug)]
pub struct Search {
    client: Client,
    table: String,
}

impl Search {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}
