//! Everything at once, with real writes: customers, operators, bots, timers and administrators in any order, the stream in any
//! portions and repeated, and what must be true of the tables.
//!
//! The rules alone are taken through many more such histories in `shared/domain/tests/machine`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use aws_lambda_events::dynamodb::EventRecord;
use futures::FutureExt as _;
use futures::future::join_all;
use live_push::LivePush;
use madoguchi_domain::assignment::AssignmentRule;
use madoguchi_domain::channel::BotUse;
use madoguchi_domain::conversation::{Counter, Section, Standing};
use madoguchi_domain::deadline::{DeadlineKind, deadline};
use madoguchi_domain::farewell::Farewell;
use madoguchi_domain::message::Body;
use madoguchi_domain::ticket::{TicketAfter, TicketSettings};
use madoguchi_domain::warning::IdleWarning;
use madoguchi_domain::{
    ChannelKind, ChannelSettings, Conversation, ConversationId, OperatorId, ReopenPolicy, SentBy, Span,
    Status,
};
use madoguchi_live::{Audience, Teller};
use madoguchi_simulator::{Act, Action, Provider};
use madoguchi_store::Live;
use madoguchi_store::inbox::{Part, PartOf, Sorting};
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::aws::clients;
use madoguchi_tests::support::dynamo::LIVE;
use madoguchi_tests::support::sockets::{API, Sockets};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// How many histories, and how long each is: some seconds together.
const HISTORIES: usize = 5;
const STEPS: usize = 70;
const CHATS: [(ChannelKind, &str); 3] = [
    (ChannelKind::Line, "customer-1"),
    (ChannelKind::Line, "customer-2"),
    (ChannelKind::Messenger, "customer-1"),
];
const OPERATORS: [&str; 3] = ["operator-1", "operator-2", "operator-3"];
const OWNER: (&str, &str) = ("owner-1", "owners");
const ADMINISTRATOR: (&str, &str) = ("administrator-1", "administrators");

#[derive(Clone, Debug)]
enum Step {
    Pass {
        minutes: i64,
    },
    Writes {
        chat: usize,
    },
    Unsends {
        chat: usize,
    },
    Follows {
        chat: usize,
        follows: bool,
    },
    Reads {
        chat: usize,
    },
    /// The queue delivers once more what it delivered before.
    Again {
        which: usize,
    },
    /// An operator's request about a chat.
    Asks {
        operator: usize,
        chat: usize,
        what: Ask,
    },
    /// Two operators press at once.
    Race {
        chat: usize,
    },
    Switch {
        operator: usize,
        available: bool,
    },
    Erase {
        chat: usize,
    },
    Admin(Admin),
    Function(Function),
    /// What counts is told the next records, and some that it was told before.
    Count {
        next: usize,
        again: Vec<usize>,
    },
}

#[derive(Clone, Debug)]
enum Ask {
    Answer,
    Take,
    Give { to: usize },
    LetGo,
    Transfer,
    Close,
    Reopen,
    Done { on: bool },
    Snooze { minutes: Option<i64> },
    Wake,
    Mode { bot: bool },
    Note,
    Block { on: bool },
    Ticket,
}

#[derive(Clone, Debug)]
enum Admin {
    Settings { kind: ChannelKind, settings: Box<ChannelSettings> },
    Channel { kind: ChannelKind, on: bool },
    Remove { operator: usize },
}

