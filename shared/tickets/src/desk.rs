//! Where tickets are kept: here, or in another help desk.

use std::future::Future;

use madoguchi_domain::ticket::{Book, Opening};
use madoguchi_domain::{MessageKey, Ticket, Timestamp};
use madoguchi_store::{Inbox, Saved, StoreError};

/// A message, and the stretch that it was in if that was given up.
pub type Joining = (MessageKey, Option<u32>);

/// A help desk. What it is told may be told again after an unclear end: under the book's `rev` it takes each thing once.
pub trait HelpDesk: Send + Sync {
    /// Why it did not answer.
    type Error: std::error::Error + From<StoreError> + Send + Sync + 'static;

    /// Says that `messages` will be in the ticket of `batch`; `book` is the conversation's as it is then.
    /// [`Saved::Conflict`] if somebody was faster.
    fn link(
        &self,
        book: &Book,
        batch: u32,
        messages: &[Joining],
    ) -> impl Future<Output = Result<Saved, Self::Error>> + Send;

    /// Makes a ticket and gives it its number; `None` if somebody was faster.
    fn create(
        &self,
        opening: &Opening,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Ticket>, Self::Error>> + Send;

    /// Changes `before` to `ticket`; [`Saved::Conflict`] if it is not as it was any more.
    fn update(
        &self,
        before: &Ticket,
        ticket: &Ticket,
    ) -> impl Future<Output = Result<Saved, Self::Error>> + Send;
}

/// The help desk that is built in: tickets stand beside their conversations.
impl HelpDesk for Inbox {
    type Error = StoreError;

    async fn link(&self, book: &Book, batch: u32, messages: &[Joining]) -> Result<Saved, StoreError> {
        self.join_ticket(book, batch, messages).await
    }

    async fn create(&self, opening: &Opening, now: Timestamp) -> Result<Option<Ticket>, StoreError> {
        self.open_ticket(opening, now).await
    }

    async fn update(&self, before: &Ticket, ticket: &Ticket) -> Result<Saved, StoreError> {
        self.save_ticket(before, ticket).await
    }
}
