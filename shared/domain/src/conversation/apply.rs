//! What a provider's event does to a conversation.

use super::{
    CloseReason, Control, Conversation, Following, Offences, OptOut, ProfileState, ReplyToken, Status,
    ThreadOwner,
};
use crate::block::{self, Blocked};
use crate::channel::{ChannelKind, ChannelSettings, ReopenPolicy};
use crate::event::{Content, CustomerMessage, Echo, EchoSource, Event, EventBody, Progress, Sender};
use crate::happening::{ControlChange, Happening, Line, Referral, ThreadControl, place_of_line};
use crate::ids::{ConversationId, MessageId, Party};
use crate::message::{Annotations, Body, Edit, Message, MessageKey, Reaction, SendState, SentBy};
use crate::participant::{Participant, Presence};
use crate::profanity::Guard;
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
    /// In a group: who acts or is acted upon, by the provider's ids.
    pub participants: Vec<&'a str>,
}

/// More people than this are not taken in with one event; each is when they speak.
const MOST_PARTICIPANTS: usize = 50;

/// An earlier message that an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier<'a> {
    /// There is none.
    None,
    /// One whose place is known: a reply of ours, or a line that stands for several events.
    Reply(MessageKey),
    /// Perhaps one of the few latest messages, by the provider's id.
    Recent(&'a str),
    /// Any message, by the provider's id.
    Any(&'a str),
}

/// What bears on `event`, which belongs to `conversation`.
pub fn reference(conversation: ConversationId, event: &Event) -> Reference<'_> {
    let key = |name: &str| Some(MessageKey { at: event.at, id: MessageId::of_provider(conversation, name) });
    let (earlier, brings, waits_as) = match &event.body {
        EventBody::Message(CustomerMessage { provider_message_id: id, .. }) => {
            (Earlier::None, key(id), Some(id.as_str()))
        }
        EventBody::Echo(Echo { ours, provider_message_id: id, .. }) => {
            (ours.map_or(Earlier::Recent(id), Earlier::Reply), key(id), Some(id.as_str()))
        }
        EventBody::Reaction { target, .. }
        | EventBody::Edit { target, .. }
        | EventBody::Unsend { target } => (Earlier::Any(target), None, Some(target.as_str())),
        EventBody::Progress(Progress { ours, provider_message_id: id, .. }) => {
            (ours.map_or(Earlier::Recent(id), Earlier::Reply), None, None)
        }
        EventBody::Delivered { .. } | EventBody::Read { .. } => (Earlier::None, None, None),
        EventBody::Follow { .. }
        | EventBody::Unfollow
        | EventBody::OptOut { .. }
        | EventBody::Referral(_)
        | EventBody::Control(_)
        | EventBody::Happened { .. }
        | EventBody::Unknown { .. } => {
            let place = place_of_line(conversation, event);
            // What repeats is nearly always there already; everything else is nearly always new.
            (if repeats(event) { Earlier::Reply(place) } else { Earlier::None }, Some(place), None)
        }
    };
    Reference { earlier, brings, waits_as, participants: participants(event) }
}

/// Whether one line stands for the event and for others like it.
fn repeats(event: &Event) -> bool {
    matches!(&event.body, EventBody::Happened { what, .. } if what.repeats())
}

/// Who acts or is acted upon in a group, each once.
fn participants(event: &Event) -> Vec<&str> {
    if matches!(event.party, Party::User(_)) {
        return Vec::new();
    }
    let mut people: Vec<&str> = Vec::new();
    let (members, _) = moved(event);
    for person in event.participant.iter().chain(members).map(String::as_str) {
        if !person.is_empty() && !people.contains(&person) && people.len() < MOST_PARTICIPANTS {
            people.push(person);
        }
    }
    people
}

