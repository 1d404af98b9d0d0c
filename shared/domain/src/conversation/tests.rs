//! Tables and properties of the conversation's rules.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::channel::{ChannelSettings, ReopenPolicy};
use crate::deadline::{DeadlineKind, Verdict, deadline, verdict};
use crate::event::{Content, CustomerMessage, Echo, EchoSource, Event, EventBody, Sender};
use crate::happening::{ControlChange, Happening, PAGE_INBOX, Referral, ThreadControl};
use crate::ids::OperatorId;
use crate::message::{Annotations, Body, SendState, SentBy};
use crate::participant::Participant;
use crate::reply::{self, Composer, Lock, ReplyRefused};

const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn channel(kind: ChannelKind) -> (ChannelId, ChannelKind) {
    (ChannelId::derive(kind, "1"), kind)
}

fn settings(unanswered: Option<u32>, idle: Option<u32>) -> ChannelSettings {
    ChannelSettings {
        unanswered_close_after_minutes: unanswered,
        idle_close_after_minutes: idle,
        ..Default::default()
    }
}

fn event(id: &str, at: Timestamp, body: EventBody) -> Event {
    Event {
        id: id.into(),
        at,
        received_at: at,
        party: Party::User("U1".into()),
        participant: None,
        sender: Sender::default(),
        standby: false,
        body,
    }
}

fn says(id: &str, at: Timestamp) -> Event {
    let message = CustomerMessage {
        provider_message_id: id.into(),
        content: Content::text(format!("text of {id}")),
        reply_to: None,
        reply_token: Some(format!("token-{id}")),
        read_token: None,
        referral: None,
    };
    event(id, at, EventBody::Message(message))
}

/// A store in a few lines: what `shared/store` does with the table.
#[derive(Clone, Default)]
struct Memory {
    conversation: Option<Conversation>,
    messages: BTreeMap<MessageKey, Message>,
    waiting: BTreeMap<String, Annotations>,
    people: BTreeMap<String, Participant>,
}

impl Memory {
    fn loaded(&self, reference: &Reference<'_>, again: bool, now: Timestamp) -> Loaded {
        let named =
            |id: &str| self.messages.values().find(|m| m.provider_message_id.as_deref() == Some(id)).cloned();
        let earlier = match reference.earlier {
            Earlier::None => None,
            Earlier::Reply(key) => self.messages.get(&key).cloned(),
            Earlier::Recent(id) | Earlier::Any(id) => named(id),
        };
        let brought = reference.brings.filter(|_| again).and_then(|key| self.messages.get(&key).cloned());
        let may_wait = self.conversation.as_ref().is_some_and(|c| c.waiting_until > Some(now));
        let waiting = reference.waits_as.filter(|_| may_wait).and_then(|id| self.waiting.get(id).cloned());
        let known = |id: &&str| self.people.get(*id).cloned();
        Loaded {
            conversation: self.conversation.clone(),
            message: earlier.or(brought),
            waiting,
            participants: reference.participants.iter().filter_map(known).collect(),
        }
    }

    fn receive(
        &mut self,
        kind: ChannelKind,
        settings: &ChannelSettings,
        event: &Event,
        now: Timestamp,
    ) -> Applied {
        self.receive_or_die(kind, settings, event, now, false)
    }

    /// Receives `event`; `dies` ends it between the two writes of a message, if it comes to two.
    fn receive_or_die(
        &mut self,
        kind: ChannelKind,
        settings: &ChannelSettings,
        event: &Event,
        now: Timestamp,
        dies: bool,
    ) -> Applied {
        let id = ConversationId::derive(channel(kind).0, &event.party);
        let reference = reference(id, event);
        let apply = |loaded| apply(channel(kind), settings, loaded, event, now);
        let mut applied = apply(self.loaded(&reference, false, now));
        if let Applied::Changed(change) = &applied
            && change.create.iter().any(|message| self.messages.contains_key(&message.key))
        {
            applied = apply(self.loaded(&reference, true, now));
        }
        if let Applied::Changed(change) = &applied {
            for message in &change.create {
                assert!(!self.messages.contains_key(&message.key), "a conditional put would fail forever");
            }
            for message in change.create.iter().chain(&change.replace) {
                self.messages.insert(message.key, message.clone());
            }
            if dies && change.alone().is_some() {
                return applied;
            }
            self.conversation = Some(change.conversation.clone());
            for person in &change.participants {
                self.people.insert(person.id.clone(), person.clone());
            }
            match &change.waiting {
                Some(Waiting::Keep(id, annotations)) => {
                    self.waiting.insert(id.clone(), annotations.clone());
                }
                Some(Waiting::Forget(id)) => {
                    self.waiting.remove(id);
                }
                None => {}
            }
        }
        applied
    }

