//! `change-relay`: reads the Inbox table's stream and queues the work that follows from what was
//! committed. Whatever follows from a write follows from the committed write; what this function
//! misses, `pending-sweep` finds.

use aws_lambda_events::dynamodb::EventRecord;
use madoguchi_domain::notify::Happened;
use madoguchi_domain::webhook::{self, Event, Work};
use madoguchi_domain::{Timestamp, bot};
use madoguchi_runtime::{Clock, FifoEntry, NoRandomness, Queue, QueueError, unguessable};
use madoguchi_store::assignment::AssignmentWork;
use madoguchi_store::inbox::{erasure_finished, rebuild_step};
use madoguchi_store::reports::ReportWork;
use madoguchi_store::search::{SearchItem, SearchWork};
use madoguchi_store::work::{
    AWAITS_TICKET, BotWork, FollowUp, Image, MediaWork, PictureWork, follow_up, ticket_work,
};
use madoguchi_store::{
    ChannelCache, Committed, ListenerCache, NotifyWork, Somebody, StoreError, WebhookCache,
};

/// Why a stream record must be read again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The queue did not take the work.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Who wants to be told could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could be given no place.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The work could not be put into words.
    #[error("the work cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// Where what follows goes.
#[derive(Debug)]
pub struct Queues {
    /// Replies and what is shown beside them (FIFO).
    pub outbound: Queue,
    /// Contacts.
    pub profiles: Queue,
    /// Files.
    pub media: Queue,
    /// Customers who wait for a bot (FIFO).
    pub bot: Queue,
    /// What search must take note of.
    pub search: Queue,
    /// What customers wrote on channels that make tickets.
    pub tickets: Queue,
    /// What counts for reports.
    pub reports: Queue,
}

/// Queues what follows from committed writes.
#[derive(Debug)]
pub struct Relay {
    queues: Queues,
    telling: Option<Telling>,
    assigning: Option<Assigning>,
    notifying: Option<Notifying>,
}

/// How operators are told.
#[derive(Debug)]
struct Notifying {
    queue: Queue,
    listeners: ListenerCache,
    has_mail: bool,
    clock: Clock,
}

/// How conversations come to operators by themselves.
#[derive(Debug)]
struct Assigning {
    queue: Queue,
    channels: ChannelCache,
    clock: Clock,
}

/// How other systems are told.
#[derive(Debug)]
struct Telling {
    queue: Queue,
    subscriptions: WebhookCache,
    clock: Clock,
}

impl Relay {
    /// Sends work to `queues`.
    pub fn new(queues: Queues) -> Self {
        Self { queues, telling: None, assigning: None, notifying: None }
    }

    /// The same, which queues in `queue` what other systems want to be told, one message for each event and subscription.
    #[must_use]
    pub fn telling(self, queue: Queue, subscriptions: WebhookCache, clock: Clock) -> Self {
        Self { telling: Some(Telling { queue, subscriptions, clock }), ..self }
    }

    /// The same, which queues in `queue` (FIFO) that conversations wait for somebody, or somebody has room for them.
    #[must_use]
    pub fn assigning(self, queue: Queue, channels: ChannelCache, clock: Clock) -> Self {
        Self { assigning: Some(Assigning { queue, channels, clock }), ..self }
    }

    /// The same, which queues in `queue` what operators may want to be told of. `has_mail`: whether there is an address to
    /// send them e-mail from.
    #[must_use]
    pub fn notifying(self, queue: Queue, listeners: ListenerCache, has_mail: bool, clock: Clock) -> Self {
        Self { notifying: Some(Notifying { queue, listeners, has_mail, clock }), ..self }
    }

    /// Queues what follows from stream records, in their order, with as few calls as they fit into. Repeating a
    /// record repeats its work, which is deduplicated by the queue for five minutes and by the message's state for
    /// ever. Replies go first: a customer waits for them.
    pub async fn handle(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        self.start_work(records).await?;
        if let Some(assigning) = &self.assigning {
            assigning.assign(records).await?;
        }
        self.call_bots(records).await?;
        self.start_tickets(records).await?;
        self.tell_search(records).await?;
        self.tell_reports(records).await?;
        if let Some(notifying) = &self.notifying {
            notifying.notify(records).await?;
        }
        match &self.telling {
            Some(telling) => telling.tell(records).await,
            None => Ok(()),
        }
    }

