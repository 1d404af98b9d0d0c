use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::channel::{ChannelKind, ChannelSettings};
use crate::event::Content;
use crate::ids::Party;
use crate::message::{Annotations, SentBy};
use crate::time::Span;

const T0: Timestamp = Timestamp::from_ms(1_793_491_200_000);
const HOUR: TicketAfter = TicketAfter::Timer { minutes: 60 };

fn conversation() -> Conversation {
    let channel = ChannelId::derive(ChannelKind::Line, "1");
    Conversation::new(channel, ChannelKind::Line, Party::User("u".into()))
}

fn minute(minutes: i64) -> Timestamp {
    T0 + Span::from_minutes(minutes)
}

fn key(minutes: i64) -> MessageKey {
    let id = MessageId::of_provider(conversation().id, &minutes.to_string());
    MessageKey { at: minute(minutes), id }
}

fn said(minutes: i64) -> Heard {
    Heard { key: key(minutes), at: minute(minutes) }
}

fn book() -> Book {
    Book::new(conversation().id)
}

fn opening(source: TicketSource) -> Opening {
    let (book, stretch) = book().alone(key(0));
    let takes = Some(key(0));
    Opening { conversation: conversation(), department: None, book, stretch, takes, source }
}

fn ticket() -> Ticket {
    opening(TicketSource::Timer).numbered(7, T0).0
}

fn waits(book: &Book, message: Heard, after: TicketAfter) -> Book {
    match heard(book, None, message, after) {
        Step::Wait(book, _) => book,
        step => panic!("{step:?}"),
    }
}

