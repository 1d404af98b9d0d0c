//! Ids. Those of channels, conversations and messages are derived from what the provider calls
//! them, so that "one conversation per contact" is a property of the key and not of a lock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::channel::ChannelKind;
use crate::time::Timestamp;

/// Namespace of channel ids. Never changes: every stored key depends on it.
const CHANNELS: Uuid = Uuid::from_u128(0x6f1d_2f0a_7a53_5c0e_9d1b_8e35_1c7d_4a90);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = "uuid"))]
        pub struct $name(Uuid);

        impl $name {
            /// The UUID itself.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the hyphenated form that we print: one thing has one spelling.
                if text.len() != 36 {
                    return Err(InvalidId(stringify!($name)));
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId(stringify!($name)))
            }
        }
    };
}

/// Text that is not an id of the named kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a {0}")]
pub struct InvalidId(pub(crate) &'static str);

uuid_id!(
    /// One connected account of a provider: a Page, a LINE official account.
    ChannelId
);
uuid_id!(
    /// A saved view of the inbox.
    ViewId
);
uuid_id!(
    /// A face that the organisation shows.
    BrandId
);
uuid_id!(
    /// A group that answers.
    DepartmentId
);
uuid_id!(
    /// A text that operators send again and again, with fields to fill in.
    TemplateId
);
uuid_id!(
    /// What operators mark conversations with.
    LabelId
);
uuid_id!(
    /// The credential that channels are reached with.
    ConnectionId
);
uuid_id!(
    /// Another system that is told what happens.
    WebhookId
);
uuid_id!(
    /// One thing that happened, as other systems are told of it.
    WebhookEventId
);
uuid_id!(
    /// An administrator's way through the steps that connect a channel.
    SetupId
);
uuid_id!(
    /// Everything between one contact (or group) and one channel.
    ConversationId
);
uuid_id!(
    /// One message; unique within its conversation.
    MessageId
);

impl ChannelId {
    /// The channel of the provider's account `external_id` (a page id, a LINE channel id).
    pub fn derive(kind: ChannelKind, external_id: &str) -> Self {
        Self(Uuid::new_v5(&CHANNELS, format!("{}:{external_id}", kind.as_str()).as_bytes()))
    }
}

impl BrandId {
    /// The brand that was added as `name` at `at`; it keeps its id when it is renamed.
    pub fn derive(name: &str, at: Timestamp) -> Self {
        Self(added("brand", name, at))
    }
}

impl DepartmentId {
    /// The department that was added as `name` at `at`; it keeps its id when it is renamed.
    pub fn derive(name: &str, at: Timestamp) -> Self {
        Self(added("department", name, at))
    }
}

impl TemplateId {
    /// The template that was added as `name` at `at`; it keeps its id when it is renamed.
    pub fn derive(name: &str, at: Timestamp) -> Self {
        Self(added("template", name, at))
    }
}

impl LabelId {
    /// The label that was added as `name` at `at`; it keeps its id when it is renamed.
    pub fn derive(name: &str, at: Timestamp) -> Self {
        Self(added("label", name, at))
    }
}

impl ViewId {
    /// The view that `owner` saved as `name` at `at`; it keeps its id when it is renamed.
    pub fn derive(owner: &str, name: &str, at: Timestamp) -> Self {
        Self(added("view", &format!("{owner}:{name}"), at))
    }
}

impl SetupId {
    /// The setup that `seed` stands for, which nobody else has.
    pub fn derive(seed: &str) -> Self {
        Self(Uuid::new_v5(&CHANNELS, format!("setup:{seed}").as_bytes()))
    }
}

impl WebhookId {
    /// The subscription that `seed` stands for, which nobody else has.
    pub fn derive(seed: &str) -> Self {
        Self(Uuid::new_v5(&CHANNELS, format!("webhook:{seed}").as_bytes()))
    }
}

impl WebhookEventId {
    /// What `name` stands for among the events of `namespace`.
    pub(crate) fn derive(namespace: Uuid, name: &str) -> Self {
        Self(Uuid::new_v5(&namespace, name.as_bytes()))
    }

    /// A number from 0 to 255 that differs by event and by `turn`.
    pub(crate) fn spread(&self, turn: u32) -> u8 {
        self.0.as_bytes()[(turn % 6) as usize]
    }
}

/// What administrators add has no name elsewhere.
fn added(what: &str, name: &str, at: Timestamp) -> Uuid {
    Uuid::new_v5(&CHANNELS, format!("{what}:{}:{name}", at.as_ms()).as_bytes())
}

impl ConnectionId {
    /// The connection `name` of a provider: the Meta user who logged in, or the LINE channel id.
    pub fn derive(kind: ChannelKind, name: &str) -> Self {
        Self(Uuid::new_v5(&CHANNELS, format!("connection:{}:{name}", kind.as_str()).as_bytes()))
    }
}

impl From<ChannelId> for ConnectionId {
    /// LINE has one credential per account, so the channel's id names its connection too.
    fn from(channel: ChannelId) -> Self {
        Self(channel.0)
    }
}

impl ConversationId {
    /// The conversation of `party` with `channel`.
    pub fn derive(channel: ChannelId, party: &Party) -> Self {
        Self(Uuid::new_v5(&channel.0, party.to_string().as_bytes()))
    }

    /// A small stable number for spreading conversations over `shards` index partitions.
    pub fn shard(&self, shards: u8) -> u8 {
        self.0.as_bytes()[15] % shards
    }
}

impl MessageId {
    /// Sorts before every message.
    pub const FIRST: Self = Self(Uuid::nil());

    /// The message that the provider calls `provider_id`.
    pub fn of_provider(conversation: ConversationId, provider_id: &str) -> Self {
        Self(Uuid::new_v5(&conversation.0, format!("provider:{provider_id}").as_bytes()))
    }

    /// The reply that a client named by its idempotency key.
    pub fn of_reply(conversation: ConversationId, idempotency_key: &str) -> Self {
        Self(Uuid::new_v5(&conversation.0, format!("reply:{idempotency_key}").as_bytes()))
    }

    /// The timeline line `name` (such as `closed:3`).
    pub fn of_timeline(conversation: ConversationId, name: &str) -> Self {
        Self(Uuid::new_v5(&conversation.0, format!("timeline:{name}").as_bytes()))
    }

    /// A short stand-in for the id among the few latest messages of a conversation.
    pub(crate) fn mark(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = *self.0.as_bytes();
        [a, b, c, d]
    }

    /// An id derived from this one, for a provider's idempotency key.
    pub fn derived(&self, purpose: &str) -> Uuid {
        Uuid::new_v5(&self.0, purpose.as_bytes())
    }
}

/// With whom a conversation is held, as the provider names them. Written `user:…`, `group:…`, `room:…`.
///
/// A group is never mistaken for the person who spoke in it: the kind is part of the id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Party {
    /// One person.
    User(String),
    /// A LINE group chat.
    Group(String),
    /// A LINE multi-person chat.
    Room(String),
}

