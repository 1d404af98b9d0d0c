//! Deleting a conversation for ever (CLS-8 to CLS-10).
//!
//! What is deleted is what the conversation had taken note of, and nothing that comes in meanwhile: a shell stays in its
//! place, which stands in no list and goes on counting, so that a message tells by its count on which side it is. The
//! customer's next message begins a new conversation in it.

use serde::{Deserialize, Serialize};

use super::{Contact, Conversation, Noted, ProfileState};
use crate::channel::Channel;
use crate::ids::{ChannelId, ConversationId, OperatorId};
use crate::message::Message;
use crate::role::Role;
use crate::ticket::Book;
use crate::time::Timestamp;

/// What is to be deleted of a conversation. It is kept until nothing of that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Whose.
    pub conversation_id: ConversationId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// When somebody asked for it.
    pub erased_at: Timestamp,
    /// Who.
    pub by: OperatorId,
    /// The messages that go.
    pub noted: Noted,
    /// The object of the contact's picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portrait: Option<String>,
    /// The stretches of messages up to this one go, with the tickets that they have become; `None` = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stretches: Option<u32>,
}

impl Erasure {
    /// Whether `message` goes. Lines of the timeline are written together with the conversation and have no count.
    pub fn covers(&self, message: &Message) -> bool {
        match message.noted_before {
            Some(_) => self.noted.has(message),
            None => message.stored_at <= self.erased_at,
        }
    }

    /// Whether the stretch `batch` goes, and its ticket. What was said since has stretches of its own.
    pub fn covers_stretch(&self, batch: u32) -> bool {
        self.stretches.is_none_or(|last| batch <= last)
    }
}

/// A conversation that is deleted for ever.
#[derive(Clone, Debug, PartialEq)]
pub struct Erased {
    /// What stands in its place; `version` is still the one that was read.
    pub shell: Conversation,
    /// The book, which goes on counting: nothing waits in it, and nothing of before goes in. `rev` is still the one that was read.
    pub book: Book,
    /// What is to be deleted.
    pub erasure: Erasure,
}

/// Deletes `conversation` for ever, and what `book` tells of its tickets. That the customer asked for silence or is blocked is kept: it is a wish, and not history. The write must be
/// conditional on the version and the `rev` that were read.
pub fn erase(conversation: &Conversation, book: &Book, by: &OperatorId, now: Timestamp) -> Erased {
    let Conversation { id, channel_id, channel_kind, party, .. } = conversation.clone();
    let contact = Contact {
        // Asked for when the customer writes again.
        profile: ProfileState::Unavailable,
        opt_out: conversation.contact.opt_out,
        blocked: conversation.contact.blocked.clone(),
        ..Contact::default()
    };
    let shell = Conversation {
        contact,
        noted: conversation.noted.clone(),
        erased_at: Some(now),
        version: conversation.version,
        ..Conversation::new(channel_id, channel_kind, party)
    };
    let erasure = Erasure {
        conversation_id: id,
        channel_id,
        erased_at: now,
        by: by.clone(),
        noted: conversation.noted.clone(),
        portrait: conversation.contact.portrait.key(id),
        stretches: Some(book.batches),
    };
    Erased { shell, book: Book { open: None, erased_at: Some(now), ..book.clone() }, erasure }
}

impl Conversation {
    /// Whether it was deleted for ever and nobody has written since: then it is not there.
    pub fn is_erased(&self) -> bool {
        self.erased_at.is_some() && self.sorted_at.is_none()
    }

    /// What came in since begins a new conversation.
    pub(super) fn begin_after_erasure(&mut self) {
        if self.erased_at.is_some() && self.sorted_at.is_some() {
            self.erased_at = None;
            if self.contact.profile == ProfileState::Unavailable {
                self.contact.profile = ProfileState::of_new(self.channel_kind);
            }
        }
    }
}

/// Whether `operator` may delete conversations of `channel` for ever (CLS-8): whoever connected the channel and nobody else.
/// Where that is not known, or they are gone, an owner may.
pub fn may_erase(
    role: Role,
    operator: &OperatorId,
    channel: Option<&Channel>,
    installer_is_here: bool,
) -> bool {
    let installer = channel.and_then(|channel| channel.installer.as_ref()).filter(|_| installer_is_here);
    match installer {
        Some(installer) => installer == operator,
        None => role == Role::Owner,
    }
}

/// Whether somebody who was asked to type whose conversation it is has done so: the contact's name, the provider's id of them, or
/// the conversation's.
pub fn is_confirmed(conversation: &Conversation, typed: &str) -> bool {
    let typed = typed.trim();
    let named = conversation.contact.name.as_deref().is_some_and(|name| name.trim() == typed);
    !typed.is_empty()
        && (named || typed == conversation.party.external_id() || typed == conversation.id.to_string())
}
