//! `pending-sweep`: starts again what nobody finished. It looks at the sparse `pending` index, so its
//! cost grows with unfinished work only, and it covers whatever got lost between the table and the
//! queues: a stream outage of any length, a crashed sender, a channel that can send again.

mod assignment;

use std::collections::BTreeMap;

use madoguchi_domain::channel::Sending;
use madoguchi_domain::{Channel, ConversationId, MessageKey, Span, Timestamp, media};
use madoguchi_runtime::{FifoEntry, NoRandomness, Queue, QueueError, unguessable};
use madoguchi_store::inbox::{PendingMedia, PendingProfile};
use madoguchi_store::work::{EraseWork, MediaWork, PictureOf, PictureWork, ProfileWork, ReplyWork};
use madoguchi_store::{Deliveries, Directory, Inbox, StoreError};

/// Younger work is still on its way by itself.
const PATIENCE: Span = Span::from_secs(60);

/// Profiles are asked for at this pace after an outage; they share the provider's limits with replies.
const PROFILES_A_SWEEP: usize = 300;

/// Events that one sweep starts again: some seconds' worth of writes.
const DELIVERIES_A_SWEEP: usize = 500;

/// E-mail to operators that one sweep has sent.
const EMAILS_A_SWEEP: usize = 500;

/// Pictures do not tell since when they wait where a sweep sees it: each tenth minute whatever there is, which is little,
/// starts again. Whoever works on one meanwhile comes to the same end.
const PICTURES_EVERY: Span = Span::from_minutes(10);

fn is_for_pictures(now: Timestamp) -> bool {
    now.as_ms() % PICTURES_EVERY.as_ms() < 60_000
}

/// Why a sweep did not get through; the next one starts over.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A queue did not take the work.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A file could be given no place.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The work could not be put into words.
    #[error("the work cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Conversations whose replies were queued again.
    pub conversations: u64,
    /// Contacts whose profiles were queued again.
    pub profiles: u64,
    /// Messages whose files were queued again.
    pub files: u64,
    /// People whose pictures were queued again.
    pub pictures: u64,
    /// Pieces of work that gives conversations to operators or takes them from them.
    pub assignments: u64,
    /// Events that other systems are told again.
    pub deliveries: u64,
    /// E-mail to operators that is sent.
    pub emails: u64,
    /// Conversations that are deleted for ever, of which something was left.
    pub erasures: u64,
    /// Replies that wait for a channel that cannot send now.
    pub held: u64,
    /// Age of the oldest reply that could have been sent, in milliseconds.
    pub oldest_ms: i64,
}

/// Queues unfinished work again.
#[derive(Debug)]
pub struct Sweeper {
    inbox: Inbox,
    directory: Directory,
    outbound: Queue,
    profiles: Queue,
    media: Queue,
    telling: Option<(Deliveries, Queue)>,
    notifying: Option<(Deliveries, Queue)>,
    assigning: Option<Queue>,
}

impl Sweeper {
    /// Reads from the tables, writes to the queues.
    pub fn new(inbox: Inbox, directory: Directory, outbound: Queue, profiles: Queue, media: Queue) -> Self {
        Self { inbox, directory, outbound, profiles, media, telling: None, notifying: None, assigning: None }
    }

    /// The same, which also starts what is to be told again to other systems.
    #[must_use]
    pub fn telling(self, deliveries: Deliveries, webhooks: Queue) -> Self {
        Self { telling: Some((deliveries, webhooks)), ..self }
    }

    /// The same, which also starts e-mail to operators whose time has come.
    #[must_use]
    pub fn notifying(self, deliveries: Deliveries, notify: Queue) -> Self {
        Self { notifying: Some((deliveries, notify)), ..self }
    }

    /// The same, which also starts what gives conversations to operators.
    #[must_use]
    pub fn assigning(self, assignment: Queue) -> Self {
        Self { assigning: Some(assignment), ..self }
    }

