//! The only crate that knows the tables: keys, indexes, items. One file per access pattern.
//!
//! # Inbox table
//!
//! | item | pk | sk |
//! | --- | --- | --- |
//! | conversation | `c#{conversation}` | `conversation` |
//! | message, timeline line | `c#{conversation}` | `m#{ms:013}-{message}` |
//! | what was told about a message that has not arrived | `c#{conversation}` | `x#{reference}` |
//! | event that belongs to no conversation | `channel#{channel}` | `e#{event}` |
//! | quarantined body or event | `quarantine` | `{id}#{part:03}` |
//!
//! | index | key | holds | answers |
//! | --- | --- | --- | --- |
//! | `by_ref` (local) | pk, `ref` | messages and waiting notes | the message that a provider's id or an idempotency key names, strongly consistent |
//! | `inbox` | `{channel}#{section}`, `{ms:013}-{conversation}` | conversations | a section's list, newest first |
//! | `deadline` | `{kind}#{shard:02}`, due time | conversations with an armed deadline | what is due |
//! | `pending` | `reply#{channel}` or `profile#{channel}`, `{conversation}[#{message}]` | unfinished work only | what the sweeper must start again; the order of a conversation's open replies |
//!
//! | access pattern | cost (4 KB / 1 KB items) |
//! | --- | --- |
//! | load for an inbound event | 1 strong get + 1 strong query of `by_ref` = 2 RRU at most |
//! | commit an inbound text | transaction of conversation and message (4 WRU) + `by_ref` 1 + `inbox` move 2 |
//! | write a reply | the same, + `pending` 1 |
//! | claim, settle a reply | 1 WRU each; settling also leaves `pending` (1) |
//! | close by deadline | transaction of conversation and line (4 WRU) + `inbox` move 2 + `deadline` 1 |
//! | closer's tick with nothing due | one query per shard, 0.5 RRU each |
//!
//! # Directory table
//!
//! Channels (`channel`, id) and connections (`connection`, id); index `credential` holds the
//! connections by the time at which they must be looked at.
//!
//! Every write of a conversation is conditional on the version that was read, every write of a
//! message on its `rev`. A lost race is [`Saved::Conflict`], a result and not an error.

mod access;
mod cache;
pub mod directory;
mod error;
pub mod inbox;
mod item;
pub mod work;

pub use cache::{ChannelCache, SETTINGS_CACHE};
pub use directory::Directory;
pub use error::StoreError;
pub use inbox::Inbox;

/// How a conditional write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// Everything is stored.
    Done,
    /// Somebody else wrote in between: nothing is stored; read again and decide again.
    Conflict,
}
