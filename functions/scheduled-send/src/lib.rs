//! `scheduled-send`: queues the replies whose time has come, scheduled (RPL-15) or sent once more (RPL-12),
//! reminds customers whose window closes soon (RPL-16), warns those whose conversation is about to be closed (TMR-9), and
//! brings back what was set aside (CLS-12). It asks the `deadline` index what is due, so its cost grows
//! with that only. Every write is conditional: what ends between two of them is due again at the next tick and goes
//! on from there. Sending is others' work, which starts from the stored change as for every reply.

use futures::StreamExt as _;
use futures::stream;
use madoguchi_domain::channel::ChannelSettings;
use madoguchi_domain::conversation::{self, Waker};
use madoguchi_domain::deadline::{self, DeadlineKind, Verdict};
use madoguchi_domain::later::{self, Due};
use madoguchi_domain::organisation::BusinessHours;
use madoguchi_domain::reminder::{self, Reminder};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::timers::Timing;
use madoguchi_domain::warning::{self, Warning};
use madoguchi_domain::{Channel, Conversation, ConversationId, Message, MessageKey, Timestamp, membership};
use madoguchi_store::inbox::DEADLINE_SHARDS;
use madoguchi_store::{ChannelCache, Directory, Inbox, Saved, SenderCache, StoreError};

/// How much of one shard is worked on at the same time.
const AT_ONCE_PER_SHARD: usize = 10;
/// How often a lost race is tried again before it is left to the next tick.
const TRIES: usize = 3;

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Scheduled replies queued, and failed ones that are sent once more.
    pub queued: u64,
    /// Replies that failed before they were queued.
    pub dropped: u64,
    /// Customers reminded.
    pub reminded: u64,
    /// Customers warned of the idle close.
    pub warned: u64,
    /// Conversations brought back that had been set aside.
    pub woken: u64,
    /// Conversations whose deadline was moved, or whose window closed without a reminder.
    pub moved: u64,
    /// Conversations that a bot handed over to people, or people to a bot, since its time has come.
    pub switched: u64,
    /// What is left for the next tick: somebody kept writing to it.
    pub contended: u64,
    /// What the table did not let us look after; it is due at the next tick.
    pub failed: u64,
    /// Whether the caller's time was over before the work was.
    pub interrupted: bool,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.queued += other.queued;
        self.dropped += other.dropped;
        self.reminded += other.reminded;
        self.warned += other.warned;
        self.woken += other.woken;
        self.moved += other.moved;
        self.switched += other.switched;
        self.contended += other.contended;
        self.failed += other.failed;
        self.interrupted |= other.interrupted;
    }
}

/// Notes a fault and lets the rest go on.
fn failed(error: StoreError) -> Report {
    tracing::error!(%error, "Part of a tick failed");
    Report { failed: 1, ..Report::default() }
}

/// Starts what is due.
#[derive(Debug)]
pub struct Scheduler {
    inbox: Inbox,
    channels: ChannelCache,
    people: SenderCache,
}

impl Scheduler {
    /// Works on these tables.
    pub fn new(inbox: Inbox, directory: Directory) -> Self {
        Self { inbox, people: SenderCache::new(directory.clone()), channels: ChannelCache::new(directory) }
    }

    /// One tick at `now`. `out_of_time` is asked between pages.
    pub async fn tick(&self, now: Timestamp, out_of_time: &(dyn Fn() -> bool + Sync)) -> Report {
        let shards = (0..DEADLINE_SHARDS).map(|shard| async move {
            let mut report = self.replies(shard, now, out_of_time).await;
            report.add(self.conversations(shard, now, out_of_time).await);
            report
        });
        let mut report = Report::default();
        for shard in futures::future::join_all(shards).await {
            report.add(shard);
        }
        report
    }

    async fn replies(&self, shard: u8, now: Timestamp, out_of_time: &(dyn Fn() -> bool + Sync)) -> Report {
        let (mut report, mut from) = (Report::default(), None);
        loop {
            let page = match self.inbox.due_replies(shard, now, from.as_ref()).await {
                Ok(page) => page,
                Err(error) => {
                    report.add(failed(error));
                    return report;
                }
            };
            let mut work = stream::iter(page.replies)
                .map(|(conversation, key)| self.reply(conversation, key, now))
                .buffer_unordered(AT_ONCE_PER_SHARD);
            while let Some(done) = work.next().await {
                report.add(done.unwrap_or_else(failed));
            }
            from = page.next;
            if from.is_none() || out_of_time() {
                report.interrupted = from.is_some();
                return report;
            }
        }
    }

    async fn reply(&self, id: ConversationId, key: MessageKey, now: Timestamp) -> Result<Report, StoreError> {
        for _ in 0..TRIES {
            let Some(conversation) = self.inbox.conversation(id).await? else { return Ok(Report::default()) };
            let Some(reply) = self.inbox.message(id, &key).await? else { return Ok(Report::default()) };
            if conversation.is_erased() {
                return Ok(Report::default());
            }
            let channel = self.channels.channel(conversation.channel_id, now).await?;
            let settings = match Channel::in_use(channel.as_ref()) {
                Ok(channel) if self.may_go_out(channel, &reply, now).await? => Ok(&channel.settings),
                Ok(_) => Err(FailureReason::AuthorLeft),
                Err(out) => Err(out.into()),
            };
            match later::due(&conversation, settings, &reply, now) {
                // The index lags behind the table by a moment: what it shows may be done already.
                Due::Nothing => return Ok(Report::default()),
                Due::Send(reply) => {
                    if self.inbox.save_message(&reply).await? == Saved::Done {
                        tracing::debug!(conversation.id = %id, message.id = %key, "Queued a scheduled reply");
                        return Ok(Report { queued: 1, ..Report::default() });
                    }
                }
                Due::GiveUp(reply) => {
                    if self.inbox.save_message(&reply).await? == Saved::Done {
                        tracing::info!(conversation.id = %id, message.id = %key, "A reply is not sent a second time");
                        return Ok(Report { dropped: 1, ..Report::default() });
                    }
                }
                Due::Drop { reply, line } => {
                    if self.inbox.save_told(&reply, &line).await? == Saved::Done {
                        tracing::info!(conversation.id = %id, message.id = %key, "Dropped a scheduled reply");
                        return Ok(Report { dropped: 1, ..Report::default() });
                    }
                }
            }
        }
        Ok(Report { contended: 1, ..Report::default() })
    }

