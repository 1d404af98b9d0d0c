//! Messages: what was said, and how far a reply has come.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::event::{Attachment, Content};
use crate::ids::{ChannelId, ConversationId, InvalidId, MessageId, OperatorId};
use crate::media::{Media, MediaFailure};
use crate::note::Note;
use crate::second_try::FirstTry;
use crate::send::{FailureReason, Meter, Via};
use crate::sender::{Sender, SenderName};
use crate::time::Timestamp;
use crate::window::Author;

/// Where a message stands in its conversation: by the time at which it was said, then by id. Written
/// `{ms:013}-{uuid}`, so that the text sorts as the key does. Also the message's public id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageKey {
    /// When it was said, by the provider's clock (ours for replies).
    pub at: Timestamp,
    /// Which one.
    pub id: MessageId,
}

impl fmt::Display for MessageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}-{}", self.at.as_ms().max(0), self.id)
    }
}

impl FromStr for MessageKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let (at, id) = text.split_once('-').ok_or(InvalidId("MessageKey"))?;
        if at.len() != 13 || !at.bytes().all(|b| b.is_ascii_digit()) {
            return Err(InvalidId("MessageKey"));
        }
        let ms = at.parse().map_err(|_| InvalidId("MessageKey"))?;
        Ok(Self { at: Timestamp::from_ms(ms), id: id.parse()? })
    }
}

impl Serialize for MessageKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One thing said in a conversation, or one line of its timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Place and id.
    pub key: MessageKey,
    /// Whose conversation.
    pub conversation_id: ConversationId,
    /// The channel it came or goes through.
    pub channel_id: ChannelId,
    /// Who said it.
    pub sent_by: SentBy,
    /// Of a reply: under whose name it goes out; `None` of what came in and of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// What was said or happened.
    pub body: Body,
    /// The provider's id of it, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
    /// In a group: the provider's id of who spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// The provider's id of the message it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// LINE: what marks it and all before it as read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_token: Option<ReadToken>,
    /// How far a reply has come; `None` for what came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<SendState>,
    /// What happened to it afterwards.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
    /// When we stored it.
    pub stored_at: Timestamp,
    /// How many messages its conversation had taken note of when it was stored, see
    /// [`crate::Conversation::has_noted`]; `None` for what is always written together with the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noted_before: Option<u64>,
    /// Keys of objects that must be deleted, since the message they belonged to was taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discarded: Vec<String>,
    /// Of a reply that is sent once more by itself: what became of the first time (RPL-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_try: Option<FirstTry>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// Marks a message of LINE and all before it as read. It never expires, so it is shown to nobody: prints as
/// `ReadToken(…)`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadToken(String);

impl ReadToken {
    /// Takes a token over.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ReadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadToken(…)")
    }
}

/// Who said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum SentBy {
    /// The contact, or somebody in the group.
    Customer,
    /// A person of the company, through us.
    Operator {
        /// Who.
        operator: OperatorId,
    },
    /// A person of the company in the provider's own inbox (ING-13).
    ProviderInbox,
    /// Another app that is connected to the account.
    OtherApp,
    /// The inbox by itself, as an administrator set it up.
    Automation,
    /// Nobody: a line of the timeline.
    System,
}

impl SentBy {
    /// Whether the company's side said it.
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Operator { .. } | Self::ProviderInbox | Self::OtherApp | Self::Automation)
    }

    /// Whether we send it: a person through us, or the inbox by itself.
    pub const fn is_sent_here(&self) -> bool {
        matches!(self, Self::Operator { .. } | Self::Automation)
    }

    /// For whom the provider's window holds.
    pub const fn author(&self) -> Author {
        match self {
            Self::Automation => Author::Automation,
            _ => Author::Person,
        }
    }

    /// Whether it counts as an operator's answer: only what a person wrote does.
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Operator { .. } | Self::ProviderInbox)
    }
}

/// What was said, or what happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Body {
    /// Something said.
    Said {
        /// What.
        content: Content,
    },
    /// A line of the timeline.
    Timeline {
        /// Its machine-readable kind, such as `closed` or `followed`.
        event: String,
        /// Its reason or detail, machine-readable where there is a list of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// The same piece by piece, by machine-readable names.
        #[serde(default, skip_serializing_if = "Facts::is_empty")]
        facts: Facts,
    },
    /// What colleagues tell each other (CON-7). It is never sent: nothing that sends reads it.
    Note {
        /// What.
        note: Note,
    },
}

/// The pieces of what a line of the timeline tells, by name.
pub type Facts = BTreeMap<String, String>;

