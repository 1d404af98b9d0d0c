//! Whatever happens in whatever order: nobody is given what they may not have.
//!
//! A store in a few lines stands in for the table: it takes a move under the conditions under which the table takes it, from
//! readers that may have read long ago.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::channel::{Channel, ChannelKind, ChannelSettings, OperatorAccess};
use crate::conversation::{CloseReason, Conversation, Mode, Status, close, reopen};
use crate::ids::{ChannelId, ConversationId, OperatorId, Party};
use crate::membership::{Ask, may_see};
use crate::person::{Person, Seen};
use crate::role::Role;
use crate::time::{Span, Timestamp};

const START: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const OPERATORS: usize = 3;
const CONVERSATIONS: usize = 6;
const CAPACITY: u32 = 2;

#[derive(Clone, Debug)]
enum Step {
    /// Somebody reads a conversation, to move it later.
    Look {
        reader: usize,
        conversation: usize,
    },
    /// Takes what they looked at, as they saw it.
    Take {
        reader: usize,
    },
    /// Makes what they looked at nobody's.
    LetGo {
        reader: usize,
    },
    Switch {
        operator: usize,
        available: bool,
    },
    Access {
        operator: usize,
        member: bool,
    },
    Close {
        conversation: usize,
    },
    Reopen {
        conversation: usize,
    },
    Bot {
        conversation: usize,
        on: bool,
    },
    /// The function that gives conversations out does one piece of its work.
    Rule,
    /// The same, after it has read everything and somebody else came between.
    Stale {
        between: usize,
        available: bool,
    },
    /// What somebody holds is looked through.
    Tidy {
        operator: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (operator, conversation) = (0..OPERATORS, 0..CONVERSATIONS);
    let step = prop_oneof![
        3 => (operator.clone(), conversation.clone())
            .prop_map(|(reader, conversation)| Step::Look { reader, conversation }),
        3 => operator.clone().prop_map(|reader| Step::Take { reader }),
        1 => operator.clone().prop_map(|reader| Step::LetGo { reader }),
        3 => (operator.clone(), any::<bool>())
            .prop_map(|(operator, available)| Step::Switch { operator, available }),
        1 => (operator.clone(), any::<bool>())
            .prop_map(|(operator, member)| Step::Access { operator, member }),
        2 => conversation.clone().prop_map(|conversation| Step::Close { conversation }),
        3 => conversation.clone().prop_map(|conversation| Step::Reopen { conversation }),
        1 => (conversation, any::<bool>()).prop_map(|(conversation, on)| Step::Bot { conversation, on }),
        5 => Just(Step::Rule),
        1 => (operator.clone(), any::<bool>())
            .prop_map(|(between, available)| Step::Stale { between, available }),
        2 => operator.prop_map(|operator| Step::Tidy { operator }),
    ];
    prop::collection::vec(step, 0..80)
}

struct World {
    now: Timestamp,
    channel: Channel,
    conversations: Vec<Conversation>,
    people: Vec<Person>,
    duties: BTreeMap<OperatorId, Duty>,
    last: Option<OperatorId>,
    looked: BTreeMap<usize, Conversation>,
}

fn id(operator: usize) -> OperatorId {
    OperatorId(format!("operator-{operator}"))
}

fn called(operator: &OperatorId) -> Who {
    Who { id: operator.clone(), name: operator.0.clone() }
}

impl World {
    fn new(assignment: AssignmentRule) -> Self {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let settings = ChannelSettings {
            operators: OperatorAccess::Associated,
            assignment,
            assignment_capacity: Some(CAPACITY),
            ..ChannelSettings::default()
        };
        let channel =
            Channel { settings, ..Channel::new(ChannelKind::Line, "Shop", "1", channel.into(), START) };
        let conversation = |number: usize| Conversation {
            status: Status::Open,
            episode: 1,
            episode_started_at: Some(START + Span::from_secs(i64::try_from(number).unwrap_or_default())),
            version: 1,
            ..Conversation::new(channel.id, channel.kind, Party::User(format!("U{number}")))
        };
        let person = |operator: usize| {
            let seen = Seen { name: id(operator).0, account: None, role: Role::Operator, signed_in_at: None };
            let mut person = Person::new(id(operator), &seen, START);
            person.associate(channel.id, Ask::Nothing, START);
            person
        };
        Self {
            now: START + Span::from_minutes(1),
            conversations: (0..CONVERSATIONS).map(conversation).collect(),
            people: (0..OPERATORS).map(person).collect(),
            duties: (0..OPERATORS).map(|operator| (id(operator), Duty::new(id(operator)))).collect(),
            channel,
            last: None,
            looked: BTreeMap::new(),
        }
    }

    fn place(&self, conversation: ConversationId) -> usize {
        self.conversations.iter().position(|known| known.id == conversation).unwrap()
    }

