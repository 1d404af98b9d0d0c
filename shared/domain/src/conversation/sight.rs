//! What somebody had before them who sets a conversation aside or closes it: what came in since was not seen, and is not
//! closed over, whoever lost how many races.

use super::Conversation;
use crate::time::Timestamp;

/// What an operator had before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    said: Option<Timestamp>,
    heard: Option<Timestamp>,
    unread: u32,
}

impl Sight {
    /// Of somebody who acts on `conversation` as it was first read for them; `message`: when the latest message was said that
    /// they had before them, where they tell.
    pub fn of(conversation: &Conversation, message: Option<Timestamp>) -> Self {
        let said = message.or(conversation.last_customer_at);
        Self { said, heard: conversation.customer_clock, unread: conversation.unread }
    }

    /// Whether everything that the customer has said in `conversation` was before them. What was said earlier and came in later was not.
    pub fn covers(&self, conversation: &Conversation) -> bool {
        conversation.last_customer_at <= self.said
            && conversation.customer_clock <= self.heard
            && conversation.unread <= self.unread
    }
}
