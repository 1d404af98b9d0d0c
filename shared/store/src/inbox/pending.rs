//! Work that is not finished: replies that nobody has settled, profiles that nobody has fetched, files that nobody has
//! copied or deleted.

use madoguchi_domain::{ChannelId, ConversationId, MessageKey};

use super::Inbox;
use crate::error::{StoreError, failed};
use crate::item::{Item, s, text};

/// What is unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A reply that is queued or being sent.
    Reply,
    /// A contact whose profile is wanted.
    Profile,
    /// A message with files to be copied or deleted; somebody whose picture is to be copied.
    Media,
}

impl Work {
    pub(super) fn partition(self, channel: ChannelId) -> String {
        match self {
            Self::Reply => format!("reply#{channel}"),
            Self::Profile => format!("profile#{channel}"),
            Self::Media => format!("media#{channel}"),
        }
    }
}

/// A reply that is queued or being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingReply {
    /// Whose conversation.
    pub conversation: ConversationId,
    /// Which message.
    pub message: MessageKey,
    /// Its file is not ready yet.
    pub unprepared: bool,
}

/// Somebody whose profile nobody has fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingProfile {
    /// Whose conversation.
    pub conversation: ConversationId,
    /// In a group: which of its people; `None` = the contact, or the group itself.
    pub participant: Option<String>,
}

/// A message with work to be done on its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingMedia {
    /// Whose conversation.
    pub conversation: ConversationId,
    /// Which message.
    pub message: MessageKey,
}

/// What is to be copied or deleted in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingFiles {
    /// Messages with files.
    pub messages: Vec<PendingMedia>,
    /// People whose pictures are at the provider.
    pub portraits: Vec<PendingProfile>,
    /// Conversations that are deleted for ever, of which something is left.
    pub erasures: Vec<ConversationId>,
}

/// What the position of somebody's picture begins with.
const PORTRAIT: &str = "portrait:";

/// What the position of a conversation begins with that is deleted for ever.
const ERASURE: &str = "erase:";

/// What the position of a reply ends in while its file is not ready.
pub(super) const UNPREPARED: &str = "#prepare";

impl Inbox {
    /// The unsettled replies of one conversation, oldest first.
    pub async fn pending_of_conversation(
        &self,
        channel: ChannelId,
        conversation: ConversationId,
    ) -> Result<Vec<PendingReply>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("pending")
            .key_condition_expression("pending_pk = :pk AND begins_with(pending_sk, :conversation)")
            .expression_attribute_values(":pk", s(Work::Reply.partition(channel)))
            .expression_attribute_values(":conversation", s(format!("{conversation}#")))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        Ok(answer.items.unwrap_or_default().iter().filter_map(pending_reply).collect())
    }

    /// Every unsettled reply of a channel, by conversation, oldest first within each.
    pub async fn pending_replies(&self, channel: ChannelId) -> Result<Vec<PendingReply>, StoreError> {
        let items = self.unfinished(Work::Reply, channel).await?;
        Ok(items.iter().filter_map(pending_reply).collect())
    }

    /// The contacts, groups and people of a channel whose profile is wanted.
    pub async fn pending_profiles(&self, channel: ChannelId) -> Result<Vec<PendingProfile>, StoreError> {
        let items = self.unfinished(Work::Profile, channel).await?;
        Ok(items.iter().filter_map(|item| pending_profile(text(item, "pending_sk"))).collect())
    }

    /// The messages of a channel with files to be copied or deleted, and the people whose pictures are to be copied;
    /// replies whose file is not ready are among the [replies](Inbox::pending_replies).
    pub async fn pending_media(&self, channel: ChannelId) -> Result<PendingFiles, StoreError> {
        let items = self.unfinished(Work::Media, channel).await?;
        let media = items.iter().filter_map(pending_reply);
        let messages =
            media.map(|PendingReply { conversation, message, .. }| PendingMedia { conversation, message });
        let portraits = items.iter().filter_map(|item| pending_portrait(text(item, "pending_sk")));
        let erasures = items.iter().filter_map(|item| pending_erasure(text(item, "pending_sk")));
        Ok(PendingFiles {
            messages: messages.collect(),
            portraits: portraits.collect(),
            erasures: erasures.collect(),
        })
    }

    async fn unfinished(&self, work: Work, channel: ChannelId) -> Result<Vec<Item>, StoreError> {
        self.unfinished_in(work.partition(channel)).await
    }

    pub(super) async fn unfinished_in(&self, partition: String) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("pending")
                .key_condition_expression("pending_pk = :pk")
                .expression_attribute_values(":pk", s(partition.as_str()))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| failed("Query", error))?;
            items.extend(answer.items.unwrap_or_default());
            from = answer.last_evaluated_key;
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}

pub(crate) fn pending_profile(position: &str) -> Option<PendingProfile> {
    let (conversation, participant) = match position.split_once('#') {
        Some((conversation, participant)) => (conversation, Some(participant.to_owned())),
        None => (position, None),
    };
    Some(PendingProfile { conversation: conversation.parse().ok()?, participant })
}

/// Where somebody's picture stands that is to be copied; `None` as `participant` is the contact.
pub(super) fn portrait_position(conversation: ConversationId, participant: Option<&str>) -> String {
    match participant {
        Some(person) => format!("{PORTRAIT}{conversation}#{person}"),
        None => format!("{PORTRAIT}{conversation}"),
    }
}

pub(crate) fn pending_portrait(position: &str) -> Option<PendingProfile> {
    pending_profile(position.strip_prefix(PORTRAIT)?)
}

/// Where a conversation stands that is deleted for ever.
pub(super) fn erasure_position(conversation: ConversationId) -> String {
    format!("{ERASURE}{conversation}")
}

pub(crate) fn pending_erasure(position: &str) -> Option<ConversationId> {
    position.strip_prefix(ERASURE)?.parse().ok()
}

fn pending_reply(item: &Item) -> Option<PendingReply> {
    let position = text(item, "pending_sk");
    let (conversation, message) = position.strip_suffix(UNPREPARED).unwrap_or(position).split_once('#')?;
    Some(PendingReply {
        conversation: conversation.parse().ok()?,
        message: message.parse().ok()?,
        unprepared: position.ends_with(UNPREPARED),
    })
}
