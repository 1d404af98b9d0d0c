//! Tables of the rules.

use super::*;
use crate::channel::{Channel, ChannelKind, ChannelSettings, OperatorAccess};
use crate::conversation::{CloseReason, Conversation, Mode, Snooze, Status};
use crate::deadline::{Deadline, DeadlineKind};
use crate::ids::{ChannelId, ConversationId, OperatorId, Party};
use crate::message::Body;
use crate::person::{Person, Seen};
use crate::role::Role;
use crate::time::{Span, Timestamp};

const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn who(id: &str) -> Who {
    Who { id: OperatorId(id.into()), name: format!("{id} san") }
}

fn channel(settings: ChannelSettings) -> Channel {
    let id = ChannelId::derive(ChannelKind::Line, "1");
    Channel { settings, ..Channel::new(ChannelKind::Line, "Shop", "1", id.into(), NOW) }
}

fn open(assignee: Option<&str>) -> Conversation {
    let channel = channel(ChannelSettings::default());
    Conversation {
        status: Status::Open,
        episode: 1,
        assignee: assignee.map(|id| OperatorId(id.into())),
        version: 3,
        ..Conversation::new(channel.id, channel.kind, Party::User("U1".into()))
    }
}

fn person(id: &str) -> Person {
    let seen = Seen { name: id.into(), account: None, role: Role::Operator, signed_in_at: None };
    Person::new(OperatorId(id.into()), &seen, NOW)
}

/// Somebody available with so many conversations.
fn duty(id: &str, held: usize) -> Duty {
    let of = |n: usize| {
        let channel = ChannelId::derive(ChannelKind::Line, "1");
        ConversationId::derive(channel, &Party::User(format!("{id}{n}")))
    };
    Duty { available: true, held: (0..held).map(of).collect(), ..Duty::new(OperatorId(id.into())) }
}

#[test]
fn asg_14_a_conversation_is_taken_from_whose_the_caller_sees_it_to_be() {
    let closed = Conversation { status: Status::Closed { reason: CloseReason::Idle, at: NOW }, ..open(None) };
    let changed =
        |assignee: Option<&str>| Err(Refused::Changed { assignee: assignee.map(|id| OperatorId(id.into())) });
    // As it is; whose the caller sees it to be; to whom; what comes of it.
    for (conversation, seen, to, expected) in [
        (open(None), None, "b", Ok(true)),
        (open(Some("a")), None, "b", changed(Some("a"))),
        (open(Some("a")), Some("a"), "b", Ok(true)),
        (open(Some("a")), Some("c"), "b", changed(Some("a"))),
        (open(None), Some("a"), "b", changed(None)),
        (open(Some("b")), None, "b", Ok(false)),
        (open(Some("b")), Some("a"), "b", Ok(false)),
        (closed, None, "b", Err(Refused::NotOpen)),
    ] {
        let seen = seen.map(|id: &str| OperatorId(id.into()));
        let (to, why) = (who(to), Why::By(who("x")));
        let handed = assign(&conversation, &to, None, seen.as_ref(), &why, NOW);
        let comes = handed.clone().map(|handed| handed.is_some());
        assert_eq!(comes, expected, "{:?} {seen:?}", conversation.assignee);
        if let Ok(Some(handed)) = handed {
            assert_eq!(handed.conversation.assignee.as_ref(), Some(&to.id));
            assert_eq!((handed.from, handed.conversation.version), (conversation.assignee, 3));
        }
    }
}

