//! The pieces of work that are measured. Each proves that the work was done before it hands its figures over.

use madoguchi_closing::Report;
use madoguchi_domain::message::SendState;
use madoguchi_domain::{ChannelKind, Conversation, Message, MessageKey, Span};
use madoguchi_simulator::{Action, Webhook};
use serde_json::{Value, json};

use super::people::{ANSWER, Customer, QUESTION};
use super::{Function, Measured, World, template};

/// How long a queue remembers a deduplication id, and a moment.
pub const FORGOTTEN: Span = Span::from_ms(5 * 60_000 + 1_000);

/// A piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// A Messenger customer writes another text.
    InboundText,
    /// A LINE customer does.
    InboundTextLine,
    /// Ten Messenger customers do, and `inbox-writer` gets all of it at once.
    InboundTextBatchOf10,
    /// Ten LINE customers do.
    InboundTextLineBatchOf10,
    /// A text whose functions are just starting and remember nothing.
    InboundTextCold,
    /// The first text of a new customer, whose profile is fetched.
    FirstText,
    /// A webhook that was delivered before, after the queue has forgotten it.
    Duplicate,
    /// A webhook that was delivered a moment ago: the queue swallows it.
    DuplicateAtOnce,
    /// Another answer to a Messenger customer.
    Reply,
    /// The first answer of an episode.
    FirstReply,
    /// Answers to ten Messenger customers at the same time.
    ReplyBatchOf10,
    /// An answer whose functions are just starting.
    ReplyCold,
    /// An answer to a LINE customer by the reply token of what was just written.
    ReplyLineToken,
    /// The same by push.
    ReplyLinePush,
    /// The same to ten LINE customers by push.
    ReplyLinePushBatchOf10,
    /// An operator opens a LINE chat, and what the customer wrote is marked as read.
    MarkReadLine,
    /// A LINE customer sees that an operator is writing.
    TypingLine,
    /// Messenger echoes an answer.
    Echo,
    /// Messenger tells that it was delivered.
    Delivered,
    /// Messenger tells that it was read.
    Read,
    /// A customer reacts to a message that was just said.
    Reaction,
    /// A text that reopens a closed conversation.
    ReopeningText,
    /// A chat is closed because nobody answered.
    Close,
    /// A deadline that a later message has moved is found and armed anew.
    Rearm,
    /// A closer's tick finds nothing due.
    Tick,
}

impl Job {
    /// All of them, in the order in which one world can be asked for them: those that let days pass come last.
    pub const ALL: [Self; 25] = [
        Self::InboundText,
        Self::InboundTextLine,
        Self::InboundTextBatchOf10,
        Self::InboundTextLineBatchOf10,
        Self::InboundTextCold,
        Self::FirstText,
        Self::Duplicate,
        Self::DuplicateAtOnce,
        Self::Reply,
        Self::FirstReply,
        Self::ReplyBatchOf10,
        Self::ReplyCold,
        Self::ReplyLineToken,
        Self::ReplyLinePush,
        Self::ReplyLinePushBatchOf10,
        Self::MarkReadLine,
        Self::TypingLine,
        Self::Echo,
        Self::Delivered,
        Self::Read,
        Self::Reaction,
        Self::ReopeningText,
        Self::Close,
        Self::Rearm,
        Self::Tick,
    ];

