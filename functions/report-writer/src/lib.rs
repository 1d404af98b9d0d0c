//! `report-writer`: counts what happens, and looks at the channels every ten minutes (OPS-3, CHN-27).
//!
//! What happened comes from the queue that `change-relay` fills, at least once and in any order. It is written down under names of
//! its own, and the hours that it is in are made anew, so that a repetition changes nothing: see `madoguchi_store::reports`. What
//! belongs to one conversation and slot is one write, and what belongs to one hour of a channel is made once, however
//! many queue messages it came with. What `change-relay` gave up on (the alarm `relay-failures`) is missing.

mod watch;

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::StreamExt as _;
use madoguchi_domain::report::{Fact, OPEN_FOR, hour_of, slot_of};
use madoguchi_domain::{ChannelId, ConversationId, Timestamp};
use madoguchi_runtime::Clock;
use madoguchi_store::reports::ReportWork;
use madoguchi_store::{Reports, Saved, StoreError};

pub use watch::Watcher;

/// How much is worked on at the same time.
const CONCURRENCY: usize = 8;

/// Counts what happened.
#[derive(Debug)]
pub struct Counter {
    reports: Reports,
    clock: Clock,
}

/// Why something was not counted.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept making the same hour.
    #[error("an hour of channel {0} could not be written")]
    Contended(ChannelId),
    /// The queue message is none of ours.
    #[error("the work is not understood: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// What is written together.
type Place = (ChannelId, Timestamp, ConversationId, Timestamp);

/// Facts of one place, by name, and the queue messages that told them.
#[derive(Debug, Default)]
struct Told {
    facts: BTreeMap<String, Fact>,
    records: BTreeSet<usize>,
}

impl Counter {
    /// Writes `reports`.
    pub fn new(reports: Reports, clock: Clock) -> Self {
        Self { reports, clock }
    }

    /// Handles a batch of the queue, and returns the messages of it that must be delivered again.
    pub async fn batch(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut failed = BTreeSet::new();
        let mut told: BTreeMap<Place, Told> = BTreeMap::new();
        let now = self.clock.now();
        for (record, message) in event.records.iter().enumerate() {
            match serde_json::from_str::<ReportWork>(message.body.as_deref().unwrap_or_default()) {
                Ok(work) => work.facts.into_iter().for_each(|fact| sort(&mut told, record, fact, now)),
                Err(error) => {
                    let _ = failed.insert(record);
                    warn(&error.into());
                }
            }
        }
        let mut hours: BTreeMap<(ChannelId, Timestamp), BTreeSet<usize>> = BTreeMap::new();
        let written = futures::stream::iter(&told)
            .map(async |(place, told)| (place, told, self.write(told).await))
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>();
        for ((channel, hour, ..), told, outcome) in written.await {
            hours.entry((*channel, *hour)).or_default().extend(&told.records);
            if let Err(fault) = outcome {
                warn(&fault);
                failed.extend(&told.records);
            }
        }
        let made = futures::stream::iter(&hours)
            .map(async |((channel, hour), records)| (records, self.make(*channel, *hour).await))
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>();
        for (records, outcome) in made.await {
            if let Err(fault) = outcome {
                warn(&fault);
                failed.extend(records);
            }
        }
        let id = |record: &usize| event.records.get(*record)?.message_id.clone();
        let mut response = SqsBatchResponse::default();
        response.set_failures(failed.iter().map(|record| id(record).unwrap_or_default()).collect::<Vec<_>>());
        response
    }

    async fn write(&self, told: &Told) -> Result<(), Fault> {
        let facts: Vec<Fact> = told.facts.values().cloned().collect();
        Ok(self.reports.note(&facts).await?)
    }

    async fn make(&self, channel: ChannelId, hour: Timestamp) -> Result<(), Fault> {
        match self.reports.remake(channel, hour).await? {
            Saved::Done => Ok(()),
            Saved::Conflict => Err(Fault::Contended(channel)),
        }
    }
}

/// What belongs to an hour whose other facts may be gone by now is left out: it would be made of too few.
fn sort(told: &mut BTreeMap<Place, Told>, record: usize, fact: Fact, now: Timestamp) {
    let hour = hour_of(fact.at);
    if now.since(hour) >= OPEN_FOR {
        tracing::warn!(channel.id = %fact.channel_id, "What happened at {} is not counted any more", fact.at);
        return;
    }
    let told = told.entry((fact.channel_id, hour, fact.conversation_id, slot_of(fact.at))).or_default();
    told.facts.insert(fact.name.clone(), fact);
    told.records.insert(record);
}

fn warn(fault: &Fault) {
    tracing::warn!(error = %fault, "Something could not be counted; it is tried again");
}
