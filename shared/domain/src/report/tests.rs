//! What writes tell, and what hours of it come to.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::channel::{Channel, ChannelHealth, ChannelKind, ChannelStatus};
use crate::conversation::{CloseReason, Conversation, Status};
use crate::credential::Cause;
use crate::ids::{ChannelId, ConnectionId, OperatorId, Party};
use crate::message::Message;
use crate::organisation::hours::Weekday;
use crate::quota::Quota;
use crate::tally::{Slots, Tally};

/// 2026-11-01T00:00:00Z, a Sunday.
const T: Timestamp = Timestamp::from_ms(1_793_491_200_000);

fn minutes(minutes: i64) -> Timestamp {
    T + Span::from_minutes(minutes)
}

fn operator(id: &str) -> OperatorId {
    OperatorId(id.into())
}

fn channel_id() -> ChannelId {
    ChannelId::derive(ChannelKind::Line, "1")
}

/// A message said at `T`.
fn message(sent_by: &Value, body: &Value, send: &Value) -> Message {
    let id = "1809223c-a54e-5e9b-ae37-4058be706671";
    serde_json::from_value(json!({
        "key": format!("{}-{id}", T.as_ms()), "conversation_id": id, "channel_id": channel_id(),
        "sent_by": sent_by, "stored_at": T, "body": body, "send": send,
    }))
    .unwrap()
}

fn said() -> Value {
    json!({"type": "said", "content": {"kind": "text", "text": "a"}})
}

fn line(event: &str) -> Value {
    json!({"type": "timeline", "event": event, "detail": "customer"})
}

#[test]
fn ops_3_what_counts_of_messages() {
    let by = |who: &str| json!({"by": who});
    let person = |id: &str| json!({"by": "operator", "operator": id});
    let answer = |id: Option<&str>| Some(What::Answer { by: id.map(operator) });
    let queued = json!({"status": "queued", "attempts": 0});
    let note = json!({"type": "note", "note": {"text": "a", "author": "sato", "author_name": "佐藤"}});
    for (sent_by, body, send, expected) in [
        (by("customer"), said(), Value::Null, Some(What::Incoming)),
        (person("sato"), said(), queued.clone(), answer(Some("sato"))),
        (person("sato"), said(), json!({"status": "sent", "at": T}), answer(Some("sato"))),
        (by("provider_inbox"), said(), json!({"status": "sent", "at": T}), answer(None)),
        (person("client:crm"), said(), queued.clone(), Some(What::Automatic)),
        (by("other_app"), said(), json!({"status": "sent", "at": T}), Some(What::Automatic)),
        (by("automation"), said(), queued.clone(), Some(What::Automatic)),
        (by("bot"), said(), queued.clone(), Some(What::Automatic)),
        (by("system"), said(), Value::Null, None),
        (person("sato"), note, Value::Null, None),
        (by("system"), line("reopened"), Value::Null, Some(What::Reopened)),
        (by("system"), line("began_anew"), Value::Null, Some(What::Begun)),
        (by("system"), line("closed"), Value::Null, None),
        (by("system"), line("something_new"), Value::Null, None),
    ] {
        let told = of_message(None, Some(&message(&sent_by, &body, &send)), T);
        assert_eq!(told.map(|fact| fact.what), expected, "{sent_by} {body}");
    }
}

#[test]
fn ops_3_a_reply_counts_once_and_a_scheduled_one_when_it_is_queued() {
    let by = json!({"by": "operator", "operator": "sato"});
    let of = |send: Value| message(&by, &said(), &send);
    let states = BTreeMap::from([
        ("scheduled", json!({"status": "scheduled", "at": T})),
        ("canceled", json!({"status": "canceled", "at": T})),
        ("queued", json!({"status": "queued", "attempts": 0})),
        ("sent", json!({"status": "sent", "at": T})),
        ("failed", json!({"status": "failed", "at": T, "reason": "author_left", "detail": ""})),
    ]);
    for (before, after, counts) in [
        (None, Some("queued"), true),
        (None, Some("scheduled"), false),
        (Some("scheduled"), Some("queued"), true),
        (Some("scheduled"), Some("canceled"), false),
        (Some("scheduled"), Some("failed"), false),
        (Some("scheduled"), Some("scheduled"), false),
        (Some("queued"), Some("sent"), false),
        (Some("queued"), Some("failed"), false),
        (Some("failed"), Some("queued"), false),
        (Some("sent"), None, false),
    ] {
        let message = |state: Option<&str>| state.map(|state| of(states[state].clone()));
        let told = of_message(message(before).as_ref(), message(after).as_ref(), T);
        assert_eq!(told.is_some(), counts, "{before:?} -> {after:?}");
    }
}