    fn answer(&mut self, settings: &ChannelSettings, key: &str, now: Timestamp) -> MessageKey {
        let operator = OperatorId("op".into());
        let reply = reply::write(self.current(), settings, operator, key, "はい", None, now).unwrap();
        let (noted, line) = reply::take_note(self.current().clone(), settings, &reply, now).unwrap();
        assert_eq!(line, None);
        self.conversation = Some(noted);
        self.messages.insert(reply.key, reply.clone());
        reply.key
    }

    fn current(&self) -> &Conversation {
        self.conversation.as_ref().unwrap()
    }
}

#[test]
fn ing_5_a_redelivered_message_changes_nothing() {
    let settings = settings(Some(15), None);
    let mut memory = Memory::default();
    assert!(matches!(memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0), Applied::Changed(_)));
    let later = T0 + Span::from_hours(1);
    assert_eq!(memory.receive(ChannelKind::Line, &settings, &says("a", T0), later), Applied::Unchanged);
    assert_eq!(memory.current().unread, 1);
}

#[test]
fn tmr_2_the_unanswered_clock_counts_from_the_latest_customer_message_and_an_answer_stops_it() {
    let settings = settings(Some(15), None);
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    let second = T0 + Span::from_minutes(10);
    memory.receive(ChannelKind::Line, &settings, &says("b", second), second);
    let due = deadline(memory.current(), &settings).unwrap();
    assert_eq!((due.kind, due.due_at), (DeadlineKind::Unanswered, second + Span::from_minutes(15)));
    // Lazy: the armed instant stayed where it was, and the closer that wakes there arms it anew.
    assert_eq!(memory.current().armed.unwrap().due_at, T0 + Span::from_minutes(15));
    let woken = verdict(memory.current(), &settings, T0 + Span::from_minutes(15));
    assert_eq!(woken, Verdict::Rearm(due));
    memory.answer(&settings, "k", second);
    assert_eq!(deadline(memory.current(), &settings), None);
    assert!(!memory.current().is_unanswered());
}

#[test]
fn tmr_4_any_message_of_either_side_restarts_the_idle_clock() {
    let settings = settings(None, Some(10));
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    assert_eq!(deadline(memory.current(), &settings), None, "nobody has answered yet");
    let mut now = T0;
    for step in 0..4 {
        now = now + Span::from_minutes(9);
        if step % 2 == 0 {
            memory.answer(&settings, &step.to_string(), now);
        } else {
            memory.receive(ChannelKind::Line, &settings, &says(&step.to_string(), now), now);
        }
        let due = deadline(memory.current(), &settings).unwrap();
        assert_eq!((due.kind, due.due_at), (DeadlineKind::Idle, now + Span::from_minutes(10)));
        assert!(memory.current().armed.unwrap().due_at <= due.due_at);
    }
}

/// Scenario 9, as far as there is something to do to a conversation: receipts and reactions move no deadline.
#[test]
fn scenario_9_what_is_no_message_leaves_the_idle_deadline_where_it_is() {
    let settings = settings(None, Some(10));
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Messenger, &settings, &says("a", T0), T0);
    memory.answer(&settings, "k", T0);
    let due = deadline(memory.current(), &settings);
    let later = T0 + Span::from_minutes(5);
    let bodies = [
        EventBody::Read { through: later },
        EventBody::Delivered { through: later },
        EventBody::Reaction { target: "a".into(), emoji: Some("❤".into()) },
        EventBody::Edit { target: "a".into(), text: "other".into(), reply_token: None },
        EventBody::Unsend { target: "a".into() },
        EventBody::Unfollow,
        EventBody::Unknown { kind: "label".into(), raw: "{}".into() },
    ];
    for (i, body) in bodies.into_iter().enumerate() {
        let label = format!("{body:?}");
        memory.receive(ChannelKind::Messenger, &settings, &event(&format!("e{i}"), later, body), later);
        assert_eq!(deadline(memory.current(), &settings), due, "{label}");
    }
}

