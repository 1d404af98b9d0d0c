//! What search must take note of: what a queue message to `search-index` says.

use madoguchi_domain::search::{ContactWords, words};
use madoguchi_domain::{ChannelId, ConversationId, MessageKey};
use serde::{Deserialize, Serialize};

use crate::Committed;

/// "Search has something to take note of."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchWork {
    /// Form of the message.
    pub v: u8,
    /// Each piece.
    pub items: Vec<SearchItem>,
}

/// One piece of it. Says where to look, never what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SearchItem {
    /// Something was said.
    Message {
        /// In which conversation.
        conversation_id: ConversationId,
        /// On which channel.
        channel_id: ChannelId,
        /// Where.
        message: MessageKey,
        /// It said something else before.
        #[serde(default)]
        changed: bool,
    },
    /// A contact is new, or is called otherwise.
    Contact {
        /// Whose.
        conversation_id: ConversationId,
    },
    /// A conversation was deleted, or the last of what it was made of.
    Forgotten {
        /// Which one.
        conversation_id: ConversationId,
    },
    /// The next step of making the index anew.
    Rebuild {
        /// The write of its state that this step follows from.
        rev: u64,
    },
}

impl SearchItem {
    /// What follows from a committed write, if anything does.
    pub fn of(committed: &Committed) -> Option<Self> {
        match committed {
            Committed::Message { before, after: Some(after) } => {
                let before = before.as_deref().and_then(words);
                (before != words(after)).then(|| Self::Message {
                    conversation_id: after.conversation_id,
                    channel_id: after.channel_id,
                    message: after.key,
                    changed: before.is_some(),
                })
            }
            // Messages are deleted with their conversation.
            Committed::Message { after: None, .. } => None,
            Committed::Conversation { before, after: Some(after) } => {
                let before = before.as_deref().map(ContactWords::of);
                let changed = before.as_ref() != Some(&ContactWords::of(after));
                changed.then_some(Self::Contact { conversation_id: after.id })
            }
            Committed::Conversation { before, after: None } => {
                Some(Self::Forgotten { conversation_id: before.as_deref()?.id })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::{ChannelKind, Conversation, Message, Party};
    use serde_json::json;

    use super::*;

    fn message(text: &str, annotations: serde_json::Value) -> Option<Box<Message>> {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        serde_json::from_value(json!({
            "key": format!("1700000000000-{id}"), "conversation_id": id, "channel_id": id, "annotations": annotations,
            "sent_by": {"by": "customer"}, "stored_at": 1,
            "body": {"type": "said", "content": {"kind": "text", "text": text}},
        }))
        .ok()
    }

    #[test]
    fn src_4_what_changes_no_words_is_no_work() {
        let of = |before, after| SearchItem::of(&Committed::Message { before, after });
        let plain = || message("a", json!({}));
        let changed = |item: Option<SearchItem>| match item {
            Some(SearchItem::Message { changed, .. }) => Some(changed),
            _ => None,
        };
        assert_eq!(changed(of(None, plain())), Some(false));
        assert_eq!(changed(of(plain(), message("a", json!({"edit": {"at": 2, "text": "b"}})))), Some(true));
        assert_eq!(changed(of(plain(), message("a", json!({"unsent_at": 2})))), Some(true));
        let liked = message("a", json!({"reactions": {"U": {"at": 2, "emoji": "x"}}}));
        assert_eq!(of(plain(), liked), None);
        assert_eq!(of(plain(), None), None);
        assert_eq!(of(None, message("  ", json!({}))), None);
    }

    #[test]
    fn src_4_a_contact_is_taken_note_of_when_it_is_called_otherwise() {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let new = Conversation::new(channel, ChannelKind::Line, Party::User("U1".into()));
        let mut named = new.clone();
        named.contact.name = Some("花子".into());
        let mut wrote = named.clone();
        wrote.unread = 3;
        let of = |before: Option<&Conversation>, after: Option<&Conversation>| {
            let boxed = |conversation: Option<&Conversation>| conversation.cloned().map(Box::new);
            SearchItem::of(&Committed::Conversation { before: boxed(before), after: boxed(after) })
        };
        let conversation_id = new.id;
        assert_eq!(of(None, Some(&new)), Some(SearchItem::Contact { conversation_id }));
        assert_eq!(of(Some(&new), Some(&named)), Some(SearchItem::Contact { conversation_id }));
        assert_eq!(of(Some(&named), Some(&wrote)), None);
        assert_eq!(of(Some(&named), None), Some(SearchItem::Forgotten { conversation_id }));
    }
}
