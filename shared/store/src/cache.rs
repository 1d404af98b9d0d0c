//! Channels as a function remembers them for a moment.

use std::collections::HashMap;
use std::sync::Mutex;

use madoguchi_domain::{Channel, ChannelId, Span, Timestamp};

use crate::{Directory, StoreError};

/// How long a function may go on with settings that it has read.
pub const SETTINGS_CACHE: Span = Span::from_secs(30);

/// Remembers channels for [`SETTINGS_CACHE`], so that a message costs no read of the Directory. Time
/// is passed in: a frozen environment must not serve settings of an hour ago.
#[derive(Debug)]
pub struct ChannelCache {
    directory: Directory,
    known: Mutex<HashMap<ChannelId, (Timestamp, Channel)>>,
}

impl ChannelCache {
    /// An empty cache in front of `directory`.
    pub fn new(directory: Directory) -> Self {
        Self { directory, known: Mutex::default() }
    }

    /// The channel as it was within the last [`SETTINGS_CACHE`]. A channel that is not there is not
    /// remembered: it may be added at any moment.
    pub async fn channel(&self, id: ChannelId, now: Timestamp) -> Result<Option<Channel>, StoreError> {
        if let Some(channel) = self.remembered(id, now) {
            return Ok(Some(channel));
        }
        let channel = self.directory.channel(id).await?;
        if let Some(channel) = &channel {
            let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            known.insert(id, (now, channel.clone()));
        }
        Ok(channel)
    }

    /// The Directory behind it, for what must not be remembered.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    fn remembered(&self, id: ChannelId, now: Timestamp) -> Option<Channel> {
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (read_at, channel) = known.get(&id)?;
        (now >= *read_at && now.since(*read_at) < SETTINGS_CACHE).then(|| channel.clone())
    }
}
