//! `ticket-convert`: makes tickets of what customers write (TKT-2..5).
//!
//! Its queue tells of each message of a channel that makes tickets; a schedule asks the `deadline` index which timers have
//! run out, so its cost grows with that only. Once an hour it looks for messages that no queue told of: nothing that was
//! written while the channel made tickets is left out, whatever was lost on the way.

mod sweep;

use madoguchi_domain::{ConversationId, Timestamp};
use madoguchi_store::inbox::DEADLINE_SHARDS;
use madoguchi_store::work::TicketWork;
use madoguchi_store::{Directory, Inbox, StoreError};
use madoguchi_tickets::{Converter, Fault, Outcome};

/// Why a message of the queue must be read again.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// It was not written by us.
    #[error("no ticket work: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The tables did not answer, or others kept writing.
    #[error(transparent)]
    Fault(#[from] Fault<StoreError>),
}

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tickets made.
    pub converted: u64,
    /// Stretches whose channel makes no tickets any more.
    pub given_up: u64,
    /// Messages that no queue had told of.
    pub found: u64,
    /// What is left for the next tick.
    pub failed: u64,
    /// Whether the caller's time was over before the work was.
    pub interrupted: bool,
}

impl Report {
    fn note(&mut self, outcome: Result<Outcome, Fault<StoreError>>) {
        match outcome {
            Ok(Outcome::Nothing | Outcome::Waits) => {}
            Ok(Outcome::Converted(_)) => self.converted += 1,
            Ok(Outcome::GivenUp) => self.given_up += 1,
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &dyn std::fmt::Display) {
        tracing::error!(%error, "Part of a tick failed");
        self.failed += 1;
    }
}

/// Makes tickets.
#[derive(Debug)]
pub struct Tickets {
    converter: Converter,
    inbox: Inbox,
    directory: Directory,
}

impl Tickets {
    /// Works on these tables.
    pub fn new(inbox: Inbox, directory: Directory) -> Self {
        let converter = Converter::new(inbox.clone(), directory.clone());
        Self { converter, inbox, directory }
    }

    /// Takes note of a customer's message that the queue tells of.
    pub async fn handle(&self, body: &str, now: Timestamp) -> Result<Outcome, ConvertError> {
        let work: TicketWork = serde_json::from_str(body)?;
        Ok(self.converter.heard(&work, now).await?)
    }

    /// One tick at `now`. `out_of_time` is asked between conversations.
    pub async fn tick(&self, now: Timestamp, out_of_time: &(dyn Fn() -> bool + Sync)) -> Report {
        let mut report = Report::default();
        // One after the other: each ticket takes the next number, and those who ask together would lose to each other.
        for shard in 0..DEADLINE_SHARDS {
            if let Err(error) = self.shard(shard, now, out_of_time, &mut report).await {
                report.fail(&error);
            }
            if report.interrupted {
                return report;
            }
        }
        if sweep::is_time(now) {
            self.sweep(now, out_of_time, &mut report).await;
        }
        report
    }

    async fn shard(
        &self,
        shard: u8,
        now: Timestamp,
        out_of_time: &(dyn Fn() -> bool + Sync),
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let mut from = None;
        loop {
            let page = self.inbox.due_tickets(shard, now, from.as_ref()).await?;
            for id in page.conversations {
                if out_of_time() {
                    report.interrupted = true;
                    return Ok(());
                }
                report.note(self.due(id, now).await);
            }
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }

    async fn due(&self, id: ConversationId, now: Timestamp) -> Result<Outcome, Fault<StoreError>> {
        self.converter.due(id, now).await
    }
}
