//! What can happen.

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{Mode, ReopenPolicy};
use proptest::prelude::*;

pub(crate) const CUSTOMERS: usize = 3;
pub(crate) const OPERATORS: usize = 3;
const MOST_STEPS: usize = 90;

/// One thing that somebody does, or that happens by itself. Customers and operators are numbered.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time passes, and the closers make a round or not.
    Pass {
        minutes: i64,
        ticks: bool,
    },
    Customer {
        customer: usize,
        deed: CustomerDeed,
    },
    Operator {
        operator: usize,
        customer: usize,
        deed: Deed,
    },
    Bot {
        customer: usize,
        deed: BotDeed,
    },
    Queue(Queue),
    /// A closer, or what brings back, reminds and warns, does one round.
    Tick {
        kind: DeadlineKind,
    },
    Admin(Admin),
}

#[derive(Clone, Debug)]
pub(crate) enum CustomerDeed {
    /// Says something, `late` minutes before it reaches us. The writer takes it at once, or later.
    Write {
        late: i64,
        offensive: bool,
        at_once: bool,
    },
    /// Takes one of their messages back. The notice may come before the message.
    Unsend {
        which: usize,
        early: bool,
    },
    /// Has read everything.
    Read,
    Follow,
    Unfollow,
    /// The provider tells once more what it told before.
    Again {
        which: usize,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// Answers; `dies` before the conversation takes note.
    Answer {
        dies: bool,
    },
    /// Answers in the provider's own inbox.
    AnswerElsewhere,
    Look,
    Take,
    Give {
        to: usize,
    },
    LetGo,
    Transfer {
        department: usize,
        to: Option<usize>,
    },
    Close,
    Reopen,
    Done {
        all: bool,
    },
    NotDone,
    Snooze {
        minutes: Option<i64>,
    },
    Wake,
    Mode(Mode),
    Note,
    Label {
        on: bool,
    },
    Block,
    Unblock,
    Switch {
        available: bool,
    },
    Convert {
        which: usize,
    },
    Erase,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum BotDeed {
    Say,
    HandOver,
    Fail,
    Silence,
}

/// What the functions do that follow queues and streams.
#[derive(Clone, Debug)]
pub(crate) enum Queue {
    /// The writer takes the next event of a conversation, and may end between its two writes.
    Inbound { customer: usize, dies: bool },
    /// The sender has conversations take note of replies that nobody noted.
    Outbound,
    /// What followed from committed writes is done.
    Stream { upto: usize },
    /// The rule gives conversations out.
    Assign,
    /// Stretches whose time has come become tickets.
    Tickets,
    /// What was deleted is cleared away.
    Erasures,
    /// Changed settings reach the open conversations.
    Settings,
}

#[derive(Clone, Debug)]
pub(crate) enum Admin {
    Timers { channel: usize, unanswered: Option<u32>, idle: Option<u32>, bot: Option<u32>, hours: bool },
    Courtesies { channel: usize, warning: bool, farewell: bool, reminder: bool },
    Bot { channel: usize, starts: bool, release: Option<u32>, back: Option<u32> },
    Reopen { channel: usize, policy: ReopenPolicy },
    Tickets { channel: usize, minutes: Option<u32> },
    Rule { channel: usize, on: bool },
    Disable { channel: usize, off: bool },
    Member { operator: usize, channel: usize, on: bool },
    Remove { operator: usize },
    Profanity { limit: u32, block: bool },
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 0..MOST_STEPS)
}

fn step() -> impl Strategy<Value = Step> {
    let (customer, operator) = (0..CUSTOMERS, 0..OPERATORS);
    prop_oneof![
        4 => (prop_oneof![3 => 1_i64..20, 3 => 20_i64..300, 1 => 300_i64..12_000], prop::bool::weighted(0.7))
            .prop_map(|(minutes, ticks)| Step::Pass { minutes, ticks }),
        7 => (customer.clone(), customer_deed())
            .prop_map(|(customer, deed)| Step::Customer { customer, deed }),
        9 => (operator, customer.clone(), deed())
            .prop_map(|(operator, customer, deed)| Step::Operator { operator, customer, deed }),
        2 => (customer, bot_deed()).prop_map(|(customer, deed)| Step::Bot { customer, deed }),
        8 => queue().prop_map(Step::Queue),
        4 => prop::sample::select(vec![
            DeadlineKind::Unanswered, DeadlineKind::Idle, DeadlineKind::ReplyLimit, DeadlineKind::WindowReminder,
        ]).prop_map(|kind| Step::Tick { kind }),
        2 => admin().prop_map(Step::Admin),
    ]
}

fn customer_deed() -> impl Strategy<Value = CustomerDeed> {
    let late = prop_oneof![4 => Just(0_i64), 1 => 1_i64..90];
    prop_oneof![
        10 => (late, prop::bool::weighted(0.15), prop::bool::weighted(0.7)).prop_map(
            |(late, offensive, at_once)| CustomerDeed::Write { late, offensive, at_once }
        ),
        2 => (0..4_usize, any::<bool>()).prop_map(|(which, early)| CustomerDeed::Unsend { which, early }),
        1 => Just(CustomerDeed::Read),
        1 => Just(CustomerDeed::Follow),
        1 => Just(CustomerDeed::Unfollow),
        2 => (0..4_usize).prop_map(|which| CustomerDeed::Again { which }),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let somebody = || 0..OPERATORS;
    prop_oneof![
        5 => prop::bool::weighted(0.3).prop_map(|dies| Deed::Answer { dies }),
        1 => Just(Deed::AnswerElsewhere),
        2 => Just(Deed::Look),
        3 => Just(Deed::Take),
        1 => somebody().prop_map(|to| Deed::Give { to }),
        1 => Just(Deed::LetGo),
        2 => (0..2_usize, prop::option::of(somebody()))
            .prop_map(|(department, to)| Deed::Transfer { department, to }),
        2 => Just(Deed::Close),
        2 => Just(Deed::Reopen),
        2 => any::<bool>().prop_map(|all| Deed::Done { all }),
        1 => Just(Deed::NotDone),
        2 => prop::option::of(1_i64..3_000).prop_map(|minutes| Deed::Snooze { minutes }),
        1 => Just(Deed::Wake),
        2 => prop_oneof![Just(Mode::Bot), Just(Mode::Operator)].prop_map(Deed::Mode),
        1 => Just(Deed::Note),
        1 => any::<bool>().prop_map(|on| Deed::Label { on }),
        1 => Just(Deed::Block),
        1 => Just(Deed::Unblock),
        3 => any::<bool>().prop_map(|available| Deed::Switch { available }),
        1 => (0..4_usize).prop_map(|which| Deed::Convert { which }),
        1 => Just(Deed::Erase),
    ]
}

fn bot_deed() -> impl Strategy<Value = BotDeed> {
    prop_oneof![3 => Just(BotDeed::Say), 1 => Just(BotDeed::HandOver), 1 => Just(BotDeed::Fail), 1 => Just(BotDeed::Silence)]
}

fn queue() -> impl Strategy<Value = Queue> {
    prop_oneof![
        8 => (0..CUSTOMERS, prop::bool::weighted(0.2))
            .prop_map(|(customer, dies)| Queue::Inbound { customer, dies }),
        2 => Just(Queue::Outbound),
        3 => (1..6_usize).prop_map(|upto| Queue::Stream { upto }),
        2 => Just(Queue::Assign),
        1 => Just(Queue::Tickets),
        1 => Just(Queue::Erasures),
        1 => Just(Queue::Settings),
    ]
}

fn admin() -> impl Strategy<Value = Admin> {
    let channel = || 0..2_usize;
    let timer = |minutes: std::ops::Range<u32>| prop::option::weighted(0.7, minutes);
    prop_oneof![
        4 => (channel(), timer(15..600), timer(2..300), timer(1..300), any::<bool>()).prop_map(
            |(channel, unanswered, idle, bot, hours)| Admin::Timers { channel, unanswered, idle, bot, hours }
        ),
        2 => (channel(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
            |(channel, warning, farewell, reminder)| Admin::Courtesies { channel, warning, farewell, reminder }
        ),
        2 => (channel(), any::<bool>(), prop::option::of(1_u32..300), prop::option::of(1_u32..300)).prop_map(
            |(channel, starts, release, back)| Admin::Bot { channel, starts, release, back }
        ),
        1 => (channel(), prop::sample::select(vec![
            ReopenPolicy::Always, ReopenPolicy::OnCustomerMessage, ReopenPolicy::Never,
        ])).prop_map(|(channel, policy)| Admin::Reopen { channel, policy }),
        1 => (channel(), prop::option::weighted(0.7, 1_u32..120))
            .prop_map(|(channel, minutes)| Admin::Tickets { channel, minutes }),
        1 => (channel(), any::<bool>()).prop_map(|(channel, on)| Admin::Rule { channel, on }),
        1 => (channel(), any::<bool>()).prop_map(|(channel, off)| Admin::Disable { channel, off }),
        1 => (0..OPERATORS, channel(), any::<bool>())
            .prop_map(|(operator, channel, on)| Admin::Member { operator, channel, on }),
        1 => (0..OPERATORS).prop_map(|operator| Admin::Remove { operator }),
        1 => (1..4_u32, any::<bool>()).prop_map(|(limit, block)| Admin::Profanity { limit, block }),
    ]
}
