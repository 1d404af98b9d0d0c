//! `search-index`: takes note of what was said, and of what contacts are called, so that both are found (SRC-3, SRC-4).
//!
//! A queue message says where to look, not what was said: what is written follows from the messages as they are when it is
//! handled. So it may come late, twice or out of order. What belongs to one conversation and one slot is written together,
//! however many queue messages it came with.

mod rebuild;
mod sweep;

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::StreamExt as _;
use madoguchi_domain::search::{ContactWords, Leaf, SLOT, slot};
use madoguchi_domain::{ConversationId, Message, MessageKey, Span, Timestamp};
use madoguchi_runtime::Clock;
use madoguchi_store::search::{SearchItem, SearchWork};
use madoguchi_store::{Inbox, Saved, Search, StoreError};

/// How often a lost race is run again.
const TRIES: usize = 6;
/// From so many messages of one slot on, all of the slot are read at once.
const MANY: usize = 10;
/// Messages of a conversation that are read together after one was deleted in its place.
const SINCE: usize = 200;
/// How much is worked on at the same time.
const CONCURRENCY: usize = 8;

/// Keeps the index.
#[derive(Debug)]
pub struct Indexer {
    inbox: Inbox,
    search: Search,
    clock: Clock,
    /// How many items a step of making the index anew reads, if fewer than a megabyte holds.
    piece: Option<usize>,
}

/// Why something was not taken note of.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept writing the same.
    #[error("what is kept of conversation {0} could not be written")]
    Contended(ConversationId),
    /// The queue message is none of ours.
    #[error("the work is not understood: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// What is written together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Forgotten(ConversationId),
    Contact(ConversationId),
    Slot(ConversationId, Timestamp),
    Rebuild(u64),
}

/// What there is to do at a place, and the queue messages that asked for it.
#[derive(Debug, Default)]
struct Task {
    messages: BTreeSet<MessageKey>,
    changed: bool,
    records: BTreeSet<usize>,
}

impl Indexer {
    /// Reads `inbox` and writes `search`.
    pub fn new(inbox: Inbox, search: Search, clock: Clock) -> Self {
        Self { inbox, search, clock, piece: None }
    }

    /// The same, whose steps of making the index anew read at most `items`.
    #[must_use]
    pub fn in_pieces_of(self, items: usize) -> Self {
        Self { piece: Some(items), ..self }
    }

    /// Handles a batch of the queue, and returns the messages of it that must be delivered again.
    pub async fn batch(&self, event: SqsEvent) -> SqsBatchResponse {
        let mut failed = BTreeSet::new();
        let mut tasks: BTreeMap<Place, Task> = BTreeMap::new();
        for (record, message) in event.records.iter().enumerate() {
            match serde_json::from_str::<SearchWork>(message.body.as_deref().unwrap_or_default()) {
                Ok(work) => work.items.iter().for_each(|item| sort(&mut tasks, record, *item)),
                Err(error) => {
                    let _ = failed.insert(record);
                    warn(&error.into());
                }
            }
        }
        // What was deleted goes first: what is said afterwards stays.
        let (forgotten, rest): (Vec<_>, Vec<_>) =
            tasks.iter().partition(|(place, _)| matches!(place, Place::Forgotten(_)));
        for tasks in [forgotten, rest] {
            let outcomes = futures::stream::iter(tasks)
                .map(async |(place, task)| (task, self.handle(*place, task).await))
                .buffer_unordered(CONCURRENCY)
                .collect::<Vec<_>>();
            for (task, outcome) in outcomes.await {
                if let Err(fault) = outcome {
                    warn(&fault);
                    failed.extend(&task.records);
                }
            }
        }
        let id = |record: &usize| event.records.get(*record)?.message_id.clone();
        let mut response = SqsBatchResponse::default();
        response.set_failures(failed.iter().map(|record| id(record).unwrap_or_default()).collect::<Vec<_>>());
        response
    }