#[test]
fn the_line_tells_who_did_it_from_whom_to_whom_and_why() {
    let told = |handed: Option<Handed>| {
        let line = handed.unwrap().line;
        let Body::Timeline { event, detail, facts } = line.body else { panic!("a line") };
        let facts: Vec<String> = facts.iter().map(|(name, fact)| format!("{name}={fact}")).collect();
        (line.key.id, format!("{event} {} {}", detail.unwrap(), facts.join(" ")))
    };
    let (a, b) = (who("a"), who("b"));
    let seen = Some(&a.id);
    let mine = open(Some("a"));
    let (one, line) = told(assign(&mine, &b, Some(&a), seen, &Why::By(who("x")), NOW).unwrap());
    assert_eq!(line, "assigned operator by=x by_name=x san from=a from_name=a san to=b to_name=b san");
    let rule = Why::Rule(AssignmentRule::RoundRobin);
    let (_, line) = told(assign(&open(None), &b, None, None, &rule, NOW).unwrap());
    assert_eq!(line, "assigned round_robin to=b to_name=b san");
    let (_, line) = told(unassign(&mine, Some(&a), None, &Why::AccessLost, NOW).unwrap());
    assert_eq!(line, "unassigned access_lost from=a from_name=a san");
    let later = Conversation { version: 4, ..mine };
    let (other, _) = told(assign(&later, &b, Some(&a), seen, &Why::By(who("x")), NOW).unwrap());
    assert_ne!(one, other, "each move has a line of its own");
}

#[test]
fn asg_9_who_hands_it_over_leaves_it_to_that_department() {
    let department = crate::DepartmentId::derive("Repairs", NOW);
    let called = || (department.to_string(), "Repairs");
    let (why, settings) = (Why::By(who("a")), ChannelSettings::default());
    let handed =
        transfer(&open(Some("a")), (Some(department), called()), None, Some(&who("a")), &why, &settings, NOW);
    let handed = handed.unwrap().unwrap().conversation;
    assert_eq!((handed.department, &handed.assignee), (Some(department), &None));
    assert!(!waits_for_rule(&handed));
    let again = transfer(&handed, (Some(department), called()), None, None, &why, &settings, NOW);
    assert_eq!(again, Ok(None), "it is there");
    let named = transfer(&handed, (None, called()), Some(&who("b")), None, &why, &settings, NOW);
    let named = named.unwrap().unwrap();
    assert_eq!((named.conversation.department, named.to), (None, Some(OperatorId("b".into()))));
}

#[test]
fn tmr_10_a_transferred_conversation_is_looked_at_in_time_for_the_hours_of_its_new_department() {
    let settings = ChannelSettings { unanswered_close_after_minutes: Some(60), ..ChannelSettings::default() };
    let due_at = |minutes| {
        Some(Deadline { kind: DeadlineKind::Unanswered, due_at: NOW + Span::from_minutes(minutes) })
    };
    let department = crate::DepartmentId::derive("Repairs", NOW);
    // A closer has found that the department before opens tomorrow; or looks before that anyway.
    for (armed, expected) in [(due_at(900), due_at(60)), (due_at(30), due_at(30))] {
        let open = Conversation { episode_started_at: Some(NOW), armed, ..open(None) };
        let place = (Some(department), (department.to_string(), "Repairs"));
        let handed = transfer(&open, place, None, None, &Why::By(who("a")), &settings, NOW);
        assert_eq!(handed.unwrap().unwrap().conversation.armed, expected);
    }
}

#[test]
fn con_5_the_assignee_answers_and_whoever_else_may() {
    let only = ChannelSettings { only_assignee_answers: true, ..ChannelSettings::default() };
    let closed =
        Conversation { status: Status::Closed { reason: CloseReason::Idle, at: NOW }, ..open(Some("a")) };
    for (settings, conversation, expected) in [
        (ChannelSettings::default(), open(Some("a")), true),
        (only.clone(), open(Some("a")), false),
        (only.clone(), open(Some("b")), true),
        (only.clone(), open(None), false),
        (only, closed, true),
    ] {
        assert_eq!(may_answer(&conversation, &settings, &OperatorId("b".into())), expected);
    }
}

