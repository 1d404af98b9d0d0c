//! Contacts who are blocked (ABU-3, ABU-4): nothing that they say is taken in until somebody unblocks them.
//!
//! What is dropped is gone; only how much it was is counted, in an entry of its own beside the conversation, so that a
//! dropped message writes no conversation.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelSettings, Intake};
use crate::conversation::{Conversation, timeline};
use crate::event::{Event, EventBody};
use crate::happening::Happening;
use crate::ids::{ChannelId, ConversationId, MessageId, OperatorId};
use crate::message::{Body, Message};
use crate::text;
use crate::time::{Span, Timestamp};

/// The longest reason, in characters.
pub const REASON_LENGTH: usize = 200;
/// Why a contact is blocked whom nobody blocked.
pub const ABUSE: &str = "abuse";
/// How often one process writes how much it has dropped of a contact.
const WRITE_EVERY: Span = Span::from_secs(60);
/// Ids of dropped messages that are remembered, so that a redelivery is not counted again.
const REMEMBERED: usize = 32;

/// That a contact is blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What reaches us from then on is dropped.
    pub since: Timestamp,
    /// Who blocked them; `None` = the inbox by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<OperatorId>,
    /// Why, in the words of who did it; [`ABUSE`] of the inbox.
    pub reason: String,
}

/// A contact who was blocked or unblocked, with the line in the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The new state; `version` is still the one that was read.
    pub conversation: Conversation,
    /// The line.
    pub line: Message,
}

/// A reason without the blanks around it: one line of 1 to [`REASON_LENGTH`] characters, some of which can be seen.
pub fn reason(given: &str) -> Option<String> {
    let reason = given.trim();
    let fits = (1..=REASON_LENGTH).contains(&reason.chars().count()) && !reason.chars().any(char::is_control);
    (fits && text::shows_something(reason)).then(|| reason.to_owned())
}

/// Blocks the contact; `None` if they are blocked already, by whomever.
pub fn block(mut conversation: Conversation, by: &OperatorId, reason: &str, now: Timestamp) -> Option<Moved> {
    if conversation.is_blocked() {
        return None;
    }
    let block = Block { since: now, by: Some(by.clone()), reason: reason.to_owned() };
    let line = line(&conversation, "blocked", &block.reason, Some(by), now);
    conversation.contact.blocked = Some(block);
    Some(Moved { conversation, line })
}

/// Blocks the contact after `offences`, from what reached us at `since` on.
pub(crate) fn by_itself(
    conversation: &mut Conversation,
    offences: u32,
    since: Timestamp,
    now: Timestamp,
) -> Option<Message> {
    if conversation.is_blocked() {
        return None;
    }
    let mut line = line(conversation, "blocked", ABUSE, None, now);
    tell(&mut line, "offences", offences.to_string());
    conversation.contact.blocked = Some(Block { since, by: None, reason: ABUSE.to_owned() });
    Some(line)
}