#[derive(Clone, Copy, Debug)]
enum Function {
    Write,
    Relay,
    Assign,
    Dispatch,
    Bots,
    Tickets,
    Erasures,
    Ticks,
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let (chat, operator) = (0..CHATS.len(), 0..OPERATORS.len());
    let kind = || prop::sample::select(vec![ChannelKind::Line, ChannelKind::Messenger]);
    let function = prop::sample::select(vec![
        Function::Write,
        Function::Write,
        Function::Write,
        Function::Relay,
        Function::Relay,
        Function::Assign,
        Function::Dispatch,
        Function::Bots,
        Function::Tickets,
        Function::Erasures,
        Function::Ticks,
        Function::Ticks,
        Function::Sweep,
    ]);
    prop_oneof![
        4 => prop_oneof![3 => 1_i64..20, 2 => 20_i64..300, 1 => 300_i64..3_000].prop_map(|minutes| Step::Pass { minutes }),
        8 => chat.clone().prop_map(|chat| Step::Writes { chat }),
        1 => chat.clone().prop_map(|chat| Step::Unsends { chat }),
        1 => (chat.clone(), any::<bool>()).prop_map(|(chat, follows)| Step::Follows { chat, follows }),
        1 => chat.clone().prop_map(|chat| Step::Reads { chat }),
        2 => (0..6_usize).prop_map(|which| Step::Again { which }),
        16 => (operator.clone(), chat.clone(), ask())
            .prop_map(|(operator, chat, what)| Step::Asks { operator, chat, what }),
        2 => chat.clone().prop_map(|chat| Step::Race { chat }),
        4 => (operator.clone(), any::<bool>())
            .prop_map(|(operator, available)| Step::Switch { operator, available }),
        1 => chat.prop_map(|chat| Step::Erase { chat }),
        2 => (kind(), settings()).prop_map(|(kind, settings)| {
            Step::Admin(Admin::Settings { kind, settings: Box::new(settings) })
        }),
        1 => (kind(), any::<bool>()).prop_map(|(kind, on)| Step::Admin(Admin::Channel { kind, on })),
        1 => operator.prop_map(|operator| Step::Admin(Admin::Remove { operator })),
        14 => function.prop_map(Step::Function),
        5 => (1..12_usize, prop::collection::vec(0..1_000_usize, 0..6))
            .prop_map(|(next, again)| Step::Count { next, again }),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        4 => Just(Ask::Answer),
        3 => Just(Ask::Take),
        1 => (0..OPERATORS.len()).prop_map(|to| Ask::Give { to }),
        1 => Just(Ask::LetGo),
        1 => Just(Ask::Transfer),
        2 => Just(Ask::Close),
        2 => Just(Ask::Reopen),
        2 => any::<bool>().prop_map(|on| Ask::Done { on }),
        2 => prop::option::of(1_i64..2_000).prop_map(|minutes| Ask::Snooze { minutes }),
        1 => Just(Ask::Wake),
        1 => any::<bool>().prop_map(|bot| Ask::Mode { bot }),
        1 => Just(Ask::Note),
        1 => any::<bool>().prop_map(|on| Ask::Block { on }),
        1 => Just(Ask::Ticket),
    ]
}

fn settings() -> impl Strategy<Value = ChannelSettings> {
    let minutes = |range: std::ops::Range<u32>| prop::option::weighted(0.7, range);
    let tickets = prop_oneof![
        Just(TicketAfter::Never),
        Just(TicketAfter::Always),
        (1_u32..120).prop_map(|minutes| TicketAfter::Timer { minutes }),
    ];
    let reopen = prop::sample::select(vec![
        ReopenPolicy::Always,
        ReopenPolicy::OnCustomerMessage,
        ReopenPolicy::Never,
    ]);
    (
        minutes(15..300),
        minutes(3..300),
        minutes(1..300),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        tickets,
        reopen,
    )
        .prop_map(|(unanswered, idle, bot, courteous, starts, rule, after, reopen)| ChannelSettings {
            unanswered_close_after_minutes: unanswered,
            idle_close_after_minutes: idle,
            bot_close_after_minutes: bot,
            pause_outside_hours: courteous,
            idle_warning: courteous.then(|| IdleWarning { text: "soon".into(), minutes_before: 1 }),
            farewell: courteous.then(|| Farewell { text: "bye".into(), when_operators_close: true }),
            bot: BotUse { starts, release_after_minutes: bot, return_after_minutes: idle },
            assignment: if rule { AssignmentRule::RoundRobin } else { AssignmentRule::Off },
            assignment_capacity: Some(2),
            tickets: TicketSettings { after, ..TicketSettings::default() },
            reopen,
            ..ChannelSettings::default()
        })
}

