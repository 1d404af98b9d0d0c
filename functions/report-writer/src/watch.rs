//! Looks at the channels.

use futures::StreamExt as _;
use madoguchi_domain::report::{ChannelState, Watch};
use madoguchi_domain::{Channel, Timestamp};
use madoguchi_store::{Directory, Inbox, Reports, StoreError};

use super::CONCURRENCY;

/// Notes how channels stand.
#[derive(Debug)]
pub struct Watcher {
    inbox: Inbox,
    directory: Directory,
    reports: Reports,
}

impl Watcher {
    /// Reads `directory`, and from `inbox` how replies ended; writes `reports`.
    pub fn new(inbox: Inbox, directory: Directory, reports: Reports) -> Self {
        Self { inbox, directory, reports }
    }

    /// Looks at every channel once; again within ten minutes changes nothing. One that fails does not keep the others from being
    /// looked at, but the tick fails, so that it is repeated.
    pub async fn look(&self, now: Timestamp) -> Result<(), StoreError> {
        let channels = self.directory.channels().await?;
        let looks =
            futures::stream::iter(channels.iter().filter(|channel| ChannelState::of(channel).is_some()))
                .map(async |channel| self.look_at(channel, now).await)
                .buffer_unordered(CONCURRENCY)
                .collect::<Vec<_>>();
        looks.await.into_iter().collect()
    }

    async fn look_at(&self, channel: &Channel, now: Timestamp) -> Result<(), StoreError> {
        let tallies = self.inbox.tallies(channel.id, now).await?;
        for (day, watch) in Watch::look(channel, &tallies, now) {
            self.reports.note_watch(channel.id, day, &watch).await?;
        }
        Ok(())
    }
}
