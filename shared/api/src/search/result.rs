//! A message that was found.

use madoguchi_domain::search::{Excerpt, Query, excerpt, words};
use madoguchi_domain::{
    ChannelId, Conversation, ConversationId, LabelId, Message, MessageKey, OperatorId, SentBy,
};
use serde::Serialize;

/// A message that was found, newest first among others.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FoundView {
    conversation_id: ConversationId,
    /// Its `id` among the conversation's messages.
    message_id: MessageKey,
    at: String,
    /// `internal`: a note of colleagues.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::FoundDirection))]
    direction: &'static str,
    /// What stands around the first place found. Places and lengths are UTF-16 code units.
    excerpt: ExcerptView,
}

/// Whose message it is, or whom a search for contacts found.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FoundContact))]
pub(crate) struct ContactView {
    id: ConversationId,
    channel_id: ChannelId,
    #[cfg_attr(feature = "openapi", schema(value_type = madoguchi_domain::ChannelKind))]
    channel_kind: &'static str,
    contact_name: Option<String>,
    /// The provider's id of the contact.
    external_id: String,
    section: &'static str,
    assignee: Option<OperatorId>,
    labels: Vec<LabelId>,
    last_activity_at: Option<String>,
}

impl ContactView {
    pub(crate) fn new(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id,
            channel_id: conversation.channel_id,
            channel_kind: conversation.channel_kind.as_str(),
            contact_name: conversation.contact.name.clone(),
            external_id: conversation.party.external_id().to_owned(),
            section: conversation.section().as_str(),
            assignee: conversation.assignee.clone(),
            labels: conversation.labels.iter().copied().collect(),
            last_activity_at: conversation.last_activity_at.map(|at| at.to_string()),
        }
    }
}

/// What stands around the first place found. Places and lengths are UTF-16 code units.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ExcerptView {
    text: String,
    /// Where `text` begins in the whole.
    position: usize,
    /// Something stands before it.
    begins_inside: bool,
    /// Something stands behind it.
    ends_inside: bool,
    marks: Vec<MarkView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct MarkView {
    index: usize,
    length: usize,
}

impl FoundView {
    /// Whose message it is.
    pub(crate) const fn conversation(&self) -> ConversationId {
        self.conversation_id
    }

    /// `message` as a result, if `query` finds it.
    pub(crate) fn new(message: &Message, query: &Query) -> Option<Self> {
        let found = excerpt(&words(message)?, query)?;
        Some(Self {
            conversation_id: message.conversation_id,
            message_id: message.key,
            at: message.key.at.to_string(),
            direction: match &message.sent_by {
                SentBy::Customer => "in",
                SentBy::System => "internal",
                _ => "out",
            },
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
