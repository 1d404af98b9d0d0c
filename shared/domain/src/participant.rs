//! Somebody in a group or room. People there are many, and most messages concern one of them, so each is kept apart
//! from the conversation.

use serde::{Deserialize, Serialize};

use crate::conversation::ProfileState;
use crate::ids::{ChannelId, ConversationId};
use crate::picture::Portrait;
use crate::time::Timestamp;

/// Somebody in a group or room, as the provider knows them there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The provider's id of the person.
    pub id: String,
    /// The group.
    pub conversation_id: ConversationId,
    /// The channel that knows the group.
    pub channel_id: ChannelId,
    /// The display name, once fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The picture.
    #[serde(flatten)]
    pub portrait: Portrait,
    /// Whether the profile was asked for.
    #[serde(default)]
    pub profile: ProfileState,
    /// Whether they joined or left, as last told; `None` for who was there before us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// Whether somebody is in the group, as last told. Field order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Presence {
    /// When.
    pub at: Timestamp,
    /// There, or not any more.
    pub present: bool,
}

impl Participant {
    /// Somebody of whom nothing is known yet.
    pub fn new(channel_id: ChannelId, conversation_id: ConversationId, id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            conversation_id,
            channel_id,
            name: None,
            portrait: Portrait::default(),
            profile: ProfileState::Wanted,
            presence: None,
            rev: 0,
        }
    }

    /// Whether they are in the group, as far as we were told.
    pub fn is_present(&self) -> bool {
        self.presence.is_none_or(|presence| presence.present)
    }
}
