//! Looks for messages that belong in a ticket and that nobody has put into one.

use madoguchi_domain::{Channel, Conversation, Section, SentBy, Span, Timestamp};
use madoguchi_store::StoreError;
use madoguchi_store::work::TicketWork;

use crate::{Report, Tickets};

/// Younger messages are still on their way by themselves.
const PATIENCE: Span = Span::from_minutes(10);
/// How much further back than to the last time it looks.
const SLACK: Span = Span::from_hours(2);
/// How late messages reach us: lists and messages stand in the order in which they were said.
const LATEST: Span = Span::from_hours(24);
/// What is looked through of a channel that never was.
const FIRST: Span = Span::from_hours(24);
/// Messages that are read together.
const PAGE: usize = 100;

/// Once an hour, and not with the many things that happen on the hour.
pub(crate) fn is_time(now: Timestamp) -> bool {
    now.as_ms().div_euclid(60_000).rem_euclid(60) == 17
}

impl Tickets {
    /// Looks through the channels that make tickets: what has happened in them since the last time.
    pub(crate) async fn sweep(
        &self,
        now: Timestamp,
        out_of_time: &(dyn Fn() -> bool + Sync),
        report: &mut Report,
    ) {
        let channels = match self.directory.channels().await {
            Ok(channels) => channels,
            Err(error) => return report.fail(&error),
        };
        for channel in channels.iter().filter(|channel| channel.settings.tickets.is_on()) {
            let failed = report.failed;
            if let Err(error) = self.channel(channel, now, out_of_time, report).await {
                report.fail(&error);
            }
            if report.interrupted {
                return;
            }
            if report.failed == failed
                && let Err(error) = self.inbox.note_tickets_swept(channel.id, now).await
            {
                report.fail(&error);
            }
        }
    }

    async fn channel(
        &self,
        channel: &Channel,
        now: Timestamp,
        out_of_time: &(dyn Fn() -> bool + Sync),
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let swept = self.inbox.tickets_swept(channel.id).await?.map(|at| at - SLACK);
        let since = swept.unwrap_or(now - FIRST);
        for section in Section::ALL {
            let mut before: Option<String> = None;
            loop {
                let page = self.inbox.open_conversations(channel.id, section, before.as_deref()).await?;
                let is_over = page.conversations.last().is_some_and(|it| it.sorted_at < Some(since - LATEST));
                for conversation in &page.conversations {
                    if out_of_time() {
                        report.interrupted = true;
                        return Ok(());
                    }
                    // When it was stored, if it was said before.
                    if conversation.customer_clock >= Some(since) {
                        self.conversation(conversation, since, now, report).await?;
                    }
                }
                before = page.next;
                if before.is_none() || is_over {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn conversation(
        &self,
        conversation: &Conversation,
        since: Timestamp,
        now: Timestamp,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let mut before = None;
        loop {
            let page = self.inbox.messages(conversation.id, before.as_ref(), PAGE).await?;
            let (Some(newest), Some(oldest)) = (page.messages.first(), page.messages.last()) else {
                return Ok(());
            };
            let is_over = oldest.key.at < since - LATEST;
            let placed = self.inbox.stretches(conversation.id, &oldest.key, &newest.key).await?;
            // The earliest first, as they were said.
            for message in page.messages.iter().rev() {
                let is_due = message.awaits_ticket
                    && message.sent_by == SentBy::Customer
                    && message.stored_at.max(message.key.at) >= since
                    && now.since(message.stored_at) >= PATIENCE;
                if !is_due || placed.contains_key(&message.key) {
                    continue;
                }
                let outcome = self.converter.heard(&TicketWork::of(message), now).await;
                if matches!(&outcome, Ok(outcome) if *outcome != madoguchi_tickets::Outcome::Nothing) {
                    report.found += 1;
                }
                report.note(outcome);
            }
            before = page.next;
            if before.is_none() || is_over {
                return Ok(());
            }
        }
    }
}
