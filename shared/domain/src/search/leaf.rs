//! A leaf of the index: what was said in one conversation within a few hours.

use super::{Folded, Grams, Query, words};
use crate::ids::{ChannelId, ConversationId};
use crate::message::Message;
use crate::time::{Span, Timestamp};

/// How long a leaf's time is. Times begin at midnight UTC.
pub const SLOT: Span = Span::from_hours(6);
/// A leaf with so many bytes of grams takes no more: as an item it stays below 1 KB, which is one write unit.
const FULL_BYTES: usize = 620;

/// The grams of messages of one conversation within one [`SLOT`]. It holds no text: what it may have is looked up in the
/// messages themselves, so that an edit or an unsend is heeded whatever the index knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Whose messages.
    pub conversation_id: ConversationId,
    /// Their channel.
    pub channel_id: ChannelId,
    /// When its slot begins.
    pub slot: Timestamp,
    /// Which one of the slot, from 0.
    pub number: u16,
    /// When the earliest of its messages was said.
    pub first: Timestamp,
    /// When the latest was.
    pub last: Timestamp,
    /// What they have.
    pub grams: Grams,
    /// Counts the writes; every write is conditional on it.
    pub rev: u64,
}

/// The beginning of the slot that `at` is in.
pub fn slot(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.as_ms() - at.as_ms().rem_euclid(SLOT.as_ms()))
}

impl Leaf {
    /// Whether `query`, whose grams are `wanted`, may find something of it.
    pub fn may_have(&self, wanted: &Grams) -> bool {
        self.grams.contains(wanted)
    }

    /// Adds `message` to the leaves of its slot, if it has words. What they know already changes nothing.
    pub fn add(leaves: &mut Vec<Self>, message: &Message) {
        let Some(words) = words(message) else { return };
        let (at, grams) = (message.key.at, Grams::of(&Folded::new(&words)));
        let known = leaves.iter().position(|leaf| leaf.grams.contains(&grams));
        let room = || {
            let newest = leaves.len().checked_sub(1)?;
            (leaves[newest].grams.to_bytes().len() < FULL_BYTES).then_some(newest)
        };
        if let Some(place) = known.or_else(room) {
            let leaf = &mut leaves[place];
            leaf.grams.merge(&grams);
            leaf.first = leaf.first.min(at);
            leaf.last = leaf.last.max(at);
            return;
        }
        let number = u16::try_from(leaves.len()).unwrap_or(u16::MAX);
        leaves.push(Self {
            conversation_id: message.conversation_id,
            channel_id: message.channel_id,
            slot: slot(at),
            number,
            first: at,
            last: at,
            grams,
            rev: 0,
        });
    }

    /// The leaves of one slot, made from all of its messages, oldest first.
    pub fn of_slot<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<Self> {
        let mut leaves = Vec::new();
        for message in messages {
            Self::add(&mut leaves, message);
        }
        leaves
    }

    /// Whether both say the same, however often they were written.
    pub fn says(&self, other: &Self) -> bool {
        (self.first, self.last, &self.grams) == (other.first, other.last, &other.grams)
    }
}

/// The grams that `query` wants of a leaf. The words of a query may stand in one message only, so all are wanted of one leaf.
pub fn wanted(query: &Query) -> Grams {
    Grams::wanted(query)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const NOON: i64 = 1_700_006_400_000;

    fn message(ms: i64, text: &str) -> Message {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        serde_json::from_value(json!({
            "key": format!("{:013}-{id}", NOON + ms), "conversation_id": id, "channel_id": id,
            "sent_by": {"by": "customer"}, "stored_at": 1,
            "body": {"type": "said", "content": {"kind": "text", "text": text}},
        }))
        .unwrap()
    }

    fn may_have(leaf: &Leaf, query: &str) -> bool {
        leaf.may_have(&wanted(&Query::parse(query).unwrap()))
    }

    #[test]
    fn src_4_a_slot_is_six_hours() {
        let noon = Timestamp::from_ms(NOON);
        assert_eq!(slot(noon), noon);
        assert_eq!(slot(noon + SLOT - Span::from_ms(1)), noon);
        assert_eq!(slot(noon + SLOT), noon + SLOT);
    }

    #[test]
    fn src_4_adding_a_message_twice_changes_nothing() {
        let mut leaves = Leaf::of_slot(&[message(1, "予約したい"), message(5, "はい")]);
        let before = leaves.clone();
        Leaf::add(&mut leaves, &message(5, "はい"));
        assert_eq!(leaves, before);
        assert_eq!(leaves.len(), 1);
        assert_eq!((leaves[0].first.as_ms(), leaves[0].last.as_ms()), (NOON + 1, NOON + 5));
        assert!(may_have(&leaves[0], "予約") && !may_have(&leaves[0], "返品"));
    }

    #[test]
    fn src_4_a_message_without_words_takes_no_place() {
        let mut sticker = message(1, "x");
        sticker.annotate(serde_json::from_value(json!({"unsent_at": 2})).unwrap());
        assert_eq!(Leaf::of_slot(&[sticker]), []);
    }

    #[test]
    fn src_4_a_full_leaf_is_followed_by_another() {
        let han = |i: u32, j: u32| char::from_u32(0x4e00 + (i * 7_919 + j * 104_729) % 20_000).unwrap();
        let text = |i: u32| (0..30).map(|j| han(i, j)).collect::<String>();
        let texts: Vec<Message> = (0..100).map(|i| message(i64::from(i), &text(i))).collect();
        let leaves = Leaf::of_slot(&texts);
        assert!(leaves.len() > 1);
        for (place, leaf) in leaves.iter().enumerate() {
            assert_eq!(usize::from(leaf.number), place);
            assert!(leaf.grams.to_bytes().len() < FULL_BYTES + 200, "{}", leaf.grams.to_bytes().len());
        }
        let mut again = leaves.clone();
        for text in &texts {
            Leaf::add(&mut again, text);
        }
        assert!(again.iter().zip(&leaves).all(|(a, b)| a.grams == b.grams) && again.len() == leaves.len());
    }

    proptest! {
        /// Whatever the order, and however often: every message is in a leaf that has its time and its grams.
        #[test]
        fn src_4_every_message_can_be_found(texts in prop::collection::vec("[ぁ-お一-六a-c]{1,12}", 1..40), seed in any::<u64>()) {
            let mut messages: Vec<Message> =
                texts.iter().zip(0_i64..).map(|(text, at)| message(at * 1_000, text)).collect();
            let length = messages.len();
            messages.rotate_left(usize::try_from(seed % length as u64).unwrap());
            messages.extend(messages.clone());
            let leaves = Leaf::of_slot(&messages);
            for message in &messages {
                let query = words(message).unwrap();
                let wanted = wanted(&Query::parse(&query).unwrap());
                let at = message.key.at;
                prop_assert!(leaves.iter().any(|leaf| leaf.may_have(&wanted) && leaf.first <= at && at <= leaf.last));
            }
        }
    }
}