#[test]
fn an_earlier_deadline_replaces_a_later_armed_one() {
    let settings = settings(Some(43_200), Some(1));
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    let answered = T0 + Span::from_secs(1);
    memory.answer(&settings, "k", answered);
    assert_eq!(
        memory.current().armed,
        Some(Deadline { kind: DeadlineKind::Idle, due_at: answered + Span::from_minutes(1) })
    );
}

#[test]
fn c7_the_earliest_deadline_fires_and_messenger_ends_after_seven_days() {
    let month = settings(Some(43_200), None);
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Messenger, &month, &says("a", T0), T0);
    let due = deadline(memory.current(), &month).unwrap();
    assert_eq!((due.kind, due.due_at), (DeadlineKind::ReplyLimit, T0 + Span::from_days(7)));
    let closed = close(memory.current().clone(), due.kind.reason().unwrap(), due.due_at).unwrap();
    assert_eq!(closed.conversation.section(), Section::Closed);
    // RPL-7: nobody is told to reopen what cannot be answered then.
    let locked = |reason| {
        let closed = close(memory.current().clone(), reason, due.due_at).unwrap().conversation;
        reply::composer(&closed, &month, crate::window::Author::Person, due.due_at + Span::from_secs(1))
    };
    let ended_at = Some(T0 + Span::from_hours(24));
    assert_eq!(locked(CloseReason::ReplyLimit), Composer::Locked(Lock::WindowClosed { ended_at }));
    assert_eq!(locked(CloseReason::Operator), Composer::Locked(Lock::Closed));
    // Reopened by a person, it is not closed again by the same window.
    let reopened = reopen(closed.conversation, &month, "op", due.due_at + Span::from_ms(5)).unwrap().unwrap();
    let next = deadline(&reopened.conversation, &month).unwrap();
    assert_eq!(next.kind, DeadlineKind::Unanswered);
}

#[test]
fn cls_6_a_customer_message_reopens_as_unanswered() {
    let settings = settings(Some(15), Some(10));
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    memory.answer(&settings, "k", T0);
    let closed_at = T0 + Span::from_minutes(10);
    memory.conversation =
        close(memory.current().clone(), CloseReason::Idle, closed_at).map(|c| c.conversation);
    assert_eq!(memory.current().armed, None);
    // Written just before the close, processed just after it: nobody has seen it, so it reopens.
    let in_flight = closed_at - Span::from_ms(300);
    memory.receive(ChannelKind::Line, &settings, &says("b", in_flight), closed_at + Span::from_ms(200));
    let conversation = memory.current();
    assert_eq!((conversation.is_unanswered(), conversation.episode), (true, 2));
    let lines: Vec<_> =
        memory.messages.values().filter(|m| matches!(m.body, Body::Timeline { .. })).collect();
    assert_eq!(lines.len(), 1);
    assert!(conversation.armed.is_some());
}

/// Scenario 3, the domain's part.
#[test]
fn scenario_3_an_echo_confirms_the_reply_and_reopens_nothing() {
    let settings = settings(None, None);
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Messenger, &settings, &says("a", T0), T0);
    let key = memory.answer(&settings, "k", T0);
    memory.conversation = close(memory.current().clone(), CloseReason::Operator, T0).map(|c| c.conversation);
    let echo = |id: &str, ours| {
        let body = EventBody::Echo(Echo {
            provider_message_id: id.into(),
            ours,
            source: EchoSource::OtherApp,
            content: Content::text("はい"),
        });
        event(id, T0 + Span::from_secs(1), body)
    };
    memory.receive(ChannelKind::Messenger, &settings, &echo("m1", Some(key)), T0);
    assert_eq!(memory.messages[&key].send, Some(SendState::Sent { at: T0 + Span::from_secs(1) }));
    assert_eq!(memory.messages[&key].provider_message_id.as_deref(), Some("m1"));
    memory.receive(ChannelKind::Messenger, &settings, &echo("m2", None), T0);
    assert_eq!(memory.current().section(), Section::Closed);
    let again = memory.receive(ChannelKind::Messenger, &settings, &echo("m1", Some(key)), T0);
    assert_eq!(again, Applied::Unchanged);
    assert_eq!(memory.messages.values().filter(|m| m.sent_by == SentBy::OtherApp).count(), 1);
}

