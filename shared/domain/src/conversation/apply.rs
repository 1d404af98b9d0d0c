//! What a provider's event does to a conversation.

use super::{Control, Conversation, Following, OptOut, ProfileState, ReplyToken, Status};
use crate::channel::{ChannelKind, ChannelSettings};
use crate::event::{Content, CustomerMessage, Echo, EchoSource, Event, EventBody, Progress, Sender};
use crate::ids::{ConversationId, MessageId};
use crate::message::{Annotations, Body, Edit, Message, MessageKey, Reaction, SendState, SentBy};
use crate::progress;
use crate::time::{Span, Timestamp};

/// Notes about a message that never arrives are forgotten after so long.
pub const WAITING_LIFE: Span = Span::from_days(30);

/// What must be looked up before [`apply`], see [`reference`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The earlier message that the event is about.
    pub earlier: Earlier<'a>,
    /// The message that the event brings. Most are new: it is worth a look only after a write has shown that
    /// something was stored already.
    pub brings: Option<MessageKey>,
    /// The name under which something may wait for the message; see [`Conversation::waiting_until`].
    pub waits_as: Option<&'a str>,
}

/// An earlier message that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier<'a> {
    /// There is none.
    None,
    /// One of our replies.
    Reply(MessageKey),
    /// Perhaps one of the few latest messages, by the provider's id.
    Recent(&'a str),
    /// Any message, by the provider's id.
    Any(&'a str),
}

/// What bears on `event`, which belongs to `conversation`.
pub fn reference(conversation: ConversationId, event: &Event) -> Reference<'_> {
    let key = |name: &str| Some(MessageKey { at: event.at, id: MessageId::of_provider(conversation, name) });
    match &event.body {
        EventBody::Message(CustomerMessage { provider_message_id: id, .. }) => {
            Reference { earlier: Earlier::None, brings: key(id), waits_as: Some(id) }
        }
        EventBody::Echo(Echo { ours, provider_message_id: id, .. }) => {
            let earlier = ours.map_or(Earlier::Recent(id), Earlier::Reply);
            Reference { earlier, brings: key(id), waits_as: Some(id) }
        }
        EventBody::Reaction { target, .. }
        | EventBody::Edit { target, .. }
        | EventBody::Unsend { target } => {
            Reference { earlier: Earlier::Any(target), brings: None, waits_as: Some(target) }
        }
        EventBody::Progress(Progress { ours, provider_message_id: id, .. }) => {
            let earlier = ours.map_or(Earlier::Recent(id), Earlier::Reply);
            Reference { earlier, brings: None, waits_as: None }
        }
        EventBody::Delivered { .. } | EventBody::Read { .. } => {
            Reference { earlier: Earlier::None, brings: None, waits_as: None }
        }
        EventBody::Follow { .. }
        | EventBody::Unfollow
        | EventBody::OptOut { .. }
        | EventBody::Referral { .. }
        | EventBody::Unknown { .. } => {
            Reference { earlier: Earlier::None, brings: key(&event.id), waits_as: None }
        }
    }
}

/// What is stored and bears on an event.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The conversation, if there is one.
    pub conversation: Option<Conversation>,
    /// The message that the event is about or brings, if it is there and was looked for.
    pub message: Option<Message>,
    /// What was told about that message before it arrived.
    pub waiting: Option<Annotations>,
}

/// What an event changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Nothing: a redelivery, or something that we know already.
    Unchanged,
    /// All of this; see [`Change::alone`] for how it may be written.
    Changed(Box<Change>),
}

/// Writes that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The conversation's new state; its `version` is still the one that was read.
    pub conversation: Conversation,
    /// Whether the conversation stays as it was: then it need not be written.
    pub conversation_stays: bool,
    /// Messages that are new.
    pub create: Vec<Message>,
    /// A stored message that changed.
    pub replace: Option<Message>,
    /// What was told about a message that has not arrived yet.
    pub waiting: Option<Waiting>,
}

impl Change {
    /// The only message to write, if it may be stored before the conversation, by a write of its own: should the
    /// second write not happen, [`apply`] finds out and makes up for it. Everything else is written together.
    pub fn alone(&self) -> Option<&Message> {
        match self.create.as_slice() {
            [message] if message.noted_before.is_some() => {
                (self.replace.is_none() && self.waiting.is_none()).then_some(message)
            }
            _ => None,
        }
    }