    /// One sweep over every channel.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        let channels = self.directory.channels().await?;
        let mut first_error = None;
        // Replies first: names can wait. One channel's fault stops no other's.
        for channel in &channels {
            if let Err(error) = self.replies(channel, now, &mut swept).await {
                tracing::error!(channel.id = %channel.id, %error, "Channel `{}` was not swept", channel.id);
                first_error.get_or_insert(error);
            }
        }
        for channel in &channels {
            if let Err(error) = self.files(channel, now, &mut swept).await {
                tracing::error!(channel.id = %channel.id, %error, "Files of `{}` were not swept", channel.id);
                first_error.get_or_insert(error);
            }
        }
        for channel in &channels {
            if let Err(error) = self.contacts(channel, now, &mut swept).await {
                tracing::error!(channel.id = %channel.id, %error, "Contacts of `{}` were not swept", channel.id);
                first_error.get_or_insert(error);
            }
        }
        if let Err(error) = self.operators(now, &mut swept).await {
            tracing::error!(%error, "Operators' pictures were not swept");
            first_error.get_or_insert(error);
        }
        if let Err(error) = self.webhooks(now, &mut swept).await {
            tracing::error!(%error, "What other systems are to be told again was not swept");
            first_error.get_or_insert(error);
        }
        if let Err(error) = self.emails(now, &mut swept).await {
            tracing::error!(%error, "E-mail to operators was not swept");
            first_error.get_or_insert(error);
        }
        if let Some(queue) = &self.assigning
            && let Err(error) = self.assignment(queue, &channels, now, &mut swept).await
        {
            tracing::error!(%error, "What waits for an operator was not swept");
            first_error.get_or_insert(error);
        }
        first_error.map_or(Ok(swept), Err)
    }

    async fn replies(&self, channel: &Channel, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        let mut waiting: BTreeMap<ConversationId, MessageKey> = BTreeMap::new();
        // Those of a channel that is off or deleted are started too, and fail with the reason.
        let sendable = !channel.sending(now).makes_wait();
        for reply in self.inbox.pending_replies(channel.id).await? {
            if reply.unprepared && media::is_overdue(reply.message.at, now) {
                self.file(channel, reply.conversation, reply.message, swept).await?;
            } else if !sendable {
                swept.held += 1;
            } else if now.since(reply.message.at) >= PATIENCE {
                swept.oldest_ms = swept.oldest_ms.max(now.since(reply.message.at).as_ms());
                // Oldest first: the sender takes the others of the conversation along, in order.
                waiting.entry(reply.conversation).or_insert(reply.message);
            }
        }
        // Another minute is another piece of work: the queue must not swallow it as a duplicate.
        let minute = now.as_ms() / 60_000;
        let entries = waiting.into_iter().map(|(conversation_id, message)| {
            let work = ReplyWork { v: 1, channel_id: channel.id, conversation_id, message };
            Ok(FifoEntry {
                body: serde_json::to_string(&work)?,
                group: conversation_id.to_string(),
                deduplication: format!("{message}.sweep.{minute}"),
            })
        });
        let entries: Vec<FifoEntry> = entries.collect::<Result<_, serde_json::Error>>()?;
        swept.conversations += entries.len() as u64;
        Ok(self.outbound.send_fifo_batch(entries).await?)
    }

    async fn files(&self, channel: &Channel, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        let pending = self.inbox.pending_media(channel.id).await?;
        for PendingMedia { conversation, message } in pending.messages {
            if media::is_overdue(message.at, now) {
                self.file(channel, conversation, message, swept).await?;
            }
        }
        if is_for_pictures(now) {
            for PendingProfile { conversation, participant } in
                pending.portraits.into_iter().take(PROFILES_A_SWEEP)
            {
                let (channel_id, conversation_id) = (channel.id, conversation);
                let whose = ProfileWork { v: 1, channel_id, conversation_id, participant };
                self.picture(PictureOf::Contact(whose), swept).await?;
            }
            for erase in pending.erasures {
                self.media.send(&serde_json::to_string(&EraseWork { v: 1, erase })?).await?;
                swept.erasures += 1;
            }
        }
        Ok(())
    }

    async fn operators(&self, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        if is_for_pictures(now) {
            for operator in self.inbox.pending_operator_pictures().await? {
                self.picture(PictureOf::Operator(operator), swept).await?;
            }
        }
        Ok(())
    }

    /// Events whose next attempt is due: one of each subscription in turn, so that whoever takes nothing, and has many, keeps
    /// nobody else waiting; of each the longest overdue first. What is left over waits for the next sweep.
    async fn webhooks(&self, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        let Some((deliveries, queue)) = &self.telling else { return Ok(()) };
        let mut waiting = vec![deliveries.due_of_all(now, DELIVERIES_A_SWEEP).await?.into_iter()];
        for subscription in self.directory.webhooks().await? {
            waiting.push(deliveries.due(subscription.id, now, DELIVERIES_A_SWEEP).await?.into_iter());
        }
        let mut turns = Vec::new();
        while turns.len() < DELIVERIES_A_SWEEP {
            let before = turns.len();
            turns.extend(waiting.iter_mut().filter_map(Iterator::next));
            if turns.len() == before {
                break;
            }
        }
        let mut started = Vec::new();
        for due in turns.into_iter().take(DELIVERIES_A_SWEEP) {
            if let Some(delivery) = deliveries.take(&due, now).await? {
                started.push(serde_json::to_string(&delivery.work())?);
            }
        }
        swept.deliveries += started.len() as u64;
        Ok(queue.send_all(started).await?)
    }

    /// E-mail to operators whose time has come, the longest overdue first. What is left over waits for the next sweep.
    async fn emails(&self, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        let Some((deliveries, queue)) = &self.notifying else { return Ok(()) };
        let mut started = Vec::new();
        for due in deliveries.due_batches(now, EMAILS_A_SWEEP).await? {
            if let Some(work) = deliveries.take_batch(&due, now).await? {
                started.push(serde_json::to_string(&work)?);
            }
        }
        swept.emails += started.len() as u64;
        Ok(queue.send_all(started).await?)
    }

    async fn picture(&self, picture: PictureOf, swept: &mut Swept) -> Result<(), SweepError> {
        let work = PictureWork { v: 1, picture, secret: unguessable()? };
        self.media.send(&serde_json::to_string(&work)?).await?;
        swept.pictures += 1;
        Ok(())
    }

    async fn file(
        &self,
        channel: &Channel,
        conversation_id: ConversationId,
        message: MessageKey,
        swept: &mut Swept,
    ) -> Result<(), SweepError> {
        let work =
            MediaWork { v: 1, channel_id: channel.id, conversation_id, message, secret: unguessable()? };
        self.media.send(&serde_json::to_string(&work)?).await?;
        swept.files += 1;
        Ok(())
    }

    async fn contacts(&self, channel: &Channel, now: Timestamp, swept: &mut Swept) -> Result<(), SweepError> {
        if channel.sending(now) != Sending::Allowed {
            return Ok(());
        }
        let pending = self.inbox.pending_profiles(channel.id).await?;
        for PendingProfile { conversation, participant } in pending.into_iter().take(PROFILES_A_SWEEP) {
            let (channel_id, conversation_id) = (channel.id, conversation);
            let work = ProfileWork { v: 1, channel_id, conversation_id, participant };
            self.profiles.send(&serde_json::to_string(&work)?).await?;
            swept.profiles += 1;
        }
        Ok(())
    }
}