    async fn call_bots(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let mut calls = Vec::new();
        for record in records {
            let change = &record.change;
            let committed = Committed::of(change.new_image.clone(), change.old_image.clone());
            if let Some(Committed::Conversation { before, after: Some(after) }) = committed
                && bot::is_called(before.as_deref(), &after)
            {
                let work = BotWork { v: 1, conversation_id: after.id };
                calls.push(FifoEntry {
                    body: serde_json::to_string(&work)?,
                    group: after.id.to_string(),
                    deduplication: format!("bot.{}.{}", after.id, after.version),
                });
            }
        }
        Ok(self.queues.bot.send_fifo_batch(calls).await?)
    }

    /// Queues what customers wrote on channels that make tickets (TKT-2).
    async fn start_tickets(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        for record in records {
            let change = &record.change;
            if !change.old_image.inner().is_empty() || !change.new_image.inner().contains_key(AWAITS_TICKET) {
                continue;
            }
            let committed = Committed::of(change.new_image.clone(), change.old_image.clone());
            if let Some(work) = committed.as_ref().and_then(ticket_work) {
                self.queues.tickets.send(&serde_json::to_string(&work)?).await?;
            }
        }
        Ok(())
    }

    /// All that search must take note of is one message: it is handled together, and a request is paid for.
    async fn tell_search(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let items = records.iter().filter_map(|record| {
            let change = &record.change;
            if let Some(rev) = rebuild_step(&change.new_image) {
                return Some(SearchItem::Rebuild { rev });
            }
            // What was taken note of while it was being deleted is forgotten, too.
            if let Some(conversation_id) = erasure_finished(&change.new_image, &change.old_image) {
                return Some(SearchItem::Forgotten { conversation_id });
            }
            SearchItem::of(&Committed::of(change.new_image.clone(), change.old_image.clone())?)
        });
        let items: Vec<SearchItem> = items.collect();
        if !items.is_empty() {
            self.queues.search.send(&serde_json::to_string(&SearchWork { v: 1, items })?).await?;
        }
        Ok(())
    }

    /// What counts for reports (OPS-3), as one message.
    async fn tell_reports(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let facts = records.iter().flat_map(|record| {
            let change = &record.change;
            let committed = Committed::of(change.new_image.clone(), change.old_image.clone());
            committed.map_or_else(Vec::new, |committed| ReportWork::facts_of(&committed, written_at(record)))
        });
        let facts: Vec<_> = facts.collect();
        if !facts.is_empty() {
            self.queues.reports.send(&serde_json::to_string(&ReportWork { v: 1, facts })?).await?;
        }
        Ok(())
    }

    async fn start_work(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let (mut replies, mut profiles, mut media) = (Vec::new(), Vec::new(), Vec::new());
        for record in records {
            let new = image(&record.change.new_image);
            let old = image(&record.change.old_image);
            let old = (!old.is_empty()).then_some(&old);
            match follow_up(&new, old) {
                None => {}
                Some(FollowUp::Reply { work, dedupe }) => replies.push(FifoEntry {
                    body: serde_json::to_string(&work)?,
                    group: work.conversation_id.to_string(),
                    deduplication: dedupe,
                }),
                Some(FollowUp::Courtesy { work, dedupe }) => replies.push(FifoEntry {
                    body: serde_json::to_string(&work)?,
                    group: work.conversation_id.to_string(),
                    deduplication: dedupe,
                }),
                Some(FollowUp::Profile(work)) => profiles.push(serde_json::to_string(&work)?),
                Some(FollowUp::Media { channel_id, conversation_id, message }) => {
                    let secret = unguessable()?;
                    let work = MediaWork { v: 1, channel_id, conversation_id, message, secret };
                    media.push(serde_json::to_string(&work)?);
                }
                Some(FollowUp::Picture(picture)) => {
                    let work = PictureWork { v: 1, picture, secret: unguessable()? };
                    media.push(serde_json::to_string(&work)?);
                }
                Some(FollowUp::Erase(work)) => media.push(serde_json::to_string(&work)?),
            }
        }
        self.queues.outbound.send_fifo_batch(replies).await?;
        for profile in profiles {
            self.queues.profiles.send(&profile).await?;
        }
        for file in media {
            self.queues.media.send(&file).await?;
        }
        Ok(())
    }
}

