//! Closing what is due, and bringing changed settings to the conversations that are open.

use std::collections::HashMap;

use futures::StreamExt as _;
use futures::future::ready;
use futures::stream;
use madoguchi_domain::conversation::{self, Section};
use madoguchi_domain::deadline::{self, DeadlineKind, Verdict};
use madoguchi_domain::organisation::BusinessHours;
use madoguchi_domain::timers::{self, Organisation, Timing};
use madoguchi_domain::{
    Channel, ChannelId, ChannelSettings, CloseReason, Conversation, ConversationId, Span, Timestamp,
};

use madoguchi_store::directory::{Rearmed, Walk};
use madoguchi_store::inbox::{DEADLINE_SHARDS, DueCursor};
use madoguchi_store::{Directory, Inbox, SETTINGS_CACHE, Saved, StoreError};

use crate::patience::{OutOfTime, patiently};

/// A change of settings is brought to the open conversations again until every cache has run out, so
/// that a deadline armed under the old settings is found too. A minute is left for work under way.
const SETTLING: Span = Span::from_ms(SETTINGS_CACHE.as_ms() + 60_000);
/// Conversations of one shard that are worked on at the same time. A close takes two calls of some
/// 5 ms each: 10 shards of 10 close 10,000 conversations in about a second.
const AT_ONCE_PER_SHARD: usize = 10;
/// How often a lost race is tried again before it is left to the next tick.
const TRIES: usize = 3;

/// What a tick did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Conversations closed.
    pub closed: u64,
    /// Farewells that were queued with them (CLS-11).
    pub farewells: u64,
    /// Conversations whose deadline was moved.
    pub rearmed: u64,
    /// Conversations that no deadline applies to any more.
    pub disarmed: u64,
    /// Conversations left for the next tick: somebody kept writing to them.
    pub contended: u64,
    /// Conversations or shards that the table did not let us look after; they are due at the next tick.
    pub failed: u64,
    /// The longest time between a deadline and its close, in milliseconds (TMR-7).
    pub longest_lag_ms: i64,
    /// Whether the caller's time was over before the work was.
    pub interrupted: bool,
}

impl Report {
    fn add(&mut self, other: Self) {
        self.closed += other.closed;
        self.farewells += other.farewells;
        self.rearmed += other.rearmed;
        self.disarmed += other.disarmed;
        self.contended += other.contended;
        self.failed += other.failed;
        self.longest_lag_ms = self.longest_lag_ms.max(other.longest_lag_ms);
        self.interrupted |= other.interrupted;
    }
}

/// What a tick goes by.
struct Settings {
    channels: HashMap<ChannelId, Channel>,
    organisation: Organisation,
}

impl Settings {
    /// As they act on `conversation`, with the hours that its timers run in.
    fn of(&self, conversation: &Conversation) -> (ChannelSettings, Option<&BusinessHours>) {
        match self.channels.get(&conversation.channel_id) {
            Some(channel) => (channel.acting_settings(), self.organisation.hours(channel, conversation)),
            None => (ChannelSettings::default(), None),
        }
    }
}

/// Notes a fault and lets the rest go on.
fn failed(error: StoreError) -> Report {
    tracing::error!(%error, "Part of a tick failed");
    Report { failed: 1, ..Report::default() }
}

/// Closes conversations by their deadlines.
#[derive(Clone, Debug)]
pub struct Closer {
    inbox: Inbox,
    directory: Directory,
}

impl Closer {
    /// Works on these tables.
    pub fn new(inbox: Inbox, directory: Directory) -> Self {
        Self { inbox, directory }
    }

