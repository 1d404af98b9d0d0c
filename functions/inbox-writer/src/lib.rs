//! `inbox-writer`: takes what `webhook-ingest` queued and makes it conversations and messages.
//!
//! A record is acknowledged when its message and what it does to its conversation are stored. If that ends half-way,
//! the redelivered record finds the message and does the rest; once it is done, it changes nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use madoguchi_channels::{InboundEvent, InboundWork, ParseOptions, QuarantinePart, envelope, parse};
use madoguchi_domain::block::Dropped;
use madoguchi_domain::channel::{Intake, OutOfUse};
use madoguchi_domain::conversation::{Applied, Change, apply_guarded, close, reference};
use madoguchi_domain::event::{Progress, Stage};
use madoguchi_domain::send::{ChannelConsequence, channel_consequence, failure_of};
use madoguchi_domain::{
    Channel, CloseReason, Conversation, ConversationId, Event, EventBody, Message, SendState, Timestamp,
};
use madoguchi_runtime::Metrics;
use madoguchi_store::inbox::Quarantined;
use madoguchi_store::{ChannelCache, GuardCache, Inbox, Saved, StoreError};

/// Somebody else may write to the same conversation (an operator, a closer); each try reads anew.
const TRIES: usize = 10;
/// A table item holds 400 KB; an event beyond this is kept in quarantine, in pieces.
const LARGEST_EVENT_BYTES: usize = 300_000;

/// Why a record must be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The table did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept writing to the conversation.
    #[error("the conversation was written by others {TRIES} times in a row")]
    Contended,
    /// A quarantine record could not be put into words.
    #[error("the record cannot be kept: {0}")]
    Unwritable(#[from] serde_json::Error),
}

/// Applies inbound records.
#[derive(Debug)]
pub struct Writer {
    inbox: Inbox,
    channels: ChannelCache,
    guards: GuardCache,
    page_inbox_app_ids: Vec<String>,
    metrics: Metrics,
    blocked: Mutex<Dropped>,
}

impl Writer {
    /// Writes to `inbox`; `page_inbox_app_ids` are the apps whose echoes a person wrote.
    pub fn new(
        inbox: Inbox,
        channels: ChannelCache,
        page_inbox_app_ids: Vec<String>,
        metrics: Metrics,
    ) -> Self {
        let guards = GuardCache::new(channels.directory().clone());
        Self { inbox, channels, guards, page_inbox_app_ids, metrics, blocked: Mutex::default() }
    }

    /// Applies one record of the inbound queue. `now` is when it is stored.
    pub async fn handle(&self, body: &str, now: Timestamp) -> Result<(), WriteError> {
        match InboundWork::from_json(body) {
            Ok(InboundWork::Event(event)) => {
                self.event(&event, body, now).await?;
                self.count_blocked(now).await;
                Ok(())
            }
            Ok(InboundWork::Quarantine(part)) => self.quarantine(part, now).await,
            Err(error) => {
                // Only a release that is newer or a hand that slipped can have put it there.
                let kind = madoguchi_domain::ChannelKind::Messenger;
                let parts = envelope::quarantine_parts("unreadable_record", kind, None, body.as_bytes(), now);
                for part in parts {
                    let detail = error.to_string();
                    self.inbox.quarantine(&Quarantined { detail, ..of_part(part) }).await?;
                }
                self.metrics.count("Quarantined", 1);
                Ok(())
            }
        }
    }