#[test]
fn asg_6_and_8_who_can_be_given_a_conversation() {
    let circle = channel(ChannelSettings { operators: OperatorAccess::Associated, ..Default::default() });
    let open_to_all = channel(ChannelSettings::default());
    let member = Person {
        channels: [(circle.id, crate::Membership::new(crate::membership::Ask::Nothing, NOW))].into(),
        ..person("a")
    };
    let removed = Person { removed_at: Some(NOW), ..person("a") };
    let off = Duty { available: false, ..duty("a", 0) };
    for (role, person, duty, channel, expected) in [
        (Role::Operator, &person("a"), duty("a", 0), &open_to_all, Ok(())),
        (Role::Operator, &person("a"), off.clone(), &open_to_all, Err(CannotTake::Unavailable)),
        (Role::Operator, &person("a"), duty("a", 0), &circle, Err(CannotTake::NoAccess)),
        (Role::Operator, &person("a"), off, &circle, Err(CannotTake::NoAccess)),
        (Role::Operator, &member, duty("a", 0), &circle, Ok(())),
        (Role::Administrator, &person("a"), duty("a", 0), &circle, Ok(())),
        (Role::Owner, &removed, duty("a", 0), &open_to_all, Err(CannotTake::NoAccess)),
        (Role::Operator, &person("a"), duty("a", MOST_HELD - 1), &open_to_all, Ok(())),
        (Role::Operator, &person("a"), duty("a", MOST_HELD), &open_to_all, Err(CannotTake::Full)),
    ] {
        assert_eq!(may_take(role, Some(person), &duty, channel), expected, "{role}");
    }
}

/// Whom the rule chooses among those with these many conversations.
fn chosen(settings: &ChannelSettings, duties: &[Duty], last: Option<&str>) -> Option<String> {
    let people: Vec<Person> = duties.iter().map(|duty| person(&duty.operator.0)).collect();
    let candidates: Vec<Candidate<'_>> =
        people.iter().zip(duties).map(|(person, duty)| Candidate { person, duty }).collect();
    let last = last.map(|id| OperatorId(id.into()));
    choose(&channel(settings.clone()), &candidates, last.as_ref()).map(|chosen| chosen.person.id.0.clone())
}

fn rule(assignment: AssignmentRule, capacity: Option<u32>) -> ChannelSettings {
    ChannelSettings { assignment, assignment_capacity: capacity, ..ChannelSettings::default() }
}

#[test]
fn asg_10_round_robin_goes_around_those_who_are_available() {
    let off = Duty { available: false, ..duty("b", 0) };
    let all = [duty("c", 5), duty("a", 9), off, duty("d", 1)];
    let round = rule(AssignmentRule::RoundRobin, None);
    for (last, expected) in [
        (None, "a"),
        (Some("a"), "c"),
        (Some("b"), "c"),
        (Some("c"), "d"),
        (Some("d"), "a"),
        (Some("x"), "a"),
    ] {
        assert_eq!(chosen(&round, &all, last).as_deref(), Some(expected), "after {last:?}");
    }
    assert_eq!(chosen(&round, &all[2..3], None), None);
    assert_eq!(chosen(&rule(AssignmentRule::Off, None), &all, None), None);
}

#[test]
fn asg_11_nobody_gets_more_than_their_capacity() {
    let own = Duty { capacity: Some(9), ..duty("b", 5) };
    let less = Duty { capacity: Some(2), ..duty("c", 2) };
    for kind in [AssignmentRule::RoundRobin, AssignmentRule::LeastBusy] {
        assert_eq!(chosen(&rule(kind, Some(3)), &[duty("a", 3)], None), None);
        assert_eq!(chosen(&rule(kind, Some(3)), &[duty("a", 3), own.clone()], None).as_deref(), Some("b"));
        assert_eq!(chosen(&rule(kind, Some(3)), &[duty("a", 3), less.clone()], None), None);
        assert_eq!(chosen(&rule(kind, None), &[duty("a", 200)], None), None);
        assert_eq!(chosen(&rule(kind, None), &[duty("a", 199)], None).as_deref(), Some("a"));
    }
}