/// Unblocks the contact, of whom `dropped` messages were not taken in; `None` if they are not blocked. What customers are told
/// by themselves may be due again.
pub fn unblock(
    mut conversation: Conversation,
    by: &OperatorId,
    dropped: u64,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Option<Moved> {
    let block = conversation.contact.blocked.take()?;
    conversation.rearm(settings);
    let mut line = line(&conversation, "unblocked", &block.reason, Some(by), now);
    tell(&mut line, "dropped", dropped.to_string());
    Some(Moved { conversation, line })
}

fn line(
    conversation: &Conversation,
    event: &str,
    detail: &str,
    by: Option<&OperatorId>,
    now: Timestamp,
) -> Message {
    let mut line = timeline(conversation, event, detail, now, now);
    // It can happen several times in an episode.
    line.key.id = MessageId::of_timeline(conversation.id, &format!("{event}:{}", conversation.version));
    if let Some(by) = by {
        tell(&mut line, "operator", by.0.clone());
    }
    line
}

fn tell(line: &mut Message, name: &str, value: String) {
    if let Body::Timeline { facts, .. } = &mut line.body {
        facts.insert(name.to_owned(), value);
    }
}

impl Conversation {
    /// Whether the contact is blocked.
    pub fn is_blocked(&self) -> bool {
        self.contact.blocked.is_some()
    }

    /// The contact, while they are blocked.
    pub fn blocked(&self) -> Option<Blocked> {
        let since = self.contact.blocked.as_ref()?.since;
        Some(Blocked { channel: self.channel_id, conversation: self.id, since })
    }

    /// Whether `event` of the contact is taken in. Of one who is blocked nothing that they say is; what became of our own
    /// replies, who may answer, and what the contact wishes or takes back counts all the same.
    pub fn intake(&self, event: &Event) -> Intake {
        let Some(block) = &self.contact.blocked else { return Intake::Taken };
        if event.received_at < block.since {
            return Intake::Taken;
        }
        match &event.body {
            EventBody::Progress(_)
            | EventBody::Delivered { .. }
            | EventBody::Read { .. }
            | EventBody::Echo(_)
            | EventBody::OptOut { .. }
            | EventBody::Unsend { .. }
            | EventBody::Follow { .. }
            | EventBody::Unfollow
            | EventBody::Control(_)
            | EventBody::Happened { what: Happening::JoinedGroup | Happening::LeftGroup, .. } => {
                Intake::Taken
            }
            // One that was stored before it was said that they are blocked comes again.
            EventBody::Message(message) if self.has_lately_noted(&message.provider_message_id) => {
                Intake::Taken
            }
            EventBody::Message(_)
            | EventBody::Reaction { .. }
            | EventBody::Edit { .. }
            | EventBody::Referral(_)
            | EventBody::Happened { .. }
            | EventBody::Unknown { .. } => Intake::Dropped,
        }
    }
}

/// A contact who is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blocked {
    /// On which channel.
    pub channel: ChannelId,
    /// In which conversation.
    pub conversation: ConversationId,
    /// Since when.
    pub since: Timestamp,
}

/// How many messages of blocked contacts a process has dropped and not written yet. Of a process that dies, at most those
/// of a minute are missing.
#[derive(Debug, Default)]
pub struct Dropped {
    contacts: HashMap<Blocked, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    count: u64,
    written_at: Option<Timestamp>,
    ids: VecDeque<String>,
}

impl Dropped {
    /// Whether something of this contact was dropped here lately: then the next thing is likely to be dropped, too.
    pub fn knows(&self, conversation: ConversationId) -> bool {
        self.contacts.keys().any(|known| known.conversation == conversation)
    }

    /// Counts the message that the provider calls `id`, once.
    pub fn note(&mut self, contact: Blocked, id: &str) {
        let waiting = self.contacts.entry(contact).or_default();
        if waiting.ids.iter().any(|known| known == id) {
            return;
        }
        waiting.ids.push_back(id.to_owned());
        if waiting.ids.len() > REMEMBERED {
            waiting.ids.pop_front();
        }
        waiting.count += 1;
    }

    /// What is to be written at `now`: at once what was dropped first, then what has come together in a minute. Contacts of
    /// whom nothing came for so long are forgotten.
    #[must_use]
    pub fn due(&mut self, now: Timestamp) -> Vec<(Blocked, u64)> {
        let mut due = Vec::new();
        self.contacts.retain(|contact, waiting| {
            let rests = waiting.written_at.is_some_and(|at| at <= now && now < at + WRITE_EVERY);
            if waiting.count > 0 && !rests {
                due.push((*contact, std::mem::take(&mut waiting.count)));
                waiting.written_at = Some(now);
            }
            waiting.count > 0 || waiting.written_at.is_some_and(|at| at <= now && now < at + WRITE_EVERY)
        });
        due
    }

    /// Takes back what could not be written.
    pub fn take_back(&mut self, contact: Blocked, count: u64) {
        self.contacts.entry(contact).or_default().count += count;
    }
}

#[cfg(test)]
#[path = "block_tests.rs"]
mod tests;
