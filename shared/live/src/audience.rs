//! Who may hear of a channel, as it was within the last half minute.

use madoguchi_domain::live::{Hearing, hearing};
use madoguchi_domain::{Channel, ChannelId, OperatorId, Role, Timestamp};
use madoguchi_store::{ChannelCache, Directory, SenderCache, StoreError};

/// Channels and people as they were a moment ago: whoever loses access is told of nothing more within
/// [`madoguchi_store::SETTINGS_CACHE`].
#[derive(Debug)]
pub struct Audience {
    channels: ChannelCache,
    people: SenderCache,
}

impl Audience {
    /// By what `directory` knows.
    pub fn new(directory: Directory) -> Self {
        Self { channels: ChannelCache::new(directory.clone()), people: SenderCache::new(directory) }
    }

    /// The channel; `None` if it is gone.
    pub async fn channel(&self, id: ChannelId, now: Timestamp) -> Result<Option<Channel>, StoreError> {
        self.channels.channel(id, now).await
    }

    /// Whether somebody who connected with `role` hears of `channel`.
    pub async fn hearing(
        &self,
        person: &OperatorId,
        role: Role,
        channel: Option<&Channel>,
        now: Timestamp,
    ) -> Result<Hearing, StoreError> {
        let person = self.people.person(person, now).await?;
        Ok(hearing(role, channel, person.as_ref()))
    }
}
