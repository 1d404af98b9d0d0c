//! Tickets (TKT): what customers wrote, to be worked through under a number.
//!
//! A conversation has a [`Book`], which says in what ticket each of its customers' messages goes; see there for the
//! timer. What becomes of a ticket afterwards is here.

mod book;
mod settings;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use book::{Book, ByHand, Due, Heard, Step, Stretch, by_hand, due, heard, join};
pub use settings::{MINUTES, TicketAfter, TicketSettings};

use crate::conversation::{Conversation, timeline};
use crate::ids::{ChannelId, ConversationId, DepartmentId, MessageId, OperatorId};
use crate::message::{Body, Facts, Message, MessageKey};
use crate::text;
use crate::time::Timestamp;

/// The longest subject that somebody may give, in characters.
pub const SUBJECT_CHARACTERS: usize = 200;
/// The longest reference to another system, in characters.
pub const REFERENCE_CHARACTERS: usize = 500;

/// One ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Consecutive over all channels, from 1.
    pub number: u64,
    /// Whose messages.
    pub conversation_id: ConversationId,
    /// The conversation's channel.
    pub channel_id: ChannelId,
    /// The department that the conversation belonged to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Which of the conversation's [stretches](Stretch) it was made of.
    pub batch: u32,
    /// What somebody called it; `None` = as its first message begins, see [`Ticket::shown_subject`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How far it is.
    pub status: TicketStatus,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<OperatorId>,
    /// What made it.
    pub source: TicketSource,
    /// What it is called in another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The earliest of its messages.
    pub first: MessageKey,
    /// The latest of them; messages of other tickets may stand between the two.
    pub last: MessageKey,
    /// How many they are.
    pub messages: u32,
    /// When it was made; never before a ticket of a lower number.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When it was closed, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// How far a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum TicketStatus {
    /// Somebody has to do something.
    Open,
    /// The customer has to answer.
    Pending,
    /// It waits for something else.
    OnHold,
    /// Nothing is left to do.
    Closed,
}

impl TicketStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Pending, Self::OnHold, Self::Closed];

    /// The name used in keys and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Pending => "pending",
            Self::OnHold => "on_hold",
            Self::Closed => "closed",
        }
    }

    /// Whether a ticket may go from here to `to`. A closed one is opened first: nobody waits unseen.
    pub const fn may_become(self, to: Self) -> bool {
        match (self, to) {
            (Self::Open | Self::Pending | Self::OnHold, _) | (Self::Closed, Self::Open | Self::Closed) => {
                true
            }
            (Self::Closed, Self::Pending | Self::OnHold) => false,
        }
    }
}

/// What made a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum TicketSource {
    /// A person (TKT-1).
    Manual {
        /// Who.
        operator: OperatorId,
    },
    /// The timer ran out (TKT-2).
    Timer,
    /// Each message of its channel becomes one (TKT-4).
    Always,
}

impl TicketSource {
    /// The name used in lines of the timeline and the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Manual { .. } => "manual",
            Self::Timer => "timer",
            Self::Always => "always",
        }
    }
}

/// A ticket that is about to be made: all of it but its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The conversation; nothing of it changes.
    pub conversation: Conversation,
    /// The department that it belongs to.
    pub department: Option<DepartmentId>,
    /// Its book without the stretch; `rev` is still the one that was read.
    pub book: Book,
    /// What goes into the ticket.
    pub stretch: Stretch,
    /// A message that was in no stretch, or in one that was given up.
    pub takes: Option<MessageKey>,
    /// What makes it.
    pub source: TicketSource,
}

impl Opening {
    /// The ticket as `number` and its line in the timeline, made at `at`.
    pub fn numbered(&self, number: u64, at: Timestamp) -> (Ticket, Message) {
        let Stretch { batch, first, last, messages, .. } = self.stretch;
        let ticket = Ticket {
            number,
            conversation_id: self.conversation.id,
            channel_id: self.conversation.channel_id,
            department: self.department,
            batch,
            subject: None,
            status: TicketStatus::Open,
            assignee: None,
            source: self.source.clone(),
            reference: None,
            first,
            last,
            messages,
            created_at: at,
            updated_at: at,
            closed_at: None,
            rev: 0,
        };
        let mut line = timeline(&self.conversation, "ticket_created", self.source.as_str(), at, at);
        line.key.id = MessageId::of_timeline(self.conversation.id, &format!("ticket_created:{batch}"));
        if let Body::Timeline { facts, .. } = &mut line.body {
            *facts = Facts::from([("number".to_owned(), number.to_string())]);
        }
        (ticket, line)
    }
}

/// What is to be different; `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketChanges {
    /// What it is called; `None` inside = as its first message begins.
    pub subject: Option<Option<String>>,
    /// How far it is.
    pub status: Option<TicketStatus>,
    /// Who works on it.
    pub assignee: Option<Option<OperatorId>>,
    /// What it is called in another system.
    pub reference: Option<Option<String>>,
}

/// Why a ticket cannot be changed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefused {
    /// The status does not lead there.
    #[error("a ticket that is {} cannot become {}", .from.as_str(), .to.as_str())]
    Move {
        /// As it is.
        from: TicketStatus,
        /// As it was to be.
        to: TicketStatus,
    },
    /// The subject is empty, too long, or more than a line.
    #[error("`subject` must be a line of 1 to {SUBJECT_CHARACTERS} characters")]
    Subject,
    /// The reference is.
    #[error("`reference` must be a line of 1 to {REFERENCE_CHARACTERS} characters")]
    Reference,
}

impl Ticket {
    /// The ticket with `changes`; `None` if nothing is different then.
    pub fn changed(&self, changes: TicketChanges, now: Timestamp) -> Result<Option<Self>, TicketRefused> {
        let mut changed = self.clone();
        if let Some(subject) = changes.subject {
            let subject =
                subject.map(|text| line_of(&text, SUBJECT_CHARACTERS).ok_or(TicketRefused::Subject));
            changed.subject = subject.transpose()?;
        }
        if let Some(reference) = changes.reference {
            let reference =
                reference.map(|text| line_of(&text, REFERENCE_CHARACTERS).ok_or(TicketRefused::Reference));
            changed.reference = reference.transpose()?;
        }
        if let Some(to) = changes.status {
            if !self.status.may_become(to) {
                return Err(TicketRefused::Move { from: self.status, to });
            }
            changed.status = to;
            changed.closed_at =
                (to == TicketStatus::Closed).then(|| self.closed_at.unwrap_or(now.max(self.created_at)));
        }
        if let Some(assignee) = changes.assignee {
            changed.assignee = assignee;
        }
        if changed == *self {
            return Ok(None);
        }
        changed.updated_at = now.max(self.updated_at);
        Ok(Some(changed))
    }

    /// What it is called. As long as nobody has given it a name, its `first` message tells it as that is by now: what was
    /// taken back must not live on here.
    pub fn shown_subject(&self, first: Option<&Message>) -> String {
        let begins = || first.and_then(Message::preview).unwrap_or_default();
        self.subject.clone().unwrap_or_else(begins)
    }

    /// Its place among all tickets, which sorts by number and by time: `{ms:013}-{number:012}`.
    pub fn position(&self) -> String {
        format!("{:013}-{:012}", self.created_at.as_ms().max(0), self.number)
    }
}

fn line_of(given: &str, most_characters: usize) -> Option<String> {
    let text = given.trim();
    let fits = (1..=most_characters).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    (fits && text::shows_something(text)).then(|| text.to_owned())
}