struct World {
    test: TestInbox,
    push: LivePush,
    /// How many of the stream's records were told to what counts.
    counted: usize,
    number: usize,
    department: String,
    /// What customers said, by what must be there of it: the words, and how the provider calls the message.
    said: BTreeMap<ConversationId, Vec<(String, String)>>,
    unsent: BTreeSet<String>,
    /// Records that the writer was given.
    records: Vec<String>,
    switches: BTreeMap<&'static str, bool>,
    blocked: BTreeSet<ConversationId>,
    off: BTreeSet<ChannelKind>,
}

impl World {
    async fn start() -> Self {
        let (test, sockets) = (TestInbox::start().await, Sockets::start().await);
        let live = Live::new(test.dynamo.clients().dynamodb(), LIVE);
        let audience = Audience::new(test.directory.clone());
        let connections = clients(sockets.url()).connections(API, test.clock.clone());
        let teller = Teller::new(connections, live.clone());
        let push = LivePush::new(test.inbox.clone(), live, audience, teller, test.clock.clone());
        for operator in OPERATORS {
            assert_eq!(
                test.call_as((operator, "operators"), "GET", "/api/me", None, &Value::Null).await.0,
                200
            );
        }
        assert_eq!(test.call_as(OWNER, "GET", "/api/me", None, &Value::Null).await.0, 200);
        let day = json!([{ "from": "09:00", "to": "18:00" }]);
        let hours = json!({ "time_zone": "Etc/UTC", "week": { "monday": day, "tuesday": day } });
        let department = json!({ "name": "By day", "hours": hours });
        let department = test.administered("POST", "/api/departments", &department).await;
        Self {
            push,
            counted: 0,
            number: 0,
            department: department["id"].as_str().unwrap().to_owned(),
            said: BTreeMap::new(),
            unsent: BTreeSet::new(),
            records: Vec::new(),
            switches: OPERATORS.into_iter().map(|operator| (operator, false)).collect(),
            blocked: BTreeSet::new(),
            off: BTreeSet::new(),
            test,
        }
    }

    fn id(&self, chat: usize) -> ConversationId {
        let (kind, customer) = CHATS[chat];
        let (provider, account) = match kind {
            ChannelKind::Line => (Provider::Line, madoguchi_simulator::demo::LINE_CHANNEL),
            _ => (Provider::Messenger, madoguchi_simulator::demo::PAGE),
        };
        let peer = self.test.simulator.peer(provider, account, customer).unwrap();
        ConversationId::derive(TestInbox::channel_id(kind), &madoguchi_domain::Party::User(peer))
    }

    async fn act(&self, chat: usize, action: Action) -> Option<Vec<String>> {
        let (kind, customer) = CHATS[chat];
        let provider = if kind == ChannelKind::Line { Provider::Line } else { Provider::Messenger };
        let customer = Some(customer.to_owned());
        let act = Act { provider, account: None, customer, group: None, at_ms: None, action };
        Some(self.test.simulator.act(act).await.ok()?.message_ids)
    }

    /// Whether what the chat's customer says is taken in.
    async fn takes(&self, chat: usize) -> bool {
        !self.off.contains(&CHATS[chat].0) && !self.blocked.contains(&self.id(chat))
    }

    async fn call(&self, who: (&str, &str), method: &str, path: &str, body: &Value) -> u16 {
        let key = (method == "POST" && (path.ends_with("/messages") || path.ends_with("/notes")))
            .then(|| format!("key-{}", self.number));
        let (status, answer) = self.test.call_as(who, method, path, key.as_deref(), body).await;
        assert!(status < 500, "{method} {path}: {status} {answer}");
        status
    }

