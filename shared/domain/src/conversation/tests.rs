//! Tables and properties of the conversation's rules.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::channel::ReopenPolicy;
use crate::deadline::{DeadlineKind, Verdict, deadline, verdict};
use crate::event::{Content, CustomerMessage, Echo, EchoSource, Event, EventBody, Sender};
use crate::ids::OperatorId;
use crate::message::{Annotations, Body, SendState, SentBy};
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
    };
    event(id, at, EventBody::Message(message))
}

/// A store in a few lines: what `shared/store` does with the table.
#[derive(Clone, Default)]
struct Memory {
    conversation: Option<Conversation>,
    messages: BTreeMap<MessageKey, Message>,
    waiting: BTreeMap<String, Annotations>,
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
        Loaded { conversation: self.conversation.clone(), message: earlier.or(brought), waiting }
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
    assert_eq!(memory.current().section(), Section::Answered);
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
        EventBody::Edit { target: "a".into(), text: "other".into() },
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
    let closed = close(memory.current().clone(), due.kind.reason(), due.due_at).unwrap();
    assert_eq!(closed.conversation.section(), Section::Closed);
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
    assert_eq!((conversation.section(), conversation.episode), (Section::Unanswered, 2));
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
    let open = memory.current().clone();
    let operator = OperatorId("op".into());
    let reply = reply::write(&open, &settings, operator, "k", "はい", None, at).unwrap();
    let crossed = |reason, closed_at| {
        let closed = close(open.clone(), reason, closed_at).unwrap().conversation;
        reply::take_note(closed, &settings, &reply, at).unwrap()
    };
    // Nobody wrote in between.
    let (noted, line) = reply::take_note(open.clone(), &settings, &reply, at).unwrap();
    assert_eq!((noted.section(), noted.unread, line), (Section::Answered, 0, None));
    assert_eq!(reply::take_note(noted, &settings, &reply, at), None);
    // A timer closed it and had not seen the reply: the episode goes on, answered, and its line says why.
    for reason in [CloseReason::Unanswered, CloseReason::Idle] {
        let (noted, line) = crossed(reason, at);
        assert_eq!((noted.section(), noted.episode), (Section::Answered, 1), "{reason:?}");
        assert!(noted.armed.is_some());
        let detail = Body::Timeline { event: "reopened".into(), detail: Some("reply".into()) };
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
                    6 => ("edit", EventBody::Edit { target, text: format!("edited at {}", at.as_ms()) }),
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

type State = (Conversation, BTreeMap<MessageKey, Message>, BTreeMap<String, Annotations>);

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
    (conversation, memory.messages, memory.waiting)
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
    fn a_verdict_closes_exactly_when_the_true_deadline_has_passed(events in events(), minutes in 0_i64..30) {
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
