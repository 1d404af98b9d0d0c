//! Which messages a conversation has taken note of.
//!
//! A message is stored first and its conversation after it, as two writes. Whoever finds a stored message can tell
//! from here whether the second write was made, and makes it if not; nothing is counted twice.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Conversation;
use crate::ids::MessageId;
use crate::message::Message;

/// How many of the latest messages are remembered one by one: more than can be under way at once, since each of them
/// waits for its turn in the conversation's group of the queue.
const KEPT: usize = 16;

/// The messages that a conversation has taken note of: how many there were, and which the latest ones are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    count: u64,
    recent: Marks,
}

/// Marks of the latest messages, oldest first. Stored as bytes, four each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Marks(Vec<[u8; 4]>);

impl Noted {
    /// How many messages there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// See [`Conversation::has_noted`].
    pub(crate) fn has(&self, message: &Message) -> bool {
        message.noted_before.is_none_or(|before| self.has_since(message.key.id, before))
    }

    /// The same of a message that was stored when `before` messages had been noted.
    fn has_since(&self, message: MessageId, before: u64) -> bool {
        self.recent.0.contains(&message.mark()) || self.count.saturating_sub(before) > KEPT as u64
    }

    fn add(&mut self, message: MessageId) {
        if self.recent.0.len() >= KEPT {
            self.recent.0.remove(0);
        }
        self.recent.0.push(message.mark());
        self.count += 1;
    }
}

impl Conversation {
    /// Whether what `message` does to the conversation has been done. A message that was stored so long ago that
    /// newer ones have displaced it counts as noted: they have moved everything that it would move.
    pub fn has_noted(&self, message: &Message) -> bool {
        self.noted.has(message)
    }

    /// The same of a message of which only its id is known, and how many messages had been noted when it was stored.
    pub fn has_noted_since(&self, message: MessageId, before: u64) -> bool {
        self.noted.has_since(message, before)
    }

    /// Whether a message that the provider calls so is one of the latest that were noted.
    pub(crate) fn has_lately_noted(&self, provider_message_id: &str) -> bool {
        self.noted.recent.0.contains(&MessageId::of_provider(self.id, provider_message_id).mark())
    }

    pub(super) fn remember(&mut self, message: &Message) {
        if message.noted_before.is_some() {
            self.noted.add(message.key.id);
        }
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_flattened())
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// Reads bytes, and what formats without bytes make of them.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Marks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("marks of four bytes each")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Marks, E> {
        Ok(Marks(bytes.as_chunks().0.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Marks, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element::<u8>()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::event::Content;
    use crate::ids::{ChannelId, Party};
    use crate::message::{Annotations, Body, MessageKey, SentBy};
    use crate::time::Timestamp;

    fn message(conversation: &Conversation, name: &str) -> Message {
        Message {
            key: MessageKey { at: Timestamp::from_ms(1), id: MessageId::of_provider(conversation.id, name) },
            conversation_id: conversation.id,
            channel_id: conversation.channel_id,
            sent_by: SentBy::Customer,
            body: Body::Said { content: Content::text(name) },
            sender: None,
            provider_message_id: Some(name.to_owned()),
            participant: None,
            reply_to: None,
            send: None,
            read_token: None,
            annotations: Annotations::default(),
            stored_at: Timestamp::from_ms(1),
            noted_before: Some(conversation.noted.count()),
            discarded: Vec::new(),
            first_try: None,
            awaits_ticket: false,
            offensive: false,
            rev: 0,
        }
    }

    #[test]
    fn a_message_is_noted_from_its_note_on_and_never_forgotten() {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let mut conversation = Conversation::new(channel, ChannelKind::Line, Party::User("u".into()));
        let (first, lost) = (message(&conversation, "first"), message(&conversation, "lost"));
        assert!(!conversation.has_noted(&first));
        conversation.remember(&first);
        for count in 0..2 * KEPT {
            assert!(conversation.has_noted(&first), "after {count} more");
            // The note of `lost` never came; as long as that can be told it is told.
            assert_eq!(conversation.has_noted(&lost), conversation.noted.count() > KEPT as u64);
            let next = message(&conversation, &format!("m{count}"));
            conversation.remember(&next);
            assert!(conversation.has_noted(&next));
        }
        assert_eq!(
            (conversation.noted.count(), conversation.noted.recent.0.len()),
            (2 * KEPT as u64 + 1, KEPT)
        );
        let stored = serde_json::to_string(&conversation.noted).unwrap();
        assert_eq!(serde_json::from_str::<Noted>(&stored).unwrap(), conversation.noted);
    }
}