#[test]
fn ops_3_what_comes_a_day_late_or_from_the_future_counts_when_it_is_written() {
    let said = message(&json!({"by": "customer"}), &said(), &Value::Null);
    for (written_at, counted_at) in [
        (T, T),
        (T + LATE, T),
        (T + LATE + Span::from_ms(1), T + LATE + Span::from_ms(1)),
        (T - Span::from_hours(1), T),
        (T - Span::from_hours(2), T - Span::from_hours(2)),
    ] {
        let told = of_message(None, Some(&said), written_at).unwrap();
        assert_eq!(told.at, counted_at, "{written_at}");
    }
}

fn conversation(episode: u32, started: Timestamp) -> Conversation {
    let new = Conversation::new(channel_id(), ChannelKind::Line, Party::User("U".into()));
    Conversation {
        status: Status::Open,
        episode,
        episode_started_at: Some(started),
        sorted_at: Some(started),
        version: 1,
        ..new
    }
}

fn closed(open: &Conversation, reason: CloseReason, at: Timestamp) -> Conversation {
    Conversation {
        status: Status::Closed { reason, at },
        last_closed_at: Some(at),
        version: open.version + 1,
        ..open.clone()
    }
}

#[test]
fn ops_3_what_counts_of_conversations() {
    let new = Conversation {
        sorted_at: Some(T),
        ..Conversation::new(channel_id(), ChannelKind::Line, Party::User("U".into()))
    };
    // The company wrote first: nothing has begun.
    let wrote = Conversation { last_answer_at: Some(T), version: 1, ..new.clone() };
    let open = conversation(1, minutes(1));
    let answered = Conversation { last_answer_at: Some(minutes(6)), version: 2, ..open.clone() };
    let again = Conversation { last_answer_at: Some(minutes(9)), version: 3, ..answered.clone() };
    let owned = Conversation { assignee: Some(operator("sato")), ..answered.clone() };
    let done = closed(&owned, CloseReason::Operator, minutes(11));
    let reopened = Conversation {
        episode: 2,
        status: Status::Open,
        episode_started_at: Some(minutes(20)),
        ..done.clone()
    };
    let abused = closed(&open, CloseReason::Abuse, minutes(1));
    let first = What::FirstAnswer { after: Span::from_minutes(5) };
    let close = |reason: &str, after: i64, assignee: Option<&str>| What::Closed {
        reason: reason.to_owned(),
        after: Span::from_minutes(after),
        assignee: assignee.map(operator),
    };
    for (name, before, after, expected) in [
        ("nobody wrote", None, Some(&new), vec![]),
        ("the company wrote first", Some(&new), Some(&wrote), vec![]),
        ("it began", None, Some(&open), vec![What::Begun]),
        ("it began after the company wrote", Some(&wrote), Some(&open), vec![What::Begun]),
        ("nothing happened", Some(&open), Some(&open), vec![]),
        ("it was answered", Some(&open), Some(&answered), vec![first.clone()]),
        ("it was answered again", Some(&answered), Some(&again), vec![]),
        ("it was closed", Some(&owned), Some(&done), vec![close("operator", 10, Some("sato"))]),
        ("it was closed, told again", Some(&done), Some(&done), vec![]),
        ("its line tells that it was reopened", Some(&done), Some(&reopened), vec![]),
        ("it began and was closed at once", None, Some(&abused), vec![What::Begun, close("abuse", 0, None)]),
        ("it was deleted", Some(&open), None, vec![]),
        (
            "closed and opened and closed",
            Some(&done),
            Some(&closed(&reopened, CloseReason::Abuse, minutes(20))),
            vec![close("abuse", 0, Some("sato"))],
        ),
    ] {
        let told = of_conversation(before, after, minutes(30));
        let names: BTreeSet<_> = told.iter().map(|fact| &fact.name).collect();
        assert_eq!(names.len(), told.len(), "{name}: each has a name of its own");
        assert_eq!(told.into_iter().map(|fact| fact.what).collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn ops_3_whose_a_first_answer_was_the_answer_of_that_moment_says() {
    let mut hour = Hour::default();
    hour.note(&[
        (minutes(2), What::Answer { by: Some(operator("sato")) }),
        (minutes(1), What::Incoming),
        (minutes(2), What::FirstAnswer { after: Span::from_minutes(1) }),
        (minutes(3), What::Answer { by: Some(operator("ito")) }),
    ]);
    let count = |who: &str| hour.by[&Some(operator(who))].first_answer.count();
    assert_eq!((count("sato"), count("ito")), (1, 0));
    let mut unknown = Hour::default();
    unknown.note(&[(minutes(2), What::FirstAnswer { after: Span::from_minutes(1) })]);
    assert_eq!(unknown.by[&None].first_answer.count(), 1);
}

fn period(from: &str, to: &str, zone: &str) -> Result<Period, PeriodRefused> {
    Period::new(from.parse().unwrap(), to.parse().unwrap(), zone.parse().unwrap())
}

#[test]
fn ops_3_a_period_is_whole_days_of_its_zone() {
    for (from, to, zone, days, hours, begin) in [
        ("2026-11-01", "2026-11-01", "UTC", 1, 24, "2026-11-01T00:00:00.000Z"),
        ("2026-11-01", "2026-11-02", "Asia/Tokyo", 2, 48, "2026-10-31T15:00:00.000Z"),
        // Clocks go back in New York at 2:00 on that Sunday, and forward on the other.
        ("2026-11-01", "2026-11-01", "America/New_York", 1, 25, "2026-11-01T04:00:00.000Z"),
        ("2026-03-08", "2026-03-08", "America/New_York", 1, 23, "2026-03-08T05:00:00.000Z"),
        // Hours of UTC begin at half past there.
        ("2026-11-01", "2026-11-01", "Asia/Kolkata", 1, 24, "2026-10-31T18:30:00.000Z"),
        // Half an hour of summer time.
        ("2026-10-04", "2026-10-04", "Australia/Lord_Howe", 1, 23, "2026-10-03T13:30:00.000Z"),
        ("2026-08-01", "2026-10-31", "Asia/Tokyo", 92, 92 * 24, "2026-07-31T15:00:00.000Z"),
    ] {
        let period = period(from, to, zone).unwrap();
        let name = format!("{from} {to} {zone}");
        assert_eq!((period.days().len(), period.begin().to_string()), (days, begin.to_owned()), "{name}");
        assert_eq!(period.hours().count(), hours, "{name}");
        assert_eq!(period.places().len(), hours, "{name}: each of its hours is on one of its days");
    }
    assert_eq!(period("2026-11-02", "2026-11-01", "UTC"), Err(PeriodRefused::Backwards));
    assert_eq!(period("2026-08-01", "2026-11-01", "UTC"), Err(PeriodRefused::TooLong));
    assert_eq!(period("9999-12-31", "9999-12-31", "UTC"), Err(PeriodRefused::NoSuchDay));
}

#[test]
fn ops_3_hours_stand_where_the_reader_s_clock_says() {
    let new_york = period("2026-10-31", "2026-11-02", "America/New_York").unwrap();
    for (at, day, weekday, hour) in [
        ("2026-10-31T04:00:00Z", 0, Weekday::Saturday, 0),
        // One o'clock comes twice.
        ("2026-11-01T05:00:00Z", 1, Weekday::Sunday, 1),
        ("2026-11-01T06:00:00Z", 1, Weekday::Sunday, 1),
        ("2026-11-01T07:00:00Z", 1, Weekday::Sunday, 2),
        ("2026-11-02T05:00:00Z", 2, Weekday::Monday, 0),
    ] {
        let place = new_york.place(Timestamp::from_rfc_3339(at).unwrap());
        assert_eq!(place, Some(Local { day, weekday, hour }), "{at}");
    }
    for outside in ["2026-10-31T03:59:59Z", "2026-11-03T05:00:00Z"] {
        assert_eq!(new_york.place(Timestamp::from_rfc_3339(outside).unwrap()), None, "{outside}");
    }
    let kolkata = period("2026-11-01", "2026-11-01", "Asia/Kolkata").unwrap();
    let place = kolkata.place(Timestamp::from_rfc_3339("2026-10-31T19:00:00Z").unwrap()).unwrap();
    assert_eq!((place.day, place.hour), (0, 0), "it begins at half past midnight");
}

#[test]
fn ops_3_a_report_of_one_person_tells_what_they_did_and_nothing_else() {
    let mut hour = Hour { incoming: 5, begun: 2, ..Hour::default() };
    hour.note(&[
        (T, What::Answer { by: Some(operator("sato")) }),
        (T, What::Answer { by: Some(operator("ito")) }),
    ]);
    let day = period("2026-11-01", "2026-11-01", "UTC").unwrap();
    let hours = || [(channel_id(), T, &hour), (channel_id(), T + Span::from_days(1), &hour)];
    let all = fold(&day, None, hours());
    assert_eq!(
        all.total.channel.map(|sum| (sum.incoming, sum.begun)),
        Some((5, 2)),
        "the other is another day's"
    );
    assert_eq!((all.total.work.answers, all.operators.len()), (2, 2));
    let monday_first = [[0; 24]; 6].len();
    assert_eq!(all.week[monday_first][0].work.answers, 2, "Sunday");
    let hers = fold(&day, Some(&operator("sato")), hours());
    assert_eq!((hers.total.channel, hers.total.work.answers, hers.operators.len()), (None, 1, 1));
    let nobodys = fold(&day, Some(&operator("abe")), hours());
    assert!(nobodys.total.is_empty() && nobodys.hours.is_empty() && nobodys.operators.is_empty());
}

#[test]
fn chn_27_a_look_at_a_channel_is_noted_in_its_place() {
    let connection = ConnectionId::from(channel_id());
    let healthy = Channel {
        health: ChannelHealth::Healthy { since: T },
        ..Channel::new(ChannelKind::Line, "Line", "1", connection, T)
    };
    let broken =
        ChannelHealth::NeedsReauthorization { cause: Cause::TokenExpired, since: T, detail: String::new() };
    let off = ChannelStatus::Off { since: T, by: operator("sato") };
    let deleted = ChannelStatus::Deleted { since: T, by: operator("sato") };
    for (channel, state) in [
        (healthy.clone(), Some(ChannelState::Healthy)),
        (Channel { health: broken.clone(), ..healthy.clone() }, Some(ChannelState::NeedsReauthorization)),
        (Channel { health: ChannelHealth::Connecting, ..healthy.clone() }, Some(ChannelState::Connecting)),
        (Channel { status: off, health: broken, ..healthy.clone() }, Some(ChannelState::Off)),
        (Channel { status: deleted, ..healthy.clone() }, None),
    ] {
        assert_eq!(ChannelState::of(&channel), state);
        assert_eq!(state.and_then(|state| ChannelState::of_letter(state.letter())), state);
    }
    let quota = Quota { limit: Some(200), used: 7, read_at: minutes(20) };
    let channel = Channel { quota: Some(quota), ..healthy };
    let tally = |accepted| Tally { accepted, ..Tally::default() };
    let tallies = Slots::from([
        (T - Span::from_hours(4), tally(9)),
        (T - Span::from_minutes(20), tally(3)),
        (T - Span::from_minutes(10), tally(2)),
        (T, tally(1)),
    ]);
    let look = Watch::look(&channel, &tallies, minutes(25));
    let yesterday = &look[&(T - Span::from_days(1))];
    assert_eq!((yesterday.states.len(), yesterday.quota), (0, None));
    assert_eq!(
        yesterday.replies.iter().map(|(hour, ended)| (*hour, ended.accepted)).collect::<Vec<_>>(),
        [(23, 5)]
    );
    assert_eq!(look[&T].states, BTreeMap::from([(2, ChannelState::Healthy)]));
    assert_eq!((look[&T].replies[&0].accepted, look[&T].quota), (1, Some(quota)));
}

#[test]
fn chn_27_what_was_seen_is_told_by_the_reader_s_days() {
    let quota = |hour: i64, used| Quota { limit: Some(200), used, read_at: T + Span::from_hours(hour) };
    let mut first = Watch { quota: Some(quota(23, 90)), ..Watch::default() };
    for slot in 0..SLOTS_PER_DAY {
        let state = if slot < 60 { ChannelState::Healthy } else { ChannelState::NeedsReauthorization };
        first.states.insert(slot, state);
    }
    first.replies = BTreeMap::from([
        (14, Ended { accepted: 2, ..Ended::default() }),
        (15, Ended { refused: 3, ..Ended::default() }),
    ]);
    let second = Watch { quota: Some(quota(28, 95)), ..Watch::default() };
    let watches = BTreeMap::from([(T, first), (T + Span::from_days(1), second)]);
    let tokyo = period("2026-11-01", "2026-11-02", "Asia/Tokyo").unwrap();
    let days = tokyo.channel_days(&watches);
    let minutes = |day: usize, state| days[day].states.get(&state).map_or(0, |span| span.as_ms() / 60_000);
    // The first day there begins at 15:00 UTC of the day before, when nobody looked, and ends at 15:00.
    assert_eq!(
        (minutes(0, ChannelState::Healthy), minutes(0, ChannelState::NeedsReauthorization)),
        (600, 300)
    );
    assert_eq!((minutes(1, ChannelState::Healthy), minutes(1, ChannelState::NeedsReauthorization)), (0, 540));
    assert_eq!((days[0].replies.accepted, days[0].replies.refused), (2, 0));
    assert_eq!((days[1].replies.accepted, days[1].replies.refused), (0, 3));
    assert_eq!((days[0].quota, days[1].quota), (None, Some(quota(28, 95))), "the latest of the day");
    assert_eq!(tokyo.replies_by_hour(&watches).len(), 2);
}

fn whats() -> impl Strategy<Value = Vec<(Timestamp, What)>> {
    let who = || prop::option::of(prop::sample::select(vec!["sato", "ito"]).prop_map(operator));
    let span = || (0_i64..4_000_000).prop_map(Span::from_ms);
    let reason = prop::sample::select(vec!["idle", "operator"]).prop_map(str::to_owned);
    let what = prop_oneof![
        Just(What::Incoming),
        Just(What::Automatic),
        Just(What::Begun),
        Just(What::Reopened),
        who().prop_map(|by| What::Answer { by }),
        span().prop_map(|after| What::FirstAnswer { after }),
        (reason, span(), who()).prop_map(|(reason, after, assignee)| What::Closed {
            reason,
            after,
            assignee
        }),
    ];
    prop::collection::vec((0_i64..60, what).prop_map(|(at, what)| (minutes(at), what)), 0..30)
}

proptest! {
    #[test]
    fn ops_3_hours_put_together_in_any_order_are_the_same(parts in prop::collection::vec(whats(), 0..6)) {
        let hours: Vec<Hour> = parts.iter().map(|facts| {
            let mut hour = Hour::default();
            hour.note(facts);
            hour
        }).collect();
        let sum = |hours: &mut dyn Iterator<Item = &Hour>| {
            let mut sum = Hour::default();
            hours.for_each(|hour| sum.add(hour));
            sum
        };
        let forward = sum(&mut hours.iter());
        prop_assert_eq!(&forward, &sum(&mut hours.iter().rev()));
        // What is told of everything is what is told of everybody.
        let day = period("2026-11-01", "2026-11-01", "UTC").unwrap();
        let report = fold(&day, None, hours.iter().map(|hour| (channel_id(), T, hour)));
        let answers: u64 = report.operators.values().map(|work| work.answers).sum();
        prop_assert_eq!(report.total.work.answers, answers);
        prop_assert_eq!(report.days[0].clone(), report.total.clone());
        let said = parts.iter().flatten().filter(|(_, what)| *what == What::Incoming).count() as u64;
        prop_assert_eq!(report.total.channel.unwrap().incoming, said);
    }

    #[test]
    fn ops_3_a_fact_is_read_as_it_was_written(facts in whats()) {
        for (at, what) in facts {
            let conversation = Conversation::new(channel_id(), ChannelKind::Line, Party::User("U".into()));
            let fact = Fact { channel_id: channel_id(), conversation_id: conversation.id, at, name: "m1".into(), what };
            let text = serde_json::to_string(&fact).unwrap();
            prop_assert_eq!(serde_json::from_str::<Fact>(&text).unwrap(), fact);
        }
    }
}
