//! Offensive messages: counted once, in any order, until the last one ends the episode.

use proptest::prelude::*;

use super::*;
use crate::block::{ABUSE, Block};
use crate::channel::ChannelSettings;
use crate::event::{Content, CustomerMessage, Event, EventBody, Sender};
use crate::message::Body;
use crate::profanity::{Guard, Profanity};

const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const KIND: ChannelKind = ChannelKind::Line;

fn guard(limit: u32, block: bool) -> Guard {
    let brand = "00000000-0000-0000-0000-000000000001".parse().unwrap();
    Profanity { on: true, limit, block, ..Profanity::new(brand) }.guard().unwrap()
}

fn at(second: i64) -> Timestamp {
    T0 + Span::from_secs(second)
}

fn event(id: &str, second: i64, body: EventBody) -> Event {
    Event {
        id: id.into(),
        at: at(second),
        received_at: at(second),
        party: Party::User("U1".into()),
        participant: None,
        sender: Sender::default(),
        standby: false,
        body,
    }
}

fn says(id: &str, second: i64, text: &str) -> Event {
    let message = CustomerMessage {
        provider_message_id: id.into(),
        content: Content::text(text),
        reply_to: None,
        reply_token: None,
        read_token: None,
        referral: None,
    };
    event(id, second, EventBody::Message(message))
}

#[derive(Clone, Default)]
struct Memory {
    conversation: Option<Conversation>,
    messages: Vec<Message>,
    waiting: Option<(String, crate::message::Annotations)>,
}

impl Memory {
    /// As `inbox-writer` does it; `dies` ends it between the two writes of a message that stands alone.
    fn receive(&mut self, guard: Option<&Guard>, event: &Event, dies: bool) {
        let channel = (ChannelId::derive(KIND, "1"), KIND);
        let id = ConversationId::derive(channel.0, &event.party);
        if self.conversation.as_ref().is_some_and(|it| it.intake(event) != crate::channel::Intake::Taken) {
            return;
        }
        let reference = reference(id, event);
        let named = |name: &str| {
            self.messages.iter().find(|it| it.provider_message_id.as_deref() == Some(name)).cloned()
        };
        let earlier = match reference.earlier {
            Earlier::Any(name) | Earlier::Recent(name) => named(name),
            Earlier::None | Earlier::Reply(_) => None,
        };
        let brings = reference.brings.and_then(|key| self.messages.iter().find(|it| it.key == key).cloned());
        let waiting = reference
            .waits_as
            .and_then(|name| self.waiting.clone().filter(|it| it.0 == name))
            .map(|(_, annotations)| annotations);
        let loaded = Loaded {
            conversation: self.conversation.clone(),
            message: earlier.or(brings),
            waiting,
            participants: Vec::new(),
        };
        let applied =
            apply_guarded(channel, &ChannelSettings::default(), guard, loaded, event, event.received_at);
        let Applied::Changed(change) = applied else { return };
        let alone = change.alone().is_some();
        for message in &change.create {
            assert!(
                self.messages.iter().all(|it| it.key != message.key),
                "a conditional put would fail forever"
            );
            self.messages.push(message.clone());
        }
        if let Some(changed) = change.replace {
            let stored = self.messages.iter_mut().find(|it| it.key == changed.key).unwrap();
            *stored = changed;
        }
        match change.waiting {
            Some(Waiting::Keep(name, annotations)) => self.waiting = Some((name, annotations)),
            Some(Waiting::Forget(_)) => self.waiting = None,
            None => {}
        }
        if !(dies && alone) {
            self.conversation =
                Some(Conversation { version: change.conversation.version + 1, ..change.conversation });
        }
    }

    fn current(&self) -> &Conversation {
        self.conversation.as_ref().unwrap()
    }

    fn lines(&self) -> Vec<(&str, &str)> {
        let lines = self.messages.iter().filter_map(|message| match &message.body {
            Body::Timeline { event, detail, .. } => {
                Some((event.as_str(), detail.as_deref().unwrap_or_default()))
            }
            Body::Said { .. } | Body::Note { .. } => None,
        });
        lines.collect()
    }
}

#[test]
fn abu_2_the_limit_ends_the_episode_in_the_same_write_and_the_next_one_begins_at_zero() {
    let guard = guard(3, false);
    let mut memory = Memory::default();
    for (second, text, offences, open) in [
        (1, "お願いします", 0, true),
        (2, "死ね", 1, true),
        (3, "fuck you, fuck you", 2, true),
        (4, "ありがとう", 2, true),
        (5, "馬鹿野郎", 3, false),
        (6, "もしもし", 0, true),
        (7, "死ね", 1, true),
    ] {
        memory.receive(Some(&guard), &says(&format!("m{second}"), second, text), false);
        assert_eq!((memory.current().offences(), memory.current().is_open()), (offences, open), "{text}");
        let stored =
            memory.messages.iter().find(|it| it.key.at == at(second) && it.sent_by == SentBy::Customer);
        assert_eq!(stored.unwrap().offensive, !["お願いします", "ありがとう", "もしもし"].contains(&text));
    }
    assert_eq!(memory.lines(), [("closed", "abuse"), ("reopened", "customer")]);
    assert_eq!((memory.current().episode, memory.current().is_blocked()), (2, false));
    assert!(memory.current().preview.as_ref().unwrap().offensive);
}