    async fn handle(&self, place: Place, task: &Task) -> Result<(), Fault> {
        match place {
            Place::Forgotten(id) => self.forget(id).await,
            Place::Contact(id) => self.contact(id).await,
            Place::Slot(id, slot) => self.slot(id, slot, task).await,
            Place::Rebuild(rev) => self.rebuild(rev).await,
        }
    }

    /// A new conversation with the same contact has the same id: what that has is taken note of again. As long as something
    /// is left to be deleted that is its newest messages; it is forgotten once more when nothing is.
    async fn forget(&self, id: ConversationId) -> Result<(), Fault> {
        self.search.forget(id).await?;
        self.contact(id).await?;
        let erasure = self.inbox.erasure(id).await?;
        let (mut slots, mut before) = (BTreeSet::new(), None);
        loop {
            let page = self.inbox.messages(id, before.as_ref(), SINCE).await?;
            let stays = |message: &&Message| erasure.as_ref().is_none_or(|erasure| !erasure.covers(message));
            slots.extend(page.messages.iter().filter(stays).map(|message| slot(message.key.at)));
            before = page.next;
            if before.is_none() || erasure.is_some() {
                break;
            }
        }
        for slot in slots {
            self.slot(id, slot, &Task { changed: true, ..Task::default() }).await?;
        }
        Ok(())
    }

    async fn contact(&self, id: ConversationId) -> Result<(), Fault> {
        let read = async || {
            let conversation = self.inbox.conversation(id).await?.filter(|it| !it.is_erased());
            Ok(conversation.map(|it| (it.channel_id, ContactWords::of(&it))))
        };
        match self.search.put_contact(id, read).await? {
            Saved::Done => Ok(()),
            Saved::Conflict => Err(Fault::Contended(id)),
        }
    }

    async fn slot(&self, id: ConversationId, slot: Timestamp, task: &Task) -> Result<(), Fault> {
        for _ in 0..TRIES {
            // The leaves first: what is written under their `rev` has seen every message that they know.
            let leaves = self.search.leaves(id, slot).await?;
            let next = if task.changed || task.messages.len() > MANY {
                Leaf::of_slot(&self.messages(id, slot).await?)
            } else {
                let mut next = leaves.clone();
                for key in &task.messages {
                    if let Some(message) = self.inbox.message(id, key).await? {
                        Leaf::add(&mut next, &message);
                    }
                }
                next
            };
            if self.search.replace_leaves(&leaves, &next).await? == Saved::Done {
                return Ok(());
            }
        }
        Err(Fault::Contended(id))
    }

    /// Those of a slot, without what is about to be deleted for ever.
    async fn messages(&self, id: ConversationId, slot: Timestamp) -> Result<Vec<Message>, StoreError> {
        let erasure = self.inbox.erasure(id).await?;
        let mut messages =
            self.inbox.messages_between(id, (slot, slot + SLOT - Span::from_ms(1)), true).await?;
        messages.retain(|message| erasure.as_ref().is_none_or(|erasure| !erasure.covers(message)));
        Ok(messages)
    }
}

fn sort(tasks: &mut BTreeMap<Place, Task>, record: usize, item: SearchItem) {
    let (place, message) = match item {
        SearchItem::Message { conversation_id, message, changed, .. } => {
            (Place::Slot(conversation_id, slot(message.at)), Some((message, changed)))
        }
        SearchItem::Contact { conversation_id } => (Place::Contact(conversation_id), None),
        SearchItem::Forgotten { conversation_id } => (Place::Forgotten(conversation_id), None),
        SearchItem::Rebuild { rev } => (Place::Rebuild(rev), None),
    };
    let task = tasks.entry(place).or_default();
    task.records.insert(record);
    if let Some((message, changed)) = message {
        task.messages.insert(message);
        task.changed |= changed;
    }
}

fn warn(fault: &Fault) {
    tracing::warn!(error = %fault, "Search could not take note of something; it is tried again");
}