    /// The write, under the table's conditions. Tells whether it was taken.
    fn commit(&mut self, handed: &Handed, room: usize) -> bool {
        let place = self.place(handed.conversation.id);
        let conversation = handed.conversation.id;
        if self.conversations[place].version != handed.conversation.version {
            return false;
        }
        if handed.from != handed.to
            && let Some(to) = &handed.to
        {
            let duty = self.duties.get_mut(to).unwrap();
            if !duty.available || duty.held.len() >= room && !duty.held.contains(&conversation) {
                return false;
            }
            duty.held.insert(conversation);
            duty.given_at = Some(self.now);
        }
        if handed.from != handed.to
            && let Some(from) = &handed.from
        {
            self.duties.get_mut(from).unwrap().held.remove(&conversation);
        }
        self.conversations[place] = handed.conversation.clone();
        self.conversations[place].version += 1;
        true
    }

    fn write(&mut self, place: usize, change: impl FnOnce(&mut Conversation)) {
        change(&mut self.conversations[place]);
        self.conversations[place].version += 1;
    }

    fn may_see(&self, operator: &OperatorId) -> bool {
        let person = self.people.iter().find(|person| person.id == *operator);
        may_see(Role::Operator, &self.channel, person)
    }

    /// What the function would write next, as everything is now.
    fn next(&self) -> Option<(Handed, usize, Option<OperatorId>)> {
        let candidates: Vec<Candidate<'_>> =
            self.people.iter().map(|person| Candidate { person, duty: &self.duties[&person.id] }).collect();
        let mut waiting: Vec<Conversation> =
            self.conversations.iter().filter(|known| waits_for_rule(known)).cloned().collect();
        queue_order(&mut waiting);
        for conversation in waiting {
            let back =
                candidates.iter().find(|candidate| goes_back_to(**candidate, &conversation, &self.channel));
            let (to, why, room, turn) = match back {
                Some(back) => (&back.person.id, Why::Returned, MOST_HELD, None),
                None => {
                    let Some(next) = choose(&self.channel, &candidates, self.last.as_ref()) else { continue };
                    let room = next.duty.room(self.channel.settings.capacity());
                    let rule = Why::Rule(self.channel.settings.assignment);
                    (&next.person.id, rule, room, Some(next.person.id.clone()))
                }
            };
            let handed = assign(&conversation, &called(to), None, None, &why, self.now).unwrap().unwrap();
            return Some((handed, room, turn));
        }
        None
    }

    fn rule(&mut self, next: Option<(Handed, usize, Option<OperatorId>)>) {
        let Some((handed, room, turn)) = next else { return };
        let to = handed.to.clone().unwrap();
        let place = self.place(handed.conversation.id);
        let before = self.duties[&to].held.len();
        if !self.commit(&handed, room) {
            return;
        }
        assert!(self.duties[&to].available, "given to somebody who is not available");
        if turn.is_some() {
            assert!(before < CAPACITY as usize, "the rule gave somebody more than their capacity");
            self.last = turn;
        }
        assert_eq!(self.conversations[place].assignee.as_ref(), Some(&to));
    }

    fn step(&mut self, step: &Step) {
        self.now = self.now + Span::from_secs(1);
        match step {
            Step::Look { reader, conversation } => {
                self.looked.insert(*reader, self.conversations[*conversation].clone());
            }
            Step::Take { reader } => {
                let Some(seen) = self.looked.get(reader).cloned() else { return };
                let (me, now) = (id(*reader), self.now);
                let current = self.conversations[self.place(seen.id)].clone();
                let why = Why::By(called(&me));
                let moved = assign(&current, &called(&me), None, seen.assignee.as_ref(), &why, now);
                let person = self.people.iter().find(|person| person.id == me);
                if may_take(Role::Operator, person, &self.duties[&me], &self.channel).is_err() {
                    return;
                }
                match moved {
                    Ok(Some(handed)) => {
                        assert_eq!(handed.from, seen.assignee, "taken from whom they did not know of");
                        assert!(self.commit(&handed, MOST_HELD));
                    }
                    Ok(None) => assert_eq!(current.assignee, Some(me)),
                    Err(Refused::NotOpen) => assert!(!current.is_open()),
                    Err(Refused::Changed { assignee }) => assert_ne!(assignee, seen.assignee),
                }
            }
            Step::LetGo { reader } => {
                let Some(seen) = self.looked.get(reader).cloned() else { return };
                let why = Why::By(called(&id(*reader)));
                // As it was when they looked: the write is refused if anybody wrote since.
                if let Ok(Some(handed)) = unassign(&seen, None, None, &why, self.now) {
                    let stale = self.conversations[self.place(seen.id)].version != seen.version;
                    assert_eq!(self.commit(&handed, 0), !stale);
                }
            }
            Step::Switch { operator, available } => {
                self.duties.get_mut(&id(*operator)).unwrap().available = *available;
            }
            Step::Access { operator, member } => {
                let channel = self.channel.id;
                if *member {
                    self.people[*operator].associate(channel, Ask::Nothing, self.now);
                } else {
                    self.people[*operator].channels.clear();
                }
            }
            Step::Close { conversation } => {
                let current = self.conversations[*conversation].clone();
                if let Some(closed) = close(current, CloseReason::Operator, self.now) {
                    self.write(*conversation, |known| *known = closed.conversation);
                }
            }
            Step::Reopen { conversation } => {
                let current = self.conversations[*conversation].clone();
                let settings = self.channel.settings.clone();
                if let Ok(Some(open)) = reopen(current, &settings, "operator", self.now) {
                    assert_eq!(open.conversation.assignee, None);
                    self.write(*conversation, |known| *known = open.conversation);
                }
            }
            Step::Bot { conversation, on } => {
                let mode = if *on { Mode::Bot } else { Mode::Operator };
                self.write(*conversation, |known| known.mode = mode);
            }
            Step::Rule => self.rule(self.next()),
            Step::Stale { between, available } => {
                let next = self.next();
                self.duties.get_mut(&id(*between)).unwrap().available = *available;
                self.rule(next);
            }
            Step::Tidy { operator } => self.tidy(&id(*operator)),
        }
    }

