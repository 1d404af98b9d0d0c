//! The Reports table: what reports are made of (OPS-3). No names, no words: operators by their ids, conversations by theirs for as
//! long as facts are kept.
//!
//! Facts are written under names of their own, and an hour is made anew from all of its facts: what is told again, late or out of
//! order changes nothing or comes right. [`Reports::remake`] reads the hour's `rev` before the facts and writes under it, so
//! that what was made of fewer facts never replaces what was made of more.

mod hour;
mod note;
mod pack;
#[cfg(test)]
mod tests;
mod watch;
mod work;

pub use work::ReportWork;

use aws_sdk_dynamodb::Client;
use madoguchi_domain::{ChannelId, Span, Timestamp};

/// Access to the Reports table.
#[derive(Clone, Debug)]
pub struct Reports {
    client: Client,
    table: String,
    keep: Span,
}

impl Reports {
    /// The table called `table`, whose hours are kept for `keep`.
    pub fn new(client: Client, table: impl Into<String>, keep: Span) -> Self {
        Self { client, table: table.into(), keep }
    }

    /// How long hours are kept.
    pub const fn keep(&self) -> Span {
        self.keep
    }
}

fn facts_of(channel: ChannelId, hour: Timestamp) -> String {
    format!("f#{channel}#{}", place(hour))
}

fn hours_of(channel: ChannelId) -> String {
    format!("h#{channel}")
}

fn watches_of(channel: ChannelId) -> String {
    format!("w#{channel}")
}

fn place(at: Timestamp) -> String {
    format!("{:013}", at.as_ms().max(0))
}

/// As the table's time to live has it.
const fn seconds(at: Timestamp) -> i64 {
    at.as_ms().div_euclid(1_000)
}
