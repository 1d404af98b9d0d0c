//! The Inbox table.

mod blocked;
mod channel_event;
mod commit;
mod compact;
mod conversation;
mod counts;
pub(crate) mod courtesy;
mod deadline;
mod draft;
pub(crate) mod duty;
mod erase;
mod hand;
mod list;
mod load;
mod message;
mod note;
mod page;
mod participant;
mod pending;
mod picture;
mod quarantine;
mod rebuild;
mod reply;
mod send;
mod tally;
mod ticket;
mod upload;

pub use blocked::BlockedPage;
pub(crate) use compact::expand as read_conversation;
pub(crate) use conversation::SORT_KEY;
pub use counts::Moved;
pub use deadline::{DEADLINE_SHARDS, Due, DueCursor, DueReplies};
pub use draft::{DraftPage, DraftPointer};
pub(crate) use erase::PENDING as PENDING_ERASURE;
pub use erase::{Erasable, ErasureCursor, erasure_finished};
pub use hand::{Given, Turn};
pub use list::{Filter, ListPage, MOST_EVALUATED, Part, PartOf, Sorting, Whose};
pub use note::{Mention, MentionPage};
pub use page::MessagePage;
pub use pending::{PendingFiles, PendingMedia, PendingProfile, PendingReply, Work};
pub(crate) use pending::{pending_erasure, pending_portrait, pending_profile};
pub(crate) use picture::PENDING as PENDING_PICTURE;
pub use quarantine::Quarantined;
pub use rebuild::{Piece, Rebuild, rebuild_step};
pub use ticket::{DueTickets, MOST_JOINED, TicketPage, TicketSearch};

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