    /// The name of its figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InboundText => "inbound_text",
            Self::InboundTextLine => "inbound_text_line",
            Self::InboundTextBatchOf10 => "inbound_text_batch_of_10",
            Self::InboundTextLineBatchOf10 => "inbound_text_line_batch_of_10",
            Self::InboundTextCold => "inbound_text_cold",
            Self::FirstText => "first_text",
            Self::ReopeningText => "reopening_text",
            Self::Duplicate => "duplicate",
            Self::DuplicateAtOnce => "duplicate_at_once",
            Self::Reply => "reply",
            Self::FirstReply => "first_reply",
            Self::ReplyBatchOf10 => "reply_batch_of_10",
            Self::ReplyCold => "reply_cold",
            Self::ReplyLineToken => "reply_line_token",
            Self::ReplyLinePush => "reply_line_push",
            Self::ReplyLinePushBatchOf10 => "reply_line_push_batch_of_10",
            Self::MarkReadLine => "mark_read_line",
            Self::TypingLine => "typing_line",
            Self::Echo => "echo",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Reaction => "reaction",
            Self::Close => "close",
            Self::Rearm => "rearm",
            Self::Tick => "tick",
        }
    }

    /// Whether it can be done without letting time pass.
    pub const fn is_timeless(self) -> bool {
        !matches!(self, Self::Duplicate | Self::ReopeningText | Self::Close | Self::Rearm | Self::Tick)
    }

    /// Does it and counts.
    pub async fn measure(self, world: &mut World) -> Measured {
        use ChannelKind::{Line, Messenger};
        match self {
            Self::InboundText => text(world, Messenger, 1).await,
            Self::InboundTextLine => text(world, Line, 1).await,
            Self::InboundTextBatchOf10 => text(world, Messenger, 10).await,
            Self::InboundTextLineBatchOf10 => text(world, Line, 10).await,
            Self::InboundTextCold => {
                let customers = world.cast(Messenger, 1).await;
                world.forget();
                let measured = text_of(world, &customers).await;
                world.answer_all(&customers).await;
                measured
            }
            Self::FirstText => first_text(world).await,
            Self::ReopeningText => {
                let customers = world.cast(Messenger, 1).await;
                calm(world).await;
                assert!(!world.conversation(&customers[0]).await.is_open());
                world.warm(Messenger).await;
                text_of(world, &customers).await
            }
            Self::Duplicate => duplicate(world, FORGOTTEN).await,
            Self::DuplicateAtOnce => duplicate(world, Span::default()).await,
            Self::Reply => reply(world, Messenger, 1).await,
            Self::FirstReply => {
                let customer = world.stranger(Messenger);
                world.say_and_settle(&customer).await;
                world.warm(Messenger).await;
                reply_to(world, &[customer]).await
            }
            Self::ReplyBatchOf10 => reply(world, Messenger, 10).await,
            Self::ReplyCold => {
                let customers = world.waiting(Messenger, 1).await;
                world.forget();
                reply_to(world, &customers).await
            }
            Self::ReplyLineToken => reply(world, Line, 1).await,
            Self::ReplyLinePush => second_reply(world, Line, 1).await,
            Self::ReplyLinePushBatchOf10 => second_reply(world, Line, 10).await,
            Self::MarkReadLine => courtesy(world, "read", "mark_as_read").await,
            Self::TypingLine => courtesy(world, "typing", "loading").await,
            Self::Echo => receipt(world, 0).await,
            Self::Delivered => receipt(world, 1).await,
            Self::Read => receipt(world, 2).await,
            Self::Reaction => reaction(world).await,
            Self::Close => {
                calm(world).await;
                let customer = world.stranger(Messenger);
                world.say_and_settle(&customer).await;
                close_of(world, &customer).await
            }
            Self::Rearm => rearm(world).await,
            Self::Tick => tick(world).await,
        }
    }
}

impl World {
    /// Begins new environments and has every function work once, so that they remember what they may, and no
    /// memory is about to expire.
    pub async fn warm(&mut self, kind: ChannelKind) {
        self.forget();
        let somebody = self.stranger(kind);
        self.say_and_settle(&somebody).await;
        self.answer(&somebody).await;
        self.settle().await;
        self.webhooks();
    }
}

async fn text(world: &mut World, kind: ChannelKind, count: usize) -> Measured {
    let customers = world.cast(kind, count).await;
    world.warm(kind).await;
    let measured = text_of(world, &customers).await;
    world.answer_all(&customers).await;
    measured
}

/// Each of `customers` writes once.
pub async fn text_of(world: &mut World, customers: &[Customer]) -> Measured {
    let (mut webhooks, mut asked) = (Vec::new(), Vec::new());
    for customer in customers {
        asked.push(world.now());
        webhooks.push(world.say(customer).await);
    }
    world.begin();
    for webhook in &webhooks {
        world.deliver(webhook).await;
    }
    world.write(customers.len()).await;
    world.relay().await;
    let measured = world.finish(count(customers));
    for (customer, asked_at) in customers.iter().zip(asked) {
        let message = latest(world, customer).await;
        assert_eq!(message.reply_text(), Some(QUESTION));
        assert!(message.key.at >= asked_at, "the text that was just said");
        assert!(world.conversation(customer).await.is_open());
    }
    assert_eq!(measured.invocations_of(Function::InboxWriter), 1);
    measured
}

