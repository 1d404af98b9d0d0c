//! A message that was found.

use madoguchi_domain::search::{Excerpt, Query, excerpt, words};
use madoguchi_domain::{ConversationId, Message, MessageKey};
use serde::Serialize;

/// A message that was found, newest first among others.
#[derive(Debug, Serialize)]
pub(crate) struct FoundView {
    conversation_id: ConversationId,
    /// Its `id` in the conversation's messages.
    message_id: MessageKey,
    at: String,
    direction: &'static str,
    excerpt: ExcerptView,
}

#[derive(Debug, Serialize)]
struct ExcerptView {
    text: String,
    position: usize,
    begins_inside: bool,
    ends_inside: bool,
    marks: Vec<MarkView>,
}

#[derive(Debug, Serialize)]
struct MarkView {
    index: usize,
    length: usize,
}

impl FoundView {
    /// `message` as a result, if `query` finds it.
    pub(crate) fn new(message: &Message, query: &Query) -> Option<Self> {
        let found = excerpt(&words(message)?, query)?;
        Some(Self {
            conversation_id: message.conversation_id,
            message_id: message.key,
            at: message.key.at.to_string(),
            direction: if message.sent_by.is_ours() { "out" } else { "in" },
            excerpt: found.into(),
        })
    }
}

impl From<Excerpt> for ExcerptView {
    fn from(excerpt: Excerpt) -> Self {
        let Excerpt { text, position, begins_inside, ends_inside, marks } = excerpt;
        let marks =
            marks.into_iter().map(|mark| MarkView { index: mark.index, length: mark.length }).collect();
        Self { text, position, begins_inside, ends_inside, marks }
    }
}
