//! What a provider's event does to a conversation.

use super::{Control, Conversation, Following, ReplyToken, Status};
use crate::channel::{ChannelKind, ChannelSettings};
use crate::event::{Content, CustomerMessage, Echo, EchoSource, Event, EventBody};
use crate::ids::MessageId;
use crate::message::{Annotations, Body, Edit, Message, MessageKey, Reaction, SendState, SentBy};
use crate::time::Timestamp;

/// The message that an event is about: what must be looked up before [`apply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Found by the provider's id (of the message itself, or of the one that it concerns).
    Provider(String),
    /// One of our replies, found by its key.
    Reply(MessageKey),
    /// The event concerns no message.
    None,
}

/// See [`Reference`].
pub fn reference(event: &Event) -> Reference {
    match &event.body {
        EventBody::Message(message) => Reference::Provider(message.provider_message_id.clone()),
        EventBody::Echo(Echo { ours: Some(key), .. }) => Reference::Reply(*key),
        EventBody::Echo(echo) => Reference::Provider(echo.provider_message_id.clone()),
        EventBody::Reaction { target, .. }
        | EventBody::Edit { target, .. }
        | EventBody::Unsend { target } => Reference::Provider(target.clone()),
        EventBody::Delivered { .. } | EventBody::Read { .. } => Reference::None,
        EventBody::Follow { .. }
        | EventBody::Unfollow
        | EventBody::Referral { .. }
        | EventBody::Unknown { .. } => Reference::Provider(event.id.clone()),
    }
}

/// What is stored and bears on an event.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The conversation, if there is one.
    pub conversation: Option<Conversation>,
    /// The message of [`reference`], if there is one.
    pub message: Option<Message>,
    /// What was told about that message before it arrived.
    pub waiting: Option<Annotations>,
}

/// What an event changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Applied {
    /// Nothing: a redelivery, or something that we know already.
    Unchanged,
    /// All of this, together or not at all.
    Changed(Box<Change>),
}

/// Writes that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The conversation's new state; its `version` is still the one that was read.
    pub conversation: Conversation,
    /// Messages that are new.
    pub create: Vec<Message>,
    /// A stored message that changed.
    pub replace: Option<Message>,
    /// What was told about a message that has not arrived yet.
    pub waiting: Option<Waiting>,
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
    work.note_control();
    work.conversation.rearm(settings);
    let Work { conversation, create, replace, waiting, .. } = work;
    if before.as_ref() == Some(&conversation) && create.is_empty() && replace.is_none() && waiting.is_none() {
        return Applied::Unchanged;
    }
    Applied::Changed(Box::new(Change { conversation, create, replace, waiting }))
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
        // The message and what it did to the conversation were one write: nothing is left to do.
        if self.message.is_some() {
            return Seen::Before;
        }
        self.note_reply_token(incoming.reply_token.as_deref());
        let message = self.new_message(
            SentBy::Customer,
            &incoming.provider_message_id,
            incoming.content.clone(),
            incoming.reply_to.clone(),
        );
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
        self.create.push(message);
        Seen::FirstTime
    }

    fn echo(&mut self, echo: &Echo) -> Seen {
        if echo.ours.is_some() && self.message.is_some() {
            return self.confirm(echo);
        }
        if self.message.is_some() {
            return Seen::Before;
        }
        let sent_by = match echo.source {
            EchoSource::ProviderInbox => SentBy::ProviderInbox,
            EchoSource::OtherApp => SentBy::OtherApp,
        };
        let message = self.new_message(sent_by, &echo.provider_message_id, echo.content.clone(), None);
        self.conversation.note_message(&message);
        self.create.push(message);
        Seen::FirstTime
    }

    /// Our own reply came back: it was sent, whatever the call that sent it made of it. It may come
    /// before the call returns, and after the conversation was closed; it opens nothing.
    fn confirm(&mut self, echo: &Echo) -> Seen {
        let Some(mut message) = self.message.take() else { return Seen::Before };
        let sent = SendState::Sent { at: self.event.at };
        if message.send.as_ref() == Some(&sent)
            && message.provider_message_id.as_deref() == Some(&echo.provider_message_id)
        {
            return Seen::Before;
        }
        message.send = Some(sent);
        message.provider_message_id = Some(echo.provider_message_id.clone());
        self.replace = Some(message);
        Seen::FirstTime
    }

    /// Begins an episode, or moves the start of the running one back for a message that was said
    /// earlier and arrived later; never back into an episode that is over.
    fn open_episode(&mut self, at: Timestamp) {
        let one_ms = crate::time::Span::from_ms(1);
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
            self.waiting = Some(Waiting::Keep(target.to_owned(), merged));
        }
    }

    fn timeline(&mut self, event: &str, detail: Option<String>) -> Seen {
        if self.message.is_some() {
            return Seen::Before;
        }
        let id = self.event.id.clone();
        let mut message = self.new_message(SentBy::System, &id, Content::Unsent, None);
        message.body = Body::Timeline { event: event.to_owned(), detail };
        self.conversation.sorted_at = self.conversation.sorted_at.max(Some(message.key.at));
        self.create.push(message);
        Seen::FirstTime
    }

    fn new_message(
        &mut self,
        sent_by: SentBy,
        provider_message_id: &str,
        content: Content,
        reply_to: Option<String>,
    ) -> Message {
        let conversation = &self.conversation;
        let mut message = Message {
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
            rev: 0,
        };
        if let Some(known) = self.known.take() {
            message.annotate(known);
            self.waiting = Some(Waiting::Forget(provider_message_id.to_owned()));
        }
        message
    }
}
