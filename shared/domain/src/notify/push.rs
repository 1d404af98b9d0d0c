//! Web Push: browsers that want to be told although no page of ours is open.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::ids::{ConversationId, OperatorId};
use crate::time::Timestamp;

/// How many browsers one person has at most; another one takes the place of the one that was added first.
pub const MOST_PUSH_SUBSCRIPTIONS: usize = 10;

/// A browser that wants to be told, as its Push API describes itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSubscription {
    /// Derived from its address.
    pub id: String,
    /// Whose.
    pub operator: OperatorId,
    /// Where its push service takes messages. Whoever knows it can try to call the browser: it is not logged.
    pub endpoint: String,
    /// Its public key (uncompressed P-256 point), base64url.
    pub p256dh: String,
    /// Its authentication secret (16 bytes), base64url.
    pub auth: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Counts the writes.
    #[serde(default)]
    pub rev: u64,
}

impl std::fmt::Debug for PushSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushSubscription")
            .field("id", &self.id)
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}

/// What a browser's keys must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushRefused {
    /// RFC 8291: the uncompressed point of P-256, 65 bytes that begin with 4.
    #[error("`p256dh` must be the 65 bytes of an uncompressed P-256 point in base64url")]
    Key,
    /// RFC 8291: 16 bytes.
    #[error("`auth` must be 16 bytes in base64url")]
    Auth,
}

/// Which of `there` must go for another one to be added, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// The ids of those.
    pub replaced: Vec<String>,
}

impl Subscribed {
    /// After adding the one with `id` to `there`.
    pub fn after(id: &str, there: &[PushSubscription]) -> Self {
        let mut others: Vec<_> = there.iter().filter(|other| other.id != id).collect();
        others.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let too_many = (others.len() + 1).saturating_sub(MOST_PUSH_SUBSCRIPTIONS);
        Self { replaced: others.into_iter().take(too_many).map(|other| other.id.clone()).collect() }
    }
}

/// What a browser is told: what there is to see and where, no text of a message. The page words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PushNote {
    /// `mine`, `others`, `unassigned`, `assigned` or `test`.
    pub kind: &'static str,
    /// The conversation; a later note about the same one takes the earlier one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// What the customer is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Where it leads.
    pub url: String,
    /// When it happened.
    pub at: String,
}

impl PushNote {
    /// The longest name that is told, in characters: a push service takes 4096 bytes.
    const NAME_LENGTH: usize = 100;

    /// That something of `kind` happened.
    pub fn about(
        kind: Kind,
        conversation_id: ConversationId,
        contact: Option<&str>,
        url: String,
        at: Timestamp,
    ) -> Self {
        let contact = contact.map(|name| name.chars().take(Self::NAME_LENGTH).collect());
        Self { kind: kind.as_str(), conversation_id: Some(conversation_id), contact, url, at: at.to_string() }
    }

    /// A test.
    pub fn test(url: String, at: Timestamp) -> Self {
        Self { kind: "test", conversation_id: None, contact: None, url, at: at.to_string() }
    }
}
