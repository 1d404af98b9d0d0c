//! Which customers' messages of a conversation belong together (C9).
//!
//! A stretch begins with the first message that is in no ticket. What follows before its timer runs out joins it, and the
//! next one after that begins another. Every message is told its stretch once and for ever, under a condition that the
//! book is as it was read; every stretch becomes one ticket, under the same condition. So however often a message is
//! reported and whoever else is at work, it is in one ticket.

use serde::{Deserialize, Serialize};

use super::settings::TicketAfter;
use crate::ids::ConversationId;
use crate::message::MessageKey;
use crate::time::Timestamp;

/// What is known of a conversation's stretches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Whose.
    pub conversation_id: ConversationId,
    /// How many stretches there were; they are numbered from 1.
    pub batches: u32,
    /// The one that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Stretch>,
    /// When the conversation was deleted for ever: what was heard until then goes into no ticket any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Counts the writes; every write is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// Messages that are, or will be, one ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Its number within the conversation.
    pub batch: u32,
    /// Its earliest message.
    pub first: MessageKey,
    /// Its latest message.
    pub last: MessageKey,
    /// How many messages it has.
    pub messages: u32,
    /// When it becomes a ticket; `None` = when somebody says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// A customer's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub key: MessageKey,
    /// When it was said or, if it reached us later, when that was: an outage of ours shortens no timer.
    pub at: Timestamp,
}

impl Stretch {
    fn of(batch: u32, key: MessageKey, due_at: Option<Timestamp>) -> Self {
        Self { batch, first: key, last: key, messages: 1, due_at }
    }

    fn add(&mut self, key: MessageKey, due_at: Option<Timestamp>) {
        self.first = self.first.min(key);
        self.last = self.last.max(key);
        self.messages = self.messages.saturating_add(1);
        // What was said first may be reported last: the earliest counts.
        self.due_at = [self.due_at, due_at].into_iter().flatten().min();
    }
}

impl Book {
    /// The book of a conversation of which nobody has heard.
    pub const fn new(conversation_id: ConversationId) -> Self {
        Self { conversation_id, batches: 0, open: None, erased_at: None, rev: 0 }
    }

    /// Whether `batch` still waits.
    pub fn is_open(&self, batch: u32) -> bool {
        self.open.is_some_and(|stretch| stretch.batch == batch)
    }

    /// Without the stretch that waits, which is returned.
    fn closed(&self) -> Option<(Self, Stretch)> {
        self.open.map(|stretch| (Self { open: None, ..self.clone() }, stretch))
    }

    /// With a stretch of its own for `message`, beside the one that waits.
    pub(super) fn alone(&self, message: MessageKey) -> (Self, Stretch) {
        let batch = self.batches + 1;
        (Self { batches: batch, ..self.clone() }, Stretch::of(batch, message, None))
    }
}

/// Puts messages that are in no stretch into the one that waits, or into a new one. The write must be conditional on the
/// book's `rev`, and on each being in no stretch. Returns the number of the stretch, too; `None` if there are none.
pub fn join(book: &Book, messages: &[Heard], after: TicketAfter) -> Option<(Book, u32)> {
    let mut joined = book.clone();
    for message in messages {
        let due_at = after.wait().map(|wait| message.at + wait);
        if let Some(stretch) = &mut joined.open {
            stretch.add(message.key, due_at);
        } else {
            joined.batches += 1;
            joined.open = Some(Stretch::of(joined.batches, message.key, due_at));
        }
    }
    let batch = joined.open.filter(|_| !messages.is_empty())?.batch;
    Some((joined, batch))
}

/// What follows from a message that a customer wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it has its place, or none is wanted.
    Nothing,
    /// It waits with others, in the stretch of this number.
    Wait(Book, u32),
    /// It becomes a ticket of its own.
    Convert(Book, Stretch),
}

/// Decides about `message`, which is in `stretch` already if there is one.
pub fn heard(book: &Book, stretch: Option<u32>, message: Heard, after: TicketAfter) -> Step {
    match after {
        _ if stretch.is_some() || book.erased_at >= Some(message.at) => Step::Nothing,
        TicketAfter::Never => Step::Nothing,
        TicketAfter::Always => {
            let (book, stretch) = book.alone(message.key);
            Step::Convert(book, stretch)
        }
        TicketAfter::Timer { .. } => {
            join(book, &[message], after).map_or(Step::Nothing, |(book, batch)| Step::Wait(book, batch))
        }
    }
}

/// What is done with a stretch whose timer has run out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing: somebody was faster, or it is not over.
    Nothing,
    /// It becomes a ticket.
    Convert(Book, Stretch),
    /// The channel makes no tickets by itself any more.
    GiveUp(Book),
}

/// Decides at `now` about the stretch that waits; `after` is what holds by now. A timer that was changed holds from the
/// next stretch on.
pub fn due(book: &Book, after: TicketAfter, now: Timestamp) -> Due {
    let is_over = book.open.and_then(|stretch| stretch.due_at).is_some_and(|due_at| due_at <= now);
    match book.closed().filter(|_| is_over) {
        None => Due::Nothing,
        Some((book, _)) if after == TicketAfter::Never => Due::GiveUp(book),
        Some((book, stretch)) => Due::Convert(book, stretch),
    }
}

/// What somebody who converts a message by hand gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// It is in a ticket: that of this stretch.
    Already(u32),
    /// Whatever waits with it goes along.
    Stretch(Book, Stretch),
    /// It goes alone.
    Alone(Book, Stretch),
}

/// Decides about `message`, which is in `stretch` if there is one; `is_ticket`: that one has become a ticket.
pub fn by_hand(book: &Book, stretch: Option<u32>, is_ticket: bool, message: MessageKey) -> ByHand {
    match (stretch, book.closed()) {
        (Some(batch), Some((closed, open))) if open.batch == batch => ByHand::Stretch(closed, open),
        (Some(batch), _) if is_ticket => ByHand::Already(batch),
        _ => {
            let (book, stretch) = book.alone(message);
            ByHand::Alone(book, stretch)
        }
    }
}
