//! Taking a conversation's unsettled replies one after another.

use std::sync::Mutex;

use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::Credentials;
use madoguchi_domain::channel::Sending;
use madoguchi_domain::membership::{Outcome, Verdict};
use madoguchi_domain::message::SendState;
use madoguchi_domain::reply::{Route, route};
use madoguchi_domain::send::{
    AfterCrash, FailureReason, LEASE, Settlement, Via, after_crash, retry_key_lapsed,
};
use madoguchi_domain::tally::Unwritten;
use madoguchi_domain::{
    Channel, ChannelKind, ChannelSettings, Conversation, Message, SentBy, Span, Timestamp,
};
use madoguchi_runtime::{Clock, Metrics, ProviderConfig, RecordError};
use madoguchi_store::inbox::PendingReply;
use madoguchi_store::work::{OutboundWork, ReplyWork};
use madoguchi_store::{Directory, Inbox, Saved, SenderCache, StoreError};

/// The longest that one reply takes: a token, a call and its repeat, 8 seconds each.
const LONGEST_REPLY: Span = Span::from_secs(25);
/// Of an attempt whose answer nobody recorded.
pub(crate) const NO_OUTCOME: &str = "the sender ended without recording an outcome";
/// Of an attempt without a verdict that could only be repeated as long as LINE knew its retry key.
const KEY_LAPSED: &str = "the retry key lapsed while the reply waited";
/// Of an attempt without a verdict whose channel was switched off or deleted before the next one.
const OUT_OF_USE: &str = "the channel went out of use before the attempt could be repeated";
/// How often a reply is read anew because somebody else wrote it.
const TRIES: usize = 5;

/// Why a conversation's replies must be looked at again by the queue.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue message is not readable.
    #[error("the record is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A passing fault; later replies of the conversation wait too.
    #[error("the provider asks for another attempt: {detail}")]
    RetryAfter {
        /// How long to wait.
        after: Span,
        /// For maintainers.
        detail: String,
    },
}

/// Sends replies.
#[derive(Debug)]
pub struct Dispatcher {
    pub(crate) inbox: Inbox,
    pub(crate) directory: Directory,
    pub(crate) senders: SenderCache,
    pub(crate) credentials: Credentials,
    pub(crate) http: ProviderHttp,
    pub(crate) providers: ProviderConfig,
    pub(crate) public_base_url: String,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) tallies: Mutex<Unwritten>,
}

/// Whether the next reply of the conversation may be taken.
pub(crate) enum Next {
    GoOn,
    Stop,
}

impl Dispatcher {
    /// Reads and writes `inbox` and `directory`, calls the providers of `providers`. Customers' apps get files below
    /// `public_base_url`, and providers tell there what became of a message.
    #[expect(clippy::too_many_arguments, reason = "each is something that only `main` can know")]
    pub fn new(
        inbox: Inbox,
        directory: Directory,
        credentials: Credentials,
        http: ProviderHttp,
        providers: ProviderConfig,
        public_base_url: impl Into<String>,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let public_base_url = public_base_url.into();
        let senders = SenderCache::new(directory.clone());
        let directory = directory.by_function("reply-dispatch");
        let tallies = Mutex::default();
        Self {
            inbox,
            directory,
            senders,
            credentials,
            http,
            providers,
            public_base_url,
            clock,
            metrics,
            tallies,
        }
    }

    /// Handles one record of the outbound queue for the batch loop: a passing fault tells the queue when
    /// to deliver it again, which holds the conversation's later records back as long. `deadline` is when
    /// the invocation ends.
    pub async fn record(&self, body: &str, deadline: Timestamp) -> Result<(), RecordError> {
        self.handle(body, deadline).await.map_err(|error| match error {
            DispatchError::RetryAfter { after, .. } => RecordError::new(error).retry_after(after),
            error => error.into(),
        })
    }