    async fn event(&self, inbound: &InboundEvent, body: &str, now: Timestamp) -> Result<(), WriteError> {
        let channel = self.channels.channel(inbound.channel_id, now).await?;
        let out_of_use = channel.as_ref().filter(|it| !it.status.was_in_use(inbound.received_at));
        if body.len() > LARGEST_EVENT_BYTES {
            if let Some(channel) = out_of_use {
                self.dropped(channel, &inbound.event_id);
                return Ok(());
            }
            return self.too_large(inbound, body).await;
        }
        let is_out_of_use = out_of_use.is_some();
        let Some(channel) = channel else {
            return self.without_channel(inbound, body).await;
        };
        let options = ParseOptions { page_inbox_app_ids: &self.page_inbox_app_ids };
        let Some(mut event) = parse(inbound, &options) else {
            if is_out_of_use {
                self.dropped(&channel, &inbound.event_id);
                return Ok(());
            }
            let raw = inbound.raw.to_string();
            let kept =
                self.inbox.keep_channel_event(channel.id, &inbound.event_id, inbound.received_at, &raw);
            return Ok(kept.await?);
        };
        // What became of a reply names the contact's address, which need not be what we know the contact by.
        let party = ConversationId::derive(channel.id, &event.party);
        let id = if is_progress(&event) { inbound.conversation_id.unwrap_or(party) } else { party };
        if !self.takes_in(&channel, id, &event, now).await? {
            self.dropped(&channel, &inbound.event_id);
            return Ok(());
        }
        // Of who was dropped a moment ago a place is not even noted.
        if self.knows_blocked(id)
            && let Some(conversation) = self.inbox.conversation(id).await?
            && self.is_blocked(&channel, &conversation, &event)
        {
            return Ok(());
        }
        if !channel.kind.tells_time() {
            self.place(id, &mut event, now).await?;
        }
        let guard = match event.body {
            EventBody::Message(_) | EventBody::Edit { .. } => self.guards.guard(&channel, now).await?,
            _ => None,
        };
        let reference = reference(id, &event);
        for attempt in 0..TRIES {
            let loaded = self.inbox.load(id, &reference, attempt > 0, now).await?;
            if loaded.conversation.as_ref().is_some_and(|it| self.is_blocked(&channel, it, &event)) {
                return Ok(());
            }
            let channel_of = (channel.id, channel.kind);
            match apply_guarded(channel_of, &channel.settings, guard.as_deref(), loaded, &event, now) {
                Applied::Unchanged => {
                    tracing::debug!(conversation.id = %id, event.id = event.id, "Nothing new in event of `{id}`");
                    self.metrics.count("DuplicateEvents", 1);
                    return self.keep_closed(&channel, id, now).await;
                }
                Applied::Changed(change) => {
                    // First, for once the failure is stored nobody comes here again.
                    self.channel_follows(&channel, &event, now).await?;
                    if self.inbox.commit(&change, now).await? == Saved::Done {
                        self.tell_of_failure(&event, change.replace.as_ref(), id);
                        self.tell_of_abuse(&channel, &change);
                        return self.keep_closed(&channel, id, now).await;
                    }
                }
            }
        }
        Err(WriteError::Contended)
    }

    /// Whether the event is dropped because its contact is blocked (ABU-4). The conversation is read for every event anyway,
    /// so that this costs nothing more, and nothing is written but now and then how many they were.
    fn is_blocked(&self, channel: &Channel, conversation: &Conversation, event: &Event) -> bool {
        let Some(contact) = conversation.blocked() else { return false };
        if conversation.intake(event) == Intake::Taken {
            return false;
        }
        if let EventBody::Message(message) = &event.body {
            self.blocked().note(contact, &message.provider_message_id);
        }
        self.metrics.count_for(channel.kind, "WebhookEventsDropped", 1);
        self.metrics.count_for(channel.kind, "WebhookEventsDroppedBlocked", 1);
        tracing::debug!(
            conversation.id = %conversation.id, event.id = event.id, reason = "contact_blocked",
            "Dropped an event of conversation `{}`: contact_blocked", conversation.id
        );
        true
    }

    fn knows_blocked(&self, id: ConversationId) -> bool {
        self.blocked().knows(id)
    }