    async fn step(&mut self, step: &Step) {
        self.number += 1;
        self.test.pass(Span::from_secs(1));
        match step {
            Step::Pass { minutes } => self.test.pass(Span::from_minutes(*minutes)),
            Step::Writes { chat } => {
                let (text, taken) = (format!("words {}", self.number), self.takes(*chat).await);
                let ids = self.act(*chat, Action::Text { text: text.clone(), quote: None }).await;
                if let Some(id) = ids.filter(|_| taken).and_then(|ids| ids.into_iter().next()) {
                    self.said.entry(self.id(*chat)).or_default().push((text, id));
                }
            }
            Step::Unsends { chat } => {
                let said = self.said.get(&self.id(*chat)).and_then(|said| said.last().cloned());
                if let Some((_, message_id)) = said.filter(|_| CHATS[*chat].0 == ChannelKind::Line)
                    && self.act(*chat, Action::Unsend { message_id: message_id.clone() }).await.is_some()
                {
                    self.unsent.insert(message_id);
                }
            }
            Step::Follows { chat, follows } if CHATS[*chat].0 == ChannelKind::Line => {
                self.act(*chat, if *follows { Action::Follow } else { Action::Unfollow }).await;
            }
            Step::Follows { .. } => {}
            Step::Reads { chat } => {
                if CHATS[*chat].0 == ChannelKind::Messenger {
                    let page = madoguchi_simulator::demo::PAGE;
                    let _nothing_to_read = self.test.simulator.see(page, CHATS[*chat].1, true).await;
                }
            }
            Step::Again { which } => {
                if let Some(record) = self.records.iter().rev().nth(*which) {
                    self.test.write_record(record).await;
                }
            }
            Step::Asks { operator, chat, what } => self.ask(OPERATORS[*operator], *chat, what).await,
            Step::Race { chat } => self.race(*chat).await,
            Step::Switch { operator, available } => {
                let (who, body) = ((OPERATORS[*operator], "operators"), json!({ "available": available }));
                if self.call(who, "PUT", "/api/me/availability", &body).await == 200 {
                    self.switches.insert(OPERATORS[*operator], *available);
                }
            }
            Step::Erase { chat } => {
                // What is on its way would begin it anew.
                self.function(Function::Write).await;
                let id = self.id(*chat);
                let body = json!({ "confirm": id.to_string() });
                if self.call(OWNER, "DELETE", &format!("/api/conversations/{id}"), &body).await == 200 {
                    self.said.remove(&id);
                    self.records.clear();
                }
            }
            Step::Admin(admin) => self.administer(admin).await,
            Step::Function(function) => self.function(*function).await,
            Step::Count { next, again } => self.count(*next, again).await,
        }
    }

    async fn ask(&mut self, operator: &'static str, chat: usize, what: &Ask) {
        let id = self.id(chat);
        let (who, path) = ((operator, "operators"), format!("/api/conversations/{id}"));
        let at = |rest: &str| format!("{path}/{rest}");
        let current = self.test.inbox.conversation(id).await.unwrap();
        let nothing = json!({});
        let (method, path, body) = match what {
            Ask::Answer => ("POST", at("messages"), json!({ "text": format!("answer {}", self.number) })),
            Ask::Take | Ask::Give { .. } => {
                let to = if let Ask::Give { to } = what { OPERATORS[*to] } else { "me" };
                let expect = current.and_then(|current| current.assignee);
                ("PUT", at("assignee"), json!({ "operator_id": to, "expect": expect }))
            }
            Ask::LetGo => ("DELETE", at("assignee"), nothing),
            Ask::Transfer => ("POST", at("transfer"), json!({ "department_id": self.department })),
            Ask::Close => ("POST", at("close"), nothing),
            Ask::Reopen => ("POST", at("reopen"), nothing),
            Ask::Done { on } => (if *on { "POST" } else { "DELETE" }, at("done"), nothing),
            Ask::Snooze { minutes } => {
                let until =
                    minutes.map(|minutes| (self.test.clock.now() + Span::from_minutes(minutes)).to_string());
                ("POST", at("snooze"), json!({ "until": until }))
            }
            Ask::Wake => ("DELETE", at("snooze"), nothing),
            Ask::Mode { bot } => {
                ("PUT", at("mode"), json!({ "mode": if *bot { "bot" } else { "operator" } }))
            }
            Ask::Note => ("POST", at("notes"), json!({ "text": "a note" })),
            Ask::Block { on: true } => ("POST", at("block"), json!({ "reason": "spam" })),
            Ask::Block { on: false } => ("DELETE", at("block"), nothing),
            Ask::Ticket => {
                let episode = current.map_or(0, |current| current.episode);
                ("POST", "/api/tickets".to_owned(), json!({ "conversation_id": id, "episode": episode }))
            }
        };
        if let Ask::Block { on: true } = what {
            // What reached us before it is taken in all the same.
            self.function(Function::Write).await;
        }
        let status = self.call(who, method, &path, &body).await;
        match what {
            Ask::Block { on } if status == 200 => {
                if *on {
                    self.blocked.insert(id)
                } else {
                    self.blocked.remove(&id)
                };
            }
            _ => {}
        }
    }