/// Who joined or left with the event, and which of the two.
fn moved(event: &Event) -> (&[String], bool) {
    match &event.body {
        EventBody::Happened { what: Happening::MembersJoined { members }, .. } => (members, true),
        EventBody::Happened { what: Happening::MembersLeft { members }, .. } => (members, false),
        _ => (&[], false),
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
    /// Those of [`Reference::participants`] who are known already.
    pub participants: Vec<Participant>,
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
    /// That the contact is blocked from now on.
    pub blocks: Option<Blocked>,
    /// People of a group who are new (`rev` 0) or of whom something else is known now.
    pub participants: Vec<Participant>,
}

impl Change {
    /// The only message to write, if it may be stored before the conversation, by a write of its own: should the
    /// second write not happen, [`apply`] finds out and makes up for it. Everything else is written together.
    pub fn alone(&self) -> Option<&Message> {
        match self.create.as_slice() {
            [message] if message.noted_before.is_some() => {
                let only = self.replace.is_none() && self.waiting.is_none() && self.participants.is_empty();
                only.then_some(message)
            }
            _ => None,
        }
    }

    /// Whether the customer was offensive once too often (ABU-2).
    pub fn closes_for_abuse(&self) -> bool {
        let abuse = CloseReason::Abuse.public_id();
        self.create.iter().any(|line| match &line.body {
            Body::Timeline { event, detail, .. } => event == "closed" && detail.as_deref() == Some(abuse),
            Body::Said { .. } | Body::Note { .. } => false,
        })
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

/// Applies `event` where no words are looked for, see [`apply_guarded`].
pub fn apply(
    channel: (crate::ids::ChannelId, ChannelKind),
    settings: &ChannelSettings,
    loaded: Loaded,
    event: &Event,
    now: Timestamp,
) -> Applied {
    apply_guarded(channel, settings, None, loaded, event, now)
}

/// Applies `event`. `now` is when we store it; `guard` looks for offensive words where the brand wants it. Calling it again with what it returned stored gives
/// [`Applied::Unchanged`]; the order in which events arrive does not matter.
pub fn apply_guarded(
    channel: (crate::ids::ChannelId, ChannelKind),
    settings: &ChannelSettings,
    guard: Option<&Guard>,
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
        guard,
        now,
        makes_tickets: settings.tickets.is_on(),
        reopen: settings.reopen,
        known_people: loaded.participants,
        create: Vec::new(),
        replace: None,
        waiting: None,
        people: Vec::new(),
    };
    if work.run() == Seen::Before {
        return Applied::Unchanged;
    }
    // What became of a message of ours says nothing about who controls the thread, and which one of several came first
    // must not show.
    if !matches!(event.body, EventBody::Progress(_)) && !repeats(event) {
        work.note_control();
    }
    work.note_people();
    work.conversation.begin_after_erasure();
    if work.conversation.episode > before.as_ref().map_or(0, |before| before.episode) {
        work.conversation.begin_mode(settings);
    }
    if work.conversation.unread > before.as_ref().map_or(0, |before| before.unread) {
        work.conversation.wait_for_bot(event.at.max(now));
    }
    work.conversation.rearm(settings);
    let Work { conversation, create, replace, waiting, people: participants, .. } = work;
    let conversation_stays = before.as_ref() == Some(&conversation);
    let nothing = create.is_empty() && replace.is_none() && waiting.is_none() && participants.is_empty();
    if conversation_stays && nothing {
        return Applied::Unchanged;
    }
    let was_blocked = before.as_ref().is_some_and(Conversation::is_blocked);
    let blocks = conversation.blocked().filter(|_| !was_blocked);
    let change = Change { conversation, conversation_stays, create, replace, waiting, blocks, participants };
    Applied::Changed(Box::new(change))
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
    known_people: Vec<Participant>,
    reopen: ReopenPolicy,
    event: &'a Event,
    guard: Option<&'a Guard>,
    now: Timestamp,
    makes_tickets: bool,
    create: Vec<Message>,
    replace: Option<Message>,
    waiting: Option<Waiting>,
    people: Vec<Participant>,
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
                let line = Line::new(if *opted_out { "opted_out" } else { "opted_in" });
                return self.timeline(line, true);
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
            EventBody::Edit { target, text, reply_token } => {
                self.note_reply_token(reply_token.as_deref());
                let edit = Edit { at: event.at, text: text.clone() };
                self.annotate(target, Annotations { edit: Some(edit), ..Default::default() });
            }
            EventBody::Unsend { target } => {
                self.annotate(target, Annotations { unsent_at: Some(event.at), ..Default::default() });
            }
            EventBody::Follow { unblocked, reply_token } => {
                self.note_reply_token(reply_token.as_deref());
                self.note_following(true);
                let unblocked = unblocked.then(|| "unblocked".to_owned());
                return self.timeline(Line::new("followed").detail(unblocked), true);
            }
            EventBody::Unfollow => {
                self.note_following(false);
                return self.timeline(Line::new("unfollowed"), true);
            }
            EventBody::Referral(referral) => {
                if referral.opens_window() {
                    self.open_window();
                }
                return self.timeline(referral.line(), true);
            }
            EventBody::Control(control) => {
                self.note_owner(control);
                return self.timeline(control.line(), true);
            }
            EventBody::Happened { what, reply_token } => {
                let seen = self.timeline(what.line(), what.is_news());
                if seen == Seen::FirstTime && !what.repeats() {
                    self.note_reply_token(reply_token.as_deref());
                    self.happened(what);
                }
                return seen;
            }
            EventBody::Unknown { kind, raw } => {
                return self.timeline(Line::new(format!("provider:{kind}")).detail(Some(raw.clone())), true);
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
        self.note_referral(incoming.referral.as_ref());
        self.open_episode(message.key.at);
        self.open_window();
        let conversation = &mut self.conversation;
        let seen_at = message.key.at.max(message.stored_at);
        conversation.last_customer_at = conversation.last_customer_at.max(Some(message.key.at));
        if conversation.done_through >= Some(message.key.at) {
            // Said before, and stored after somebody set it to 対応完了: nobody had seen it.
            conversation.done_through = Some(message.key.at - Span::from_ms(1));
        }
        conversation.waiting.said(message.key.at, conversation.answered_through());
        conversation.snooze = None;
        conversation.customer_clock = conversation.customer_clock.max(Some(seen_at));
        conversation.unread = conversation.unread.saturating_add(1);
        if conversation.contact.unreachable_since.is_some_and(|since| since <= message.key.at) {
            conversation.contact.unreachable_since = None;
        }
        conversation.note_message(&message);
        if message.offensive {
            self.offend();
        }
        Seen::FirstTime
    }

    /// Whether the words of `message` are offensive, which it stays. An edit can make it so.
    fn judge(&self, message: &mut Message) {
        if let Some((guard, words)) = self.guard.zip(message.customers_words()) {
            message.offensive |= guard.minds(words);
        }
    }

    /// Counts an offence of the current episode; the last one ends it (ABU-2).
    fn offend(&mut self) {
        let count = self.conversation.offences().saturating_add(1);
        self.conversation.offences = Some(Offences { episode: self.conversation.episode, count });
        let Some(guard) = self.guard.filter(|guard| guard.is_enough(count)) else { return };
        let Some(closed) = super::close(self.conversation.clone(), CloseReason::Abuse, self.now) else {
            return;
        };
        self.conversation = closed.conversation;
        self.create.push(closed.line);
        if guard.blocks() {
            // What reached us after this message is not taken in any more.
            let line = block::by_itself(&mut self.conversation, count, self.event.received_at, self.now);
            self.create.extend(line);
        }
    }

    fn echo(&mut self, echo: &Echo) -> Seen {
        let message = match self.message.take() {
            Some(reply) if echo.ours == Some(reply.key) => return self.confirm(reply, echo),
            // One of our replies, although its echo does not say so: the call that sent it knows.
            Some(reply) if reply.sent_by.is_sent_here() => return Seen::Before,
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
        let Some(message) = self.message.take() else { return Seen::Before };
        if message.channel_id != self.conversation.channel_id {
            return Seen::Before;
        }
        let told = progress::tell(&self.conversation, &message, progress, self.event.at);
        let Some(told) = told else { return Seen::Before };
        if let Some(SendState::Failed { reason, .. }) = told.send {
            self.conversation.note_failure(reason, told.key.at, self.event.at);
        }
        self.replace = Some(told);
        Seen::FirstTime
    }

    /// The message was stored, but whoever stored it did not come as far as the conversation.
    fn resume(&mut self, stored: Message) -> Message {
        let Some((known, name)) = self.known.take().zip(stored.provider_message_id.clone()) else {
            return stored;
        };
        let mut message = stored;
        message.annotate(known);
        self.judge(&mut message);
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
        // Completed is final where nothing is reopened: what comes now is another conversation, and nobody's before (C1).
        let anew = reopened && self.reopen == ReopenPolicy::Never;
        conversation.status = Status::Open;
        conversation.episode += 1;
        conversation.episode_started_at = Some(start);
        conversation.hand_back();
        if anew {
            conversation.previous_assignee = None;
        }
        if reopened {
            self.create.push(super::close::timeline(
                &self.conversation,
                if anew { "began_anew" } else { "reopened" },
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
            self.judge(&mut changed);
            if changed != message {
                if self.conversation.preview.as_ref().is_some_and(|preview| preview.key == changed.key) {
                    self.conversation.refresh_preview(&changed);
                }
                // One that the conversation has not noted yet counts when it is; one of an earlier episode never.
                let offends = changed.offensive
                    && !message.offensive
                    && self.conversation.has_noted(&message)
                    && Some(message.key.at) >= self.conversation.episode_started_at;
                self.replace = Some(changed);
                if offends {
                    self.offend();
                }
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

    /// Adds a line; `news` brings the conversation to the top of its list.
    fn timeline(&mut self, line: Line, news: bool) -> Seen {
        if self.message.is_some() {
            return Seen::Before;
        }
        let key = place_of_line(self.conversation.id, self.event);
        let line = self.line(key, line);
        if news {
            self.conversation.sorted_at = self.conversation.sorted_at.max(Some(line.key.at));
        }
        self.create.push(line);
        Seen::FirstTime
    }

    fn line(&self, key: MessageKey, line: Line) -> Message {
        let Line { event, detail, facts } = line;
        let mut message = self.new_message(SentBy::System, &self.event.id, Content::Unsent, None);
        if key.id != message.key.id {
            // It stands for several events; which one came first must not show.
            message.provider_message_id = None;
        }
        message.key = key;
        message.body = Body::Timeline { event, detail, facts };
        message
    }

    /// What a happening does beside its line.
    fn happened(&mut self, what: &Happening) {
        match what {
            Happening::JoinedGroup => self.note_following(true),
            Happening::LeftGroup => self.note_following(false),
            Happening::MembersJoined { .. }
            | Happening::MembersLeft { .. }
            | Happening::MenuSwitched { .. }
            | Happening::Beacon { .. }
            | Happening::VideoPlayed { .. }
            | Happening::AccountLink { .. }
            | Happening::Membership { .. }
            | Happening::OptedIn { .. } => {}
        }
    }

    /// The advertisement or link that brought a message stands beside it.
    fn note_referral(&mut self, referral: Option<&Referral>) {
        let Some(referral) = referral else { return };
        let conversation = self.conversation.id;
        let id = MessageId::of_timeline(conversation, &format!("referral:{}", self.event.id));
        let line = self.line(MessageKey { at: self.event.at, id }, referral.line());
        self.create.push(line);
    }

    fn note_owner(&mut self, control: &ThreadControl) {
        // Who only asks for control has none yet.
        if control.change != ControlChange::Requested {
            let told = ThreadOwner { at: self.event.at, app: control.owner.clone() };
            self.conversation.owner = self.conversation.owner.take().max(Some(told));
        }
    }

    /// Takes note of the people of a group whom the event concerns.
    fn note_people(&mut self) {
        let (members, present) = moved(self.event);
        let (channel, conversation) = (self.conversation.channel_id, self.conversation.id);
        for id in participants(self.event) {
            let known = self.known_people.iter().find(|known| known.id == id);
            let mut person = known.cloned().unwrap_or_else(|| Participant::new(channel, conversation, id));
            if members.iter().any(|member| member == id) {
                person.presence = person.presence.max(Some(Presence { at: self.event.at, present }));
            }
            if known != Some(&person) {
                self.people.push(person);
            }
        }
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
        if let EventBody::Message(incoming) = &self.event.body {
            message.read_token.clone_from(&incoming.read_token);
            message.awaits_ticket = self.makes_tickets;
        }
        if let Body::Said { content } = &mut message.body {
            content.want_files(self.conversation.channel_kind, self.now);
        }
        if let Some(known) = self.known.take() {
            message.annotate(known);
            self.waiting = Some(Waiting::Forget(provider_message_id.to_owned()));
        }
        self.judge(&mut message);
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
            sender: None,
            provider_message_id: Some(provider_message_id.to_owned()),
            participant: self.event.participant.clone(),
            reply_to,
            read_token: None,
            annotations: Annotations::default(),
            stored_at: self.now,
            noted_before: None,
            discarded: Vec::new(),
            first_try: None,
            awaits_ticket: false,
            offensive: false,
            rev: 0,
        }
    }
}