impl Party {
    /// The provider's id without the kind.
    pub fn external_id(&self) -> &str {
        match self {
            Self::User(id) | Self::Group(id) | Self::Room(id) => id,
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Group(id) => write!(f, "group:{id}"),
            Self::Room(id) => write!(f, "room:{id}"),
        }
    }
}

impl FromStr for Party {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.split_once(':') {
            Some(("user", id)) => Ok(Self::User(id.to_owned())),
            Some(("group", id)) => Ok(Self::Group(id.to_owned())),
            Some(("room", id)) => Ok(Self::Room(id.to_owned())),
            _ => Err(InvalidId("Party")),
        }
    }
}

impl Serialize for Party {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The person of the company who acts, as the identity provider names them (the `sub` claim).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperatorId(pub String);

/// What the ids of machines begin with.
const CLIENT: &str = "client:";

impl OperatorId {
    /// A machine that acts by itself, as the identity provider names its client (OPS-1).
    pub fn client(id: &str) -> Self {
        Self(format!("{CLIENT}{id}"))
    }

    /// Whether anybody can be called so. DynamoDB: a key has 1 to 1,024 bytes.
    pub fn is_possible(&self) -> bool {
        (1..=1_024).contains(&self.0.len())
    }

    /// Whether it is a machine: what it writes is no person's answer.
    pub fn is_client(&self) -> bool {
        self.0.starts_with(CLIENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_across_releases() {
        let channel = ChannelId::derive(ChannelKind::Line, "1650000001");
        assert_eq!(channel.to_string(), "1809223c-a54e-5e9b-ae37-4058be706671");
        let conversation = ConversationId::derive(channel, &Party::User("U1".into()));
        assert_ne!(conversation, ConversationId::derive(channel, &Party::Group("U1".into())));
    }

    #[test]
    fn nobody_is_called_nothing_or_more_than_a_key_holds() {
        for (length, is_possible) in [(0, false), (1, true), (1_024, true), (1_025, false)] {
            assert_eq!(OperatorId("p".repeat(length)).is_possible(), is_possible, "{length}");
        }
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = ChannelId::derive(ChannelKind::Messenger, "1");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.as_uuid().simple().to_string().parse::<ChannelId>().is_err());
    }
}
