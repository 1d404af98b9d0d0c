use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use madoguchi_domain::report::{Hour, What};
use madoguchi_domain::{OperatorId, Span, Timestamp};

use super::pack::{pack, unpack};

/// Facts of every kind, of people whose ids are UUIDs and otherwise.
fn hour(people: &[&str], minutes: i64) -> Hour {
    let mut hour = Hour { incoming: 300, automatic: 1, begun: 127, reopened: 128, ..Hour::default() };
    for (at, person) in people.iter().enumerate() {
        let (by, at) = (Some(OperatorId((*person).to_owned())), i64::try_from(at).unwrap());
        let after = Span::from_minutes(minutes + at * 7);
        let said = Timestamp::from_ms(at);
        hour.note(&[
            (said, What::Answer { by: by.clone() }),
            (said, What::FirstAnswer { after }),
            (said, What::Closed { reason: "idle".to_owned(), after, assignee: by }),
            (said, What::Closed { reason: "operator".to_owned(), after, assignee: None }),
        ]);
    }
    hour
}

#[test]
fn ops_3_an_hour_is_read_as_it_was_written() {
    let upper = "1809223C-A54E-5E9B-AE37-4058BE706671";
    let lower = "1809223c-a54e-5e9b-ae37-4058be706671";
    for people in [&[][..], &["佐藤"], &[lower, upper, "client:crm", ""]] {
        for minutes in [0, 1, 90, 1_000_000] {
            let written = hour(people, minutes);
            let bytes = pack(&written);
            assert_eq!(unpack(&bytes), Some(written), "{people:?} {minutes}");
            for cut in 0..bytes.len() {
                assert_eq!(unpack(&bytes[..cut]), None, "{people:?}, {cut} bytes of it");
            }
            assert_eq!(unpack(&[bytes.as_slice(), &[0]].concat()), None);
        }
    }
    assert_eq!(unpack(&[9, 0, 0, 0, 0, 0]), None, "a later form");
    assert_eq!(
        unpack(&[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        None,
        "no end"
    );
}

#[test]
fn ops_3_an_hour_of_fifty_chats_is_small() {
    let ids: Vec<String> = (0..6).map(|id| format!("{id:08}-a54e-4e9b-ae37-4058be706671")).collect();
    let mut busy = Hour { incoming: 250, automatic: 20, begun: 50, reopened: 10, ..Hour::default() };
    for chat in 0..50_i64 {
        let by = Some(OperatorId(ids[usize::try_from(chat).unwrap() % ids.len()].clone()));
        let (said, after) = (Timestamp::from_ms(chat), Span::from_secs(20 + chat * chat));
        busy.note(&[
            (said, What::Answer { by: by.clone() }),
            (said, What::FirstAnswer { after }),
            (said, What::Closed { reason: "idle".to_owned(), after: after + after, assignee: by }),
        ]);
    }
    let size = pack(&busy).len();
    assert!(size < 500, "{size} bytes: twenty channels and a month of such hours are 15,000 of them");
}

#[test]
fn what_a_later_release_writes_beside_what_was_seen_is_passed_over() {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let known = HashMap::from([
        ("sk".to_owned(), text("1793491200000")),
        ("s004".to_owned(), text("h")),
        ("s005".to_owned(), text("?")),
        ("t07".to_owned(), text("1,2,3,4")),
        ("t08".to_owned(), text("1,2")),
        ("state".to_owned(), text("h")),
        ("total".to_owned(), text("1,2,3,4")),
    ]);
    let (day, watch) = super::watch::decode(&known).unwrap();
    assert_eq!(day, Timestamp::from_ms(1_793_491_200_000));
    assert_eq!((watch.states.len(), watch.replies.len(), watch.quota), (1, 1, None));
    assert_eq!(watch.replies[&7].refused_of_customers, 3);
}
