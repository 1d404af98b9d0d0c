//! `notify`: tells operators of what customers write and of what is given to them, on the desktop and by e-mail (NTF-1 to
//! NTF-4).
//!
//! A record is something that happened, or an e-mail whose time has come. Who is told follows from how the conversation, the
//! people and their settings stand when the record is read (`madoguchi_domain::notify`). Browsers are told at once: that is
//! no news a minute later, and one that is told twice shows it once. E-mail waits in a batch per person and conversation:
//! whoever takes the batch sends it, and a record that comes again finds it taken or settled. Only whoever ends between the
//! mail service's answer and writing it down has it sent again, five minutes later.

mod email;
mod push;

use std::collections::BTreeSet;

use madoguchi_domain::notify::{Batch, Happened, Kind, Listener, What, address, told};
use madoguchi_domain::{Conversation, ConversationId, OperatorId, Person, Timestamp};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::KeyError;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::VapidKeys;
use madoguchi_runtime::{Clock, Mailer, Metrics};
use madoguchi_store::{
    BrowserCache, ChannelCache, Deliveries, Directory, Inbox, ListenerCache, NotifyWork, Saved, StoreError,
};

/// How often a lost race is run again.
const TRIES: usize = 5;

/// Why a record must come again.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The links that switch e-mail off cannot be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The record is not readable.
    #[error("the record is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Others kept writing the same batch.
    #[error("the e-mail about conversation {0} could not be noted")]
    Contended(ConversationId),
}

/// Where things are.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Where operators work.
    pub console: String,
    /// Where this stack is reached.
    pub public: String,
    /// Whether push services may be on this machine.
    pub loopback: bool,
}

/// Tells operators.
#[derive(Debug)]
pub struct Notifier {
    inbox: Inbox,
    directory: Directory,
    deliveries: Deliveries,
    channels: ChannelCache,
    listeners: ListenerCache,
    browsers: BrowserCache,
    mail: Option<Mailer>,
    unsubscribe: UnsubscribeKeys,
    vapid: VapidKeys,
    receivers: Receivers,
    addresses: Addresses,
    clock: Clock,
    metrics: Metrics,
}

impl Notifier {
    /// Reads `inbox` and `directory`, writes `deliveries`. Without `mail` nobody is told by e-mail.
    #[expect(clippy::too_many_arguments, reason = "each is something that only `main` can know")]
    pub fn new(
        inbox: Inbox,
        directory: Directory,
        deliveries: Deliveries,
        mail: Option<Mailer>,
        (unsubscribe, vapid): (UnsubscribeKeys, VapidKeys),
        receivers: Receivers,
        addresses: Addresses,
        (clock, metrics): (Clock, Metrics),
    ) -> Self {
        let directory = directory.by_function("notify");
        Self {
            inbox,
            deliveries,
            channels: ChannelCache::new(directory.clone()),
            listeners: ListenerCache::new(directory.clone()),
            browsers: BrowserCache::new(directory.clone()),
            directory,
            mail,
            unsubscribe,
            vapid,
            receivers,
            addresses,
            clock,
            metrics,
        }
    }

    /// Handles one record.
    pub async fn handle(&self, body: &str) -> Result<(), Failure> {
        let work: NotifyWork = serde_json::from_str(body)?;
        match work {
            NotifyWork::Happened(happened) => self.happened(&happened).await,
            NotifyWork::Due { operator, conversation_id } => self.email(&operator, conversation_id).await,
        }
    }

    async fn happened(&self, happened: &Happened) -> Result<(), Failure> {
        let now = self.clock.now();
        let everybody = self.listeners.everybody(now).await?;
        let concerned: Vec<_> =
            everybody.iter().filter(|(_, settings)| happened.may_concern(settings)).collect();
        if concerned.is_empty() {
            return Ok(());
        }
        let Some(conversation) = self.inbox.conversation(happened.conversation_id).await? else {
            return Ok(());
        };
        let Some(channel) = self.channels.channel(happened.channel_id, now).await? else { return Ok(()) };
        let available = self.available(happened, &conversation).await?;
        let listeners = concerned.iter().map(|(person, settings)| Listener {
            person,
            settings,
            available: available.contains(&person.id),
        });
        let told = told(happened, &conversation, &channel, listeners);
        let ways = |id: &OperatorId, kind| {
            let found = concerned.iter().find(|(person, _)| person.id == *id);
            found.map(|(person, settings)| (person, settings.ways(kind)))
        };
        // What is written down comes first: should that fail, the record comes again, and nobody has been told twice.
        for (id, kind) in &told {
            if let Some((person, ways)) = ways(id, *kind)
                && ways.email
            {
                self.note(person, &conversation, *kind, happened.at).await?;
            }
        }
        for (id, kind) in &told {
            if ways(id, *kind).is_some_and(|(_, ways)| ways.desktop) {
                self.push(id, &conversation, *kind, happened.at).await;
            }
        }
        Ok(())
    }

    /// Who is available, where that makes a difference.
    async fn available(
        &self,
        happened: &Happened,
        conversation: &Conversation,
    ) -> Result<BTreeSet<OperatorId>, StoreError> {
        if happened.what != What::Said || conversation.assignee.is_some() {
            return Ok(BTreeSet::new());
        }
        let duties = self.inbox.duties().await?.into_iter();
        Ok(duties.filter(|duty| duty.available).map(|duty| duty.operator).collect())
    }

    /// Has it told by e-mail.
    async fn note(
        &self,
        person: &Person,
        conversation: &Conversation,
        kind: Kind,
        at: Timestamp,
    ) -> Result<(), Failure> {
        if self.mail.is_none() || address(person).is_none() {
            return Ok(());
        }
        for _ in 0..TRIES {
            let kept = self.deliveries.batch(&person.id, conversation.id).await?;
            let fresh = || Batch::new(person.id.clone(), conversation.id, conversation.channel_id);
            let mut batch = kept.unwrap_or_else(fresh);
            if !batch.note(kind, at)
                || self.deliveries.save_batch(&batch, self.clock.now()).await? == Saved::Done
            {
                return Ok(());
            }
        }
        Err(Failure::Contended(conversation.id))
    }
}