    fn tidy(&mut self, operator: &OperatorId) {
        for conversation in self.duties[operator].held.clone() {
            let current = self.conversations[self.place(conversation)].clone();
            let is_theirs = current.is_open() && current.assignee.as_ref() == Some(operator);
            if !is_theirs {
                self.duties.get_mut(operator).unwrap().held.remove(&conversation);
            } else if !self.may_see(operator) {
                let handed = unassign(&current, None, None, &Why::AccessLost, self.now).unwrap().unwrap();
                assert!(self.commit(&handed, 0));
            }
        }
    }

    fn check(&self) {
        for conversation in &self.conversations {
            let holders: Vec<_> =
                self.duties.values().filter(|duty| duty.held.contains(&conversation.id)).collect();
            if conversation.is_open()
                && let Some(assignee) = &conversation.assignee
            {
                let known = holders.iter().any(|duty| duty.operator == *assignee);
                assert!(known, "whose it is does not hold it");
            }
        }
    }

    /// Everything that follows from what has happened has followed.
    fn settle(&mut self) {
        for operator in 0..OPERATORS {
            self.tidy(&id(operator));
        }
        while let Some(next) = self.next() {
            self.rule(Some(next));
        }
        for duty in self.duties.values() {
            for held in &duty.held {
                let conversation = &self.conversations[self.place(*held)];
                assert!(conversation.is_open());
                assert_eq!(conversation.assignee.as_ref(), Some(&duty.operator), "two hold one conversation");
                assert!(self.may_see(&duty.operator), "held without access");
            }
        }
        let waits = self.conversations.iter().any(waits_for_rule);
        let room = self
            .duties
            .values()
            .any(|duty| duty.available && duty.has_room(CAPACITY) && self.may_see(&duty.operator));
        assert!(!(waits && room), "something waits although there is room");
    }
}

proptest! {
    #[test]
    fn nobody_is_given_what_they_may_not_have(
        steps in steps(),
        rule in prop_oneof![Just(AssignmentRule::RoundRobin), Just(AssignmentRule::LeastBusy)],
    ) {
        let mut world = World::new(rule);
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.settle();
    }

    /// ASG-12: whatever room there comes to be, whoever has waited longer is never passed over.
    #[test]
    fn the_queue_keeps_its_order(
        waits in prop::collection::vec(1i64..1_000, 1..20),
        room in 0usize..20,
    ) {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        let mut waiting: Vec<Conversation> = waits.iter().enumerate().map(|(number, ms)| Conversation {
            status: Status::Open,
            episode: 1,
            // Every third waits for no answer.
            last_customer_at: (number % 3 > 0).then(|| START + Span::from_ms(*ms)),
            episode_started_at: Some(START + Span::from_ms(*ms)),
            version: 1,
            ..Conversation::new(channel, ChannelKind::Line, Party::User(format!("U{number}")))
        }).collect();
        queue_order(&mut waiting);
        let (given, left) = waiting.split_at(room.min(waiting.len()));
        for (earlier, later) in given.iter().flat_map(|given| left.iter().map(move |left| (given, left))) {
            match (earlier.waiting_since(), later.waiting_since()) {
                (Some(earlier), Some(later)) => prop_assert!(earlier <= later),
                (None, Some(_)) => prop_assert!(false, "who waits for an answer was passed over"),
                _ => {}
            }
        }
    }
}
