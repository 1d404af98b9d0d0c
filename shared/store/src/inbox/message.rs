//! The message item.

use madoguchi_domain::message::SendState;
use madoguchi_domain::{ConversationId, Message, MessageKey};

use super::deadline::scheduled_partition;
use super::pending::{UNPREPARED, Work};
use super::{Inbox, conversation};
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n, s};

pub(super) const PREFIX: &str = "m#";
/// The state of a reply whose file is not ready.
const PREPARE: &str = "prepare";

pub(super) fn key(conversation: ConversationId, key: &MessageKey) -> Item {
    item::key(conversation::partition(conversation), format!("{PREFIX}{key}"))
}

/// The item as it is written: `rev` is one higher than the one that was read.
pub(super) fn encode(message: &Message) -> Result<Item, StoreError> {
    let mut next = message.clone();
    next.rev += 1;
    let mut item = item::encode(key(next.conversation_id, &next.key), &next)?;
    if let Some(SendState::Scheduled { at, .. } | SendState::Retrying { at }) = next.send {
        item.insert("deadline_pk".into(), s(scheduled_partition(next.conversation_id)));
        item.insert("deadline_due".into(), n(at.as_ms()));
        return Ok(item);
    }
    let (work, state) = match next.send {
        // Stands in its conversation's order while its file is made ready.
        Some(SendState::Queued { .. }) if next.files_pending_since().is_some() => (Work::Reply, PREPARE),
        Some(SendState::Queued { .. }) => (Work::Reply, "queued"),
        Some(SendState::Sending { .. }) => (Work::Reply, "sending"),
        _ if next.has_file_work() => (Work::Media, "media"),
        _ => return Ok(item),
    };
    let mark = if state == PREPARE { UNPREPARED } else { "" };
    item.insert("pending_pk".into(), s(work.partition(next.channel_id)));
    item.insert("pending_sk".into(), s(format!("{}#{}{mark}", next.conversation_id, next.key)));
    item.insert("pending_state".into(), s(state));
    Ok(item)
}

impl Inbox {
    /// One message, as last written.
    pub async fn message(
        &self,
        conversation: ConversationId,
        message: &MessageKey,
    ) -> Result<Option<Message>, StoreError> {
        access::get(&self.client, &self.table, key(conversation, message)).await
    }

    /// One message as it was a moment ago, for half a read unit: for those who write it back under its `rev`, and
    /// read it anew if that is refused.
    pub async fn recent_message(
        &self,
        conversation: ConversationId,
        message: &MessageKey,
    ) -> Result<Option<Message>, StoreError> {
        access::get_replica(&self.client, &self.table, key(conversation, message)).await
    }
}