    /// The only message to write, if a stored one has changed and nothing else.
    pub fn replaced_alone(&self) -> Option<&Message> {
        let nothing_else = self.conversation_stays && self.create.is_empty() && self.waiting.is_none();
        self.replace.as_ref().filter(|_| nothing_else)
    }
}

/// Annotations that wait for their message.
#[derive(Clone, Debug, PartialEq)]
pub enum Waiting {
    /// Keep these until the message arrives.
    Keep(String, Annotations),
    /// The message has arrived.
    Forget(String),
}

/// Applies `event`. `now` is when we store it. Calling it again with what it returned stored gives
/// [`Applied::Unchanged`]; the order in which events arrive does not matter.
pub fn apply(
    channel: (crate::ids::ChannelId, ChannelKind),
    settings: &ChannelSettings,
    loaded: Loaded,
    event: &Event,
    now: Timestamp,
) -> Applied {
    let before = loaded.conversation;
    let mut work = Work {
        conversation: before
            .clone()
            .unwrap_or_else(|| Conversation::new(channel.0, channel.1, event.party.clone())),
        message: loaded.message,
        known: loaded.waiting,
        event,
        now,
        create: Vec::new(),
        replace: None,
        waiting: None,
    };
    if work.run() == Seen::Before {
        return Applied::Unchanged;
    }
    // What became of a message of ours says nothing about who controls the thread.
    if !matches!(event.body, EventBody::Progress(_)) {
        work.note_control();
    }
    work.conversation.rearm(settings);
    let Work { conversation, create, replace, waiting, .. } = work;
    let conversation_stays = before.as_ref() == Some(&conversation);
    if conversation_stays && create.is_empty() && replace.is_none() && waiting.is_none() {
        return Applied::Unchanged;
    }
    Applied::Changed(Box::new(Change { conversation, conversation_stays, create, replace, waiting }))
}

#[derive(PartialEq)]
enum Seen {
    Before,
    FirstTime,
}

struct Work<'a> {
    conversation: Conversation,
    message: Option<Message>,
    known: Option<Annotations>,
    event: &'a Event,
    now: Timestamp,
    create: Vec<Message>,
    replace: Option<Message>,
    waiting: Option<Waiting>,
}

