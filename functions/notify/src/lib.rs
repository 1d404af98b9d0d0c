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

use madoguchi_domain::notify::{Batch, Happened, Kind, Listener, What, told};
use madoguchi_domain::{Conversation, ConversationId, OperatorId, Timestamp};
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::KeyError;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::VapidKeys;
use madoguchi_runtime::{Clock, Mailer, Metrics};
use madoguchi_store::{
    ChannelCache, Deliveries, Directory, Inbox, ListenerCache, NotifyWork, PushedCache, Saved, Somebody,
    StoreError,
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
    /// Its message is stored, and its conversation not yet.
    #[error("conversation {0} has not been told of its message yet")]
    NotYet(ConversationId),
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
    pushed: PushedCache,
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
            pushed: PushedCache::default(),
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
        let reach = |who: &Somebody| who.reach(self.mail.is_some());
        let concerned: Vec<_> =
            everybody.iter().filter(|who| happened.may_concern(&who.settings, reach(who))).collect();
        if concerned.is_empty() {
            return Ok(());
        }
        let Some(conversation) = self.inbox.conversation(happened.conversation_id).await? else {
            return Ok(());
        };
        if !happened.is_noted_by(&conversation) {
            return Err(Failure::NotYet(conversation.id));
        }
        let Some(channel) = self.channels.channel(happened.channel_id, now).await? else { return Ok(()) };
        let available = self.available(happened, &conversation, &concerned).await?;
        let listeners = concerned.iter().map(|who| Listener {
            person: &who.person,
            settings: &who.settings,
            available: available.contains(&who.person.id),
        });
        let told: Vec<_> = told(happened, &conversation, &channel, listeners)
            .into_iter()
            .filter_map(|(id, kind)| {
                let who = *concerned.iter().find(|who| who.person.id == id)?;
                Some((who, kind, who.settings.ways(kind).both(reach(who))))
            })
            .collect();
        // What is written down comes first: should that fail, the record comes again, and nobody has been told twice.
        for (who, kind, ways) in &told {
            if ways.email {
                self.note(&who.person.id, &conversation, *kind, happened.at).await?;
            }
        }
        let by_browser: Vec<_> =
            told.iter().filter(|(_, _, ways)| ways.desktop).map(|(who, kind, _)| (*who, *kind)).collect();
        self.push(&by_browser, &conversation, happened.at).await;
        Ok(())
    }

    /// Who is available, where that makes a difference.
    async fn available(
        &self,
        happened: &Happened,
        conversation: &Conversation,
        concerned: &[&Somebody],
    ) -> Result<BTreeSet<OperatorId>, StoreError> {
        let is_nobodys = !matches!(happened.what, What::Assigned { .. }) && conversation.assignee.is_none();
        if !is_nobodys || !concerned.iter().any(|who| who.settings.wants(Kind::Unassigned)) {
            return Ok(BTreeSet::new());
        }
        let duties = self.inbox.duties().await?.into_iter();
        Ok(duties.filter(|duty| duty.available).map(|duty| duty.operator).collect())
    }

    /// Has it told by e-mail.
    async fn note(
        &self,
        operator: &OperatorId,
        conversation: &Conversation,
        kind: Kind,
        at: Timestamp,
    ) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let kept = self.deliveries.batch(operator, conversation.id).await?;
            let fresh = || Batch::new(operator.clone(), conversation.id, conversation.channel_id);
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