#[test]
fn tkt_2_the_timer_is_an_hour_unless_told_and_never_longer_than_a_day() {
    let read = |json: &str| serde_json::from_str::<TicketAfter>(json);
    assert_eq!(read(r#"{"timer":{}}"#).unwrap(), HOUR);
    for (json, is_allowed) in [
        (r#""never""#, true),
        (r#""always""#, true),
        (r#"{"timer":{"minutes":1}}"#, true),
        (r#"{"timer":{"minutes":1440}}"#, true),
        (r#"{"timer":{"minutes":0}}"#, false),
        (r#"{"timer":{"minutes":1441}}"#, false),
    ] {
        let after = read(json).unwrap();
        let department = DepartmentId::derive("d", T0);
        let channel = TicketSettings { after, ..TicketSettings::default() };
        let of_one =
            TicketSettings { departments: [(department, after)].into(), ..TicketSettings::default() };
        for tickets in [channel, of_one] {
            let settings = ChannelSettings { tickets, ..ChannelSettings::default() };
            assert_eq!(settings.check().is_ok(), is_allowed, "{json}");
        }
    }
    for bad in [r#""sometimes""#, r#"{"timer":{"hours":1}}"#, r#"{"timer":{"minutes":-1}}"#, "60", "null"] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn tkt_4_a_channel_makes_no_tickets_until_somebody_says_so() {
    let settings: ChannelSettings = serde_json::from_str("{}").unwrap();
    assert_eq!(settings.tickets.of(None), TicketAfter::Never);
    assert!(!settings.tickets.is_on());
    assert_eq!(heard(&book(), None, said(0), TicketAfter::Never), Step::Nothing);
}

#[test]
fn tkt_5_a_department_may_have_a_timer_of_its_own() {
    let (sales, support) = (DepartmentId::derive("sales", T0), DepartmentId::derive("support", T0));
    let departments = [(support, TicketAfter::Always)].into();
    let settings = TicketSettings { after: HOUR, departments };
    assert_eq!(settings.of(None), HOUR);
    assert_eq!(settings.of(Some(sales)), HOUR);
    assert_eq!(settings.of(Some(support)), TicketAfter::Always);
    let only = TicketSettings { after: TicketAfter::Never, ..settings };
    assert!(only.is_on());
    assert_eq!(only.of(Some(sales)), TicketAfter::Never);
}

/// TKT-2, TKT-3, C9: from the first message, what follows joins, and the next one after it begins another.
#[test]
fn tkt_3_one_timer_per_stretch() {
    let one = waits(&book(), said(0), HOUR);
    let two = waits(&one, said(59), HOUR);
    assert_eq!(two.open.unwrap().due_at, Some(minute(60)), "not from the latest");
    assert_eq!(due(&two, HOUR, minute(60) - Span::from_ms(1)), Due::Nothing);
    let Due::Convert(after, stretch) = due(&two, HOUR, minute(60)) else { panic!("an hour is over") };
    assert_eq!((stretch.batch, stretch.messages, stretch.first, stretch.last), (1, 2, key(0), key(59)));
    assert_eq!(due(&after, HOUR, minute(600)), Due::Nothing);
    let next = waits(&after, said(61), HOUR).open.unwrap();
    assert_eq!((next.batch, next.messages, next.due_at), (2, 1, Some(minute(121))));
}

#[test]
fn tkt_2_what_was_said_first_and_reported_last_sets_the_timer() {
    let late = waits(&book(), said(5), HOUR);
    let early = waits(&late, said(2), HOUR).open.unwrap();
    assert_eq!((early.first, early.last, early.due_at), (key(2), key(5), Some(minute(62))));
    let outage = Heard { at: minute(90), ..said(0) };
    assert_eq!(
        waits(&book(), outage, HOUR).open.unwrap().due_at,
        Some(minute(150)),
        "from when it reached us"
    );
}

#[test]
fn tkt_4_always_makes_a_ticket_of_each_and_leaves_what_waits() {
    let waiting = waits(&book(), said(0), HOUR);
    let Step::Convert(after, stretch) = heard(&waiting, None, said(1), TicketAfter::Always) else {
        panic!("at once")
    };
    assert_eq!((stretch.batch, stretch.messages, stretch.first), (2, 1, key(1)));
    assert_eq!(after.open, waiting.open);
    assert_eq!(heard(&after, Some(2), said(1), TicketAfter::Always), Step::Nothing, "reported again");
}

#[test]
fn tkt_2_a_timer_that_was_changed_holds_from_the_next_stretch_on_and_none_ends_what_waits() {
    let waiting = waits(&book(), said(0), HOUR);
    let short = TicketAfter::Timer { minutes: 1 };
    assert_eq!(due(&waiting, short, minute(59)), Due::Nothing);
    assert!(matches!(due(&waiting, short, minute(60)), Due::Convert(..)));
    assert!(matches!(due(&waiting, TicketAfter::Always, minute(60)), Due::Convert(..)));
    let Due::GiveUp(book) = due(&waiting, TicketAfter::Never, minute(60)) else {
        panic!("no tickets any more")
    };
    let ByHand::Alone(_, stretch) = by_hand(&book, Some(1), false, key(0)) else { panic!("it is free") };
    assert_eq!((stretch.batch, stretch.first), (2, key(0)));
}

#[test]
fn tkt_1_by_hand_what_waits_goes_along_and_nothing_becomes_two_tickets() {
    let waiting = waits(&waits(&book(), said(0), HOUR), said(1), HOUR);
    let ByHand::Stretch(after, stretch) = by_hand(&waiting, Some(1), false, key(1)) else {
        panic!("it waits")
    };
    assert_eq!((stretch.messages, stretch.first), (2, key(0)));
    assert_eq!(by_hand(&after, Some(1), true, key(0)), ByHand::Already(1));
    // Said before the timer was switched on.
    let ByHand::Alone(after, alone) = by_hand(&waiting, None, false, key(-9)) else { panic!("in none") };
    assert_eq!((alone.batch, alone.messages, after.open), (2, 1, waiting.open));
}

#[test]
fn tkt_1_a_ticket_tells_its_number_in_the_timeline() {
    let (ticket, line) = opening(TicketSource::Manual { operator: OperatorId("o".into()) }).numbered(7, T0);
    assert_eq!((ticket.number, ticket.status, ticket.messages), (7, TicketStatus::Open, 1));
    let Body::Timeline { event, detail, facts } = line.body else { panic!("a line") };
    assert_eq!((event.as_str(), detail.as_deref()), ("ticket_created", Some("manual")));
    assert_eq!(facts, Facts::from([("number".to_owned(), "7".to_owned())]));
}

#[test]
fn tkt_1_moves_of_a_ticket() {
    use TicketStatus::{Closed, OnHold, Open, Pending};
    let refused: Vec<_> = TicketStatus::ALL
        .into_iter()
        .flat_map(|from| TicketStatus::ALL.map(|to| (from, to)))
        .filter(|(from, to)| !from.may_become(*to))
        .collect();
    assert_eq!(refused, [(Closed, Pending), (Closed, OnHold)]);
    let to = |ticket: &Ticket, status, at| {
        let changes = TicketChanges { status: Some(status), ..TicketChanges::default() };
        ticket.changed(changes, minute(at))
    };
    let closed = to(&ticket(), Closed, 5).unwrap().unwrap();
    assert_eq!((closed.closed_at, closed.updated_at), (Some(minute(5)), minute(5)));
    assert_eq!(to(&closed, Closed, 6), Ok(None));
    assert_eq!(to(&closed, Pending, 6), Err(TicketRefused::Move { from: Closed, to: Pending }));
    let again = to(&closed, Open, 7).unwrap().unwrap();
    assert_eq!((again.closed_at, again.status), (None, Open));
    assert!(to(&again, OnHold, 8).is_ok());
}

#[test]
fn tkt_1_a_subject_is_a_line_and_what_was_taken_back_is_in_none() {
    let named = |text: &str| {
        let subject = Some(Some(text.to_owned()));
        ticket().changed(TicketChanges { subject, ..TicketChanges::default() }, T0)
    };
    assert_eq!(named(" 返品 ").unwrap().unwrap().subject.as_deref(), Some("返品"));
    for bad in ["", "  ", "a\nb", &"x".repeat(201)] {
        assert_eq!(named(bad), Err(TicketRefused::Subject), "{bad:?}");
    }
    assert!(named(&"長".repeat(200)).is_ok());
    let long = Some(Some("x".repeat(501)));
    let refused = ticket().changed(TicketChanges { reference: long, ..TicketChanges::default() }, T0);
    assert_eq!(refused, Err(TicketRefused::Reference));

    let mut message = opening(TicketSource::Timer).numbered(1, T0).1;
    message.sent_by = SentBy::Customer;
    message.body = Body::Said { content: Content::text("壊れて届きました") };
    assert_eq!(ticket().shown_subject(Some(&message)), "壊れて届きました");
    message.annotate(Annotations { unsent_at: Some(T0), ..Annotations::default() });
    assert!(!ticket().shown_subject(Some(&message)).contains('壊'));
    let given = named("返品").unwrap().unwrap();
    assert_eq!(given.shown_subject(Some(&message)), "返品");
    assert_eq!(ticket().shown_subject(None), "");
}

/// What is stored, and what anybody may do to it.
#[derive(Debug)]
struct World {
    book: Book,
    stretches: BTreeMap<MessageKey, u32>,
    tickets: BTreeMap<u32, (Stretch, Timestamp)>,
    now: Timestamp,
}

#[derive(Clone, Debug)]
enum Doing {
    /// A message is reported, perhaps again.
    Report(usize),
    /// Time passes, and the timer is looked at.
    Tick(i64),
    /// Somebody converts a message by hand.
    Convert(usize),
    /// Somebody sets the timer, or *Always*.
    Set(Option<u32>),
}

impl World {
    fn convert(&mut self, book: Book, stretch: Stretch, takes: Option<MessageKey>) {
        self.book = book;
        if let Some(key) = takes {
            self.stretches.insert(key, stretch.batch);
        }
        assert!(
            self.tickets.insert(stretch.batch, (stretch, self.now)).is_none(),
            "two tickets of one stretch"
        );
    }

    fn report(&mut self, message: Heard, after: TicketAfter) {
        match heard(&self.book, self.stretches.get(&message.key).copied(), message, after) {
            Step::Nothing => {}
            Step::Wait(book, batch) => {
                self.book = book;
                self.stretches.insert(message.key, batch);
            }
            Step::Convert(book, stretch) => self.convert(book, stretch, Some(message.key)),
        }
    }

    fn tick(&mut self, after: TicketAfter) {
        if let Due::Convert(book, stretch) = due(&self.book, after, self.now) {
            self.convert(book, stretch, None);
        }
    }

    fn by_hand(&mut self, key: MessageKey) {
        let stretch = self.stretches.get(&key).copied();
        let is_ticket = stretch.is_some_and(|batch| self.tickets.contains_key(&batch));
        match by_hand(&self.book, stretch, is_ticket, key) {
            ByHand::Already(batch) => assert!(self.tickets.contains_key(&batch)),
            ByHand::Stretch(book, stretch) => self.convert(book, stretch, None),
            ByHand::Alone(book, stretch) => self.convert(book, stretch, Some(key)),
        }
    }
}

fn doings() -> impl Strategy<Value = Vec<Doing>> {
    let one = prop_oneof![
        4 => (0..12_usize).prop_map(Doing::Report),
        3 => (0..90_i64).prop_map(Doing::Tick),
        1 => (0..12_usize).prop_map(Doing::Convert),
        1 => prop::option::of(1..=1_440_u32).prop_map(Doing::Set),
    ];
    prop::collection::vec(one, 0..60)
}

proptest! {
    /// TKT-2, TKT-3, C9: whatever happens in whatever order, every message is in one ticket in the end, and every ticket
    /// has the messages that it says.
    #[test]
    fn tkt_3_every_message_is_in_exactly_one_ticket(doings in doings()) {
        let mut world =
            World { book: book(), stretches: BTreeMap::new(), tickets: BTreeMap::new(), now: T0 };
        let mut after = HOUR;
        let message = |index: usize| said(i64::try_from(index).unwrap() * 17);
        for doing in doings {
            match doing {
                Doing::Report(index) => world.report(message(index), after),
                Doing::Tick(minutes) => {
                    world.now = world.now + Span::from_minutes(minutes);
                    world.tick(after);
                }
                Doing::Convert(index) => world.by_hand(message(index).key),
                Doing::Set(minutes) => {
                    after = minutes.map_or(TicketAfter::Always, |minutes| TicketAfter::Timer { minutes });
                }
            }
        }
        for index in 0..12 {
            world.report(message(index), after);
        }
        world.now = world.now + Span::from_days(30);
        world.tick(after);
        prop_assert_eq!(world.book.open, None);
        let mut counted: BTreeMap<u32, BTreeSet<MessageKey>> = BTreeMap::new();
        for index in 0..12 {
            let key = message(index).key;
            let batch = world.stretches[&key];
            counted.entry(batch).or_default().insert(key);
        }
        prop_assert_eq!(counted.len(), world.tickets.len());
        for (batch, keys) in counted {
            let stretch = world.tickets[&batch].0;
            prop_assert_eq!(stretch.messages as usize, keys.len());
            prop_assert_eq!(Some(&stretch.first), keys.first());
            prop_assert_eq!(Some(&stretch.last), keys.last());
        }
    }
}