    /// One tick of the closer of `kind`: first what is due, then what changed settings ask for, and what is due by these.
    /// `out_of_time` is asked between pages.
    pub async fn tick(
        &self,
        kind: DeadlineKind,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Result<Report, StoreError> {
        let (rearmed, organisation) = self.channels().await?;
        let channels = rearmed.iter().map(|rearmed| (rearmed.channel.id, rearmed.channel.clone())).collect();
        let settings = Settings { channels, organisation };
        let mut report = self.close_due(kind, &settings, now, out_of_time).await;
        // The open conversations are shared out between the two. The other kinds depend on no setting, or are armed by them.
        let sections: &[Section] = match kind {
            DeadlineKind::Unanswered => &[Section::Unassigned],
            DeadlineKind::Idle => &[Section::Assigned, Section::Snoozed],
            _ => &[],
        };
        let mut is_any_armed = false;
        for rearmed in &rearmed {
            if sections.is_empty() || rearmed.through(kind) >= rearmed.channel.settings_changed_at + SETTLING
            {
                continue;
            }
            if out_of_time() {
                report.interrupted = true;
                break;
            }
            let reached = self.reach(rearmed, kind, sections, &settings.organisation, now, out_of_time).await;
            is_any_armed |= reached.rearmed > 0;
            report.add(reached);
        }
        // What a shorter period makes due waits for no other tick.
        if is_any_armed && !out_of_time() {
            report.add(self.close_due(kind, &settings, now, out_of_time).await);
        }
        Ok(report)
    }

    /// Closes what is due.
    async fn close_due(
        &self,
        kind: DeadlineKind,
        settings: &Settings,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Report {
        let mut report = Report::default();
        let shards =
            (0..DEADLINE_SHARDS).map(|shard| self.close_shard(kind, shard, settings, now, out_of_time));
        for shard in futures::future::join_all(shards).await {
            report.add(shard);
        }
        report
    }

    /// Every channel as its timers act. Without a channel that looks to its department or brand this is one query.
    async fn channels(&self) -> Result<(Vec<Rearmed>, Organisation), StoreError> {
        let mut channels = self.directory.rearmed_channels().await?;
        let looks_up = |channel: &Channel| channel.settings.pause_outside_hours || timers::inherits(channel);
        if !channels.iter().any(|rearmed| looks_up(&rearmed.channel)) {
            return Ok((channels, Organisation::default()));
        }
        let organisation = self.directory.organisation().await?;
        for rearmed in &mut channels {
            rearmed.channel = organisation.resolve(rearmed.channel.clone());
        }
        Ok((channels, organisation))
    }

    async fn close_shard(
        &self,
        kind: DeadlineKind,
        shard: u8,
        settings: &Settings,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Report {
        // The next page is read while the last conversations of this one are still being closed.
        let pages = stream::unfold(Some(None), |from: Option<Option<DueCursor>>| async move {
            let from = from?;
            if from.is_some() && out_of_time() {
                return Some((vec![Err(Report { interrupted: true, ..Report::default() })], None));
            }
            let page = patiently(out_of_time, async || self.inbox.due(kind, shard, now, from.as_ref()).await);
            match page.await {
                Ok(due) => {
                    Some((due.conversations.into_iter().map(|(id, _)| Ok(id)).collect(), due.next.map(Some)))
                }
                Err(error) => Some((vec![Err(failed(error))], None)),
            }
        });
        let settled = pages.flat_map(stream::iter).map(|found| async move {
            match found {
                // One conversation's fault is no reason to leave the others open.
                Ok(id) => self.settle(id, settings, now, out_of_time).await.unwrap_or_else(failed),
                Err(report) => report,
            }
        });
        settled
            .buffer_unordered(AT_ONCE_PER_SHARD)
            .fold(Report::default(), |mut report, settled| {
                report.add(settled);
                ready(report)
            })
            .await
    }

    /// Closes one due conversation, or arms it anew if somebody wrote since. Each write is conditional
    /// on the version that the verdict was passed on, so a message that is stored in between keeps
    /// the conversation open (TMR-6) and the verdict is passed again.
    async fn settle(
        &self,
        id: ConversationId,
        settings: &Settings,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Result<Report, StoreError> {
        let mut report = Report::default();
        for _ in 0..TRIES {
            let found = patiently(out_of_time, async || self.inbox.conversation(id).await);
            let Some(mut conversation) = found.await? else { return Ok(report) };
            // The index lags behind the table by a moment: what it shows may be done already.
            if conversation.armed.is_none() {
                return Ok(report);
            }
            let (acting, hours) = settings.of(&conversation);
            match deadline::verdict(&conversation, Timing { settings: &acting, hours }, now) {
                Verdict::Close(deadline) => {
                    let Some(reason) = deadline.kind.reason() else { return Ok(report) };
                    let completed = conversation::complete(conversation, reason, &acting, now);
                    let Some(completed) = completed else { return Ok(report) };
                    let saved =
                        patiently(out_of_time, async || self.inbox.commit_completed(&completed).await);
                    if saved.await? == Saved::Done {
                        report.closed = 1;
                        report.farewells = u64::from(completed.farewell.is_some());
                        report.longest_lag_ms = now.since(deadline.due_at).as_ms();
                        return Ok(report);
                    }
                }
                verdict => {
                    let armed = match verdict {
                        Verdict::Rearm(deadline) => Some(deadline.to_arm()),
                        _ => None,
                    };
                    if conversation.armed == armed {
                        return Ok(report);
                    }
                    conversation.armed = armed;
                    let saved =
                        patiently(out_of_time, async || self.inbox.save_conversation(&conversation).await);
                    if saved.await? == Saved::Done {
                        report.rearmed = u64::from(armed.is_some());
                        report.disarmed = u64::from(armed.is_none());
                        return Ok(report);
                    }
                }
            }
        }
        report.contended = 1;
        Ok(report)
    }

    /// Brings a channel's settings to its open conversations: a shorter or newly set period must be armed now, a longer one
    /// would be found by the closer anyway. Those of a deleted channel are closed (CLS-11). Where time
    /// was too short the next tick goes on.
    async fn reach(
        &self,
        rearmed: &Rearmed,
        kind: DeadlineKind,
        sections: &[Section],
        organisation: &Organisation,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Report {
        let channel = &rearmed.channel;
        let mut report = Report::default();
        let Some(first) = sections.first() else { return report };
        // What an older walk has passed does not know the latest change.
        let kept = rearmed
            .walk(kind)
            .filter(|walk| walk.began_at > channel.settings_changed_at && sections.contains(&walk.section));
        let start = Walk { began_at: now, section: *first, before: None };
        let mut walk = kept.unwrap_or(&start).clone();
        let rest = loop {
            let reached = self.reach_page(channel, organisation, &walk, now, out_of_time).await;
            let (page, before) = reached.unwrap_or_else(|error| (failed(error), None));
            if page.failed > 0 {
                // It counts as one that began as early as it can have: another one follows.
                walk.began_at = walk.began_at.min(channel.settings_changed_at + Span::from_ms(1));
            }
            report.add(page);
            let next_section =
                || sections.iter().copied().skip_while(|section| *section != walk.section).nth(1);
            let section = if before.is_some() { Some(walk.section) } else { next_section() };
            let Some(section) = section else { break None };
            walk = Walk { section, before, ..walk };
            if out_of_time() {
                report.interrupted = true;
                break Some(&walk);
            }
        };
        let noted = match rest {
            None => self.directory.note_rearmed(channel.id, kind, walk.began_at).await,
            Some(rest) => self.directory.note_walk(channel.id, kind, rest).await,
        };
        if let Err(error) = noted {
            report.add(failed(error));
        }
        report
    }

    /// Brings a channel's settings to one page of its open conversations; tells where the next one begins.
    async fn reach_page(
        &self,
        channel: &Channel,
        organisation: &Organisation,
        walk: &Walk,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Result<(Report, Option<String>), StoreError> {
        let page = self.inbox.open_conversations(channel.id, walk.section, walk.before.as_deref()).await?;
        let mut work = futures::stream::iter(page.conversations)
            .map(async |conversation| {
                if channel.status.is_deleted() {
                    self.remove(conversation, now, out_of_time).await.map(|done| (done, false))
                } else {
                    self.rearm(conversation, channel, organisation, out_of_time)
                        .await
                        .map(|done| (false, done))
                }
            })
            .buffer_unordered(AT_ONCE_PER_SHARD);
        let mut report = Report::default();
        while let Some(done) = work.next().await {
            match done {
                Ok((closed, rearmed)) => {
                    report.closed += u64::from(closed);
                    report.rearmed += u64::from(rearmed);
                }
                // One conversation's fault keeps no other from its deadline.
                Err(error) => report.add(failed(error)),
            }
        }
        drop(work);
        Ok((report, page.next))
    }

    /// Closes a conversation whose channel was deleted, whoever writes to it meanwhile.
    async fn remove(
        &self,
        mut conversation: Conversation,
        now: Timestamp,
        out_of_time: &OutOfTime<'_>,
    ) -> Result<bool, StoreError> {
        let id = conversation.id;
        loop {
            let Some(closed) = conversation::close(conversation, CloseReason::ChannelRemoved, now) else {
                return Ok(false);
            };
            let saved = patiently(out_of_time, async || self.inbox.commit_closed(&closed).await);
            if saved.await? == Saved::Done {
                return Ok(true);
            }
            match self.inbox.conversation(id).await? {
                Some(current) => conversation = current,
                None => return Ok(false),
            }
        }
    }

    async fn rearm(
        &self,
        mut conversation: Conversation,
        channel: &Channel,
        organisation: &Organisation,
        out_of_time: &OutOfTime<'_>,
    ) -> Result<bool, StoreError> {
        let id = conversation.id;
        let settings = channel.acting_settings();
        loop {
            let before = conversation.armed;
            let hours = organisation.hours(channel, &conversation);
            conversation.rearm(Timing { settings: &settings, hours });
            if conversation.armed == before {
                return Ok(false);
            }
            let saved = patiently(out_of_time, async || self.inbox.save_conversation(&conversation).await);
            if saved.await? == Saved::Done {
                return Ok(true);
            }
            match self.inbox.conversation(id).await? {
                Some(current) => conversation = current,
                None => return Ok(false),
            }
        }
    }
}
