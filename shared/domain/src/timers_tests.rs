//! Where timers come from, and the hours that they count.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::channel::ChannelKind;
use crate::conversation::Status;
use crate::deadline::{Verdict, deadline, rearmed, verdict};
use crate::ids::Party;

/// A Monday, 00:00 in UTC.
const MONDAY: Timestamp = Timestamp::from_ms(1_700_438_400_000);
const HOUR: Span = Span::from_hours(1);

fn timers(unanswered: Option<u32>, idle: Option<u32>, bot: Option<u32>) -> Timers {
    Timers {
        unanswered_close_after_minutes: unanswered,
        idle_close_after_minutes: idle,
        bot_close_after_minutes: bot,
    }
}

fn department(id: DepartmentId, timers: Timers, hours: Option<BusinessHours>) -> Department {
    let name = "d".to_owned();
    let timers_changed_at = Some(MONDAY);
    Department { id, name, hours, timers, timers_changed_at, created_at: MONDAY, removed_at: None, rev: 1 }
}

fn brand(timers: Timers) -> Brand {
    let id = BrandId::derive("b", MONDAY);
    Brand {
        id,
        name: "b".into(),
        timers,
        timers_changed_at: None,
        created_at: MONDAY,
        removed_at: None,
        rev: 1,
    }
}

/// From 9 to 12 and from 13 to 17 on Mondays and Tuesdays, UTC; that Tuesday is a holiday.
fn hours() -> BusinessHours {
    let day = r#"[{"from":"09:00","to":"12:00"},{"from":"13:00","to":"17:00"}]"#;
    let hours = format!(
        r#"{{"time_zone":"Etc/UTC","week":{{"monday":{day},"tuesday":{day}}},
        "holidays":[{{"date":"2023-11-21","name":"holiday"}}]}}"#
    );
    serde_json::from_str::<BusinessHours>(&hours).unwrap().checked().unwrap()
}

fn waiting(at: Timestamp) -> Conversation {
    let kind = ChannelKind::Line;
    let new = Conversation::new(crate::ids::ChannelId::derive(kind, "1"), kind, Party::User("u".into()));
    Conversation {
        status: Status::Open,
        episode_started_at: Some(at),
        last_customer_at: Some(at),
        customer_clock: Some(at),
        ..new
    }
}

#[test]
fn tmr_5_the_channel_comes_before_the_department_and_that_before_the_brand() {
    let own = |idle| ChannelSettings { idle_close_after_minutes: idle, ..ChannelSettings::default() };
    let (above, top) = (timers(Some(60), Some(20), None), timers(Some(90), Some(30), Some(40)));
    let table = [
        (own(Some(10)), Some(&above), Some(&top), (Some(60), Some(10), Some(40))),
        (own(None), Some(&above), Some(&top), (Some(60), Some(20), Some(40))),
        (own(None), None, Some(&top), (Some(90), Some(30), Some(40))),
        (own(None), None, None, (None, None, None)),
        (
            ChannelSettings { own_timers: true, ..own(Some(10)) },
            Some(&above),
            Some(&top),
            (None, Some(10), None),
        ),
    ];
    for (settings, department, brand, expected) in table {
        let acting = effective(&settings, department, brand);
        let found = (
            acting.unanswered_close_after_minutes,
            acting.idle_close_after_minutes,
            acting.bot_close_after_minutes,
        );
        assert_eq!(found, expected, "{settings:?}");
    }
    for (refused, field) in [
        (timers(Some(14), None, None), "unanswered_close_after_minutes"),
        (timers(None, Some(1_441), None), "idle_close_after_minutes"),
        (timers(None, None, Some(0)), "bot_close_after_minutes"),
    ] {
        assert_eq!(refused.check().map_err(|error| error.field), Err(field));
    }
}

#[test]
fn tmr_12_what_changes_above_a_channel_is_a_change_of_its_settings() {
    let (here, there) = (DepartmentId::derive("here", MONDAY), DepartmentId::derive("there", MONDAY));
    let brand = brand(timers(Some(15), None, None));
    let other =
        Department { timers_changed_at: Some(MONDAY + HOUR), ..department(there, Timers::default(), None) };
    let organisation =
        Organisation::new([department(here, timers(None, Some(5), None), None), other], [brand.clone()]);
    let id = crate::ids::ChannelId::derive(ChannelKind::Line, "1");
    let mut channel = Channel::new(ChannelKind::Line, "x", "1", id.into(), Timestamp::default());
    assert!(!inherits(&channel));
    (channel.department, channel.brand) = (Some(here), Some(brand.id));
    assert!(inherits(&channel));
    let resolved = organisation.resolve(channel.clone());
    assert_eq!(resolved.settings.unanswered_close_after_minutes, Some(15));
    assert_eq!(resolved.settings.idle_close_after_minutes, Some(5));
    assert_eq!(resolved.settings_changed_at, MONDAY);
    channel.settings.pause_outside_hours = true;
    assert_eq!(
        organisation.resolve(channel).settings_changed_at,
        MONDAY + HOUR,
        "one can be transferred there"
    );
}