    async fn handle(&self, body: &str, deadline: Timestamp) -> Result<(), DispatchError> {
        let work = match serde_json::from_str(body)? {
            OutboundWork::Reply(work) => work,
            OutboundWork::Courtesy(work) => {
                self.show(work, deadline).await;
                return Ok(());
            }
        };
        let mut pending = self.inbox.pending_of_conversation(work.channel_id, work.conversation_id).await?;
        // The index may not show yet what the stream has told already.
        let told =
            PendingReply { conversation: work.conversation_id, message: work.message, unprepared: false };
        if !pending.iter().any(|reply| reply.message == told.message) {
            pending.push(told);
            pending.sort_by_key(|reply| reply.message);
        }
        for reply in pending {
            // A call that is cut off ends unconfirmed; the rest goes on in an invocation of its own.
            if deadline.since(self.clock.now()) < LONGEST_REPLY {
                let detail = "the invocation ends soon".to_owned();
                return Err(DispatchError::RetryAfter { after: Span::default(), detail });
            }
            match self.reply(work, reply).await? {
                Next::GoOn => {}
                Next::Stop => return Ok(()),
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one reply, from its claim to its end")]
    async fn reply(&self, work: ReplyWork, reply: PendingReply) -> Result<Next, DispatchError> {
        for again in (0..TRIES).map(|attempt| attempt > 0) {
            // Read for every reply: the one before it may have found the credential broken.
            let channel = self.directory.channel(work.channel_id).await?;
            let Some(message) = self.pending(reply, again).await? else {
                return Ok(Next::GoOn);
            };
            let Some(conversation) = self.inbox.conversation(reply.conversation).await? else {
                return Ok(Next::GoOn);
            };
            if conversation.is_erased() {
                return Ok(Next::GoOn);
            }
            let now = self.clock.now();
            if message.files_pending_since().is_some() {
                // Its turn, but its file is being made ready; what was written after it waits as well.
                return Ok(Next::Stop);
            }
            // Whoever stored the reply may have ended before the conversation was told.
            let settings = match (&channel, conversation.has_noted(&message)) {
                // Its timers follow from more than its own settings; nearly always nobody asks for them here.
                (Some(channel), false) => self.directory.with_timers(channel.clone()).await?.settings,
                _ => ChannelSettings::default(),
            };
            let conversation = self.inbox.note_reply(conversation, &settings, &message, now).await?;
            let queued = match message.send.clone() {
                Some(SendState::Queued { attempts, first_attempt_at, not_before, keep_via }) => {
                    if let Some(not_before) = not_before.filter(|at| *at > now) {
                        let detail = "not yet".to_owned();
                        return Err(DispatchError::RetryAfter { after: not_before.since(now), detail });
                    }
                    if keep_via.is_some()
                        && first_attempt_at.is_some_and(|first| retry_key_lapsed(first, now))
                    {
                        // It may have been taken long ago, and LINE no longer knows its retry key.
                        let claimed_at = first_attempt_at.unwrap_or(now);
                        match self.leave_unconfirmed(work.channel_id, message, claimed_at, KEY_LAPSED).await?
                        {
                            Some(next) => return Ok(next),
                            None => continue,
                        }
                    }
                    Queued { attempts, first_attempt_at, keep_via }
                }
                Some(SendState::Sending { attempt, first_attempt_at, claimed_at, lease_until, via }) => {
                    if lease_until > now {
                        // Its sender is at work, or crashed and will be found by the sweeper.
                        return Ok(Next::Stop);
                    }
                    match after_crash(&via, first_attempt_at, now) {
                        AfterCrash::Repeat => Queued {
                            attempts: attempt,
                            first_attempt_at: Some(first_attempt_at),
                            keep_via: Some(via),
                        },
                        after => {
                            let looked = match (after, &channel) {
                                (AfterCrash::LookUp, Some(channel)) => {
                                    self.settle_by_lookup(channel, &conversation, message, claimed_at).await?
                                }
                                _ => {
                                    self.leave_unconfirmed(work.channel_id, message, claimed_at, NO_OUTCOME)
                                        .await?
                                }
                            };
                            match looked {
                                Some(next) => return Ok(next),
                                None => continue,
                            }
                        }
                    }
                }
                // Settled in the meantime; the index lags behind the table by a moment.
                _ => return Ok(Next::GoOn),
            };
            let Some(channel) = channel else {
                return self.refuse(message, FailureReason::ChannelUnlinked, now).await;
            };
            match channel.sending(now) {
                Sending::Allowed => {}
                // An earlier attempt may have been taken: nobody knows, and nobody asks any more.
                Sending::OutOfUse(_) if queued.keep_via.is_some() => {
                    let claimed_at = queued.first_attempt_at.unwrap_or(now);
                    match self.leave_unconfirmed(work.channel_id, message, claimed_at, OUT_OF_USE).await? {
                        Some(next) => return Ok(next),
                        None => continue,
                    }
                }
                Sending::OutOfUse(out) => return self.refuse(message, out.into(), now).await,
                Sending::Paused(_) | Sending::Held(_) | Sending::Connecting => {
                    // Stays queued: the sweeper starts it again once the channel can send.
                    tracing::debug!(channel.id = %channel.id, "Channel `{}` cannot send now", channel.id);
                    return Ok(Next::Stop);
                }
            }
            let via = match route(
                &conversation,
                &channel.settings,
                message.sent_by.author(),
                &message,
                queued.keep_via.as_ref(),
                now,
            ) {
                Route::By(via) => via,
                // Refused before the provider is called (C2).
                Route::Refused(reason) => return self.refuse(message, reason, now).await,
            };
            let mut message = message;
            let persona = self.persona(&channel, &mut message).await?;
            let Some(claimed) = self.claim(message, &queued, via, persona, now).await? else { continue };
            return self.send(&channel, conversation, claimed).await;
        }
        // Others kept writing to it; the sweeper looks again.
        Ok(Next::Stop)
    }

    /// The reply. The ordinary case is read at half price: who acts on an old copy is refused when it claims the
    /// reply, and comes `again`.
    async fn pending(&self, reply: PendingReply, again: bool) -> Result<Option<Message>, StoreError> {
        if !again {
            let recent = self.inbox.recent_message(reply.conversation, &reply.message).await?;
            let is_new = |message: &Message| {
                matches!(message.send, Some(SendState::Queued { attempts: 0, not_before: None, .. }))
                    // The file may have been made ready in this moment.
                    && message.files_pending_since().is_none()
            };
            if let Some(recent) = recent.filter(is_new) {
                return Ok(Some(recent));
            }
        }
        self.inbox.message(reply.conversation, &reply.message).await
    }

    /// Takes a reply in hand. `None` if somebody else was faster.
    async fn claim(
        &self,
        message: Message,
        queued: &Queued,
        via: Via,
        persona_id: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Claimed>, StoreError> {
        let attempt = queued.attempts + 1;
        let first_attempt_at = queued.first_attempt_at.unwrap_or(now);
        let mut message = message;
        message.send = Some(SendState::Sending {
            attempt,
            first_attempt_at,
            claimed_at: now,
            lease_until: now + LEASE,
            via: via.clone(),
        });
        if self.inbox.save_message(&message).await? == Saved::Conflict {
            return Ok(None);
        }
        message.rev += 1;
        let repeats = queued.keep_via.is_some();
        Ok(Some(Claimed { message, attempt, first_attempt_at, since: now, via, persona_id, repeats }))
    }

    async fn send(
        &self,
        channel: &Channel,
        conversation: Conversation,
        claimed: Claimed,
    ) -> Result<Next, DispatchError> {
        if let Via::ReplyToken { token } = &claimed.via
            && let Err(error) = self.spend_reply_token(&conversation, token).await
        {
            // The reply is in hand and must be sent; the token is refused if it is tried again.
            tracing::warn!(%error, conversation.id = %conversation.id, "A reply token was not marked as spent");
        }
        let mut claimed = claimed;
        loop {
            let outcome = self.call(channel, &conversation, &claimed).await;
            let (message, attempt) = (claimed.message.key.id, claimed.attempt);
            let settlement = madoguchi_domain::send::settle(message, attempt, &claimed.via, outcome);
            let (mut message, via) = match settlement {
                // The reply token was certainly not taken: push, which costs quota.
                Settlement::Fallback if claimed.via != Via::Push => (claimed.message, Via::Push),
                // Nothing was taken, also not by an earlier try that got no verdict: it asked for the same and would
                // have been refused like this one. The same as the account (SND-6).
                Settlement::AsAccount if claimed.message.shown_sender().is_some() => {
                    tracing::warn!(
                        conversation.id = %conversation.id, message.id = %claimed.message.key,
                        "The provider refused the sender's name: the reply goes out as the account"
                    );
                    self.note_refused_name(channel, &claimed.message).await;
                    (claimed.message, claimed.via)
                }
                settlement => return self.settle(channel, claimed, settlement).await,
            };
            if settlement == Settlement::AsAccount {
                as_account(&mut message);
            }
            // From a claim of its own, so that a crash from here on is repeated with the new call's retry key.
            let queued = Queued { attempts: attempt - 1, first_attempt_at: None, keep_via: None };
            let Some(again) = self.claim(message, &queued, via, None, self.clock.now()).await? else {
                return Ok(Next::Stop);
            };
            claimed = again;
        }
    }

    /// Has the operator's association say that the provider refused their name (MEM-4). The reply does not depend on it.
    async fn note_refused_name(&self, channel: &Channel, message: &Message) {
        let SentBy::Operator { operator } = &message.sent_by else { return };
        if channel.kind != ChannelKind::Line {
            return;
        }
        let verdict = Verdict { at: self.clock.now(), outcome: Outcome::NameRefused };
        if let Err(error) = self.directory.tell_membership(channel.id, operator, verdict).await {
            tracing::warn!(%error, channel.id = %channel.id, "A refused name was not noted");
        }
    }

    /// The persona that a reply goes out under (Messenger). What the persona shows is what the customer sees, also if
    /// the operator has chosen another name since the last sync (SND-8); without one it is the account.
    async fn persona(&self, channel: &Channel, message: &mut Message) -> Result<Option<String>, StoreError> {
        let SentBy::Operator { operator } = &message.sent_by else { return Ok(None) };
        if channel.kind != ChannelKind::Messenger || message.shown_sender().is_none() {
            return Ok(None);
        }
        let persona = self.senders.persona(channel.id, operator, self.clock.now()).await?;
        let persona = persona.filter(|persona| !persona.id.is_empty());
        if let (Some(persona), Some(sender)) = (persona, &mut message.sender) {
            sender.shown = Some(persona.name);
            return Ok(Some(persona.id));
        }
        as_account(message);
        Ok(None)
    }

    /// A reply token works once: the next reply must not try it again. If this write is lost, the
    /// provider refuses the token and the next reply is pushed.
    async fn spend_reply_token(&self, conversation: &Conversation, token: &str) -> Result<(), StoreError> {
        let mut spent = conversation.clone();
        for _ in 0..TRIES {
            if spent.reply_token.as_ref().is_none_or(|known| known.token != token) {
                return Ok(());
            }
            spent.reply_token = None;
            if self.inbox.save_conversation(&spent).await? == Saved::Done {
                return Ok(());
            }
            match self.inbox.conversation(conversation.id).await? {
                Some(current) => spent = current,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

fn as_account(message: &mut Message) {
    if let Some(sender) = &mut message.sender {
        sender.refused = true;
    }
}

/// A reply that nobody has in hand.
struct Queued {
    attempts: u32,
    first_attempt_at: Option<Timestamp>,
    keep_via: Option<Via>,
}

/// A reply that we have in hand, until the lease ends.
pub(crate) struct Claimed {
    pub(crate) message: Message,
    pub(crate) attempt: u32,
    pub(crate) first_attempt_at: Timestamp,
    pub(crate) since: Timestamp,
    pub(crate) via: Via,
    /// The persona that it goes out under (Messenger).
    pub(crate) persona_id: Option<String>,
    /// An earlier attempt may have been taken.
    pub(crate) repeats: bool,
}