#[test]
fn a_reply_whose_conversation_took_no_note_of_it_is_noted_once() {
    let settings = settings(Some(15), Some(10));
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    let at = T0 + Span::from_minutes(15);
    let operator = OperatorId("op".into());
    let open = Conversation { assignee: Some(operator.clone()), ..memory.current().clone() };
    let reply = reply::write(&open, &settings, operator.clone(), "k", "はい", None, at).unwrap();
    let crossed = |reason, closed_at| {
        let closed = close(open.clone(), reason, closed_at).unwrap().conversation;
        reply::take_note(closed, &settings, &reply, at).unwrap()
    };
    // Nobody wrote in between.
    let (noted, line) = reply::take_note(open.clone(), &settings, &reply, at).unwrap();
    assert_eq!((noted.is_unanswered(), noted.unread, line), (false, 0, None));
    assert_eq!(noted.assignee.as_ref(), Some(&operator));
    assert_eq!(reply::take_note(noted, &settings, &reply, at), None);
    // A timer closed it and had not seen the reply: the episode goes on, answered, and its line says why.
    for reason in [CloseReason::Unanswered, CloseReason::Idle] {
        let (noted, line) = crossed(reason, at);
        assert_eq!((noted.is_unanswered(), noted.episode), (false, 1), "{reason:?}");
        assert!(noted.armed.is_some());
        // Its close took it from whoever held it: they are given it anew.
        assert_eq!((&noted.assignee, noted.previous_assignee.as_ref()), (&None, Some(&operator)), "ASG-13");
        let detail =
            Body::Timeline { event: "reopened".into(), detail: Some("reply".into()), facts: BTreeMap::new() };
        assert_eq!(line.unwrap().body, detail);
    }
    // A person closed it, or the provider's limit did: it stays closed.
    for reason in [CloseReason::Operator, CloseReason::ReplyLimit] {
        let (noted, line) = crossed(reason, at);
        assert_eq!(
            (noted.section(), line, noted.last_answer_at),
            (Section::Closed, None, Some(reply.key.at))
        );
        assert_eq!(noted.armed, None);
    }
    // It was closed before the reply was written: no crossing.
    assert_eq!(crossed(CloseReason::Idle, at - Span::from_ms(1)).0.section(), Section::Closed);
}

#[test]
fn an_outage_of_ours_closes_nothing_unseen() {
    let settings = settings(Some(15), None);
    let mut memory = Memory::default();
    let stored = T0 + Span::from_days(3);
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), stored);
    assert_eq!(deadline(memory.current(), &settings).unwrap().due_at, stored + Span::from_minutes(15));
}

#[test]
fn c1_who_may_reopen() {
    let mut memory = Memory::default();
    let mut settings = settings(None, None);
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    let closed = close(memory.current().clone(), CloseReason::Operator, T0).unwrap().conversation;
    for (policy, expected) in [
        (ReopenPolicy::Always, Ok(true)),
        (ReopenPolicy::OnCustomerMessage, Err(ReopenRefused::OnlyTheCustomer)),
        (ReopenPolicy::Never, Err(ReopenRefused::Final)),
    ] {
        settings.reopen = policy;
        assert_eq!(reopen(closed.clone(), &settings, "op", T0).map(|r| r.is_some()), expected);
        let mut again = Memory { conversation: Some(closed.clone()), ..memory.clone() };
        again.receive(ChannelKind::Line, &settings, &says("b", T0), T0);
        assert!(again.current().is_open(), "{policy:?}: the customer's message always starts an episode");
    }
}

#[test]
fn cls_7_a_closed_conversation_cannot_be_answered() {
    let mut memory = Memory::default();
    let settings = settings(None, None);
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    let closed = close(memory.current().clone(), CloseReason::Operator, T0).unwrap().conversation;
    let refused = reply::write(&closed, &settings, OperatorId("o".into()), "k", "x", None, T0).unwrap_err();
    assert_eq!(refused, ReplyRefused::Locked(Lock::Closed));
    assert_eq!(
        reply::composer(&closed, &settings, crate::window::Author::Person, T0),
        Composer::Locked(Lock::Closed)
    );
}

#[test]
fn a_line_reply_token_is_used_while_fresh_then_push() {
    use crate::reply::{Route, route};
    use crate::send::Via;
    use crate::window::Author;
    let mut memory = Memory::default();
    let settings = settings(None, None);
    memory.receive(ChannelKind::Line, &settings, &says("a", T0), T0);
    let reply = memory.answer(&settings, "k", T0);
    let reply = &memory.messages[&reply];
    let by = |now, kept: Option<&Via>| route(memory.current(), &settings, Author::Person, reply, kept, now);
    let token = Via::ReplyToken { token: "token-a".into() };
    assert_eq!(by(T0 + Span::from_secs(49), None), Route::By(token));
    assert_eq!(by(T0 + Span::from_secs(50), None), Route::By(Via::Push));
    assert_eq!(by(T0, Some(&Via::Push)), Route::By(Via::Push));
}

