//! What is kept of each chat: as the tables keep it, and beside that an account of what really happened.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use madoguchi_domain::conversation::{Earlier, Erasure, Loaded, Reference};
use madoguchi_domain::message::Annotations;
use madoguchi_domain::ticket::Book;
use madoguchi_domain::{
    CloseReason, Conversation, ConversationId, Event, Message, MessageKey, OperatorId, Party, SentBy, Ticket,
    Timestamp,
};

/// One customer of one channel.
pub(crate) struct Chat {
    pub(crate) id: ConversationId,
    pub(crate) party: Party,
    /// Which of the channels.
    pub(crate) channel: usize,
    pub(crate) stored: Option<Conversation>,
    pub(crate) messages: BTreeMap<MessageKey, Message>,
    pub(crate) waiting: BTreeMap<String, Annotations>,
    /// What the provider has told and the writer has not taken.
    pub(crate) inbound: VecDeque<Event>,
    /// The writer ended between its two writes of the first of them.
    pub(crate) is_half_done: bool,
    /// What the writer has taken since the conversation was last deleted.
    pub(crate) taken: Vec<Event>,
    /// Replies that are stored and that the conversation has not noted.
    pub(crate) unnoted: VecDeque<MessageKey>,
    pub(crate) book: Book,
    pub(crate) places: BTreeMap<MessageKey, u32>,
    pub(crate) tickets: BTreeMap<u32, Ticket>,
    pub(crate) erasure: Option<Erasure>,
    pub(crate) account: Account,
}

/// What happened, kept without the rules.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) open: bool,
    pub(crate) episode: u32,
    pub(crate) assignee: Option<OperatorId>,
    pub(crate) snoozed: bool,
    /// What the customer said and we took, by the provider's ids.
    pub(crate) said: BTreeMap<String, MessageKey>,
    pub(crate) unsent: BTreeSet<String>,
    /// The latest word of a person of the company.
    pub(crate) answered_at: Option<Timestamp>,
    /// When somebody of either side spoke last or, if that reached us later, when we stored it.
    pub(crate) spoke_at: Option<Timestamp>,
    /// The same of the customer alone.
    pub(crate) heard_at: Option<Timestamp>,
    /// Why each episode that is over ended.
    pub(crate) closes: Vec<CloseReason>,
    /// Offensive messages of the current episode.
    pub(crate) offences: u32,
    pub(crate) blocked: bool,
}

impl Account {
    pub(crate) fn opened(&mut self) {
        self.open = true;
        self.episode += 1;
        (self.assignee, self.offences) = (None, 0);
    }

    pub(crate) fn closed(&mut self, reason: CloseReason) {
        assert!(self.open, "what is not open was closed");
        (self.open, self.snoozed) = (false, false);
        self.closes.push(reason);
    }

    pub(crate) fn is_answered(&self, conversation: &Conversation) -> bool {
        self.answered_at.is_some() && self.answered_at >= conversation.episode_started_at
    }
}

impl Chat {
    pub(crate) fn new(id: ConversationId, party: Party, channel: usize) -> Self {
        Self {
            id,
            party,
            channel,
            stored: None,
            messages: BTreeMap::new(),
            waiting: BTreeMap::new(),
            inbound: VecDeque::new(),
            is_half_done: false,
            taken: Vec::new(),
            unnoted: VecDeque::new(),
            book: Book::new(id),
            places: BTreeMap::new(),
            tickets: BTreeMap::new(),
            erasure: None,
            account: Account::default(),
        }
    }

    /// The conversation as operators see it.
    pub(crate) fn shown(&self) -> Option<&Conversation> {
        self.stored.as_ref().filter(|conversation| !conversation.is_erased())
    }

    /// What is stored and bears on an event, as the store loads it.
    pub(crate) fn loaded(&self, reference: &Reference<'_>, again: bool, now: Timestamp) -> Loaded {
        let named =
            |id: &str| self.messages.values().find(|m| m.provider_message_id.as_deref() == Some(id)).cloned();
        let earlier = match reference.earlier {
            Earlier::None => None,
            Earlier::Reply(key) => self.messages.get(&key).cloned(),
            Earlier::Recent(id) | Earlier::Any(id) => named(id),
        };
        let brought = reference.brings.filter(|_| again).and_then(|key| self.messages.get(&key).cloned());
        let may_wait = self.stored.as_ref().is_some_and(|known| known.waiting_until > Some(now));
        let waiting = reference.waits_as.filter(|_| may_wait).and_then(|id| self.waiting.get(id).cloned());
        Loaded {
            conversation: self.stored.clone(),
            message: earlier.or(brought),
            waiting,
            participants: Vec::new(),
        }
    }

    /// What the customer has said and is not being cleared away, the earliest first.
    pub(crate) fn customers(&self) -> Vec<MessageKey> {
        let is_theirs = |message: &&Message| {
            let goes = self.erasure.as_ref().is_some_and(|erasure| erasure.covers(message));
            message.sent_by == SentBy::Customer && !goes
        };
        self.messages.values().filter(is_theirs).map(|message| message.key).collect()
    }
}
