use proptest::prelude::*;

use super::*;
use crate::channel::ChannelStatus;
use crate::ids::{ConnectionId, OperatorId};
use crate::person::Seen;
use crate::role::Role;

const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);
const LONG_AGO: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const MINUTE: Span = Span::from_minutes(1);

fn channel(name: &str, health: ChannelHealth) -> Channel {
    let kind = ChannelKind::Messenger;
    Channel { health, ..Channel::new(kind, name, name, ConnectionId::derive(kind, "login"), LONG_AGO) }
}

fn held(since: Timestamp) -> ChannelHealth {
    ChannelHealth::NeedsReauthorization { cause: Cause::TokenExpired, since, detail: "190".into() }
}

const fn well() -> ChannelHealth {
    ChannelHealth::Healthy { since: LONG_AGO }
}

fn standing(channels: &[Channel]) -> Standing<'_> {
    Standing { authorized_at: LONG_AGO, checked_at: Some(NOW), expires_at: None, channels }
}

/// Tells all that is due, as the function does; the names of each e-mail's channels.
fn tell(standing: &Standing<'_>, told: &mut Told) -> Vec<(&'static str, Vec<String>)> {
    let alerts = due(standing, told);
    for alert in &alerts {
        told.note(alert);
    }
    alerts
        .iter()
        .map(|alert| (alert.as_str(), alert.channels().iter().map(|channel| channel.name.clone()).collect()))
        .collect()
}

#[test]
fn aut_12_channels_that_break_together_are_one_email_and_one_more_when_they_work_again() {
    let mut told = Told::default();
    let names = |of: &[&str]| of.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let broken = [channel("A", held(NOW)), channel("B", well()), channel("C", held(NOW))];
    assert_eq!(tell(&standing(&broken), &mut told), [("broken", names(&["A", "C"]))]);
    assert_eq!(tell(&standing(&broken), &mut told), []);

    let later = NOW + MINUTE;
    let one_more = [channel("A", held(NOW)), channel("B", held(later)), channel("C", held(NOW))];
    let checked_later = |channels| Standing { checked_at: Some(later), ..standing(channels) };
    assert_eq!(tell(&checked_later(&one_more), &mut told), [("broken", names(&["B"]))]);

    let partly = [channel("A", well()), channel("B", well()), channel("C", held(NOW))];
    assert_eq!(tell(&checked_later(&partly), &mut told), [("mended", names(&["A", "B"]))]);
    assert_eq!(tell(&checked_later(&partly), &mut told), []);
    let mended = [channel("A", well()), channel("B", well()), channel("C", well())];
    assert_eq!(tell(&checked_later(&mended), &mut told), [("mended", names(&["C"]))]);
    assert_eq!(told, Told::default());

    let again = [channel("A", held(later)), channel("B", well()), channel("C", well())];
    assert_eq!(tell(&checked_later(&again), &mut told), [("broken", names(&["A"]))]);
}

#[test]
fn aut_12_a_hold_is_told_once_a_check_has_confirmed_it_and_the_grace_is_over() {
    let ms = Span::from_ms(1);
    // Since when it is held, when it was checked, when somebody authorized it, whether it is told.
    for (since, checked_at, authorized_at, expected) in [
        (NOW, None, LONG_AGO, false),
        (NOW, Some(NOW - ms), LONG_AGO, false),
        (NOW, Some(NOW), LONG_AGO, true),
        (NOW, Some(NOW + MINUTE), LONG_AGO, true),
        (NOW, Some(NOW + MINUTE), NOW - MINUTE, true),
        (NOW, Some(NOW + MINUTE), NOW - MINUTE + ms, false),
        (NOW, Some(NOW + GRACE), NOW, true),
        (NOW, Some(NOW), NOW, false),
        // What was not mended by a re-authorization.
        (LONG_AGO, Some(NOW), NOW - MINUTE, false),
        (LONG_AGO, Some(NOW), NOW - GRACE, true),
    ] {
        let channels = [channel("A", held(since))];
        let standing = Standing { authorized_at, checked_at, ..standing(&channels) };
        let told = !due(&standing, &Told::default()).is_empty();
        assert_eq!(told, expected, "{since} {checked_at:?} {authorized_at}");
    }
}