impl Work<'_> {
    fn run(&mut self) -> Seen {
        let event = self.event;
        match &event.body {
            EventBody::Message(message) => return self.customer_message(message),
            EventBody::Echo(echo) => return self.echo(echo),
            EventBody::Progress(progress) => return self.progress(progress),
            EventBody::OptOut { opted_out } => {
                let told = OptOut { at: event.at, opted_out: *opted_out };
                self.conversation.contact.opt_out = self.conversation.contact.opt_out.max(Some(told));
                return self.timeline(if *opted_out { "opted_out" } else { "opted_in" }, None);
            }
            EventBody::Delivered { through } => {
                self.conversation.delivered_through = self.conversation.delivered_through.max(Some(*through));
            }
            EventBody::Read { through } => {
                self.conversation.read_through = self.conversation.read_through.max(Some(*through));
                // What was read has been delivered, whether or not the provider said so.
                self.conversation.delivered_through = self.conversation.delivered_through.max(Some(*through));
            }
            EventBody::Reaction { target, emoji } => {
                let actor = event.participant.clone().unwrap_or_else(|| event.party.external_id().to_owned());
                let reaction = Reaction { at: event.at, emoji: emoji.clone() };
                if emoji.is_some() {
                    self.open_window();
                }
                self.annotate(
                    target,
                    Annotations { reactions: [(actor, reaction)].into(), ..Default::default() },
                );
            }
            EventBody::Edit { target, text } => {
                let edit = Edit { at: event.at, text: text.clone() };
                self.annotate(target, Annotations { edit: Some(edit), ..Default::default() });
            }
            EventBody::Unsend { target } => {
                self.annotate(target, Annotations { unsent_at: Some(event.at), ..Default::default() });
            }
            EventBody::Follow { unblocked, reply_token } => {
                self.note_reply_token(reply_token.as_deref());
                self.note_following(true);
                return self.timeline("followed", unblocked.then(|| "unblocked".to_owned()));
            }
            EventBody::Unfollow => {
                self.note_following(false);
                return self.timeline("unfollowed", None);
            }
            EventBody::Referral { summary } => {
                self.open_window();
                return self.timeline("referral", Some(summary.clone()));
            }
            EventBody::Unknown { kind, raw } => {
                return self.timeline(&format!("provider:{kind}"), Some(raw.clone()));
            }
        }
        Seen::FirstTime
    }

    fn customer_message(&mut self, incoming: &CustomerMessage) -> Seen {
        let message = match self.message.take() {
            Some(stored) if self.conversation.has_noted(&stored) => return Seen::Before,
            Some(stored) => self.resume(stored),
            None => self.create_message(
                SentBy::Customer,
                &incoming.provider_message_id,
                incoming.content.clone(),
                incoming.reply_to.clone(),
            ),
        };
        self.note_reply_token(incoming.reply_token.as_deref());
        self.note_sender();
        self.open_episode(message.key.at);
        self.open_window();
        let conversation = &mut self.conversation;
        let seen_at = message.key.at.max(message.stored_at);
        conversation.last_customer_at = conversation.last_customer_at.max(Some(message.key.at));
        conversation.customer_clock = conversation.customer_clock.max(Some(seen_at));
        conversation.unread = conversation.unread.saturating_add(1);
        if conversation.contact.unreachable_since.is_some_and(|since| since <= message.key.at) {
            conversation.contact.unreachable_since = None;
        }
        conversation.note_message(&message);
        Seen::FirstTime
    }

    fn echo(&mut self, echo: &Echo) -> Seen {
        let message = match self.message.take() {
            Some(reply) if echo.ours == Some(reply.key) => return self.confirm(reply, echo),
            // One of our replies, although its echo does not say so: the call that sent it knows.
            Some(reply) if matches!(reply.sent_by, SentBy::Operator { .. }) => return Seen::Before,
            Some(stored) if self.conversation.has_noted(&stored) => return Seen::Before,
            Some(stored) => self.resume(stored),
            None => {
                let sent_by = match echo.source {
                    EchoSource::ProviderInbox => SentBy::ProviderInbox,
                    EchoSource::OtherApp => SentBy::OtherApp,
                };
                self.create_message(sent_by, &echo.provider_message_id, echo.content.clone(), None)
            }
        };
        self.conversation.note_message(&message);
        Seen::FirstTime
    }

    /// Our own reply came back: it was sent, whatever the call that sent it made of it. It may come
    /// before the call returns, and after the conversation was closed; it opens nothing.
    fn confirm(&mut self, mut message: Message, echo: &Echo) -> Seen {
        let known = message.provider_message_id.as_deref() == Some(&echo.provider_message_id);
        if known && matches!(message.send, Some(SendState::Sent { .. })) {
            return Seen::Before;
        }
        message.send = Some(SendState::Sent { at: self.event.at });
        message.provider_message_id = Some(echo.provider_message_id.clone());
        self.replace = Some(message);
        Seen::FirstTime
    }

    /// The provider tells how far one of our messages has come. It opens nothing, and what it is about must be ours:
    /// others may send from the same account.
    fn progress(&mut self, progress: &Progress) -> Seen {
        let Some(mut message) = self.message.take() else { return Seen::Before };
        if message.channel_id != self.conversation.channel_id {
            return Seen::Before;
        }
        let Some(state) = progress::advance(&message, progress, self.event.at) else { return Seen::Before };
        if let SendState::Failed { reason, .. } = state {
            self.conversation.note_failure(reason, message.key.at, self.event.at);
        }
        message.send = Some(state);
        message.provider_message_id = Some(progress.provider_message_id.clone());
        self.replace = Some(message);
        Seen::FirstTime
    }

    /// The message was stored, but whoever stored it did not come as far as the conversation.
    fn resume(&mut self, stored: Message) -> Message {
        let Some((known, name)) = self.known.take().zip(stored.provider_message_id.clone()) else {
            return stored;
        };
        let mut message = stored;
        message.annotate(known);
        self.replace = Some(message.clone());
        self.waiting = Some(Waiting::Forget(name));
        message
    }

    /// Begins an episode, or moves the start of the running one back for a message that was said
    /// earlier and arrived later; never back into an episode that is over.
    fn open_episode(&mut self, at: Timestamp) {
        let one_ms = Span::from_ms(1);
        let conversation = &mut self.conversation;
        let start = conversation.last_closed_at.map_or(at, |closed| at.max(closed + one_ms));
        if conversation.is_open() {
            conversation.episode_started_at =
                conversation.episode_started_at.min(Some(start)).or(Some(start));
            return;
        }
        let reopened = matches!(conversation.status, Status::Closed { .. });
        conversation.status = Status::Open;
        conversation.episode += 1;
        conversation.episode_started_at = Some(start);
        if reopened {
            self.create.push(super::close::timeline(
                &self.conversation,
                "reopened",
                "customer",
                start,
                self.now,
            ));
        }
    }

    fn open_window(&mut self) {
        self.conversation.window_opened_at = self.conversation.window_opened_at.max(Some(self.event.at));
    }

    fn note_control(&mut self) {
        let told = Control { at: self.event.at, standby: self.event.standby };
        self.conversation.control = self.conversation.control.max(Some(told));
    }

    fn note_reply_token(&mut self, token: Option<&str>) {
        if let Some(token) = token {
            let token = ReplyToken {
                event_at: self.event.at,
                received_at: self.event.received_at,
                token: token.to_owned(),
            };
            self.conversation.reply_token = self.conversation.reply_token.take().max(Some(token));
        }
    }

    /// Of several messages the latest tells.
    fn note_sender(&mut self) {
        let Sender { name, address } = &self.event.sender;
        let conversation = &mut self.conversation;
        if conversation.last_customer_at.is_some_and(|last| last > self.event.at) {
            return;
        }
        if let Some(name) = name {
            conversation.contact.name = Some(name.clone());
            conversation.contact.profile = ProfileState::Known;
        }
        if let Some(address) = address {
            let differs = address != conversation.party.external_id();
            conversation.contact.address = differs.then(|| address.clone());
        }
    }

    fn note_following(&mut self, following: bool) {
        let told = Following { at: self.event.at, following };
        self.conversation.contact.following = self.conversation.contact.following.max(Some(told));
    }

    fn annotate(&mut self, target: &str, annotations: Annotations) {
        if let Some(message) = self.message.take() {
            let mut changed = message.clone();
            changed.annotate(annotations);
            if changed != message {
                if self.conversation.preview.as_ref().is_some_and(|preview| preview.key == changed.key) {
                    self.conversation.refresh_preview(&changed);
                }
                self.replace = Some(changed);
            }
            return;
        }
        let known = self.known.take().unwrap_or_default();
        let mut merged = known.clone();
        merged.merge(annotations);
        if merged != known {
            let until = Some(self.now + WAITING_LIFE);
            self.conversation.waiting_until = self.conversation.waiting_until.max(until);
            self.waiting = Some(Waiting::Keep(target.to_owned(), merged));
        }
    }

    fn timeline(&mut self, event: &str, detail: Option<String>) -> Seen {
        if self.message.is_some() {
            return Seen::Before;
        }
        let mut line = self.new_message(SentBy::System, &self.event.id, Content::Unsent, None);
        line.body = Body::Timeline { event: event.to_owned(), detail };
        self.conversation.sorted_at = self.conversation.sorted_at.max(Some(line.key.at));
        self.create.push(line);
        Seen::FirstTime
    }

    fn create_message(
        &mut self,
        sent_by: SentBy,
        provider_message_id: &str,
        content: Content,
        reply_to: Option<String>,
    ) -> Message {
        let mut message = self.new_message(sent_by, provider_message_id, content, reply_to);
        message.noted_before = Some(self.conversation.noted.count());
        if let Some(known) = self.known.take() {
            message.annotate(known);
            self.waiting = Some(Waiting::Forget(provider_message_id.to_owned()));
        }
        self.create.push(message.clone());
        message
    }

    fn new_message(
        &self,
        sent_by: SentBy,
        provider_message_id: &str,
        content: Content,
        reply_to: Option<String>,
    ) -> Message {
        let conversation = &self.conversation;
        Message {
            key: MessageKey {
                at: self.event.at,
                id: MessageId::of_provider(conversation.id, provider_message_id),
            },
            conversation_id: conversation.id,
            channel_id: conversation.channel_id,
            send: sent_by.is_ours().then_some(SendState::Sent { at: self.event.at }),
            sent_by,
            body: Body::Said { content },
            provider_message_id: Some(provider_message_id.to_owned()),
            participant: self.event.participant.clone(),
            reply_to,
            annotations: Annotations::default(),
            stored_at: self.now,
            noted_before: None,
            rev: 0,
        }
    }
}