    /// One wins, and the others are told.
    async fn race(&self, chat: usize) {
        let id = self.id(chat);
        let before = self.test.inbox.conversation(id).await.unwrap();
        let expect = before.and_then(|before| before.assignee);
        let (path, body) =
            (format!("/api/conversations/{id}/assignee"), json!({ "operator_id": "me", "expect": expect }));
        let takers = OPERATORS.map(|operator| self.call((operator, "operators"), "PUT", &path, &body));
        let answers = join_all(takers).await;
        let after = self.test.inbox.conversation(id).await.unwrap().and_then(|after| after.assignee);
        // Whose it is has it already.
        let others = OPERATORS
            .iter()
            .zip(answers)
            .filter(|(operator, _)| expect.as_ref().is_none_or(|expect| expect.0 != **operator));
        let won: Vec<&str> =
            others.filter(|(_, status)| *status == 200).map(|(operator, _)| *operator).collect();
        let owner = after.as_ref().map(|operator| operator.0.as_str());
        assert!(won.len() <= 1, "two won: {won:?}");
        assert!(won.first().is_none_or(|winner| owner == Some(*winner)), "{won:?} and {owner:?}");
    }

    async fn administer(&mut self, admin: &Admin) {
        match admin {
            Admin::Settings { kind, settings } => self.test.set(*kind, settings).await,
            Admin::Channel { kind, on } => {
                // What reached us before it counts.
                self.function(Function::Write).await;
                let path = format!("/api/channels/{}", TestInbox::channel_id(*kind));
                let (verb, confirm) =
                    if *on { ("enable", json!({})) } else { ("disable", json!({ "confirm": true })) };
                if self.call(ADMINISTRATOR, "POST", &format!("{path}/{verb}"), &confirm).await < 300 {
                    if *on {
                        self.off.remove(kind)
                    } else {
                        self.off.insert(*kind)
                    };
                }
                // Until every function has heard of it.
                self.test.pass(Span::from_minutes(2));
            }
            Admin::Remove { operator } => {
                let path = format!("/api/people/{}", OPERATORS[*operator]);
                if self.call(ADMINISTRATOR, "DELETE", &path, &json!({})).await < 300 {
                    self.switches.insert(OPERATORS[*operator], false);
                }
            }
        }
    }

    async fn function(&mut self, function: Function) {
        let test = &self.test;
        match function {
            Function::Write => {
                self.records.extend(test.inbound.messages().into_iter().map(|message| message.body));
                test.write().await;
            }
            Function::Relay => test.relay().await,
            Function::Assign => test.assign().await,
            Function::Dispatch => test.dispatch().await,
            Function::Bots => test.answer_bots().await,
            Function::Tickets => {
                test.start_tickets().await;
                assert_eq!(test.make_tickets().await.failed, 0);
            }
            Function::Erasures => {
                test.relay().await;
                test.fetch_media().await;
            }
            Function::Ticks => self.ticks().await,
            Function::Sweep => drop(test.sweep().await),
        }
    }

    async fn ticks(&self) {
        for kind in [DeadlineKind::Unanswered, DeadlineKind::Idle, DeadlineKind::ReplyLimit] {
            assert_eq!(self.test.tick(kind).await.failed, 0);
        }
        assert_eq!(self.test.schedule().await.failed, 0);
    }

