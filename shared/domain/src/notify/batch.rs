//! E-mail about one conversation to one person: never more than one in [`EVERY`], and none of what they have dealt with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Kind, Settings};
use crate::conversation::Conversation;
use crate::ids::{ChannelId, ConversationId, OperatorId};
use crate::message::MessageKey;
use crate::time::{Span, Timestamp};

/// How long the first e-mail waits: who is at their desk has answered or read by then.
pub const FIRST_AFTER: Span = Span::from_minutes(1);
/// The least time between two e-mails.
pub const EVERY: Span = Span::from_minutes(5);
/// How long whoever took a batch has for sending it. Longer than a function runs: by then it has ended.
pub const LEASE: Span = Span::from_minutes(5);
/// After so long without being taken by the mail service an e-mail is no news any more.
pub const GIVE_UP_AFTER: Span = Span::from_hours(1);

/// What one person is still to be told of one conversation, and was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Whom.
    pub operator: OperatorId,
    /// Of which conversation.
    pub conversation_id: ConversationId,
    /// Its channel.
    pub channel_id: ChannelId,
    /// The e-mail that is due next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// What came while that one is being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Pending>,
    /// When the last e-mail was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// All that happened until then was told. What needed no telling leaves no trace: that is looked at again if it comes
    /// again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_through: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// One e-mail that is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// When the first happened of what it tells.
    pub since: Timestamp,
    /// When the last happened. Only what comes while another e-mail is being sent is followed.
    pub until: Timestamp,
    /// What it tells.
    pub kinds: BTreeSet<Kind>,
    /// When it is to be sent.
    pub due_at: Timestamp,
    /// Since when somebody is sending it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
}

/// How far a conversation was read, by whoever was first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Up to where.
    pub through: MessageKey,
    /// Who.
    pub by: OperatorId,
}

impl Batch {
    /// Nothing is to be told, and nothing was.
    pub const fn new(operator: OperatorId, conversation_id: ConversationId, channel_id: ChannelId) -> Self {
        Self {
            operator,
            conversation_id,
            channel_id,
            pending: None,
            next: None,
            sent_at: None,
            told_through: None,
            rev: 0,
        }
    }

    /// Takes note of something of `kind` that happened at `at`; false if there is nothing to write down. However often
    /// and in whatever order the same is noted, it is told once.
    pub fn note(&mut self, kind: Kind, at: Timestamp) -> bool {
        if self.told_through.is_some_and(|told| at <= told) {
            return false;
        }
        let sent_at = self.sent_at;
        // Whether the e-mail that is being sent tells it, too, is known when it has been sent.
        let is_taken = self.pending.as_ref().is_some_and(|pending| pending.taken_at.is_some());
        let place = if is_taken { &mut self.next } else { &mut self.pending };
        match place {
            Some(pending) => {
                let is_news = at < pending.since || (is_taken && at > pending.until);
                pending.since = pending.since.min(at);
                pending.until = pending.until.max(at);
                pending.kinds.insert(kind) || is_news
            }
            None => {
                let (kinds, due_at) = (BTreeSet::from([kind]), due_at(at, sent_at));
                *place = Some(Pending { since: at, until: at, kinds, due_at, taken_at: None });
                true
            }
        }
    }

    /// Takes the e-mail that is due, to send it; false if none is, or somebody else is sending it.
    pub fn take(&mut self, now: Timestamp) -> bool {
        let Some(pending) = &mut self.pending else { return false };
        let is_free = pending.taken_at.is_none_or(|taken_at| now.since(taken_at) >= LEASE);
        let is_due = pending.due_at <= now && is_free;
        if is_due {
            pending.taken_at = Some(now);
        }
        is_due
    }

    /// What was taken has been sent at `now`.
    pub fn sent(&mut self, now: Timestamp) {
        self.sent_at = self.sent_at.max(Some(now));
        self.refused();
    }

    /// What was taken can never be sent: as good as told.
    pub fn refused(&mut self) {
        let taken_at = self.pending.as_ref().and_then(|pending| pending.taken_at);
        self.told_through = self.told_through.max(taken_at);
        // It was there when the e-mail was written, which leads to it.
        self.next = self.next.take().filter(|next| Some(next.until) > self.told_through);
        self.settle();
    }

    /// What was taken needs no telling.
    pub fn settle(&mut self) {
        self.pending = self.next.take();
        let sent_at = self.sent_at;
        if let Some(pending) = &mut self.pending {
            pending.due_at = due_at(pending.since, sent_at);
        }
    }

    /// What was taken could not be sent now: it is tried again, unless it is too old by then.
    pub fn put_off(&mut self, now: Timestamp) {
        match &mut self.pending {
            Some(pending) if now.since(pending.since) < GIVE_UP_AFTER => {
                pending.taken_at = None;
                pending.due_at = now + EVERY;
                if let Some(next) = self.next.take() {
                    pending.since = pending.since.min(next.since);
                    pending.until = pending.until.max(next.until);
                    pending.kinds.extend(next.kinds);
                }
            }
            _ => self.refused(),
        }
    }

    /// When somebody must look at it: when it is due or, if it was taken, when whoever did so has failed.
    pub fn look_at(&self) -> Option<Timestamp> {
        let pending = self.pending.as_ref()?;
        Some(pending.taken_at.map_or(pending.due_at, |taken_at| taken_at + LEASE))
    }

    /// What of the pending e-mail still needs telling, with the conversation as it is by now: nothing once somebody has
    /// answered, it was closed or handed to a bot; no message that was marked as done or that this person has read.
    pub fn still(
        &self,
        conversation: &Conversation,
        read: Option<&Read>,
        settings: &Settings,
    ) -> BTreeSet<Kind> {
        let Some(pending) = &self.pending else { return BTreeSet::new() };
        let through =
            |at: Option<Timestamp>| conversation.last_customer_at.is_some_and(|said| Some(said) <= at);
        // An answer between two messages leaves the second one waiting.
        let answers_all = |at: Timestamp| conversation.last_customer_at.is_none_or(|said| at >= said);
        let is_answered =
            conversation.last_answer_at.is_some_and(|at| at >= pending.since && answers_all(at));
        let is_read = read.is_some_and(|read| read.by == self.operator && through(Some(read.through.at)));
        let is_over = !conversation.is_open()
            || !conversation.mode.is_operator()
            || conversation.contact.blocked.is_some()
            || is_answered;
        if is_over {
            return BTreeSet::new();
        }
        // When it was read nobody knows: perhaps before it was given to them.
        let is_known = is_read || through(conversation.done_through);
        let assignee = conversation.assignee.as_ref();
        let is_theirs = assignee == Some(&self.operator);
        let holds = |kind: Kind| match kind {
            Kind::Assigned => is_theirs,
            Kind::Mine => is_theirs && !is_known,
            Kind::Others => assignee.is_some() && !is_theirs && !is_known,
            Kind::Unassigned => assignee.is_none() && !is_known,
        };
        pending.kinds.iter().copied().filter(|kind| holds(*kind) && settings.ways(*kind).email).collect()
    }
}

fn due_at(since: Timestamp, sent_at: Option<Timestamp>) -> Timestamp {
    let first = since + FIRST_AFTER;
    sent_at.map_or(first, |sent_at| first.max(sent_at + EVERY))
}
