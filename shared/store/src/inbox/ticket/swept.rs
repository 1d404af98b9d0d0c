//! Until when it is certain that no message was overlooked.

use madoguchi_domain::{ChannelId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::access;
use crate::error::StoreError;
use crate::inbox::Inbox;
use crate::item::{self, Item};

fn key(channel: ChannelId) -> Item {
    item::key(format!("channel#{channel}"), "tickets-swept")
}

#[derive(Serialize, Deserialize)]
struct Swept {
    at: Timestamp,
}

impl Inbox {
    /// When a channel was looked through last; `None` if it never was.
    pub async fn tickets_swept(&self, channel: ChannelId) -> Result<Option<Timestamp>, StoreError> {
        let swept: Option<Swept> = access::get(&self.client, &self.table, key(channel)).await?;
        Ok(swept.map(|swept| swept.at))
    }

    /// Notes that a channel was looked through.
    pub async fn note_tickets_swept(&self, channel: ChannelId, at: Timestamp) -> Result<(), StoreError> {
        access::put(&self.client, &self.table, item::encode(key(channel), &Swept { at })?).await
    }
}