#[test]
fn chn_19_nobody_is_told_of_a_channel_that_is_not_in_use() {
    let by = OperatorId("a".into());
    for status in
        [ChannelStatus::Off { since: NOW, by: by.clone() }, ChannelStatus::Deleted { since: NOW, by }]
    {
        let channels = [Channel { status, ..channel("A", held(NOW)) }];
        let ends = Standing { expires_at: Some(NOW + MINUTE), ..standing(&channels) };
        assert_eq!(due(&ends, &Told::default()), []);
    }
    let connecting = [channel("A", ChannelHealth::Connecting)];
    assert_eq!(due(&standing(&connecting), &Told::default()), []);
}

#[test]
fn aut_8_each_mark_is_warned_of_once_and_after_a_long_pause_only_the_nearest() {
    let day = Span::from_days(1);
    let channels = [channel("A", well()), channel("B", held(LONG_AGO))];
    let end = NOW + Span::from_days(40);
    let mut told = Told::default();
    told.incidents.insert(channels[1].id, LONG_AGO);
    // Time left at a check, and the warning that follows: days and mark.
    let table = [
        (Span::from_days(30), None),
        (Span::from_days(14) + Span::from_ms(1), None),
        (Span::from_days(14), Some((14, 14))),
        (Span::from_days(14) - day, None),
        (Span::from_days(7), Some((7, 7))),
        (Span::from_days(7) - Span::from_ms(1), None),
        // The mark of three days passed unseen.
        (Span::from_days(1), Some((1, 1))),
        (Span::from_ms(1), None),
        (Span::from_ms(0), None),
    ];
    for (left, expected) in table {
        let checked = Standing { expires_at: Some(end), checked_at: Some(end - left), ..standing(&channels) };
        let alerts = due(&checked, &told);
        let found = match &alerts[..] {
            [] => None,
            [Alert::Ending { channels, days_left, mark, .. }] => {
                assert_eq!(channels.len(), 1, "the other one does not work anyway");
                Some((*days_left, *mark))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(found, expected, "{left:?}");
        for alert in &alerts {
            told.note(alert);
        }
    }

    let five_left = Standing {
        expires_at: Some(end),
        checked_at: Some(end - Span::from_days(5)),
        ..standing(&channels[..1])
    };
    assert!(matches!(due(&five_left, &Told::default())[..], [Alert::Ending { days_left: 5, mark: 7, .. }]));
    let over = Standing { checked_at: Some(end), ..five_left };
    assert_eq!(due(&over, &Told::default()), []);
}

#[test]
fn aut_8_an_end_that_moves_by_seconds_is_the_same_and_a_renewed_one_is_another() {
    let channels = [channel("A", well())];
    let end = NOW + Span::from_days(6);
    let told = Told { warned: Some(Warned { end, mark: 7 }), ..Told::default() };
    for (moved, expected) in [
        (end, false),
        (end + MINUTE, false),
        (end - MINUTE, false),
        (end + Span::from_days(60), false),
        (end + Span::from_days(1), true),
    ] {
        let standing = Standing { expires_at: Some(moved), ..standing(&channels) };
        assert_eq!(!due(&standing, &told).is_empty(), expected, "{moved}");
    }
}

#[test]
fn what_was_told_is_read_as_it_was_written() {
    let mut told = Told { rev: 3, ..Told::default() };
    told.incidents.insert(channel("A", well()).id, NOW);
    told.warned = Some(Warned { end: NOW, mark: 7 });
    let text = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Told>(&text).unwrap(), told);
    assert_eq!(serde_json::from_str::<Told>("{}").unwrap(), Told::default());
}

#[test]
fn aut_12_administrators_and_owners_are_told_where_mail_can_reach_them() {
    let person = |account: Option<&str>, role| {
        let seen = Seen { name: "x".into(), account: account.map(str::to_owned), role, signed_in_at: None };
        Person::new(OperatorId(format!("{account:?}")), &seen, NOW)
    };
    let mut removed = person(Some("gone@example.com"), Role::Owner);
    removed.remove(NOW);
    let people = [
        person(Some("operator@example.com"), Role::Operator),
        person(Some("Admin@example.com"), Role::Administrator),
        person(Some("owner@example.com"), Role::Owner),
        person(Some("u1"), Role::Owner),
        person(None, Role::Owner),
        removed,
    ];
    assert_eq!(recipients(&people, ""), ["Admin@example.com", "owner@example.com"]);
    let also = " desk@example.com, admin@EXAMPLE.com ,,nobody,";
    assert_eq!(recipients(&people, also), ["desk@example.com", "admin@EXAMPLE.com", "owner@example.com"]);
    for bad in ["@example.com", "a@", "a@b", "a@b@c.d", "a b@c.d", "a@c.d>", "窓@example.com", "a@.c", "a@c."]
    {
        assert_eq!(recipients(&[], bad), Vec::<String>::new(), "{bad}");
    }
}

/// What can happen to a connection of two channels.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call of a channel is refused.
    Refused(usize),
    /// Somebody enters a credential.
    Authorized,
    /// A check finds these channels broken, and the others well.
    Checked([bool; 2]),
    /// A record of the stream comes, whichever.
    Looked,
    /// Minutes pass.
    Passed(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2_usize).prop_map(Step::Refused),
        Just(Step::Authorized),
        any::<[bool; 2]>().prop_map(Step::Checked),
        any::<[bool; 2]>().prop_map(Step::Checked),
        Just(Step::Looked),
        (1..10_i64).prop_map(Step::Passed),
    ]
}

