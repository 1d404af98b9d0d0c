//! What a client is told of a committed write: that it was, and not what was said. A client that shows the thing fetches it
//! from the API, which alone decides what the caller may read of it, and in which language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelId, ConversationId};

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// A conversation.
    Conversation,
    /// A message or a line of the timeline.
    Message,
}

/// One thing that is new, changed or gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it is.
    pub kind: ChangeKind,
    /// Its id, as the API names it.
    pub id: String,
    /// The conversation that it is or belongs to.
    pub conversation_id: ConversationId,
    /// The channel of that.
    pub channel_id: ChannelId,
    /// Counts its writes. What is gone has the number of its last one.
    pub version: u64,
    /// It was deleted for ever.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// A change at its place in the sequence of all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbered {
    /// Its place.
    pub seq: u64,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// Whether a client that knows `known` of a thing takes over what it is told or has fetched of it: the higher version,
/// in whatever order and however often they come (CON-9).
pub fn is_news(known: Option<u64>, told: u64) -> bool {
    known.is_none_or(|known| known < told)
}

impl Change {
    fn thing(&self) -> (ChangeKind, ConversationId, &str) {
        (self.kind, self.conversation_id, &self.id)
    }

    /// Whether it says more than `other`, which is of the same thing. A message that is gone never comes back; a conversation
    /// begins anew when its customer writes again.
    fn outdoes(&self, other: &Self) -> bool {
        match self.kind {
            ChangeKind::Conversation => (self.version, self.removed) > (other.version, other.removed),
            ChangeKind::Message => (self.removed, self.version) > (other.removed, other.version),
        }
    }
}

/// `changes` with each thing once, as it was last, in the order in which the things were first named.
pub fn coalesced(changes: impl IntoIterator<Item = Change>) -> Vec<Change> {
    let mut kept: Vec<Change> = Vec::new();
    let mut places: BTreeMap<(ChangeKind, ConversationId, String), usize> = BTreeMap::new();
    for change in changes {
        let (kind, conversation, id) = change.thing();
        match places.get(&(kind, conversation, id.to_owned())) {
            Some(place) if change.outdoes(&kept[*place]) => kept[*place] = change,
            Some(_) => {}
            None => {
                places.insert((kind, conversation, id.to_owned()), kept.len());
                kept.push(change);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::Party;

    fn change(thing: u8, version: u64, removed: bool) -> Change {
        let channel_id = ChannelId::derive(ChannelKind::Line, "1");
        let conversation_id = ConversationId::derive(channel_id, &Party::User("U1".into()));
        let kind = if thing == 0 { ChangeKind::Conversation } else { ChangeKind::Message };
        Change { kind, id: format!("m{thing}"), conversation_id, channel_id, version, removed }
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        prop::collection::vec(
            (0..4_u8, 1..20_u64).prop_map(|(thing, version)| change(thing, version, false)),
            0..40,
        )
    }

    #[test]
    fn con_9_each_thing_is_told_once_as_it_was_last() {
        let told =
            coalesced([change(1, 1, false), change(0, 5, false), change(1, 3, false), change(1, 2, false)]);
        assert_eq!(told, [change(1, 3, false), change(0, 5, false)]);
        let gone = coalesced([change(1, 4, true), change(1, 4, false), change(1, 9, false)]);
        assert_eq!(gone, [change(1, 4, true)], "nothing comes after the end");
        let begun = coalesced([change(0, 4, true), change(0, 4, false), change(0, 5, false)]);
        assert_eq!(begun, [change(0, 5, false)], "but a conversation begins anew");
        let ended =
            coalesced([change(0, 4, false), change(0, 5, true), change(0, 4, false), change(0, 5, false)]);
        assert_eq!(ended, [change(0, 5, true)]);
        assert!(coalesced([]).is_empty());
    }

    #[test]
    fn con_9_texts_do_not_travel() {
        let told = serde_json::to_value(Numbered { seq: 7, change: change(1, 2, false) }).unwrap();
        let mut names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["channel_id", "conversation_id", "id", "kind", "seq", "version"]);
        let gone = serde_json::to_value(change(1, 2, true)).unwrap();
        assert_eq!(gone["removed"], true);
        assert_eq!(serde_json::from_value::<Change>(gone).unwrap(), change(1, 2, true));
    }

    proptest! {
        /// Late, repeated or shuffled: every client ends with the latest of everything.
        #[test]
        fn con_9_order_and_repetition_do_no_harm(told in changes(), order in any::<u64>(), again in 0..40_usize) {
            let upsert = |told: &[Change]| {
                let mut shelf: HashMap<String, u64> = HashMap::new();
                for change in told {
                    if is_news(shelf.get(&change.id).copied(), change.version) {
                        shelf.insert(change.id.clone(), change.version);
                    }
                }
                shelf
            };
            let expected = upsert(&told);
            let mut shuffled = told.clone();
            shuffled.extend(told.iter().take(again).cloned());
            shuffled.sort_by_key(|change| (change.version ^ order).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            prop_assert_eq!(upsert(&shuffled), expected.clone());
            prop_assert_eq!(upsert(&coalesced(shuffled)), expected);
        }
    }
}