#[test]
fn a_reply_stands_below_the_message_that_it_answers_even_if_the_clocks_differ() {
    let mut memory = Memory::default();
    let settings = settings(None, None);
    let ahead = T0 + Span::from_secs(2);
    memory.receive(ChannelKind::Line, &settings, &says("a", ahead), T0);
    let first = memory.answer(&settings, "k1", T0);
    let second = memory.answer(&settings, "k2", T0);
    assert!(ahead < first.at && first < second);
}

fn in_group(id: &str, at: Timestamp, participant: Option<&str>, body: EventBody) -> Event {
    let participant = participant.map(str::to_owned);
    Event { party: Party::Group("C1".into()), participant, ..event(id, at, body) }
}

fn happened(what: Happening) -> EventBody {
    EventBody::Happened { what, reply_token: Some("happened".into()) }
}

fn lines(memory: &Memory) -> Vec<&str> {
    let messages = memory.messages.values();
    messages
        .filter_map(|message| match &message.body {
            Body::Timeline { event, .. } => Some(event.as_str()),
            _ => None,
        })
        .collect()
}

/// What happens by itself leaves a line. It opens no episode and no window, and moves no deadline.
#[test]
fn ing_14_what_nobody_said_reopens_nothing() {
    let settings = settings(Some(15), Some(10));
    let beacon = |action: &str| Happening::Beacon { hardware: "d41d8cd98f".into(), action: action.into() };
    let lead = Referral { kind: Some("LEAD_COMPLETE".into()), ..Referral::default() };
    let passed = ThreadControl { change: ControlChange::Passed, owner: None, until: None };
    let table = [
        (happened(beacon("enter")), "beacon"),
        (happened(beacon("stay")), "beacon"),
        (happened(Happening::VideoPlayed { tracking: "t".into() }), "video_played"),
        (happened(Happening::AccountLink { result: "ok".into() }), "account_link"),
        (happened(Happening::Membership { action: "joined".into(), plan: None }), "membership"),
        (happened(Happening::OptedIn { to: None, payload: Some("x".into()) }), "opted_in"),
        (happened(Happening::MenuSwitched { menu: None, status: None, payload: None }), "menu_switched"),
        (EventBody::Control(passed), "control_passed"),
        (EventBody::Referral(lead), "referral"),
        (EventBody::Unknown { kind: "label".into(), raw: "{}".into() }, "provider:label"),
    ];
    for (body, name) in table {
        let mut memory = Memory::default();
        memory.receive(ChannelKind::Messenger, &settings, &says("a", T0), T0);
        memory.conversation = close(memory.current().clone(), CloseReason::Idle, T0).map(|c| c.conversation);
        let later = T0 + Span::from_hours(1);
        memory.receive(ChannelKind::Messenger, &settings, &event("e", later, body.clone()), later);
        assert_eq!(lines(&memory), [name]);
        let conversation = memory.current();
        assert_eq!((conversation.is_open(), conversation.window_opened_at), (false, Some(T0)), "{name}");
        assert_eq!((conversation.unread, conversation.last_activity_at), (0, Some(T0)), "{name}");
        let again = memory.receive(ChannelKind::Messenger, &settings, &event("e", later, body), later);
        assert_eq!(again, Applied::Unchanged, "{name}");
    }
}

#[test]
fn a_beacon_that_is_told_every_ten_seconds_leaves_one_line_an_hour() {
    let settings = settings(None, None);
    let mut memory = Memory::default();
    let stay = Happening::Beacon { hardware: "d41d8cd98f".into(), action: "stay".into() };
    // The hour begins with the clock's.
    let start = Timestamp::from_ms(T0.as_ms() / 3_600_000 * 3_600_000);
    let mut unchanged = 0;
    for count in 0..720 {
        let at = start + Span::from_secs(count * 10);
        let body = happened(stay.clone());
        let applied =
            memory.receive(ChannelKind::Line, &settings, &event(&format!("e{count}"), at, body), at);
        unchanged += usize::from(applied == Applied::Unchanged);
    }
    assert_eq!((lines(&memory).len(), unchanged), (2, 718));
    assert_eq!(memory.current().sorted_at, None, "it stands in no list");
}