    fn blocked(&self) -> MutexGuard<'_, Dropped> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was dropped. No event depends on it: what could not be written goes along with the next.
    async fn count_blocked(&self, now: Timestamp) {
        let due = self.blocked().due(now);
        for (contact, count) in due {
            if let Err(error) = self.inbox.add_dropped(contact, count).await {
                tracing::warn!(%error, conversation.id = %contact.conversation, "What was dropped was not noted");
                self.blocked().take_back(contact, count);
            }
        }
    }

    fn tell_of_abuse(&self, channel: &Channel, change: &Change) {
        if change.create.iter().chain(&change.replace).any(|message| message.offensive) {
            self.metrics.count_for(channel.kind, "OffensiveMessages", 1);
        }
        let id = change.conversation.id;
        if change.closes_for_abuse() {
            self.metrics.count_for(channel.kind, "ConversationsClosedForAbuse", 1);
            tracing::info!(conversation.id = %id, "Closed conversation `{id}`: too many offensive messages");
        }
        if change.blocks.is_some() {
            self.metrics.count_for(channel.kind, "ContactsBlocked", 1);
            tracing::info!(conversation.id = %id, "Blocked the contact of conversation `{id}`");
        }
    }

    /// Whether the event is stored, see [`Intake`].
    async fn takes_in(
        &self,
        channel: &Channel,
        id: ConversationId,
        event: &Event,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(match channel.status.intake(event) {
            Intake::Taken => true,
            Intake::Dropped => false,
            Intake::IfConversationIsThere => self.inbox.conversation(id).await?.is_some(),
            Intake::IfMessageIsThere => {
                self.inbox.load(id, &reference(id, event), true, now).await?.message.is_some()
            }
        })
    }

    /// The conversations of a deleted channel are closed (CLS-11), also one that a late event has opened after the
    /// closers came by.
    async fn keep_closed(
        &self,
        channel: &Channel,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        if !channel.status.is_deleted() {
            return Ok(());
        }
        for _ in 0..TRIES {
            let Some(conversation) = self.inbox.conversation(id).await? else { return Ok(()) };
            let Some(closed) = close(conversation, CloseReason::ChannelRemoved, now) else { return Ok(()) };
            if self.inbox.commit_closed(&closed).await? == Saved::Done {
                return Ok(());
            }
        }
        Err(WriteError::Contended)
    }

    /// What a provider sends for a channel that is off or deleted was answered like everything else, and is mostly not
    /// stored (CHN-19, CHN-21).
    fn dropped(&self, channel: &Channel, event_id: &str) {
        let Some(out) = channel.status.out_of_use() else { return };
        self.metrics.count_for(channel.kind, "WebhookEventsDropped", 1);
        let of_reason = match out {
            OutOfUse::Off => "WebhookEventsDroppedOff",
            OutOfUse::Gone => "WebhookEventsDroppedDeleted",
        };
        self.metrics.count_for(channel.kind, of_reason, 1);
        tracing::info!(
            channel.id = %channel.id, event.id = event_id, reason = out.as_str(),
            "Dropped an event of channel `{}`: {}", channel.id, out.as_str()
        );
    }

    async fn quarantine(&self, part: QuarantinePart, now: Timestamp) -> Result<(), WriteError> {
        if let Some(id) = part.channel_id {
            let channel = self.channels.channel(id, now).await?;
            if let Some(channel) = channel.filter(|it| !it.status.was_in_use(part.received_at)) {
                self.dropped(&channel, &part.id);
                return Ok(());
            }
        }
        Ok(self.inbox.quarantine(&of_part(part)).await?)
    }

    /// Gives an event without a time the place of its first delivery, so that a later one is seen to be the same.
    async fn place(&self, id: ConversationId, event: &mut Event, now: Timestamp) -> Result<(), WriteError> {
        if let Some(key) = reference(id, event).brings
            && let Some(first) = self.inbox.place_event(id, key, now).await?
        {
            event.at = first.at;
        }
        Ok(())
    }

