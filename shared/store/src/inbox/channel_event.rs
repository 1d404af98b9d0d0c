//! Events that belong to no conversation: kept as they came (ING-10).

use madoguchi_domain::{ChannelId, Timestamp};
use serde::Serialize;

use super::Inbox;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, reference_key};

#[derive(Serialize)]
struct ChannelEvent<'a> {
    channel_id: ChannelId,
    received_at: Timestamp,
    raw: &'a str,
}

impl Inbox {
    /// Keeps an event; the same event again overwrites itself.
    pub async fn keep_channel_event(
        &self,
        channel: ChannelId,
        event_id: &str,
        received_at: Timestamp,
        raw: &str,
    ) -> Result<(), StoreError> {
        let key = item::key(format!("channel#{channel}"), format!("e#{}", reference_key(event_id)));
        let item = item::encode(key, &ChannelEvent { channel_id: channel, received_at, raw })?;
        access::put(&self.client, &self.table, item).await
    }
}