    /// The next records, and some that were told before: alone, in no order.
    async fn count(&mut self, next: usize, again: &[usize]) {
        let all: Vec<EventRecord> = self.test.dynamo.stream().peek(10_000).records;
        let upto = all.len().min(self.counted.saturating_add(next));
        self.push.handle(&all[self.counted..upto]).await.unwrap();
        self.counted = upto;
        for which in again.iter().filter(|_| upto > 0) {
            self.push.handle(&all[which % upto..=which % upto]).await.unwrap();
        }
    }

    async fn settle(&mut self) {
        // Settings are brought to the open conversations until every cache has run out.
        for _ in 0..4 {
            self.test.pass(Span::from_minutes(2));
            self.function(Function::Write).await;
            self.test.settle().await;
            self.test.answer_bots().await;
            self.function(Function::Tickets).await;
            self.function(Function::Erasures).await;
            // What one of them finds is due for another.
            self.ticks().await;
            self.ticks().await;
            self.test.assign().await;
        }
        let again: Vec<usize> = (0..40).map(|number| number * 7_919).collect();
        self.count(usize::MAX, &again).await;
    }

    /// What is true after every step.
    async fn check(&self) {
        for chat in 0..CHATS.len() {
            if let Some(conversation) = self.test.inbox.conversation(self.id(chat)).await.unwrap() {
                assert!(conversation.snooze.is_none() || conversation.is_open());
                assert!(conversation.armed.is_none() || conversation.is_open(), "a closed one rests");
            }
        }
        for duty in self.test.inbox.duties().await.unwrap() {
            let switch = self.switches.get(duty.operator.0.as_str());
            assert_eq!(switch, Some(&duty.available), "the last switch counts: {duty:?}");
        }
    }

    /// What is true when everything that follows has followed.
    async fn check_settled(&self) {
        let mut expected: BTreeMap<ChannelKind, BTreeMap<Counter, u64>> = BTreeMap::new();
        let mut held: BTreeMap<OperatorId, BTreeSet<ConversationId>> = BTreeMap::new();
        for chat in 0..CHATS.len() {
            let (kind, id) = (CHATS[chat].0, self.id(chat));
            let Some(conversation) = self.test.inbox.conversation(id).await.unwrap() else {
                assert!(!self.said.contains_key(&id), "a conversation is lost");
                continue;
            };
            self.check_messages(&conversation).await;
            self.check_lists(kind, &conversation).await;
            self.check_deadline(kind, &conversation).await;
            for counter in Standing::of(&conversation).iter().flat_map(Standing::counters) {
                *expected.entry(kind).or_default().entry(counter).or_default() += 1;
            }
            if let Some(operator) = conversation.assignee.clone().filter(|_| conversation.is_open()) {
                held.entry(operator).or_default().insert(id);
            }
        }
        let mut counts = self.test.inbox.counts().await.unwrap();
        for kind in [ChannelKind::Line, ChannelKind::Messenger] {
            let mut counted = counts.remove(&TestInbox::channel_id(kind)).unwrap_or_default();
            counted.retain(|_, count| *count > 0);
            assert_eq!(counted, expected.remove(&kind).unwrap_or_default(), "counts equal contents: {kind}");
        }
        for duty in self.test.inbox.duties().await.unwrap() {
            assert_eq!(
                duty.held,
                held.remove(&duty.operator).unwrap_or_default(),
                "{:?} holds",
                duty.operator
            );
        }
        assert!(held.is_empty(), "assigned to somebody who does not hold it: {held:?}");
        self.check_tickets().await;
        assert_eq!((self.test.inbound.dead(), self.test.media.dead()), (Vec::new(), Vec::new()));
    }

