//! Counting how replies end, for the health of their channel (CHN-27).

use std::sync::PoisonError;

use madoguchi_domain::tally::End;
use madoguchi_domain::{ChannelId, Timestamp};

use crate::drain::Dispatcher;

impl Dispatcher {
    /// Counts a reply that ended at `now`, and writes what is to be written. The reply does not depend on it: what could not
    /// be written goes along with the next.
    pub(crate) async fn count(&self, channel: ChannelId, end: End, now: Timestamp) {
        let due = self.tallies.lock().unwrap_or_else(PoisonError::into_inner).note(channel, end, now);
        for (begin, tally) in due {
            if let Err(error) = self.inbox.add_tally(channel, begin, &tally).await {
                tracing::warn!(%error, channel.id = %channel, "How replies ended was not noted");
                let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
                tallies.take_back(channel, begin, &tally);
            }
        }
    }
}
