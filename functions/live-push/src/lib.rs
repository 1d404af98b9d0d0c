//! `live-push`: tells connected clients of committed changes (CON-9), and counts the conversations of each section (CLS-2, ASG-3).
//!
//! It reads the Inbox table's stream, beside `change-relay`. Each batch is numbered and logged first and told then: a client
//! that connects meanwhile is told by the one or by the other, or by both. A batch that comes again is told again with new
//! numbers, which does no harm, since clients keep the higher version.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lambda_events::dynamodb::EventRecord;
use futures::StreamExt as _;
use madoguchi_domain::live::{Connection, Hearing, Numbered, coalesced};
use madoguchi_domain::{Channel, ChannelId, Timestamp};
use madoguchi_live::{Audience, TellError, Teller, Told};
use madoguchi_runtime::Clock;
use madoguchi_store::inbox::Moved;
use madoguchi_store::live::{Logged, committed};
use madoguchi_store::{Committed, Inbox, Live, StoreError};

/// How many clients are told at the same time.
const TOGETHER: usize = 20;
/// How long a batch is told at most: the time-out of the function is longer, so that what fails says so.
const TELLING: Duration = Duration::from_secs(18);

/// Tells clients.
#[derive(Debug)]
pub struct LivePush {
    inbox: Inbox,
    live: Live,
    audience: Audience,
    teller: Teller,
    clock: Clock,
    /// Whether anybody was connected within the last hour when it was looked last.
    watched: AtomicBool,
}

/// Not everybody could be told: the records come again.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A client could neither be told nor be disconnected.
    #[error(transparent)]
    Tell(#[from] TellError),
    /// Clients kept it waiting.
    #[error("clients could not be told within {} s", TELLING.as_secs())]
    TooSlow,
}

impl LivePush {
    /// Tells whoever `live` says is connected, as far as `audience` lets them hear of it, and counts in `inbox`.
    pub fn new(inbox: Inbox, live: Live, audience: Audience, teller: Teller, clock: Clock) -> Self {
        Self { inbox, live, audience, teller, clock, watched: AtomicBool::new(false) }
    }

    /// Counts what stream records commit, and tells of it: a repetition does neither any harm. Neither waits for the other, so
    /// that clients which hang keep nothing from being counted.
    pub async fn handle(&self, records: &[EventRecord]) -> Result<(), PushError> {
        let moved: Vec<Moved> = records
            .iter()
            .filter_map(|record| {
                let change = &record.change;
                Committed::of(change.new_image.clone(), change.old_image.clone())?.moved()
            })
            .collect();
        let telling = tokio::time::timeout(TELLING, self.tell_all(records));
        let (counted, told) = futures::future::join(self.inbox.count(&moved), telling).await;
        counted?;
        told.unwrap_or(Err(PushError::TooSlow))
    }

    async fn tell_all(&self, records: &[EventRecord]) -> Result<(), PushError> {
        let changes = coalesced(records.iter().filter_map(|record| {
            let change = &record.change;
            committed(&change.keys, (&change.old_image, &change.new_image))
        }));
        let now = self.clock.now();
        // While nobody has been connected for an hour there is nobody who could come back: nothing need be logged. Whoever
        // connects after this look finds what was committed before it in what they load.
        if changes.is_empty() || !(self.watched.load(Ordering::Relaxed) || self.is_watched(now).await?) {
            return Ok(());
        }
        let logged = self.live.log(changes, now).await?;
        let connections = self.live.connections(now).await?;
        self.watched.store(!connections.is_empty(), Ordering::Relaxed);
        let mut channels = HashMap::new();
        for change in &logged.changes {
            if let Entry::Vacant(unknown) = channels.entry(change.channel_id) {
                unknown.insert(self.audience.channel(change.channel_id, now).await?);
            }
        }
        let outcomes = futures::stream::iter(&connections)
            .filter(|connection| std::future::ready(connection.closed_at.is_none()))
            .map(|connection| self.tell(connection, &logged, &channels, now))
            .buffer_unordered(TOGETHER)
            .collect::<Vec<_>>();
        // One that fails keeps nobody else from being told.
        outcomes.await.into_iter().collect()
    }

    async fn is_watched(&self, now: Timestamp) -> Result<bool, StoreError> {
        Ok(!self.live.connections(now).await?.is_empty())
    }

    async fn tell(
        &self,
        connection: &Connection,
        logged: &Logged,
        channels: &HashMap<ChannelId, Option<Channel>>,
        now: Timestamp,
    ) -> Result<(), PushError> {
        if !connection.is_open(now) {
            // Its two hours, or its token's, are over.
            return Ok(self.teller.end(&connection.id, now).await?);
        }
        let mut changes: Vec<Numbered> = Vec::new();
        for numbered in logged.numbered() {
            let channel = channels.get(&numbered.change.channel_id).and_then(Option::as_ref);
            match self.audience.hearing(&connection.person, connection.role, channel, now).await? {
                Hearing::Yes => changes.push(numbered),
                Hearing::No => {}
                Hearing::Ended => return Ok(self.teller.end(&connection.id, now).await?),
            }
        }
        if let Some(last) = changes.last() {
            let told = Told::Changes { seq: last.seq, changes };
            self.teller.tell(&connection.id, &told, now).await?;
        }
        Ok(())
    }
}
