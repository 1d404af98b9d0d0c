//! The Inbox table.

mod channel_event;
mod commit;
mod compact;
mod conversation;
pub(crate) mod courtesy;
mod deadline;
mod list;
mod load;
mod message;
mod page;
mod participant;
mod pending;
mod quarantine;
mod reply;
mod send;
mod upload;

pub use deadline::{DEADLINE_SHARDS, Due, DueCursor, DueReplies};
pub use list::ListPage;
pub use page::MessagePage;
pub(crate) use pending::pending_profile;
pub use pending::{PendingMedia, PendingProfile, PendingReply, Work};
pub use quarantine::Quarantined;

use aws_sdk_dynamodb::Client;

/// Access to the Inbox table.
#[derive(Clone, Debug)]
pub struct Inbox {
    client: Client,
    table: String,
}

impl Inbox {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }
}