async fn first_text(world: &mut World) -> Measured {
    world.warm(ChannelKind::Messenger).await;
    let customer = world.stranger(ChannelKind::Messenger);
    let webhook = world.say(&customer).await;
    world.begin();
    world.deliver(&webhook).await;
    world.settle().await;
    let measured = world.finish(1);
    assert!(world.conversation(&customer).await.contact.name.is_some(), "the profile is there");
    measured
}

async fn duplicate(world: &mut World, wait: Span) -> Measured {
    let customers = world.cast(ChannelKind::Messenger, 1).await;
    let measured = duplicate_of(world, &customers[0], wait).await;
    world.answer_all(&customers).await;
    measured
}

/// `customer` writes, and after `wait` the same webhook is delivered again.
pub async fn duplicate_of(world: &mut World, customer: &Customer, wait: Span) -> Measured {
    let webhook = world.say(customer).await;
    world.deliver(&webhook).await;
    world.settle().await;
    world.pass(wait);
    world.warm(ChannelKind::Messenger).await;
    let before = everything(world, customer).await;
    world.begin();
    world.deliver(&webhook).await;
    world.write(1).await;
    let measured = world.finish(1);
    assert_eq!(everything(world, customer).await, before, "nothing has changed");
    measured
}

async fn reply(world: &mut World, kind: ChannelKind, count: usize) -> Measured {
    let customers = world.waiting(kind, count).await;
    world.warm(kind).await;
    reply_to(world, &customers).await
}

/// Nothing was written since the last answer: LINE has no reply token to give.
async fn second_reply(world: &mut World, kind: ChannelKind, count: usize) -> Measured {
    let customers = world.cast(kind, count).await;
    world.warm(kind).await;
    reply_to(world, &customers).await
}

/// An operator answers each of `customers` once.
pub async fn reply_to(world: &mut World, customers: &[Customer]) -> Measured {
    world.webhooks();
    let sent_before = world.simulator.sent().len();
    world.begin();
    let mut keys = Vec::new();
    for customer in customers {
        let answer = world.answer(customer).await;
        keys.push(key_of(&answer));
    }
    world.relay().await;
    world.dispatch(customers.len()).await;
    world.relay().await;
    let measured = world.finish(count(customers));
    for (customer, key) in customers.iter().zip(keys) {
        let message = world.inbox.message(customer.conversation, &key).await.unwrap().unwrap();
        assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
        assert_eq!(message.reply_text(), Some(ANSWER));
    }
    assert_eq!(world.simulator.sent().len(), sent_before + customers.len());
    assert_eq!(world.simulator.violations(), Vec::<String>::new());
    let batch = template::batch_size(Function::ReplyDispatch).min(customers.len());
    assert_eq!(measured.invocations_of(Function::ReplyDispatch), customers.len().div_ceil(batch));
    measured
}

/// An operator's client tells `verb` of a LINE chat whose customer has just written; the customer is shown `what`.
async fn courtesy(world: &mut World, verb: &str, what: &str) -> Measured {
    let customer = world.stranger(ChannelKind::Line);
    world.say_and_settle(&customer).await;
    world.warm(ChannelKind::Line).await;
    let message = latest(world, &customer).await.key.to_string();
    let body = if verb == "read" { json!({ "message": message }) } else { json!({}) };
    let before = world.simulator.shown().len();
    world.begin();
    world.tell_api(&format!("/api/conversations/{}/{verb}", customer.conversation), &body).await;
    world.relay().await;
    world.dispatch(1).await;
    let measured = world.finish(1);
    let shown: Vec<String> = world.simulator.shown().into_iter().map(|shown| shown.what).collect();
    assert_eq!(shown[before..], [what.to_owned()]);
    measured
}

/// Messenger tells of an answer: its echo, its delivery, its reading. The `which`-th of these is measured.
async fn receipt(world: &mut World, which: usize) -> Measured {
    let customers = world.waiting(ChannelKind::Messenger, 1).await;
    world.warm(ChannelKind::Messenger).await;
    receipts_of(world, &customers[0]).await.remove(which)
}