/// What happened to a message after it was said. Merging is commutative and idempotent, so the order
/// and number of deliveries do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotations {
    /// By who reacted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reactions: BTreeMap<String, Reaction>,
    /// The latest change of its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// When it was taken back. Its content is gone from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_at: Option<Timestamp>,
}

/// A reaction as it was last set. Field order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reaction {
    /// When.
    pub at: Timestamp,
    /// What is shown; `None` = withdrawn.
    pub emoji: Option<String>,
}

/// A change of a message's text. Field order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// When.
    pub at: Timestamp,
    /// The new text.
    pub text: String,
}

impl Annotations {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes over what `other` knows; the later entry wins, an unsend wins over everything.
    pub fn merge(&mut self, other: Self) {
        for (actor, reaction) in other.reactions {
            let entry = self.reactions.entry(actor).or_insert_with(|| reaction.clone());
            if reaction > *entry {
                *entry = reaction;
            }
        }
        self.edit = self.edit.take().max(other.edit);
        self.unsent_at = match (self.unsent_at, other.unsent_at) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if self.unsent_at.is_some() {
            // The provider asks that the text be removed, and an edit carries it too.
            self.edit = None;
        }
    }
}

impl Message {
    /// Applies what happened to the message. After an unsend the stored content is gone.
    pub fn annotate(&mut self, annotations: Annotations) {
        self.annotations.merge(annotations);
        if self.annotations.unsent_at.is_some()
            && let Body::Said { content } = &mut self.body
        {
            for attachment in content.attachments() {
                if let Some(Media::Stored(stored)) = &attachment.media {
                    self.discarded.extend(stored.keys().map(str::to_owned));
                }
            }
            *content = Content::Unsent;
            self.read_token = None;
        }
    }

    /// What is attached, files or not.
    pub fn attachments(&self) -> &[Attachment] {
        match &self.body {
            Body::Said { content } => content.attachments(),
            Body::Timeline { .. } | Body::Note { .. } => &[],
        }
    }

    /// See [`Message::attachments`].
    pub fn attachments_mut(&mut self) -> &mut [Attachment] {
        match &mut self.body {
            Body::Said { content } => content.attachments_mut(),
            Body::Timeline { .. } | Body::Note { .. } => &mut [],
        }
    }

    /// Since when files of it wait for being copied or made ready; `None` if none does.
    pub fn files_pending_since(&self) -> Option<Timestamp> {
        let pending = self.attachments().iter().filter_map(|attachment| match attachment.media {
            Some(Media::Pending { since }) => Some(since),
            _ => None,
        });
        pending.min()
    }

    /// Whether there is work to be done on its files: to be copied, made ready, or deleted.
    pub fn has_file_work(&self) -> bool {
        !self.discarded.is_empty() || self.files_pending_since().is_some()
    }

    /// Has the file of attachment `index` tried again if it failed; tells whether it had.
    pub fn retry_file(&mut self, index: usize, now: Timestamp) -> bool {
        match self.attachments_mut().get_mut(index).map(|attachment| &mut attachment.media) {
            Some(media @ Some(Media::Failed { .. })) => {
                *media = Some(Media::Pending { since: now });
                true
            }
            _ => false,
        }
    }

    /// Records what became of the file of attachment `index`. Returns whether that is news: somebody else may have
    /// been faster, and what was taken back stays so. The caller deletes what is not referred to then.
    pub fn settle_file(
        &mut self,
        index: usize,
        outcome: Media,
        duration_ms: Option<u64>,
        now: Timestamp,
    ) -> bool {
        let reply = self.send.is_some() && matches!(self.sent_by, SentBy::Operator { .. });
        let Some(attachment) = self.attachments_mut().get_mut(index) else { return false };
        if !matches!(attachment.media, Some(Media::Pending { .. })) {
            return false;
        }
        let failure = match outcome {
            Media::Failed { reason, .. } => Some(reason),
            _ => None,
        };
        attachment.media = Some(outcome);
        attachment.duration_ms = attachment.duration_ms.or(duration_ms);
        if let Some(reason) = failure.filter(|_| reply) {
            self.send = Some(SendState::Failed {
                at: now,
                reason: FailureReason::AttachmentRefused,
                detail: MediaFailure::public_id(reason).to_owned(),
                provider_text: None,
                meter: None,
            });
        }
        true
    }

    /// The text that a reply sends.
    pub fn reply_text(&self) -> Option<&str> {
        match &self.body {
            Body::Said { content: Content::Text { text, .. } } => Some(text),
            _ => None,
        }
    }

    /// The name that the customer sees above it; `None` is the account.
    pub fn shown_sender(&self) -> Option<&SenderName> {
        self.sender.as_ref().and_then(Sender::name)
    }