    /// A reply that failed after the provider had taken it may say that none of the channel's can go out.
    async fn channel_follows(
        &self,
        channel: &Channel,
        event: &Event,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        let EventBody::Progress(Progress { stage: Stage::Failed(refusal), .. }) = &event.body else {
            return Ok(());
        };
        // Nobody is told of a channel that is not in use.
        if !channel.status.is_on() {
            return Ok(());
        }
        let directory = self.channels.directory().by_function("inbox-writer");
        match channel_consequence(refusal) {
            None => {}
            Some(ChannelConsequence::Pause(pause, rest)) => {
                let _known_already = directory.pause_channel(channel.id, now + pause, rest).await?;
                self.metrics.count_for(channel.kind, "ChannelPauses", 1);
                tracing::warn!(
                    channel.id = %channel.id, detail = refusal.detail, pause_ms = pause.as_ms(),
                    "Channel `{}` rests: the provider gave a message up", channel.id
                );
            }
            Some(ChannelConsequence::Hold(cause)) => {
                if directory.hold_channel(channel.id, cause, &refusal.detail, now).await? == Saved::Done {
                    self.metrics.count_for(channel.kind, "ChannelsHeld", 1);
                    tracing::error!(
                        channel.id = %channel.id, cause = %cause, detail = refusal.detail,
                        "Channel `{}` needs re-authorization: {cause}", channel.id
                    );
                }
                directory.check_connection_soon(channel.connection_id, now).await?;
            }
        }
        Ok(())
    }

    fn tell_of_failure(&self, event: &Event, reply: Option<&Message>, id: ConversationId) {
        if let EventBody::Progress(Progress { ours, stage: Stage::Failed(refusal), .. }) = &event.body {
            if let Some(Message { send: Some(SendState::Retrying { .. }), key, .. }) = reply {
                self.metrics.count("RepliesSentAgain", 1);
                let detail = &*refusal.detail;
                tracing::info!(conversation.id = %id, message.id = %key, detail, "Message `{key}` is sent once more");
                return;
            }
            self.metrics.count("RepliesFailed", 1);
            let message = ours.map(|key| key.to_string()).unwrap_or_default();
            let reason = failure_of(refusal.class).public_id();
            tracing::warn!(
                conversation.id = %id, message.id = message, reason, detail = refusal.detail,
                "Message `{message}` failed after the provider had taken it: {reason}"
            );
        }
    }

    /// The account is not connected here, or not yet: kept until somebody connects it and replays.
    async fn without_channel(&self, inbound: &InboundEvent, body: &str) -> Result<(), WriteError> {
        let quarantined = Quarantined {
            id: inbound.event_id.clone(),
            reason: "unknown_channel".to_owned(),
            detail: String::new(),
            channel_kind: inbound.channel_kind.to_string(),
            channel_id: Some(inbound.channel_id.to_string()),
            received_at: inbound.received_at,
            part: 1,
            parts: 1,
            content: body.to_owned(),
        };
        self.inbox.quarantine(&quarantined).await?;
        self.metrics.count("Quarantined", 1);
        Ok(())
    }

    async fn too_large(&self, inbound: &InboundEvent, body: &str) -> Result<(), WriteError> {
        let (kind, channel) = (inbound.channel_kind, Some(inbound.channel_id));
        let parts = envelope::quarantine_parts(
            "event_too_large",
            kind,
            channel,
            body.as_bytes(),
            inbound.received_at,
        );
        for part in parts {
            self.inbox.quarantine(&of_part(part)).await?;
        }
        self.metrics.count("Quarantined", 1);
        Ok(())
    }
}

fn is_progress(event: &Event) -> bool {
    matches!(event.body, EventBody::Progress(_))
}

fn of_part(part: QuarantinePart) -> Quarantined {
    Quarantined {
        id: part.id,
        reason: part.reason,
        detail: String::new(),
        channel_kind: part.channel_kind.to_string(),
        channel_id: part.channel_id.map(|id| id.to_string()),
        received_at: part.received_at,
        part: part.part,
        parts: part.parts,
        content: part.body_base64,
    }
}