/// An answer to `customer`, of which echo, delivery and reading are measured.
pub async fn receipts_of(world: &mut World, customer: &Customer) -> Vec<Measured> {
    world.webhooks();
    world.answer(customer).await;
    world.settle().await;
    let receipts = world.receipts(customer).await;
    assert_eq!(receipts.iter().map(kind_of).collect::<Vec<_>>(), ["is_echo", "delivery", "read"]);
    let mut measured = Vec::new();
    for webhook in receipts {
        world.begin();
        world.deliver(&webhook).await;
        world.write(1).await;
        measured.push(world.finish(1));
    }
    let (conversation, answer) = (world.conversation(customer).await, latest(world, customer).await);
    assert!(conversation.delivered_through >= Some(answer.key.at), "delivered");
    assert!(conversation.read_through >= Some(answer.key.at), "read");
    measured
}

async fn reaction(world: &mut World) -> Measured {
    let customers = world.waiting(ChannelKind::Messenger, 1).await;
    world.warm(ChannelKind::Messenger).await;
    reaction_to_latest(world, &customers[0]).await
}

/// `customer` reacts to what was said last.
pub async fn reaction_to_latest(world: &mut World, customer: &Customer) -> Measured {
    let target = latest(world, customer).await.provider_message_id.unwrap();
    reaction_to(world, customer, &target).await
}

/// `customer` reacts to the message that the provider calls `target`.
pub async fn reaction_to(world: &mut World, customer: &Customer, target: &str) -> Measured {
    let event = json!({"reaction": {"mid": target, "action": "react", "reaction": "love", "emoji": "❤"}});
    world.pass(Span::from_ms(40));
    let webhook = world.act(customer, Action::Raw { event }).await;
    world.begin();
    world.deliver(&webhook).await;
    world.write(1).await;
    world.finish(1)
}

/// Nobody answers `customer`: the chat is closed. The tick's own queries are not part of it.
pub async fn close_of(world: &mut World, customer: &Customer) -> Measured {
    let (measured, report) = tick_when_due(world, customer).await;
    assert_eq!((report.closed, report.rearmed), (1, 0), "{report:?}");
    assert!(!world.conversation(customer).await.is_open());
    measured
}

/// `customer` writes again before the deadline comes that the first text has armed.
async fn rearm(world: &mut World) -> Measured {
    calm(world).await;
    let customer = world.stranger(ChannelKind::Messenger);
    world.say_and_settle(&customer).await;
    world.pass(Span::from_hours(1));
    world.say_and_settle(&customer).await;
    let (measured, report) = tick_when_due(world, &customer).await;
    assert_eq!((report.closed, report.rearmed), (0, 1), "{report:?}");
    measured
}

async fn tick_when_due(world: &mut World, customer: &Customer) -> (Measured, Report) {
    let armed = world.conversation(customer).await.armed.expect("a deadline");
    world.pass(armed.due_at.since(world.now()) + Span::from_secs(1));
    world.begin();
    let report = world.tick().await;
    let mut measured = world.finish(1);
    measured.calls.retain(|call| call.operation != "Query");
    measured.invocations.clear();
    (measured, report)
}

/// Lets every deadline pass that is armed.
pub async fn calm(world: &mut World) {
    world.pass(Span::from_days(2));
    while world.tick().await != Report::default() {}
}

/// A tick with nothing due.
pub async fn tick(world: &mut World) -> Measured {
    calm(world).await;
    world.begin();
    let report = world.tick().await;
    assert_eq!(report, Report::default());
    world.finish(1)
}

async fn everything(world: &World, customer: &Customer) -> (Conversation, Vec<Message>) {
    let messages = world.inbox.messages(customer.conversation, None, 1_000).await.unwrap().messages;
    (world.conversation(customer).await, messages)
}

/// The message that the lists show, which is the latest one that somebody said.
async fn latest(world: &World, customer: &Customer) -> Message {
    let key = world.conversation(customer).await.preview.unwrap().key;
    world.inbox.message(customer.conversation, &key).await.unwrap().unwrap()
}

fn key_of(answer: &Value) -> MessageKey {
    answer["id"].as_str().unwrap().parse().unwrap()
}

fn kind_of(webhook: &Webhook) -> &'static str {
    let kinds = ["is_echo", "delivery", "read"];
    kinds.into_iter().find(|kind| webhook.body.contains(&format!("\"{kind}\""))).unwrap_or("another")
}

fn count(customers: &[Customer]) -> u32 {
    u32::try_from(customers.len()).unwrap()
}