/// A click on an advertisement comes with the message that follows it.
#[test]
fn ing_14_a_referral_with_a_message_is_still_that_message() {
    let settings = settings(None, None);
    let mut memory = Memory::default();
    let mut event = says("a", T0);
    let EventBody::Message(message) = &mut event.body else { panic!("a message") };
    message.referral = Some(Referral {
        source: Some("ADS".into()),
        kind: Some("OPEN_THREAD".into()),
        ad_id: Some("120".into()),
        ..Referral::default()
    });
    memory.receive(ChannelKind::Messenger, &settings, &event, T0);
    assert_eq!((memory.current().unread, memory.messages.len()), (1, 2));
    let line = memory.messages.values().find(|m| m.sent_by == SentBy::System).unwrap();
    let Body::Timeline { event: name, detail, facts } = &line.body else { panic!("{line:?}") };
    assert_eq!((name.as_str(), detail.as_deref()), ("referral", Some("ADS OPEN_THREAD ad=120")));
    assert_eq!(facts["ad_id"], "120");
    assert_eq!(memory.receive(ChannelKind::Messenger, &settings, &event, T0), Applied::Unchanged);
}

#[test]
fn who_controls_the_thread_locks_the_composer_until_it_is_handed_back() {
    let settings = settings(None, None);
    let mut memory = Memory::default();
    memory.receive(ChannelKind::Messenger, &settings, &says("a", T0), T0);
    let change = |change, owner: Option<&str>, standby, at| {
        let control = ThreadControl { change, owner: owner.map(str::to_owned), until: None };
        Event { standby, ..event(&format!("{change:?}"), at, EventBody::Control(control)) }
    };
    let composer = |memory: &Memory, now| {
        reply::composer(memory.current(), &settings, crate::window::Author::Person, now)
    };
    let taken_at = T0 + Span::from_minutes(1);
    let taken = change(ControlChange::Taken, Some(PAGE_INBOX), true, taken_at);
    memory.receive(ChannelKind::Messenger, &settings, &taken, taken_at);
    assert_eq!(composer(&memory, taken_at), Composer::Locked(Lock::Standby));
    assert_eq!(memory.current().controlling_app(taken_at), Some(PAGE_INBOX));
    // Who asks for it does not have it.
    let asked = change(ControlChange::Requested, Some("7"), true, taken_at + Span::from_secs(1));
    memory.receive(ChannelKind::Messenger, &settings, &asked, taken_at);
    assert_eq!(memory.current().controlling_app(taken_at), Some(PAGE_INBOX));
    // It ends by itself after a day without a message.
    let next_day = taken_at + Span::from_secs(1) + Span::from_hours(24);
    assert!(!memory.current().is_standby(next_day));
    let passed_at = T0 + Span::from_minutes(2);
    let passed = change(ControlChange::Passed, Some("1"), false, passed_at);
    memory.receive(ChannelKind::Messenger, &settings, &passed, passed_at);
    assert!(matches!(composer(&memory, passed_at), Composer::Open { .. }));
    assert_eq!(memory.current().controlling_app(passed_at), None);
    // Told late, the older news changes nothing.
    memory.receive(ChannelKind::Messenger, &settings, &taken, passed_at);
    assert!(!memory.current().is_standby(passed_at));
    assert_eq!(lines(&memory), ["control_taken", "control_requested", "control_passed"]);
}

#[test]
fn a_group_is_one_conversation_whose_people_are_known_apart() {
    let settings = settings(None, None);
    let mut memory = Memory::default();
    let mut said = says("a", T0);
    (said.party, said.participant) = (Party::Group("C1".into()), Some("U1".into()));
    let people = |members: &[&str]| members.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let joined = Happening::MembersJoined { members: people(&["U2", "U3", "U2"]) };
    let left = Happening::MembersLeft { members: people(&["U1"]) };
    let events = [
        in_group("j", T0 - Span::from_secs(1), None, happened(Happening::JoinedGroup)),
        said,
        in_group("m", T0 + Span::from_secs(1), None, happened(joined)),
        in_group("l", T0 + Span::from_secs(2), None, happened(left)),
    ];
    for event in &events {
        memory.receive(ChannelKind::Line, &settings, event, T0);
    }
    assert_eq!(lines(&memory), ["joined_group", "members_joined", "members_left"]);
    let present: Vec<_> =
        memory.people.values().map(|p| (p.id.as_str(), p.is_present(), p.profile)).collect();
    let wanted = ProfileState::Wanted;
    assert_eq!(present, [("U1", false, wanted), ("U2", true, wanted), ("U3", true, wanted)]);
    assert_eq!(memory.current().contact.following.map(|told| told.following), Some(true));
    let gone = in_group("g", T0 + Span::from_secs(3), None, happened(Happening::LeftGroup));
    memory.receive(ChannelKind::Line, &settings, &gone, T0);
    assert_eq!(memory.current().contact.following.map(|told| told.following), Some(false));
    // Who is known already costs no further write.
    let again = in_group("r", T0, Some("U2"), EventBody::Read { through: T0 });
    let Applied::Changed(change) = memory.receive(ChannelKind::Line, &settings, &again, T0) else { panic!() };
    assert!(change.participants.is_empty());
}