proptest! {
    /// Each incident is told at most once, exactly once if it was looked at when it was confirmed and the grace over,
    /// and its end once if its beginning was told; however often and whenever somebody looks.
    #[test]
    fn aut_12_every_incident_is_told_once(steps in prop::collection::vec(step(), 1..60)) {
        let mut channels = [channel("A", well()), channel("B", well())];
        let (mut now, mut authorized_at, mut checked_at) = (NOW, LONG_AGO, None);
        let mut told = Told::default();
        let mut known: Vec<(ChannelId, Timestamp)> = Vec::new();
        let mut open: BTreeMap<ChannelId, Timestamp> = BTreeMap::new();
        for step in steps {
            // No two things happen at the same instant.
            now = now + Span::from_ms(1);
            match step {
                Step::Refused(at) => {
                    if matches!(channels[at].health, ChannelHealth::Healthy { .. }) {
                        channels[at].health = held(now);
                    }
                }
                Step::Authorized => authorized_at = now,
                Step::Checked(broken) => {
                    for (channel, broken) in channels.iter_mut().zip(broken) {
                        let is_held = matches!(channel.health, ChannelHealth::NeedsReauthorization { .. });
                        match (is_held, broken) {
                            (false, true) => channel.health = held(now),
                            (true, false) => channel.health = ChannelHealth::Healthy { since: now },
                            _ => {}
                        }
                    }
                    checked_at = Some(now);
                }
                Step::Passed(minutes) => now = now + Span::from_minutes(minutes),
                Step::Looked => {
                    let standing = Standing { authorized_at, checked_at, expires_at: None, channels: &channels };
                    for alert in due(&standing, &told) {
                        told.note(&alert);
                        match alert {
                            Alert::Broken(all) => for broken in all {
                                let incident = (broken.channel.id, broken.since);
                                prop_assert!(!known.contains(&incident), "twice: {incident:?}");
                                prop_assert!(checked_at.is_some_and(|at| at >= broken.since));
                                known.push(incident);
                                open.insert(broken.channel.id, broken.since);
                            },
                            Alert::Mended(all) => for channel in all {
                                prop_assert!(open.remove(&channel.id).is_some(), "its beginning was not told");
                            },
                            Alert::Ending { .. } => prop_assert!(false, "it has no end"),
                        }
                    }
                    for channel in &channels {
                        if let ChannelHealth::NeedsReauthorization { since, .. } = channel.health
                            && checked_at.is_some_and(|at| at >= since && at >= authorized_at + GRACE)
                        {
                            prop_assert!(known.contains(&(channel.id, since)), "not told: {since}");
                        }
                    }
                    prop_assert_eq!(due(&standing, &told), []);
                }
            }
        }
    }
}
