//! The tables and the functions, in a few lines.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use madoguchi_domain::assignment::{
    AssignmentRule, Candidate, Duty, Handed, MOST_HELD, Who, Why, assign, choose, follows, goes_back_to,
    may_take, queue_order, transfer, unassign, waits_for_rule,
};
use madoguchi_domain::channel::{BotUse, Intake};
use madoguchi_domain::conversation::{
    self, Applied, ReopenRefused, Switched, Waiting, Waker, apply_guarded, reference, switch_mode,
};
use madoguchi_domain::deadline::{self, DeadlineKind, Verdict};
use madoguchi_domain::event::{CustomerMessage, Echo, EchoSource, Sender};
use madoguchi_domain::farewell::Farewell;
use madoguchi_domain::label::{self, By, Label};
use madoguchi_domain::membership::{Ask, may_see};
use madoguchi_domain::organisation::{BusinessHours, Department};
use madoguchi_domain::person::Seen;
use madoguchi_domain::profanity::Profanity;
use madoguchi_domain::reminder::{self, Reminder, WindowReminder};
use madoguchi_domain::ticket::{
    self, ByHand, Due, Heard, Opening, Step as TicketStep, TicketAfter, TicketSource,
};
use madoguchi_domain::timers::{Organisation, Timers, Timing};
use madoguchi_domain::warning::{self, IdleWarning, Warning};
use madoguchi_domain::{
    BrandId, Channel, ChannelId, ChannelKind, ChannelSettings, ChannelStatus, CloseReason, Content,
    Conversation, ConversationId, DepartmentId, Event, EventBody, LabelId, Message, MessageId, MessageKey,
    Mode, OperatorAccess, OperatorId, Party, Person, Role, SentBy, Span, Timestamp, block, bot, note, reply,
};

use crate::model::Chat;
use crate::step::{Admin, BotDeed, CUSTOMERS, CustomerDeed, Deed, OPERATORS, Queue, Step};

/// A Wednesday, 17:30 in UTC: the department that answers by day does so for half an hour.
const START: Timestamp = Timestamp::from_ms(1_764_178_200_000);
const CAPACITY: u32 = 2;
/// As what deadlines are armed.
const KINDS: [DeadlineKind; 4] =
    [DeadlineKind::Unanswered, DeadlineKind::Idle, DeadlineKind::ReplyLimit, DeadlineKind::WindowReminder];
const OFFENSIVE: &str = "unspeakable";

/// What the table's stream tells.
enum Record {
    Wrote { before: Option<Box<Conversation>>, after: Option<Box<Conversation>> },
    LookAfter(OperatorId),
}

pub(crate) struct World {
    pub(crate) now: Timestamp,
    /// Numbers whatever needs a name of its own.
    number: u32,
    pub(crate) channels: Vec<Channel>,
    /// As the functions remember them until [`Queue::Settings`].
    cached: Vec<Channel>,
    pub(crate) is_settled: Vec<bool>,
    /// Those whose deadlines may stand otherwise than when they were checked last.
    pub(crate) is_to_check: Vec<bool>,
    departments: Vec<Department>,
    pub(crate) organisation: Organisation,
    profanity: Profanity,
    pub(crate) chats: Vec<Chat>,
    pub(crate) people: Vec<Person>,
    pub(crate) duties: BTreeMap<OperatorId, Duty>,
    /// What each operator's switch was last set to.
    pub(crate) switches: BTreeMap<OperatorId, bool>,
    last: Vec<Option<OperatorId>>,
    label: Label,
    stream: VecDeque<Record>,
    tickets: u64,
}

pub(crate) fn id(operator: usize) -> OperatorId {
    OperatorId(format!("operator-{operator}"))
}

fn called(operator: &OperatorId) -> Who {
    Who { id: operator.clone(), name: operator.0.clone() }
}