/// A person is a participant of groups only: one-to-one chats keep nobody beside the contact.
#[test]
fn a_one_to_one_chat_has_no_participants() {
    let mut memory = Memory::default();
    let event = Event { participant: Some("U1".into()), ..says("a", T0) };
    memory.receive(ChannelKind::Line, &settings(None, None), &event, T0);
    assert!(memory.people.is_empty());
}

/// Things that happen in a group, in any order.
fn group_events() -> impl Strategy<Value = Vec<Event>> {
    let person = prop::sample::select(vec!["U1", "U2", "U3"]);
    prop::collection::vec((0_u8..8, person, 0_i64..40), 1..14).prop_map(|seeds| {
        let events = seeds.into_iter().map(|(kind, person, at)| {
            let at = T0 + Span::from_secs(at);
            let members = vec![person.to_owned(), "U9".to_owned()];
            let (name, body) = match kind {
                0..=2 => {
                    let id = format!("m-{person}-{}", at.as_ms());
                    let EventBody::Message(message) = says(&id, at).body else { unreachable!() };
                    // A token is told with one event only.
                    let message = CustomerMessage { reply_token: None, ..message };
                    return in_group(&id, at, Some(person), EventBody::Message(message));
                }
                3 => ("joined", Happening::MembersJoined { members }),
                4 => ("left", Happening::MembersLeft { members }),
                5 => ("in", Happening::JoinedGroup),
                6 => ("out", Happening::LeftGroup),
                _ => ("stay", Happening::Beacon { hardware: person.into(), action: "stay".into() }),
            };
            let body = EventBody::Happened { what: body, reply_token: None };
            in_group(&format!("{name}-{person}-{}", at.as_ms()), at, None, body)
        });
        events.collect()
    })
}

/// A set of events that mention each other: messages, echoes, and what happened to them.
fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0_u8..10, 0_u8..5, 0_i64..40, any::<bool>()), 1..14).prop_map(|seeds| {
        let mut events: Vec<Event> = seeds
            .into_iter()
            .map(|(kind, target, at, flag)| {
                let at = T0 + Span::from_secs(at);
                let target = format!("m{target}");
                let (id, body) = match kind {
                    0..=3 => return says(&target, T0 + Span::from_secs(i64::from(target.as_bytes()[1]) % 7)),
                    4 => {
                        let source = if flag { EchoSource::ProviderInbox } else { EchoSource::OtherApp };
                        let id = format!("echo-{target}");
                        let at = T0 + Span::from_secs(i64::from(target.as_bytes()[1]) % 5);
                        let body = EventBody::Echo(Echo {
                            provider_message_id: id.clone(),
                            ours: None,
                            // The same id always comes with the same source.
                            source: if target == "m1" { EchoSource::ProviderInbox } else { source },
                            content: Content::text("from elsewhere"),
                        });
                        let id = format!("{id}-{flag}");
                        return event(&id, at, body);
                    }
                    5 => ("reaction", EventBody::Reaction { target, emoji: flag.then(|| "👍".to_owned()) }),
                    6 => (
                        "edit",
                        EventBody::Edit {
                            target,
                            text: format!("edited at {}", at.as_ms()),
                            reply_token: None,
                        },
                    ),
                    7 => ("unsend", EventBody::Unsend { target }),
                    8 if flag => ("follow", EventBody::Follow { unblocked: false, reply_token: None }),
                    8 => ("unfollow", EventBody::Unfollow),
                    _ if flag => ("read", EventBody::Read { through: at }),
                    _ => ("delivered", EventBody::Delivered { through: at }),
                };
                let name = format!("{id}-{}", at.as_ms());
                event(&name, at, body)
            })
            .collect();
        // An echo's id decides its source: keep the first of each.
        let mut seen = std::collections::BTreeMap::new();
        events.retain(|e| match &e.body {
            EventBody::Echo(echo) => {
                *seen.entry(echo.provider_message_id.clone()).or_insert(echo.source) == echo.source
            }
            _ => true,
        });
        events
    })
}