#[test]
fn least_busy_gives_to_the_fewest_and_of_those_to_who_waited_longest() {
    let busy = rule(AssignmentRule::LeastBusy, None);
    let given =
        |id: &str, held, minute| Duty { given_at: Some(NOW + Span::from_minutes(minute)), ..duty(id, held) };
    for (duties, expected) in [
        (vec![duty("a", 3), duty("b", 2), duty("c", 4)], "b"),
        (vec![given("a", 2, 9), given("b", 2, 5), given("c", 2, 7)], "b"),
        (vec![given("a", 2, 1), duty("b", 2)], "b"),
        (vec![duty("b", 2), duty("a", 2)], "a"),
    ] {
        assert_eq!(chosen(&busy, &duties, Some("b")).as_deref(), Some(expected));
    }
}

#[test]
fn what_waits_for_the_rule() {
    let snooze = Snooze { until: None, by: OperatorId("a".into()), at: NOW };
    let closed = Status::Closed { reason: CloseReason::Idle, at: NOW };
    for (conversation, expected) in [
        (open(None), true),
        (open(Some("a")), false),
        (Conversation { status: closed, ..open(None) }, false),
        (Conversation { mode: Mode::Bot, ..open(None) }, false),
        (Conversation { snooze: Some(snooze), ..open(None) }, false),
        (Conversation { unassigned_by_hand: true, ..open(None) }, false),
    ] {
        assert_eq!(waits_for_rule(&conversation), expected);
    }
}

#[test]
fn asg_13_a_reopened_conversation_goes_back_to_an_available_operator_however_much_they_have() {
    let channel = channel(rule(AssignmentRule::Off, Some(1)));
    let again = Conversation { previous_assignee: Some(OperatorId("a".into())), ..open(None) };
    let off = Duty { available: false, ..duty("a", 0) };
    for (id, duty, conversation, expected) in [
        ("a", duty("a", 9), &again, true),
        ("b", duty("b", 0), &again, false),
        ("a", off, &again, false),
        ("a", duty("a", 0), &open(None), false),
        ("a", duty("a", 0), &Conversation { mode: Mode::Bot, ..again.clone() }, false),
    ] {
        let person = person(id);
        let candidate = Candidate { person: &person, duty: &duty };
        assert_eq!(goes_back_to(candidate, conversation, &channel), expected, "{id}");
    }
}

#[test]
fn what_follows_from_a_write() {
    let again = Conversation { episode: 2, ..open(None) };
    let closed = |assignee| Conversation {
        status: Status::Closed { reason: CloseReason::Idle, at: NOW },
        ..open(assignee)
    };
    let bot = Conversation { mode: Mode::Bot, ..open(None) };
    let rows = vec![
        (None, Some(open(None)), true, None),
        (Some(open(None)), Some(open(None)), false, None),
        (Some(open(None)), Some(open(Some("a"))), false, None),
        (Some(open(Some("a"))), Some(open(Some("a"))), false, None),
        (Some(open(Some("a"))), Some(open(Some("b"))), false, Some("a")),
        (Some(open(Some("a"))), Some(closed(Some("a"))), false, Some("a")),
        (Some(open(Some("a"))), Some(again.clone()), true, Some("a")),
        (Some(closed(Some("a"))), Some(again.clone()), true, None),
        (Some(open(None)), Some(again), true, None),
        (Some(bot), Some(open(None)), true, None),
        (Some(open(Some("a"))), None, false, Some("a")),
        (Some(open(None)), Some(closed(None)), false, None),
    ];
    for (before, after, waits, freed) in rows {
        let expected = Follows { waits, freed: freed.map(|id: &str| OperatorId(id.into())) };
        assert_eq!(follows(before.as_ref(), after.as_ref()), expected);
    }
}