fn hours() -> BusinessHours {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let week: Vec<String> =
        days.iter().map(|day| format!(r#""{day}":[{{"from":"09:00","to":"18:00"}}]"#)).collect();
    let hours = format!(r#"{{"time_zone":"Etc/UTC","week":{{{}}}}}"#, week.join(","));
    serde_json::from_str::<BusinessHours>(&hours).unwrap().checked().unwrap()
}

fn department(name: &str, hours: Option<BusinessHours>) -> Department {
    Department {
        id: DepartmentId::derive(name, START),
        name: name.to_owned(),
        hours,
        timers: Timers::default(),
        timers_changed_at: None,
        created_at: START,
        removed_at: None,
        rev: 1,
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let departments = vec![department("always", None), department("by day", Some(hours()))];
        let channels: Vec<Channel> = [ChannelKind::Messenger, ChannelKind::Line]
            .into_iter()
            .map(|kind| {
                let id = ChannelId::derive(kind, "1");
                // One reminds customers and closes nothing that is unanswered; the other's timers run by day.
                let by_day = kind == ChannelKind::Line;
                let settings = ChannelSettings {
                    operators: OperatorAccess::Associated,
                    assignment_capacity: Some(CAPACITY),
                    unanswered_close_after_minutes: by_day.then_some(60),
                    idle_close_after_minutes: Some(45),
                    pause_outside_hours: by_day,
                    window_reminder: (!by_day).then(|| WindowReminder { text: "still there?".into() }),
                    ..ChannelSettings::default()
                };
                let department = Some(departments[usize::from(by_day)].id);
                Channel { settings, department, ..Channel::new(kind, "Shop", "1", id.into(), START) }
            })
            .collect();
        let chats = (0..CUSTOMERS).map(|customer| {
            let (channel, party) = (customer % 2, Party::User(format!("U{customer}")));
            Chat::new(ConversationId::derive(channels[channel].id, &party), party, channel)
        });
        let people = (0..OPERATORS).map(|operator| {
            let seen = Seen { name: id(operator).0, account: None, role: Role::Operator, signed_in_at: None };
            let mut person = Person::new(id(operator), &seen, START);
            for channel in &channels {
                person.associate(channel.id, Ask::Nothing, START);
            }
            person
        });
        Self {
            now: START,
            number: 0,
            cached: channels.clone(),
            is_settled: vec![true; channels.len()],
            is_to_check: vec![true; CUSTOMERS],
            organisation: Organisation::new(departments.clone(), []),
            departments,
            profanity: Profanity {
                on: true,
                words: vec![OFFENSIVE.to_owned()],
                limit: 2,
                ..Profanity::new(BrandId::derive("b", START))
            },
            chats: chats.collect(),
            people: people.collect(),
            duties: (0..OPERATORS).map(|operator| (id(operator), Duty::new(id(operator)))).collect(),
            switches: (0..OPERATORS).map(|operator| (id(operator), false)).collect(),
            last: vec![None; channels.len()],
            label: Label {
                id: LabelId::derive("refund", START),
                name: "refund".to_owned(),
                color: "#ff0000".to_owned(),
                created_at: START,
                removed_at: None,
                rev: 1,
            },
            stream: VecDeque::new(),
            tickets: 0,
            channels,
        }
    }

    pub(crate) fn step(&mut self, step: &Step) {
        self.now = self.now + Span::from_secs(1);
        self.number += 1;
        match step {
            Step::Pass { minutes, ticks } => {
                self.now = self.now + Span::from_minutes(*minutes);
                if *ticks {
                    for kind in KINDS {
                        self.tick(kind);
                    }
                }
            }
            Step::Customer { customer, deed } => self.customer(*customer, deed),
            Step::Operator { operator, customer, deed } => self.operator(*operator, *customer, deed),
            Step::Bot { customer, deed } => self.bot(*customer, *deed),
            Step::Queue(queue) => self.queue(queue),
            Step::Tick { kind } => {
                self.tick(*kind);
            }
            Step::Admin(admin) => self.administer(admin),
        }
    }

    /// As the functions know them.
    fn settings(&self, chat: usize) -> ChannelSettings {
        self.cached[self.chats[chat].channel].acting_settings()
    }

    pub(crate) fn may_see(&self, operator: &OperatorId, channel: usize) -> bool {
        let person = self.people.iter().find(|person| person.id == *operator);
        may_see(Role::Operator, &self.channels[channel], person)
            && person.is_some_and(|person| person.removed_at.is_none())
    }

    /// Writes a conversation as the table does: only over the version that was read.
    fn commit(&mut self, chat: usize, conversation: Conversation, lines: impl IntoIterator<Item = Message>) {
        let known = self.chats[chat].stored.as_ref().map_or(0, |stored| stored.version);
        assert_eq!(conversation.version, known, "written over something that was not read");
        for line in lines {
            assert!(
                !self.chats[chat].messages.contains_key(&line.key),
                "a line that would be refused for ever: {line:?}"
            );
            self.chats[chat].messages.insert(line.key, line);
        }
        let next = Conversation { version: known + 1, ..conversation };
        let there = |conversation: &Conversation| {
            Some(conversation.clone()).filter(|it| !it.is_erased()).map(Box::new)
        };
        let before = self.chats[chat].stored.as_ref().and_then(there);
        self.stream.push_back(Record::Wrote { before, after: there(&next) });
        self.chats[chat].stored = Some(next);
        self.is_to_check[chat] = true;
    }

    fn name(&self) -> String {
        format!("p{}", self.number)
    }

    fn customer(&mut self, chat: usize, deed: &CustomerDeed) {
        let now = self.now;
        let (at, body, overtakes) = match deed {
            CustomerDeed::Write { late, offensive, .. } => {
                let words = if *offensive { OFFENSIVE } else { "hello" };
                let message = CustomerMessage {
                    provider_message_id: self.name(),
                    content: Content::text(format!("{words} {}", self.number)),
                    reply_to: None,
                    reply_token: None,
                    read_token: None,
                    referral: None,
                };
                (now - Span::from_minutes(*late), EventBody::Message(message), false)
            }
            CustomerDeed::Unsend { which, early } => {
                let known = &self.chats[chat];
                let said: Vec<&str> = known.taken.iter().chain(&known.inbound).filter_map(brings).collect();
                let Some(target) = said.iter().rev().nth(*which).map(|id| (*id).to_owned()) else { return };
                (now, EventBody::Unsend { target }, *early)
            }
            CustomerDeed::Read => (now, EventBody::Read { through: now }, false),
            CustomerDeed::Follow => (now, EventBody::Follow { unblocked: false, reply_token: None }, false),
            CustomerDeed::Unfollow => (now, EventBody::Unfollow, false),
            CustomerDeed::Again { which } => {
                let again = self.chats[chat].taken.iter().rev().nth(*which).cloned();
                self.chats[chat].inbound.extend(again.map(|event| Event { received_at: now, ..event }));
                return;
            }
        };
        self.tell(chat, at, body, overtakes);
        if let CustomerDeed::Write { at_once: true, .. } = deed {
            while !self.chats[chat].inbound.is_empty() {
                self.write(chat, false);
            }
        }
    }

    /// The provider tells of something.
    fn tell(&mut self, chat: usize, at: Timestamp, body: EventBody, overtakes: bool) {
        let event = Event {
            id: self.name(),
            at,
            received_at: self.now,
            party: self.chats[chat].party.clone(),
            participant: None,
            sender: Sender::default(),
            standby: false,
            body,
        };
        let chat = &mut self.chats[chat];
        let place = if overtakes { usize::from(chat.is_half_done) } else { chat.inbound.len() };
        chat.inbound.insert(place, event);
    }

    fn queue(&mut self, queue: &Queue) {
        match queue {
            Queue::Inbound { customer, dies } => self.write(*customer, *dies),
            Queue::Outbound => (0..CUSTOMERS).for_each(|chat| self.send(chat)),
            Queue::Stream { upto } => (0..*upto).for_each(|_| self.relay()),
            Queue::Assign => self.assign(),
            Queue::Tickets => (0..CUSTOMERS).for_each(|chat| self.ticket_due(chat)),
            Queue::Erasures => (0..CUSTOMERS).for_each(|chat| self.clear(chat)),
            Queue::Settings => self.reach(),
        }
    }

    /// `inbox-writer`.
    fn write(&mut self, chat: usize, dies: bool) {
        let Some(event) = self.chats[chat].inbound.front().cloned() else { return };
        let (now, settings, id) = (self.now, self.settings(chat), self.chats[chat].id);
        let channel = &self.channels[self.chats[chat].channel];
        let of = (channel.id, channel.kind);
        let reference = reference(id, &event);
        let taken_in = match channel.status.intake(&event) {
            Intake::Taken => true,
            Intake::Dropped => false,
            Intake::IfConversationIsThere => self.chats[chat].stored.is_some(),
            Intake::IfMessageIsThere => self.chats[chat].loaded(&reference, true, now).message.is_some(),
        };
        let known = self.chats[chat].stored.as_ref();
        let dropped = !taken_in || known.is_some_and(|known| known.intake(&event) != Intake::Taken);
        let may_be_dropped =
            !channel.status.was_in_use(event.received_at) || self.chats[chat].account.blocked;
        if dropped {
            assert!(may_be_dropped, "dropped although its channel is on and nobody is blocked: {event:?}");
            let chat = &mut self.chats[chat];
            chat.inbound.pop_front();
            chat.is_half_done = false;
            return;
        }
        let guard = self.profanity.guard();
        let apply = |loaded| apply_guarded(of, &settings, guard.as_ref(), loaded, &event, now);
        let mut applied = apply(self.chats[chat].loaded(&reference, false, now));
        if let Applied::Changed(change) = &applied
            && change.create.iter().any(|message| self.chats[chat].messages.contains_key(&message.key))
        {
            applied = apply(self.chats[chat].loaded(&reference, true, now));
        }
        let is_news = brings(&event).is_some_and(|id| !self.chats[chat].account.said.contains_key(id));
        match applied {
            Applied::Unchanged => assert!(!is_news, "what the customer said was passed over: {event:?}"),
            Applied::Changed(change) => {
                if dies && let Some(message) = change.alone() {
                    self.chats[chat].messages.insert(message.key, message.clone());
                    self.chats[chat].is_half_done = true;
                    return;
                }
                let alone = change.alone().map(|message| message.key);
                for message in change.create.iter().filter(|message| Some(message.key) != alone) {
                    assert!(
                        !self.chats[chat].messages.contains_key(&message.key),
                        "a put that fails for ever"
                    );
                }
                let created: Vec<Message> = change.create.iter().chain(&change.replace).cloned().collect();
                for message in &created {
                    self.chats[chat].messages.insert(message.key, message.clone());
                    self.heard(chat, message);
                }
                match change.waiting.clone() {
                    Some(Waiting::Keep(id, annotations)) => {
                        self.chats[chat].waiting.insert(id, annotations);
                    }
                    Some(Waiting::Forget(id)) => {
                        self.chats[chat].waiting.remove(&id);
                    }
                    None => {}
                }
                if change.replaced_alone().is_none() {
                    self.commit(chat, change.conversation.clone(), []);
                }
            }
        }
        self.account_of_event(chat, &event, is_news);
        let chat = &mut self.chats[chat];
        chat.inbound.pop_front();
        chat.is_half_done = false;
        chat.taken.push(event);
    }

    fn account_of_event(&mut self, chat: usize, event: &Event, is_news: bool) {
        let (limit, blocks) = (self.profanity.limit, self.profanity.block);
        let Chat { account, messages, id, .. } = &mut self.chats[chat];
        match &event.body {
            EventBody::Message(message) if is_news => {
                let name = &message.provider_message_id;
                let stored = messages.values().find(|known| known.provider_message_id.as_ref() == Some(name));
                let stored = stored.expect("what was taken is stored");
                let seen_at = stored.key.at.max(stored.stored_at);
                account.said.insert(name.clone(), stored.key);
                account.spoke_at = account.spoke_at.max(Some(seen_at));
                account.heard_at = account.heard_at.max(Some(seen_at));
                if !account.open {
                    account.opened();
                }
                account.snoozed = false;
                if stored.offensive {
                    account.offences += 1;
                    if account.offences >= limit {
                        account.closed(CloseReason::Abuse);
                        account.blocked |= blocks;
                    }
                }
            }
            EventBody::Unsend { target } => {
                account.unsent.insert(target.clone());
            }
            EventBody::Echo(echo) => {
                let id = MessageId::of_provider(*id, &echo.provider_message_id);
                let stored = &messages[&MessageKey { at: event.at, id }];
                account.answered_at = account.answered_at.max(Some(event.at));
                account.spoke_at = account.spoke_at.max(Some(event.at.max(stored.stored_at)));
            }
            _ => {}
        }
    }

    /// `ticket-convert`, for a message that was stored just now.
    fn heard(&mut self, chat: usize, message: &Message) {
        if message.sent_by != SentBy::Customer || !message.awaits_ticket {
            return;
        }
        let after = self.ticket_after(chat);
        let known = &self.chats[chat];
        let heard = Heard { key: message.key, at: message.key.at.max(message.stored_at) };
        match ticket::heard(&known.book, known.places.get(&message.key).copied(), heard, after) {
            TicketStep::Nothing => {}
            TicketStep::Wait(book, batch) => {
                self.chats[chat].book = book;
                self.place(chat, message.key, batch);
            }
            TicketStep::Convert(book, stretch) => {
                let takes = Some(message.key);
                self.open_ticket(chat, book, stretch, takes, TicketSource::Always);
            }
        }
    }

    fn ticket_after(&self, chat: usize) -> TicketAfter {
        self.settings(chat).tickets.after
    }

    fn place(&mut self, chat: usize, message: MessageKey, batch: u32) {
        let chat = &mut self.chats[chat];
        let before = chat.places.insert(message, batch);
        let free =
            before.is_none_or(|before| !chat.tickets.contains_key(&before) && !chat.book.is_open(before));
        assert!(free, "a message of one ticket went into another");
    }

    fn open_ticket(
        &mut self,
        chat: usize,
        book: ticket::Book,
        stretch: ticket::Stretch,
        takes: Option<MessageKey>,
        source: TicketSource,
    ) {
        let Some(conversation) = self.chats[chat].stored.clone() else { return };
        self.tickets += 1;
        let opening = Opening { conversation, department: None, book: book.clone(), stretch, takes, source };
        let (ticket, line) = opening.numbered(self.tickets, self.now);
        if let Some(message) = takes {
            self.place(chat, message, ticket.batch);
        }
        let chat = &mut self.chats[chat];
        chat.book = book;
        assert!(chat.messages.insert(line.key, line).is_none(), "two lines of one ticket");
        assert!(chat.tickets.insert(ticket.batch, ticket).is_none(), "two tickets of one stretch");
    }

    fn ticket_due(&mut self, chat: usize) {
        let after = self.ticket_after(chat);
        match ticket::due(&self.chats[chat].book, after, self.now) {
            Due::Nothing => {}
            Due::GiveUp(book) => self.chats[chat].book = book,
            Due::Convert(book, stretch) => self.open_ticket(chat, book, stretch, None, TicketSource::Timer),
        }
    }

    fn convert(&mut self, operator: &OperatorId, chat: usize, which: usize) {
        let Some(message) = self.chats[chat].customers().into_iter().rev().nth(which) else { return };
        let known = &self.chats[chat];
        let stretch = known.places.get(&message).copied();
        let is_ticket = stretch.is_some_and(|batch| known.tickets.contains_key(&batch));
        let source = TicketSource::Manual { operator: operator.clone() };
        match ticket::by_hand(&known.book, stretch, is_ticket, message) {
            ByHand::Already(batch) => assert!(known.tickets.contains_key(&batch)),
            ByHand::Stretch(book, stretch) => self.open_ticket(chat, book, stretch, None, source),
            ByHand::Alone(book, stretch) => self.open_ticket(chat, book, stretch, Some(message), source),
        }
    }

    /// A reply is stored, and the conversation takes note of it unless its writer dies.
    fn reply(&mut self, chat: usize, message: Message, dies: bool) {
        let key = message.key;
        self.chats[chat].messages.entry(key).or_insert(message);
        self.chats[chat].unnoted.push_back(key);
        if !dies {
            self.send(chat);
        }
    }

    /// `reply-dispatch`, as far as conversations are concerned.
    fn send(&mut self, chat: usize) {
        while let Some(key) = self.chats[chat].unnoted.pop_front() {
            let (now, settings) = (self.now, self.settings(chat));
            let Some(message) = self.chats[chat].messages.get(&key).cloned() else { continue };
            let Some(conversation) = self.chats[chat].shown().cloned() else { continue };
            let Some((noted, line)) = reply::take_note(conversation, &settings, &message, now) else {
                continue;
            };
            let account = &mut self.chats[chat].account;
            if line.is_some() {
                // A timer closed it without having seen the reply.
                account.open = true;
                account.closes.pop();
                // Its close took it from whoever had it (ASG-13).
                account.assignee = None;
            }
            let seen_at = Some(key.at.max(message.stored_at));
            match message.sent_by {
                SentBy::Operator { .. } => {
                    account.answered_at = account.answered_at.max(Some(key.at));
                    account.spoke_at = account.spoke_at.max(seen_at);
                }
                SentBy::Bot => account.spoke_at = account.spoke_at.max(seen_at),
                _ => {}
            }
            self.commit(chat, noted, line);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each deed")]
    fn operator(&mut self, operator: usize, chat: usize, deed: &Deed) {
        let (me, now, settings) = (id(operator), self.now, self.settings(chat));
        let channel = self.chats[chat].channel;
        if let Deed::Switch { available } = deed {
            self.duties.get_mut(&me).unwrap().available = *available;
            self.switches.insert(me, *available);
            return;
        }
        if let Deed::AnswerElsewhere = deed {
            if self.channels[channel].kind == ChannelKind::Messenger {
                let echo = Echo {
                    provider_message_id: self.name(),
                    ours: None,
                    source: EchoSource::ProviderInbox,
                    content: Content::text("from the Page's inbox"),
                };
                self.tell(chat, now, EventBody::Echo(echo), false);
            }
            return;
        }
        if !self.may_see(&me, channel) {
            return;
        }
        let Some(current) = self.chats[chat].shown().cloned() else { return };
        let told = match deed {
            Deed::Answer { dies } => {
                let key = self.name();
                let on = self.channels[channel].status.is_on();
                if let Ok(reply) = reply::write(&current, &settings, me, &key, "answer", None, now)
                    && on
                {
                    self.reply(chat, reply, *dies);
                }
                return;
            }
            Deed::Take => return self.give(chat, &me, &me),
            Deed::Give { to } => return self.give(chat, &me, &id(*to)),
            Deed::LetGo => {
                if let Ok(Some(handed)) = unassign(&current, None, None, &Why::By(called(&me)), now) {
                    self.hand(chat, handed, MOST_HELD);
                }
                return;
            }
            Deed::Transfer { department, to } => return self.transfer(chat, &me, *department, *to),
            Deed::Close => {
                if let Some(done) = conversation::complete(current, CloseReason::Operator, &settings, now) {
                    self.complete(chat, done, CloseReason::Operator);
                }
                return;
            }
            Deed::Reopen => {
                match conversation::reopen(current, &settings, &me.0, now) {
                    Ok(Some(open)) => {
                        self.chats[chat].account.opened();
                        self.commit(chat, open.conversation, [open.line]);
                    }
                    Ok(None) => assert!(self.chats[chat].account.open),
                    Err(ReopenRefused::Final | ReopenRefused::OnlyTheCustomer) => {}
                }
                return;
            }
            Deed::Done { all } => {
                let seen = current.last_customer_at.filter(|_| !all).map(|at| at - Span::from_minutes(1));
                conversation::done(current, seen, &me, &settings, now)
            }
            Deed::NotDone => conversation::not_done(current, &me, &settings, now),
            Deed::Snooze { minutes } => {
                let until = minutes.map(|minutes| now + Span::from_minutes(minutes));
                let told = conversation::snooze(current, until, &me, &settings, now).unwrap_or_default();
                self.chats[chat].account.snoozed |= told.is_some();
                told
            }
            Deed::Wake => {
                let told = conversation::wake(current, Waker::Operator(&me), &settings, now);
                assert_eq!(told.is_some(), self.chats[chat].account.snoozed, "set aside or not");
                self.chats[chat].account.snoozed = false;
                told
            }
            Deed::Mode(mode) => switch_mode(current, *mode, Switched::By(&me), &settings, now),
            Deed::Note => {
                let name = note::id(&current, &me, &self.name());
                let note =
                    note::write(&current, (&me, "n"), name, "a note", BTreeSet::new(), None, now).unwrap();
                self.chats[chat].messages.insert(note.key, note);
                return;
            }
            Deed::Label { on } => {
                let (by, kept) = (By { id: &me, name: &me.0 }, BTreeSet::from([self.label.id]));
                let labeled = if *on {
                    label::put(current, &self.label, &kept, by, now).unwrap()
                } else {
                    label::take_off(current, self.label.id, None, by, now)
                };
                if let Some(labeled) = labeled {
                    self.commit(chat, labeled.conversation, [labeled.line]);
                }
                return;
            }
            Deed::Block => {
                if let Some(moved) = block::block(current, &me, "a reason", now) {
                    self.chats[chat].account.blocked = true;
                    self.commit(chat, moved.conversation, [moved.line]);
                }
                return;
            }
            Deed::Unblock => {
                if let Some(moved) = block::unblock(current, &me, 0, &settings, now) {
                    self.chats[chat].account.blocked = false;
                    self.commit(chat, moved.conversation, [moved.line]);
                }
                return;
            }
            Deed::Convert { which } => return self.convert(&me, chat, *which),
            Deed::Erase => return self.erase(chat, &current, &me),
            Deed::Switch { .. } | Deed::AnswerElsewhere | Deed::Look => return,
        };
        if let Some(told) = told {
            self.commit(chat, told.conversation, [told.line]);
        }
    }

    fn give(&mut self, chat: usize, by: &OperatorId, to: &OperatorId) {
        let Some(current) = self.chats[chat].shown().cloned() else { return };
        let (now, seen) = (self.now, current.assignee.clone());
        let handed = assign(&current, &called(to), None, seen.as_ref(), &Why::By(called(by)), now);
        if let Ok(Some(handed)) = handed
            && self.able(to, self.chats[chat].channel)
        {
            self.hand(chat, handed, MOST_HELD);
        }
    }

    fn able(&self, operator: &OperatorId, channel: usize) -> bool {
        let person = self.people.iter().find(|person| person.id == *operator);
        may_take(Role::Operator, person, &self.duties[operator], &self.channels[channel]).is_ok()
    }

    fn transfer(&mut self, chat: usize, by: &OperatorId, department: usize, to: Option<usize>) {
        let Some(current) = self.chats[chat].shown().cloned() else { return };
        let (channel, now) = (self.chats[chat].channel, self.now);
        let department = &self.departments[department];
        let place = Some(department.id).filter(|id| self.channels[channel].department != Some(*id));
        let to = to.map(|to| called(&id(to)));
        if to
            .as_ref()
            .is_some_and(|to| current.assignee.as_ref() != Some(&to.id) && !self.able(&to.id, channel))
        {
            return;
        }
        let called_so = (department.id.to_string(), department.name.as_str());
        let (why, settings) = (Why::By(called(by)), self.settings(chat));
        if let Ok(Some(handed)) =
            transfer(&current, (place, called_so), to.as_ref(), None, &why, &settings, now)
        {
            self.hand(chat, handed, MOST_HELD);
        }
    }

    /// A move, under the table's conditions.
    fn hand(&mut self, chat: usize, handed: Handed, room: usize) {
        let (id, now) = (self.chats[chat].id, self.now);
        if handed.from != handed.to {
            if let Some(to) = &handed.to {
                let duty = self.duties.get_mut(to).unwrap();
                if !duty.available || duty.held.len() >= room && !duty.held.contains(&id) {
                    return;
                }
                duty.held.insert(id);
                duty.given_at = Some(now);
                assert!(self.switches[to], "given to somebody who has switched themselves off");
            }
            if let Some(from) = &handed.from {
                self.duties.get_mut(from).unwrap().held.remove(&id);
            }
        }
        self.chats[chat].account.assignee.clone_from(&handed.to);
        self.commit(chat, handed.conversation, [handed.line]);
    }

    fn complete(&mut self, chat: usize, done: conversation::Completed, reason: CloseReason) {
        self.chats[chat].account.closed(reason);
        self.commit(chat, done.closed.conversation, [done.closed.line].into_iter().chain(done.farewell));
    }

    fn erase(&mut self, chat: usize, current: &Conversation, by: &OperatorId) {
        let erased = conversation::erase(current, &self.chats[chat].book, by, self.now);
        self.commit(chat, erased.shell, []);
        let chat = &mut self.chats[chat];
        chat.book = erased.book;
        chat.erasure = Some(erased.erasure);
        let blocked = chat.account.blocked;
        chat.account = crate::model::Account { blocked, ..Default::default() };
        // What comes once more of what was deleted would be news.
        let known = std::mem::take(&mut chat.taken);
        chat.inbound.retain(|event| known.iter().all(|known| known.id != event.id));
    }

    /// `media-fetch` clears away what was deleted.
    fn clear(&mut self, chat: usize) {
        let chat = &mut self.chats[chat];
        let Some(erasure) = chat.erasure.take() else { return };
        chat.messages.retain(|_, message| !erasure.covers(message));
        chat.places.retain(|_, batch| !erasure.covers_stretch(*batch));
        chat.tickets.retain(|batch, _| !erasure.covers_stretch(*batch));
    }

    fn bot(&mut self, chat: usize, deed: BotDeed) {
        let (now, settings) = (self.now, self.settings(chat));
        let Some(current) = self.chats[chat].shown().cloned() else { return };
        let latest: Vec<Message> = self.chats[chat].messages.values().rev().cloned().collect();
        let Some(asked) = bot::owed(&current, &latest).first().map(|asked| (*asked).clone()) else { return };
        let switch = |why| switch_mode(current.clone(), Mode::Operator, why, &settings, now);
        let told = match deed {
            BotDeed::Say => match bot::write(&current, &settings, &asked, 0, "a bot's words", now) {
                Ok(said) => return self.reply(chat, said, false),
                Err(_) => switch(Switched::Failed),
            },
            BotDeed::HandOver => switch(Switched::BotAsked),
            BotDeed::Fail => switch(Switched::Failed),
            BotDeed::Silence => {
                let mut silent = current.clone();
                silent.note_bot(bot::Through::All(&current), &settings, now);
                return self.commit(chat, silent, []);
            }
        };
        if let Some(told) = told {
            self.commit(chat, told.conversation, [told.line]);
        }
    }

    /// One round of what looks after a kind of deadlines. Tells whether anything happened.
    pub(crate) fn tick(&mut self, kind: DeadlineKind) -> bool {
        let version = |world: &Self| -> u64 {
            world.chats.iter().filter_map(|chat| chat.stored.as_ref()).map(|stored| stored.version).sum()
        };
        let before = version(self);
        for chat in 0..CUSTOMERS {
            let due =
                |armed: &madoguchi_domain::deadline::Deadline| armed.kind == kind && armed.due_at <= self.now;
            let armed = self.chats[chat].stored.as_ref().and_then(|stored| stored.armed);
            if armed.is_some_and(|armed| due(&armed)) {
                if kind == DeadlineKind::WindowReminder { self.remind(chat) } else { self.close(chat) }
            }
        }
        version(self) != before
    }

    /// A closer, on what is due.
    fn close(&mut self, chat: usize) {
        let (now, channel) = (self.now, self.channels[self.chats[chat].channel].clone());
        let Some(current) = self.chats[chat].stored.clone() else { return };
        let settings = channel.acting_settings();
        let timing = Timing { settings: &settings, hours: self.organisation.hours(&channel, &current) };
        match deadline::verdict(&current, timing, now) {
            Verdict::Close(deadline) => {
                let reason = deadline.kind.reason().unwrap();
                self.check_close(chat, &current, timing, reason);
                if let Some(done) = conversation::complete(current, reason, &settings, now) {
                    self.complete(chat, done, reason);
                }
            }
            Verdict::Rearm(deadline) => self.arm(chat, current, Some(deadline.to_arm())),
            Verdict::Disarm => self.arm(chat, current, None),
        }
    }

    fn arm(&mut self, chat: usize, current: Conversation, armed: Option<deadline::Deadline>) {
        if current.armed != armed {
            self.commit(chat, Conversation { armed, ..current }, []);
        }
    }

    /// `scheduled-send`, on what is due.
    fn remind(&mut self, chat: usize) {
        let now = self.now;
        let Some(mut current) = self.chats[chat].stored.clone() else { return };
        let channel = self.cached[self.chats[chat].channel].clone();
        let settings = channel.acting_settings();
        let hours = self.organisation.hours(&channel, &current).cloned();
        let timing = Timing { settings: &settings, hours: hours.as_ref() };
        if current.is_to_wake(now) {
            self.chats[chat].account.snoozed = false;
            let told = conversation::wake(current, Waker::Time, &settings, now).unwrap();
            return self.commit(chat, told.conversation, [told.line]);
        }
        if let Some(told) = conversation::mode_over(current.clone(), &settings, now) {
            return self.commit(chat, told.conversation, [told.line]);
        }
        match reminder::remind(&current, &settings, now) {
            Reminder::Send(message) => {
                let key = message.key;
                self.chats[chat].messages.entry(key).or_insert(*message);
                let message = self.chats[chat].messages[&key].clone();
                if let Some((noted, line)) = reply::take_note(current, &settings, &message, now) {
                    self.commit(chat, noted, line);
                }
                return;
            }
            Reminder::Skip(skipped) => current = *skipped,
            Reminder::NotDue => match warning::warn(&current, timing, now) {
                Warning::Send(told) => return self.commit(chat, told.conversation, [told.line]),
                Warning::Skip(skipped) => current = *skipped,
                Warning::NotDue => {
                    let armed = match deadline::verdict(&current, timing, now) {
                        Verdict::Close(deadline) | Verdict::Rearm(deadline) => Some(deadline.to_arm()),
                        Verdict::Disarm => None,
                    };
                    return self.arm(chat, current, armed);
                }
            },
        }
        self.commit(chat, current, []);
    }

    /// What follows from the next committed write.
    fn relay(&mut self) {
        match self.stream.pop_front() {
            None => {}
            Some(Record::Wrote { before, after }) => {
                let of = after.as_deref().or(before.as_deref()).map(|conversation| conversation.id);
                if let Some((operator, of)) = follows(before.as_deref(), after.as_deref()).freed.zip(of) {
                    self.free(&operator, of);
                }
            }
            Some(Record::LookAfter(operator)) => self.look_after(&operator),
        }
    }

    fn free(&mut self, operator: &OperatorId, id: ConversationId) {
        let chat = self.chats.iter().find(|chat| chat.id == id).unwrap();
        let is_theirs =
            |current: &Conversation| current.is_open() && current.assignee.as_ref() == Some(operator);
        if !chat.stored.as_ref().is_some_and(is_theirs) {
            self.duties.get_mut(operator).unwrap().held.remove(&id);
        }
    }

    fn look_after(&mut self, operator: &OperatorId) {
        for held in self.duties[operator].held.clone() {
            let chat = self.chats.iter().position(|chat| chat.id == held).unwrap();
            let current = self.chats[chat].stored.clone();
            let theirs = current.filter(|it| it.is_open() && it.assignee.as_ref() == Some(operator));
            let Some(current) = theirs else {
                self.free(operator, held);
                continue;
            };
            if !self.may_see(operator, self.chats[chat].channel) {
                let handed = unassign(&current, None, None, &Why::AccessLost, self.now).unwrap().unwrap();
                self.hand(chat, handed, 0);
            }
        }
    }

    /// `assign` gives out what waits.
    pub(crate) fn assign(&mut self) {
        let mut waiting: Vec<Conversation> =
            self.chats.iter().filter_map(|chat| chat.shown().cloned()).collect();
        waiting.retain(waits_for_rule);
        queue_order(&mut waiting);
        for current in waiting {
            let chat = self.chats.iter().position(|chat| chat.id == current.id).unwrap();
            let place = self.chats[chat].channel;
            let channel = self.channels[place].clone();
            if !channel.status.is_on() {
                continue;
            }
            let candidates: Vec<Candidate<'_>> = self
                .people
                .iter()
                .map(|person| Candidate { person, duty: &self.duties[&person.id] })
                .collect();
            let back = candidates.iter().find(|candidate| goes_back_to(**candidate, &current, &channel));
            let (to, why, room) = match back {
                Some(back) => (back.person.id.clone(), Why::Returned, MOST_HELD),
                None => match choose(&channel, &candidates, self.last[place].as_ref()) {
                    Some(next) => {
                        let to = next.person.id.clone();
                        self.last[place] = Some(to.clone());
                        (to, Why::Rule(channel.settings.assignment), CAPACITY as usize)
                    }
                    None => continue,
                },
            };
            let handed = assign(&current, &called(&to), None, None, &why, self.now).unwrap().unwrap();
            assert!(self.may_see(&to, place), "given to somebody who does not see it");
            self.hand(chat, handed, room);
        }
    }

    /// The closers bring changed settings to what is open.
    fn reach(&mut self) {
        self.cached.clone_from(&self.channels);
        for chat in 0..CUSTOMERS {
            let Some(mut current) = self.chats[chat].stored.clone().filter(Conversation::is_open) else {
                continue;
            };
            let channel = &self.channels[self.chats[chat].channel];
            let (settings, before) = (channel.acting_settings(), current.armed);
            current.rearm(Timing { settings: &settings, hours: self.organisation.hours(channel, &current) });
            if current.armed != before {
                self.commit(chat, current, []);
            }
        }
        self.is_settled.fill(true);
        self.is_to_check.fill(true);
    }

    fn administer(&mut self, admin: &Admin) {
        let now = self.now;
        let mut change = |channel: usize, change: &dyn Fn(&mut Channel)| {
            change(&mut self.channels[channel]);
            self.channels[channel].settings_changed_at = now;
            self.is_settled[channel] = false;
        };
        match admin {
            Admin::Timers { channel, unanswered, idle, bot, hours } => change(*channel, &|channel| {
                let settings = &mut channel.settings;
                settings.unanswered_close_after_minutes = *unanswered;
                settings.idle_close_after_minutes = *idle;
                settings.bot_close_after_minutes = *bot;
                settings.pause_outside_hours = *hours;
            }),
            Admin::Courtesies { channel, warning, farewell, reminder } => change(*channel, &|channel| {
                let warning = warning.then(|| IdleWarning { text: "soon".into(), minutes_before: 1 });
                channel.settings.idle_warning = warning;
                let farewell = farewell.then(|| Farewell { text: "bye".into(), when_operators_close: true });
                channel.settings.farewell = farewell;
                let reminder = *reminder && channel.kind == ChannelKind::Messenger;
                channel.settings.window_reminder =
                    reminder.then(|| WindowReminder { text: "still there?".into() });
            }),
            Admin::Bot { channel, starts, release, back } => change(*channel, &|channel| {
                channel.settings.bot =
                    BotUse { starts: *starts, release_after_minutes: *release, return_after_minutes: *back };
            }),
            Admin::Reopen { channel, policy } => {
                change(*channel, &|channel| channel.settings.reopen = *policy);
            }
            Admin::Tickets { channel, minutes } => change(*channel, &|channel| {
                let after = minutes.map_or(TicketAfter::Always, |minutes| TicketAfter::Timer { minutes });
                channel.settings.tickets.after = after;
            }),
            Admin::Rule { channel, on } => change(*channel, &|channel| {
                channel.settings.assignment =
                    if *on { AssignmentRule::LeastBusy } else { AssignmentRule::Off };
            }),
            Admin::Disable { channel, off } => change(*channel, &|channel| {
                let by = OperatorId("administrator".to_owned());
                let status = if *off { channel.status.off(&by, now) } else { channel.status.on() };
                channel.status = status.unwrap().unwrap_or_else(|| channel.status.clone());
                assert_ne!(channel.status, ChannelStatus::Deleted { since: now, by });
            }),
            Admin::Member { operator, channel, on } => {
                let person = &mut self.people[*operator];
                let channel = self.channels[*channel].id;
                if *on && person.removed_at.is_none() {
                    person.associate(channel, Ask::Nothing, now);
                } else {
                    person.channels.remove(&channel);
                    self.stream.push_back(Record::LookAfter(id(*operator)));
                }
            }
            Admin::Remove { operator } => {
                self.people[*operator].remove(now);
                self.duties.get_mut(&id(*operator)).unwrap().available = false;
                self.switches.insert(id(*operator), false);
                self.stream.push_back(Record::LookAfter(id(*operator)));
            }
            Admin::Profanity { limit, block } => {
                (self.profanity.limit, self.profanity.block) = (*limit, *block);
            }
        }
    }

    /// Everything that follows from what has happened has followed, and all that is due has been done.
    pub(crate) fn settle(&mut self) {
        for chat in 0..CUSTOMERS {
            while !self.chats[chat].inbound.is_empty() {
                self.write(chat, false);
            }
            self.send(chat);
            self.clear(chat);
        }
        self.reach();
        for _ in 0..20 {
            let mut happened = KINDS.map(|kind| self.tick(kind)).contains(&true);
            (0..CUSTOMERS).for_each(|chat| self.ticket_due(chat));
            happened |= !self.stream.is_empty();
            while !self.stream.is_empty() {
                self.relay();
            }
            self.assign();
            happened |= !self.stream.is_empty();
            if !happened {
                return;
            }
        }
        panic!("what follows does not come to an end");
    }

    /// How the timers of a chat stand.
    pub(crate) fn timing<'a>(&'a self, settings: &'a ChannelSettings, chat: &Chat) -> Timing<'a> {
        let channel = &self.channels[chat.channel];
        let hours = chat.stored.as_ref().and_then(|stored| self.organisation.hours(channel, stored));
        Timing { settings, hours }
    }
}

/// The provider's id of the customer's message that an event brings.
fn brings(event: &Event) -> Option<&str> {
    match &event.body {
        EventBody::Message(message) => Some(&message.provider_message_id),
        _ => None,
    }
}