type State = (
    Conversation,
    BTreeMap<MessageKey, Message>,
    BTreeMap<String, Annotations>,
    BTreeMap<String, Participant>,
);

fn final_state(events: &[Event], settings: &ChannelSettings) -> State {
    let deliveries: Vec<_> = events.iter().map(|event| (event.clone(), false)).collect();
    final_state_of_deliveries(&deliveries, settings)
}

/// Each delivery with whether it dies half-way.
fn final_state_of_deliveries(deliveries: &[(Event, bool)], settings: &ChannelSettings) -> State {
    let mut memory = Memory::default();
    let now = T0 + Span::from_minutes(2);
    for (event, dies) in deliveries {
        memory.receive_or_die(ChannelKind::Messenger, settings, event, now, *dies);
        let Some(conversation) = &memory.conversation else { continue };
        let (armed, truth) = (conversation.armed, deadline(conversation, settings));
        if let Some(truth) = truth {
            assert!(armed.is_some_and(|a| a.due_at <= truth.due_at), "armed too late: {armed:?} {truth:?}");
        }
    }
    let mut conversation = memory.current().clone();
    conversation.armed = deadline(&conversation, settings);
    // How it came about differs; what has come about does not.
    conversation.noted = Noted::default();
    conversation.waiting_until = None;
    for message in memory.messages.values_mut() {
        message.noted_before = None;
    }
    (conversation, memory.messages, memory.waiting, memory.people)
}

proptest! {
    /// Invariant 2: whatever the order and the number of deliveries, the conversation is the same.
    #[test]
    fn ing_6_any_order_and_any_duplication_give_the_same_conversation(
        (events, shuffled) in events().prop_flat_map(|events| {
            let doubled: Vec<Event> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(doubled).prop_shuffle())
        })
    ) {
        let settings = settings(Some(15), Some(10));
        prop_assert_eq!(final_state(&events, &settings), final_state(&shuffled, &settings));
    }

    /// The same for groups, their people and what happens in them.
    #[test]
    fn ing_6_the_order_in_which_people_come_and_go_does_not_matter(
        (events, shuffled) in group_events().prop_flat_map(|events| {
            let doubled: Vec<Event> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(doubled).prop_shuffle())
        })
    ) {
        let settings = settings(Some(15), Some(10));
        prop_assert_eq!(final_state(&events, &settings), final_state(&shuffled, &settings));
    }

    /// Invariant 2: nor does it matter where a delivery died between its two writes, once it was repeated.
    #[test]
    fn ing_6_a_death_between_the_two_writes_is_made_up_for(
        (events, deliveries) in events().prop_flat_map(|events| {
            let last = events.iter().map(|event| (event.clone(), false));
            let twice: Vec<_> = events.iter().chain(&events).cloned().collect();
            let deaths = prop::collection::vec(any::<bool>(), twice.len());
            let (events, last) = (events.clone(), last.collect::<Vec<_>>());
            (Just(twice).prop_shuffle(), deaths).prop_map(move |(twice, deaths)| {
                (events.clone(), twice.into_iter().zip(deaths).chain(last.clone()).collect::<Vec<_>>())
            })
        })
    ) {
        let settings = settings(Some(15), Some(10));
        prop_assert_eq!(final_state(&events, &settings), final_state_of_deliveries(&deliveries, &settings));
    }

    /// TMR-6: whatever was armed, a closer closes only when the true deadline has passed.
    #[test]
    fn tmr_6_a_verdict_closes_exactly_when_the_true_deadline_has_passed(events in events(), minutes in 0_i64..30) {
        let settings = settings(Some(15), Some(10));
        let (conversation, ..) = final_state(&events, &settings);
        let now = T0 + Span::from_minutes(minutes);
        let closes = matches!(verdict(&conversation, &settings, now), Verdict::Close(_));
        let passed = deadline(&conversation, &settings).is_some_and(|d| d.due_at <= now);
        prop_assert_eq!(closes, passed);
    }
}

#[path = "twilio_tests.rs"]
mod twilio;