#[test]
fn abu_2_the_contact_is_blocked_if_the_brand_wants_it() {
    let guard = guard(2, true);
    let mut memory = Memory::default();
    for second in 1..=6 {
        memory.receive(Some(&guard), &says(&format!("m{second}"), second, "死ね"), false);
    }
    let blocked = Block { since: at(2), by: None, reason: ABUSE.into() };
    assert_eq!(memory.current().contact.blocked, Some(blocked));
    let status = Status::Closed { reason: CloseReason::Abuse, at: at(2) };
    assert_eq!((memory.current().status, memory.current().episode), (status, 1));
    assert_eq!(memory.lines(), [("closed", "abuse"), ("blocked", "abuse")]);
    assert_eq!(memory.messages.len(), 4, "what came after was dropped");
}

#[test]
fn abu_2_an_edit_into_something_offensive_counts_once() {
    let guard = guard(2, false);
    let edit = |second, text: &str| {
        event("e", second, EventBody::Edit { target: "a".into(), text: text.into(), reply_token: None })
    };
    let mut memory = Memory::default();
    memory.receive(Some(&guard), &says("a", 1, "こんにちは"), false);
    for second in [2, 2, 3] {
        memory.receive(Some(&guard), &edit(second, "死ね"), false);
        assert_eq!((memory.current().offences(), memory.messages[0].offensive), (1, true));
    }
    // One that is taken back was said all the same.
    memory.receive(Some(&guard), &edit(4, "ごめんなさい"), false);
    assert_eq!((memory.current().offences(), memory.messages[0].offensive), (1, true));
    // The edit comes first.
    let mut memory = Memory::default();
    memory.receive(Some(&guard), &says("other", 1, "こんにちは"), false);
    memory.receive(Some(&guard), &edit(3, "死ね"), false);
    assert_eq!(memory.current().offences(), 0);
    memory.receive(Some(&guard), &says("a", 2, "こんにちは"), false);
    assert_eq!(memory.current().offences(), 1);
}

#[test]
fn abu_2_an_edit_of_what_was_said_in_an_earlier_episode_counts_for_none() {
    let guard = guard(1, true);
    let mut memory = Memory::default();
    memory.receive(Some(&guard), &says("old", 1, "こんにちは"), false);
    let closed = close(memory.current().clone(), CloseReason::Operator, at(2)).unwrap();
    memory.conversation = Some(closed.conversation);
    memory.receive(Some(&guard), &says("new", 3, "もしもし"), false);
    assert_eq!(memory.current().episode, 2);
    let edit = |id: &str, second, target: &str| {
        event(id, second, EventBody::Edit { target: target.into(), text: "死ね".into(), reply_token: None })
    };
    memory.receive(Some(&guard), &edit("e1", 4, "old"), false);
    assert_eq!((memory.current().offences(), memory.current().is_open()), (0, true));
    assert!(
        memory.messages.iter().find(|it| it.key.at == at(1)).unwrap().offensive,
        "it is marked all the same"
    );
    memory.receive(Some(&guard), &edit("e2", 5, "new"), false);
    assert_eq!((memory.current().offences(), memory.current().is_open()), (1, false));
}

#[test]
fn abu_2_only_customers_words_count_and_only_where_the_brand_wants_it() {
    let guard = guard(1, true);
    let mut memory = Memory::default();
    memory.receive(None, &says("a", 1, "死ね"), false);
    assert_eq!((memory.current().offences(), memory.messages[0].offensive), (0, false));
    let echo = crate::event::Echo {
        provider_message_id: "e".into(),
        ours: None,
        source: crate::event::EchoSource::ProviderInbox,
        content: Content::text("死ね"),
    };
    memory.receive(Some(&guard), &event("e", 2, EventBody::Echo(echo)), false);
    assert_eq!((memory.current().offences(), memory.current().is_open()), (0, true));
}

proptest! {
    /// Whatever is delivered how often, in which order, and wherever the writer dies: each offensive message counts once,
    /// and a limit that is not reached closes nothing.
    #[test]
    fn abu_2_a_message_counts_once(
        order in proptest::collection::vec((0usize..6, any::<bool>()), 0..24),
        offensive in proptest::collection::vec(any::<bool>(), 6),
    ) {
        let guard = guard(100, true);
        let text = |at: usize| if offensive[at] { "死ね" } else { "はい" };
        let mut memory = Memory::default();
        // Of the queue's group one is under way at a time: what died is delivered again before the next.
        for (index, dies) in &order {
            let event = says(&format!("m{index}"), i64::try_from(*index).unwrap(), text(*index));
            if *dies {
                memory.receive(Some(&guard), &event, true);
            }
            memory.receive(Some(&guard), &event, false);
        }
        let mut seen: Vec<usize> = order.iter().map(|it| it.0).collect();
        seen.sort_unstable();
        seen.dedup();
        let expected = seen.iter().filter(|at| offensive[**at]).count();
        let offences = memory.conversation.as_ref().map_or(0, Conversation::offences);
        prop_assert_eq!(offences as usize, expected);
        prop_assert_eq!(memory.messages.len(), seen.len());
        prop_assert!(memory.lines().is_empty());
    }

    /// The limit closes exactly once for each time it is reached, and every close is told.
    #[test]
    fn abu_2_every_close_has_its_line(texts in proptest::collection::vec(any::<bool>(), 1..20), limit in 1u32..4) {
        let guard = guard(limit, false);
        let mut memory = Memory::default();
        for (at, offensive) in texts.iter().enumerate() {
            let text = if *offensive { "死ね" } else { "はい" };
            let event = says(&format!("m{at}"), i64::try_from(at).unwrap() + 1, text);
            memory.receive(Some(&guard), &event, false);
            memory.receive(Some(&guard), &event, false);
        }
        let closes = texts.iter().filter(|it| **it).count() / limit as usize;
        prop_assert_eq!(memory.lines().iter().filter(|line| **line == ("closed", "abuse")).count(), closes);
        prop_assert!(memory.current().offences() <= limit);
    }
}
