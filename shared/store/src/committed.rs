//! What a committed write of the Inbox table did, for the functions that follow its stream.

use madoguchi_domain::conversation::Standing;
use madoguchi_domain::{Conversation, Message};

use crate::inbox::{Moved, read_conversation};
use crate::item::{self, Item, text};

/// A write of a conversation or of a message, with what stood there before. The stream tells each at least once, those of
/// one conversation in their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Committed {
    /// A conversation began (no `before`), changed, or was deleted (no `after`).
    Conversation {
        /// As it was.
        before: Option<Box<Conversation>>,
        /// As it is.
        after: Option<Box<Conversation>>,
    },
    /// A message or a line of the timeline was written (no `before`), changed, or was deleted (no `after`).
    Message {
        /// As it was.
        before: Option<Box<Message>>,
        /// As it is.
        after: Option<Box<Message>>,
    },
}

impl Committed {
    /// What the write that turned `old` into `new` did; `None` if it was neither, or cannot be read.
    pub fn of(new: serde_dynamo::Item, old: serde_dynamo::Item) -> Option<Self> {
        let (new, old) = (Item::from(new), Item::from(old));
        let key = if new.is_empty() { &old } else { &new };
        let is_conversation = text(key, "sk") == "conversation";
        if !text(key, "pk").starts_with("c#") || !(is_conversation || text(key, "sk").starts_with("m#")) {
            return None;
        }
        let committed = if is_conversation {
            // What stands in the place of one that was deleted for ever is nothing to anybody.
            let is_there = |conversation: &Conversation| !conversation.is_erased();
            let read = |item: Item| read_conversation(item).ok().filter(is_there).map(Box::new);
            Self::Conversation { before: read(old), after: read(new) }
        } else {
            let read = |item: Item| item::decode(item).map(Box::new).ok();
            Self::Message { before: read(old), after: read(new) }
        };
        let is_told = match &committed {
            Self::Conversation { before, after } => before.is_some() || after.is_some(),
            Self::Message { before, after } => before.is_some() || after.is_some(),
        };
        is_told.then_some(committed)
    }

    /// What the counts of the sections must know of it.
    pub fn moved(&self) -> Option<Moved> {
        let Self::Conversation { before, after } = self else { return None };
        let of = |conversation: &Option<Box<Conversation>>| conversation.as_deref().and_then(Standing::of);
        let standing = of(after);
        let conversation = after.as_deref().or(before.as_deref())?;
        if after.is_some() && of(before) == standing {
            return None;
        }
        Some(Moved {
            channel_id: conversation.channel_id,
            conversation_id: conversation.id,
            version: conversation.version,
            standing,
        })
    }
}