    /// One line for a list; `None` for timeline lines and notes.
    pub fn preview(&self) -> Option<String> {
        match (&self.body, &self.annotations.edit) {
            (Body::Said { content: Content::Text { .. } }, Some(edit)) => {
                Some(Content::text(edit.text.clone()).preview())
            }
            (Body::Said { content }, _) => Some(content.preview()),
            (Body::Timeline { .. } | Body::Note { .. }, _) => None,
        }
    }

    /// Whether the reply still has to be dealt with.
    pub fn is_pending(&self) -> bool {
        matches!(self.send, Some(SendState::Queued { .. } | SendState::Sending { .. }))
    }
}

/// How far a reply has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum SendState {
    /// To be queued later (RPL-15). No answer yet.
    Scheduled {
        /// When.
        at: Timestamp,
        /// Not if the customer writes before.
        #[serde(default)]
        unless_customer_writes: bool,
        /// [`crate::Conversation::customer_clock`] when it was written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        heard: Option<Timestamp>,
    },
    /// An operator thought better of it while it was scheduled.
    Canceled {
        /// When.
        at: Timestamp,
    },
    /// Written down; nobody has it in hand.
    Queued {
        /// Attempts made so far.
        attempts: u32,
        /// When the first attempt was made; a retry key lives from then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_attempt_at: Option<Timestamp>,
        /// Not before then, after a passing fault.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
        /// The way of the last attempt, if its retry must use the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_via: Option<Via>,
    },
    /// Claimed by a sender until the lease ends.
    Sending {
        /// This attempt's number, from 1.
        attempt: u32,
        /// When the first attempt was made.
        first_attempt_at: Timestamp,
        /// When this attempt was made.
        claimed_at: Timestamp,
        /// Until when nobody else may touch it.
        lease_until: Timestamp,
        /// How it is handed over.
        via: Via,
    },
    /// The provider took it.
    Sent {
        /// When; the provider's time where an echo told it.
        at: Timestamp,
    },
    /// The provider took it and gave it up, for a reason that may pass: it is sent once more by itself (RPL-12). What
    /// it failed of is in [`Message::first_try`].
    Retrying {
        /// When.
        at: Timestamp,
    },
    /// It has reached the customer's device, as the provider told of this message.
    Delivered {
        /// When we were told.
        at: Timestamp,
    },
    /// It was read, as the provider told of this message.
    Read {
        /// When we were told.
        at: Timestamp,
    },
    /// It will not be sent.
    Failed {
        /// When that was decided.
        at: Timestamp,
        /// Why.
        reason: FailureReason,
        /// The provider's code, for maintainers.
        detail: String,
        /// The provider's own words where we have none of ours, for administrators. May quote the message: never logged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_text: Option<String>,
        /// Of a used-up quota: the provider's meter, where it told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meter: Option<Meter>,
    },
    /// It may have been sent; an echo or a person decides.
    Unconfirmed {
        /// When that was recorded.
        at: Timestamp,
        /// When it was tried, to compare with watermarks.
        claimed_at: Timestamp,
        /// For maintainers.
        detail: String,
    },
}

impl SendState {
    /// A reply that has just been written.
    pub const fn queued() -> Self {
        Self::Queued { attempts: 0, first_attempt_at: None, not_before: None, keep_via: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::Party;

    /// What an earlier release stored is read, and what is new is not written where it says nothing.
    #[test]
    fn messages_of_an_earlier_release_are_read() {
        let bodies = [
            r#"{"type":"timeline","event":"closed","detail":"idle"}"#,
            r#"{"type":"said","content":{"kind":"text","text":"a"}}"#,
            r#"{"type":"said","content":{"kind":"attachments","attachments":[{"kind":"image","set_id":"S"}]}}"#,
            r#"{"type":"said","content":{"kind":"postback","title":null,"payload":"x"}}"#,
            r#"{"type":"said","content":{"kind":"sticker","sticker":"1/2"}}"#,
        ];
        for body in bodies {
            let read: Body = serde_json::from_str(body).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), body);
        }
        let failed = r#"{"status":"failed","at":1,"reason":"message_refused","detail":"100"}"#;
        let read: SendState = serde_json::from_str(failed).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), failed);
    }

    #[test]
    fn a_message_key_sorts_as_text_and_reads_back() {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let conversation = ConversationId::derive(channel, &Party::User("u".into()));
        let key = |ms| MessageKey {
            at: Timestamp::from_ms(ms),
            id: MessageId::of_provider(conversation, &ms.to_string()),
        };
        let (early, late) = (key(999), key(1_700_000_000_000));
        assert!(early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse(), Ok(late));
        for bad in ["", "1-", "+700000000000-00000000-0000-0000-0000-000000000000", "x"] {
            assert!(bad.parse::<MessageKey>().is_err(), "{bad}");
        }
    }
}