#[test]
fn tmr_10_hours_are_those_of_the_department_that_it_was_transferred_to() {
    let (here, there) = (DepartmentId::derive("here", MONDAY), DepartmentId::derive("there", MONDAY));
    let all =
        [department(here, Timers::default(), Some(hours())), department(there, Timers::default(), None)];
    let organisation = Organisation::new(all, []);
    let mut channel =
        Channel::new(ChannelKind::Line, "x", "1", waiting(MONDAY).channel_id.into(), Timestamp::default());
    channel.department = Some(here);
    let at_home = waiting(MONDAY);
    let away = Conversation { department: Some(there), ..at_home.clone() };
    assert_eq!(organisation.hours(&channel, &at_home), None, "off");
    channel.settings.pause_outside_hours = true;
    assert_eq!(organisation.hours(&channel, &at_home), Some(&hours()));
    assert_eq!(organisation.hours(&channel, &away), None, "that one answers always");
    // Given up, it takes nothing with it.
    let all = [
        department(here, Timers::default(), Some(hours())),
        Department { removed_at: Some(MONDAY), ..department(there, Timers::default(), None) },
    ];
    let organisation = Organisation::new(all, []);
    assert_eq!(organisation.hours(&channel, &away), Some(&hours()));
}

#[test]
fn tmr_10_timers_stop_outside_business_hours_over_breaks_and_holidays() {
    let settings = ChannelSettings {
        unanswered_close_after_minutes: Some(120),
        pause_outside_hours: true,
        ..ChannelSettings::default()
    };
    let hours = hours();
    let due = |at| {
        let timing = Timing { settings: &settings, hours: Some(&hours) };
        deadline(&waiting(at), timing).map(|due| due.due_at)
    };
    let at = |hours| MONDAY + Span::from_hours(hours);
    for (wrote, expected) in [
        (at(9), at(11)),
        (at(3), at(11)),
        (at(11), at(14)),
        (at(16), at(7 * 24 + 10)),
        (at(24 + 10), at(7 * 24 + 11)),
    ] {
        assert_eq!(due(wrote), Some(expected), "{wrote}");
    }
    let shut = BusinessHours { week: BTreeMap::new(), holidays: Vec::new(), ..hours.clone() };
    let never = Timing { settings: &settings, hours: Some(&shut) };
    assert_eq!(deadline(&waiting(at(9)), never), None);
    let on = ChannelSettings { pause_outside_hours: false, ..settings.clone() };
    let running = Timing { settings: &on, hours: Some(&hours) };
    assert_eq!(deadline(&waiting(at(3)), running).map(|due| due.due_at), Some(at(5)));
}

proptest! {
    /// Working time never runs faster than time, and who arms without the hours is never late.
    #[test]
    fn tmr_10_what_is_armed_without_hours_is_never_later(
        wrote in 0..20_000_i64, minutes in 15..5_000_u32, more in 0..500_u32,
    ) {
        let at = MONDAY + Span::from_minutes(wrote);
        let settings = |minutes| ChannelSettings {
            unanswered_close_after_minutes: Some(minutes),
            pause_outside_hours: true,
            ..ChannelSettings::default()
        };
        let hours = hours();
        let (short, long) = (settings(minutes), settings(minutes + more));
        let chat = waiting(at);
        let with = |settings| deadline(&chat, Timing { settings, hours: Some(&hours) }).unwrap();
        let without = deadline(&chat, &short).unwrap();
        prop_assert!(with(&short).due_at >= without.due_at);
        prop_assert!(with(&short).due_at <= with(&long).due_at);
        let due_at = with(&short).due_at;
        prop_assert!(hours.is_open(due_at - Span::from_ms(1)), "it ends within business hours");
        let timing = Timing { settings: &short, hours: Some(&hours) };
        prop_assert!(matches!(verdict(&chat, timing, due_at - Span::from_ms(1)), Verdict::Rearm(_)));
        prop_assert!(matches!(verdict(&chat, timing, due_at), Verdict::Close(_)));
        prop_assert_eq!(rearmed(None, Some(with(&short))), Some(with(&short).to_arm()));
    }
}