    /// Whether whoever wrote a scheduled reply is still somebody who answers there (MEM-9).
    async fn may_go_out(
        &self,
        channel: &Channel,
        reply: &Message,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(author) = later::author(reply) else { return Ok(true) };
        let person = self.people.person(author, now).await?;
        Ok(membership::is_shown(channel, person.as_ref()))
    }

    /// What is due for a conversation: a reminder, a warning, or that it comes back.
    async fn conversations(
        &self,
        shard: u8,
        now: Timestamp,
        out_of_time: &(dyn Fn() -> bool + Sync),
    ) -> Report {
        let (mut report, mut from) = (Report::default(), None);
        loop {
            let due = self.inbox.due(DeadlineKind::WindowReminder, shard, now, from.as_ref()).await;
            let page = match due {
                Ok(page) => page,
                Err(error) => {
                    report.add(failed(error));
                    return report;
                }
            };
            let mut work = stream::iter(page.conversations)
                .map(|(conversation, _)| self.conversation(conversation, now))
                .buffer_unordered(AT_ONCE_PER_SHARD);
            while let Some(done) = work.next().await {
                report.add(done.unwrap_or_else(failed));
            }
            from = page.next;
            if from.is_none() || out_of_time() {
                report.interrupted = from.is_some();
                return report;
            }
        }
    }

    async fn conversation(&self, id: ConversationId, now: Timestamp) -> Result<Report, StoreError> {
        for _ in 0..TRIES {
            let Some(mut conversation) = self.inbox.conversation(id).await? else {
                return Ok(Report::default());
            };
            if conversation.armed.is_none_or(|armed| armed.kind != DeadlineKind::WindowReminder) {
                return Ok(Report::default());
            }
            let (settings, hours) = self.timing(&conversation, now).await?;
            let timing = Timing { settings: &settings, hours: hours.as_ref() };
            if conversation.is_to_wake(now) {
                let woken = conversation::wake(conversation, Waker::Time, &settings, now);
                let Some(woken) = woken else { return Ok(Report::default()) };
                if self.inbox.commit_told(&woken).await? == Saved::Done {
                    tracing::debug!(conversation.id = %id, "Brought back conversation `{id}`");
                    return Ok(Report { woken: 1, ..Report::default() });
                }
                continue;
            }
            if let Some(switched) = conversation::mode_over(conversation.clone(), &settings, now) {
                if self.inbox.commit_told(&switched).await? == Saved::Done {
                    tracing::debug!(conversation.id = %id, "Switched the mode of conversation `{id}`");
                    return Ok(Report { switched: 1, ..Report::default() });
                }
                continue;
            }
            match reminder::remind(&conversation, &settings, now) {
                Reminder::Send(message) => {
                    let message = self.create_once(*message).await?;
                    self.inbox.note_reply(conversation, &settings, &message, now).await?;
                    tracing::debug!(conversation.id = %id, message.id = %message.key, "Queued a reminder");
                    return Ok(Report { reminded: 1, ..Report::default() });
                }
                Reminder::Skip(skipped) => conversation = *skipped,
                Reminder::NotDue => match warning::warn(&conversation, timing, now) {
                    Warning::Send(told) => {
                        if self.inbox.commit_told(&told).await? == Saved::Done {
                            tracing::debug!(conversation.id = %id, message.id = %told.line.key, "Queued a warning");
                            return Ok(Report { warned: 1, ..Report::default() });
                        }
                        continue;
                    }
                    Warning::Skip(skipped) => conversation = *skipped,
                    Warning::NotDue => {
                        let armed = match deadline::verdict(&conversation, timing, now) {
                            // Its closer finds it there.
                            Verdict::Close(deadline) | Verdict::Rearm(deadline) => Some(deadline.to_arm()),
                            Verdict::Disarm => None,
                        };
                        if conversation.armed == armed {
                            return Ok(Report::default());
                        }
                        conversation.armed = armed;
                    }
                },
            }
            if self.inbox.save_conversation(&conversation).await? == Saved::Done {
                return Ok(Report { moved: 1, ..Report::default() });
            }
        }
        Ok(Report { contended: 1, ..Report::default() })
    }

    /// The reminder as it is stored: an earlier tick may have ended after it.
    async fn create_once(&self, message: Message) -> Result<Message, StoreError> {
        if self.inbox.create(&message).await? == Saved::Done {
            return Ok(message);
        }
        Ok(self.inbox.message(message.conversation_id, &message.key).await?.unwrap_or(message))
    }

    async fn timing(
        &self,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Result<(ChannelSettings, Option<BusinessHours>), StoreError> {
        match self.channels.channel(conversation.channel_id, now).await? {
            Some(channel) => {
                let hours = self.channels.hours(&channel, conversation, now).await?;
                Ok((channel.acting_settings(), hours))
            }
            None => Ok((ChannelSettings::default(), None)),
        }
    }
}