impl Assigning {
    /// All in one group: whoever has room has it for every channel.
    async fn assign(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let mut entries = Vec::new();
        for record in records {
            let change = &record.change;
            for (place, work) in AssignmentWork::of(&change.new_image, &change.old_image).iter().enumerate() {
                if self.concerns(work).await? {
                    entries.push(FifoEntry {
                        body: serde_json::to_string(work)?,
                        group: "assignment".to_owned(),
                        deduplication: format!("{}.{place}", record.event_id),
                    });
                }
            }
        }
        Ok(self.queue.send_fifo_batch(entries).await?)
    }

    /// Most channels are worked on by hand: what waits there is nobody's business but its former operator's.
    async fn concerns(&self, work: &AssignmentWork) -> Result<bool, StoreError> {
        let AssignmentWork::Waits { channel_id, was_somebodys: false, .. } = work else { return Ok(true) };
        let channel = self.channels.channel(*channel_id, self.clock.now()).await?;
        Ok(channel.is_some_and(|channel| channel.settings.assignment.is_on()))
    }
}

impl Telling {
    /// Queues what happened for whoever wants it. A record that comes again is told under the same id, and whoever has
    /// taken it is not told again.
    async fn tell(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let subscriptions = self.subscriptions.on(self.clock.now()).await?;
        if subscriptions.is_empty() {
            return Ok(());
        }
        let mut told = Vec::new();
        for event in records.iter().flat_map(events) {
            for subscription in subscriptions.iter().filter(|subscription| subscription.wants(&event)) {
                told.push(serde_json::to_string(&Work::first(subscription.id, event.clone()))?);
            }
        }
        Ok(self.queue.send_all(told).await?)
    }
}

impl Notifying {
    /// Queues what anybody could be told of.
    async fn notify(&self, records: &[EventRecord]) -> Result<(), RelayError> {
        let happened: Vec<Happened> = records.iter().filter_map(happened).collect();
        if happened.is_empty() {
            return Ok(());
        }
        let everybody = self.listeners.everybody(self.clock.now()).await?;
        let mut told = Vec::new();
        for happened in happened {
            let concerns = |who: &Somebody| happened.may_concern(&who.settings, who.reach(self.has_mail));
            if everybody.iter().any(concerns) {
                told.push(serde_json::to_string(&NotifyWork::Happened(happened))?);
            }
        }
        Ok(self.queue.send_all(told).await?)
    }
}

/// What operators may want to be told of by one committed write.
fn happened(record: &EventRecord) -> Option<Happened> {
    let change = &record.change;
    match Committed::of(change.new_image.clone(), change.old_image.clone())? {
        Committed::Message { before, after } => Happened::of(before.as_deref(), after.as_deref()),
        Committed::Conversation { .. } => None,
    }
}

/// When it was committed: to the second, and the same however often the record comes.
fn written_at(record: &EventRecord) -> Timestamp {
    Timestamp::from_ms(record.change.approximate_creation_date_time.timestamp_millis())
}

/// What happened by one committed write.
fn events(record: &EventRecord) -> Vec<Event> {
    let (change, at) = (&record.change, written_at(record));
    match Committed::of(change.new_image.clone(), change.old_image.clone()) {
        Some(Committed::Conversation { before, after }) => {
            webhook::of_conversation(before.as_deref(), after.as_deref(), at)
        }
        Some(Committed::Message { before, after }) => {
            webhook::of_message(before.as_deref(), after.as_deref(), at).into_iter().collect()
        }
        None => Vec::new(),
    }
}

fn image(item: &serde_dynamo::Item) -> Image {
    item.inner()
        .iter()
        .filter_map(|(name, value)| match value {
            serde_dynamo::AttributeValue::S(text) | serde_dynamo::AttributeValue::N(text) => {
                Some((name.clone(), text.clone()))
            }
            _ => None,
        })
        .collect()
}
