//! The API over HTTP requests, on real tables in this process. What a request leaves behind is read
//! back from the tables, from the secrets and from the queue.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion, in its helpers too")]

mod access;
mod assignment;
mod audit;
mod channel_life;
mod channels;
mod conversations;
mod health;
mod live;
mod me;
mod memberships;
mod notes;
mod notices;
mod notifications;
mod organisation;
mod people;
mod quarantine;
mod replies;
mod reports;
mod saved_views;
mod support;
mod templates;