    async fn check_messages(&self, conversation: &Conversation) {
        let messages = self.test.messages(conversation.id).await;
        for (text, name) in self.said.get(&conversation.id).into_iter().flatten() {
            let named = messages.iter().filter(|message| message.provider_message_id.as_ref() == Some(name));
            let found: Vec<_> = named.collect();
            let [message] = found[..] else { panic!("{text} is there {} times", found.len()) };
            let words = message.reply_text();
            assert_eq!(words, (!self.unsent.contains(name)).then_some(text.as_str()));
        }
        let answers =
            messages.iter().filter(|message| message.sent_by.is_answer()).map(|message| message.key.at);
        assert_eq!(conversation.last_answer_at, answers.max(), "a bot's word is nobody's answer");
        let customers = messages.iter().filter(|message| message.sent_by == SentBy::Customer);
        assert_eq!(conversation.last_customer_at, customers.map(|message| message.key.at).max());
        if let Status::Closed { reason, .. } = conversation.status {
            let is_why = |body: &Body| {
                matches!(body, Body::Timeline { event, detail: Some(detail), .. }
                    if event == "closed" && detail == reason.public_id())
            };
            assert!(messages.iter().any(|message| is_why(&message.body)), "closed without a reason");
        }
    }

    async fn check_lists(&self, kind: ChannelKind, conversation: &Conversation) {
        let mut found = Vec::new();
        for section in Section::ALL {
            let part = Part::all(PartOf::Channel(TestInbox::channel_id(kind), section));
            let page = self.test.inbox.listed(&[part], Sorting::Activity, None, 100).await.unwrap();
            let here = page.conversations.iter().filter(|listed| listed.id == conversation.id).count();
            found.extend(std::iter::repeat_n(section, here));
        }
        let expected: Vec<Section> =
            Standing::of(conversation).map(|standing| standing.section).into_iter().collect();
        assert_eq!(found, expected, "in exactly one section");
    }

    async fn check_deadline(&self, kind: ChannelKind, conversation: &Conversation) {
        let channel = self.test.channel(kind).await;
        let organisation = self.test.directory.organisation().await.unwrap();
        let hours = organisation.hours(&channel, conversation);
        let settings = organisation.resolve(channel.clone()).acting_settings();
        let timing = madoguchi_domain::timers::Timing { settings: &settings, hours };
        let (now, armed) = (self.test.clock.now(), conversation.armed.map(|armed| armed.due_at));
        if let Some(truth) = deadline(conversation, timing) {
            assert!(truth.due_at > now, "overdue: {truth:?}");
            assert!(armed.is_some_and(|armed| armed <= truth.due_at), "armed for {armed:?}, due {truth:?}");
        }
    }

    async fn check_tickets(&self) {
        let mut places = BTreeSet::new();
        let tickets = self.test.get("/api/tickets?limit=100").await;
        for ticket in tickets["items"].as_array().unwrap() {
            let path = format!("/api/tickets/{}/messages?limit=100", ticket["number"]);
            let messages = self.test.get(&path).await;
            let messages = messages["items"].as_array().unwrap();
            assert_eq!(ticket["message_count"], messages.len(), "{ticket}");
            for message in messages {
                let place = (ticket["conversation_id"].to_string(), message["id"].to_string());
                assert!(places.insert(place), "a message is in two tickets: {message}");
            }
        }
    }
}

/// ASG-1, CLS-8, CLS-11, CLS-12, BOT-2: the same histories every time.
#[tokio::test]
async fn cls_3_asg_14_tmr_6_tkt_2_whatever_happens_in_whatever_order_the_tables_stay_true() {
    let mut runner = TestRunner::deterministic();
    let history = prop::collection::vec(step(), STEPS);
    for number in 0..HISTORIES {
        let steps = history.new_tree(&mut runner).unwrap().current();
        let place = Cell::new(0);
        let run = AssertUnwindSafe(run(&steps, &place)).catch_unwind().await;
        assert!(run.is_ok(), "history {number} after {:#?}", &steps[..place.get()]);
    }
}

async fn run(steps: &[Step], place: &Cell<usize>) {
    let mut world = World::start().await;
    for step in steps {
        place.set(place.get() + 1);
        world.step(step).await;
        world.check().await;
    }
    world.settle().await;
    world.check().await;
    world.check_settled().await;
}
