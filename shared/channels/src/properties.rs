//! What must hold for any bytes that a provider signs.

use std::collections::BTreeSet;

use madoguchi_domain::event::{CustomerMessage, Echo};
use madoguchi_domain::{ChannelId, ChannelKind, Content, Event, EventBody, Timestamp};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

use crate::envelope::{InboundEvent, InboundWork, joined, quarantine_parts};
use crate::parse::{ParseOptions, parse};
use crate::{line, messenger};

/// Names that the parsers look for, so that random objects reach deep into them.
const NAMES: [&str; 59] = [
    "action",
    "address",
    "app_id",
    "attachments",
    "beacon",
    "contentProvider",
    "data",
    "delivery",
    "elements",
    "emoji",
    "emojis",
    "field",
    "follow",
    "groupId",
    "hwid",
    "id",
    "imageSet",
    "index",
    "is_echo",
    "joined",
    "keywords",
    "latitude",
    "left",
    "length",
    "link",
    "longitude",
    "members",
    "membership",
    "mention",
    "mentionees",
    "message",
    "message_edit",
    "metadata",
    "mid",
    "new_owner_app_id",
    "optin",
    "params",
    "pass_thread_control",
    "payload",
    "postback",
    "product",
    "quick_reply",
    "reaction",
    "read",
    "recipient",
    "referral",
    "reply_to",
    "sender",
    "source",
    "sticker_id",
    "take_thread_control",
    "text",
    "timestamp",
    "title",
    "type",
    "url",
    "userId",
    "value",
    "watermark",
];
const WORDS: [&str; 20] = [
    "",
    "1",
    "2",
    "user",
    "group",
    "text",
    "sticker",
    "image",
    "location",
    "message",
    "messageEdited",
    "postback",
    "react",
    "follow",
    "unsend",
    "standby",
    "memberJoined",
    "beacon",
    "activated",
    "stay",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(&WORDS[..]).prop_map(str::to_owned), any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 8, |inner| {
        let name = prop_oneof![4 => select(&NAMES[..]).prop_map(str::to_owned), 1 => text()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// An element whose people are right, so that it is parsed and not only kept.
fn addressed() -> impl Strategy<Value = Value> {
    (value(), select(&["2", "3"][..]), any::<u32>()).prop_map(|(mut element, person, at)| {
        if let Some(fields) = element.as_object_mut() {
            fields.insert("sender".into(), json!({ "id": person }));
            fields.insert("recipient".into(), json!({"id": "1"}));
            fields.insert("source".into(), json!({"type": "user", "userId": person}));
            fields.insert("timestamp".into(), at.into());
        }
        element
    })
}

fn received() -> Timestamp {
    Timestamp::from_ms(1_790_000_000_000)
}

fn line_channel() -> ChannelId {
    ChannelId::derive(ChannelKind::Line, "1650000001")
}

fn split_both(body: &[u8]) -> Vec<InboundEvent> {
    let messenger = messenger::split(body, received()).unwrap_or_default();
    let line = line::split(body, line_channel(), received()).unwrap_or_default();
    messenger.into_iter().chain(line).collect()
}

/// Everything that is kept survives the queue, and what has a conversation says something.
fn check(event: InboundEvent) {
    let options = ParseOptions { page_inbox_app_ids: &["2".to_owned()] };
    let work = InboundWork::Event(event.clone());
    let read = InboundWork::from_json(&work.to_json().unwrap()).unwrap();
    assert_eq!((read.group_id(), read.dedupe_id()), (work.group_id(), work.dedupe_id()));
    let InboundWork::Event(read) = read else { panic!("an event stays an event") };
    let parsed = parse(&event, &options);
    assert_eq!(parsed.is_some(), event.conversation_id.is_some());
    assert_eq!(parsed, parse(&read, &options));
}

fn ids(events: &[InboundEvent]) -> Vec<(String, bool)> {
    let mut ids: Vec<_> = events.iter().map(|e| (e.event_id.clone(), e.conversation_id.is_some())).collect();
    ids.sort_unstable();
    ids
}

/// Spreads elements over bodies and entries as a provider might.
fn spread(elements: &[(Value, Index)], pieces: usize) -> Vec<Vec<Value>> {
    let mut spread = vec![Vec::new(); pieces];
    for (element, place) in elements {
        spread[place.index(pieces)].push(element.clone());
    }
    spread
}

/// Real events of every kind.
fn known_events() -> Vec<InboundEvent> {
    let messenger = [
        include_str!("../fixtures/messenger/messages.json"),
        include_str!("../fixtures/messenger/events.json"),
        include_str!("../fixtures/messenger/echoes.json"),
    ];
    let line = [
        include_str!("../fixtures/line/messages.json"),
        include_str!("../fixtures/line/events.json"),
        include_str!("../fixtures/line/sdk_events.json"),
    ];
    let messenger = messenger.into_iter().map(|body| messenger::split(body.as_bytes(), received()).unwrap());
    let line = line.into_iter().map(|body| line::split(body.as_bytes(), line_channel(), received()).unwrap());
    let events = messenger.chain(line).flatten();
    events.filter(|event| event.conversation_id.is_some()).collect()
}

/// JSON pointers to the objects of a value, outermost first.
fn objects(value: &Value, way: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(way.to_owned());
            fields.iter().for_each(|(name, field)| objects(field, &format!("{way}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| objects(item, &format!("{way}/{i}"), found));
        }
        _ => {}
    }
}

fn object_at(value: &Value, place: Index) -> String {
    let mut ways = Vec::new();
    objects(value, "", &mut ways);
    place.get(&ways).clone()
}

/// What an event says, without the words that are kept of what we do not understand.
fn understood(event: &InboundEvent) -> Option<Event> {
    let options = ParseOptions { page_inbox_app_ids: &["26390203743090".to_owned()] };
    let mut parsed = parse(event, &options)?;
    match &mut parsed.body {
        EventBody::Unknown { raw, .. }
        | EventBody::Message(CustomerMessage { content: Content::Unknown { raw, .. }, .. })
        | EventBody::Echo(Echo { content: Content::Unknown { raw, .. }, .. }) => raw.clear(),
        _ => {}
    }
    Some(parsed)
}

proptest! {
    #[test]
    fn no_bytes_make_split_panic(body in any::<Vec<u8>>()) {
        split_both(&body).into_iter().for_each(check);
    }

    #[test]
    fn no_json_makes_split_or_parse_panic(element in value(), list in value()) {
        for body in [
            &list,
            &json!({"object": "page", "entry": list}),
            &json!({"object": "page", "entry": [{"id": "1", "messaging": list, "standby": [element], "changes": list}]}),
            &json!({"events": list}),
            &json!({"events": [element]}),
        ] {
            split_both(body.to_string().as_bytes()).into_iter().for_each(check);
        }
    }

    #[test]
    fn elements_with_people_are_parsed_whatever_they_carry(element in addressed()) {
        for body in [json!({"object": "page", "entry": [{"id": "1", "messaging": [element]}]}), json!({"events": [element]})] {
            split_both(body.to_string().as_bytes()).into_iter().for_each(check);
        }
    }

    #[test]
    fn splitting_and_shuffling_does_not_change_an_event_id(
        elements in prop::collection::vec((addressed(), any::<Index>()), 1..12),
        pieces in 1_usize..5,
    ) {
        let all: Vec<Value> = elements.iter().map(|(element, _)| element.clone()).collect();
        let entry = |list: &[Value]| json!({"id": "1", "time": list.len(), "messaging": list});
        let page = |entries: Vec<Value>| json!({"object": "page", "entry": entries}).to_string();
        let mut shuffled = spread(&elements, pieces);
        shuffled.reverse();

        let split = |body: &str| messenger::split(body.as_bytes(), received()).unwrap();
        let whole = split(&page(vec![entry(&all)]));
        let entries = split(&page(shuffled.iter().filter(|l| !l.is_empty()).map(|list| entry(list)).collect()));
        let bodies: Vec<_> =
            shuffled.iter().filter(|l| !l.is_empty()).flat_map(|list| split(&page(vec![entry(list)]))).collect();
        prop_assert_eq!(ids(&whole), ids(&entries));
        prop_assert_eq!(ids(&whole), ids(&bodies));

        let split = |list: &[Value]| {
            line::split(json!({ "events": list }).to_string().as_bytes(), line_channel(), received()).unwrap()
        };
        let bodies: Vec<_> = shuffled.iter().flat_map(|list| split(list)).collect();
        prop_assert_eq!(ids(&split(&all)), ids(&bodies));
    }

    #[test]
    fn different_events_have_different_ids(elements in prop::collection::vec(addressed(), 2..6)) {
        let distinct: BTreeSet<_> = elements.iter().map(crate::digest::canonical).collect();
        let named = |element: &Value| {
            ["message", "postback"].iter().any(|kind| element.get(kind).is_some_and(|o| o.get("mid").is_some()))
                || element.get("webhookEventId").is_some()
        };
        // Fields beside the object do not count on Messenger, so only LINE can be compared as a whole.
        prop_assume!(!elements.iter().any(named));
        let body = json!({ "events": elements }).to_string();
        let events = line::split(body.as_bytes(), line_channel(), received()).unwrap();
        let ids: BTreeSet<_> = events.iter().map(|event| &event.event_id).collect();
        prop_assert_eq!(ids.len(), distinct.len());
    }

    /// Providers add fields without notice; whatever they put wherever, the event says what it said.
    #[test]
    fn a_new_field_at_any_place_changes_nothing(
        which in any::<Index>(), place in any::<Index>(), name in "zz[a-z_]{0,12}", field in value(),
    ) {
        let mut event = which.get(&known_events()).clone();
        let before = understood(&event);
        let way = object_at(&event.raw, place);
        let object = event.raw.pointer_mut(&way).and_then(Value::as_object_mut).unwrap();
        // Wrapped, since a postback's parameters are kept by whatever names they come.
        object.insert(name, json!([field]));
        prop_assert_eq!(understood(&event), before, "{}", way);
    }

    /// Nor does a new word in place of a known type cost anything but the kind: the message is kept under its id.
    #[test]
    fn a_new_type_at_any_place_costs_no_message(
        which in any::<Index>(), place in any::<Index>(), word in text(),
    ) {
        let mut event = which.get(&known_events()).clone();
        let before = understood(&event).unwrap();
        let way = object_at(&event.raw, place);
        let object = event.raw.pointer_mut(&way).and_then(Value::as_object_mut).unwrap();
        prop_assume!(object.contains_key("type") && way != "/source");
        object.insert("type".into(), word.into());
        let after = understood(&event).unwrap();
        prop_assert_eq!((&after.party, after.at, &after.id), (&before.party, before.at, &before.id));
        if let (EventBody::Message(before), false) = (before.body, way.is_empty()) {
            let EventBody::Message(after) = after.body else { panic!("{after:?}") };
            prop_assert_eq!(after.provider_message_id, before.provider_message_id);
        }
    }

    #[test]
    fn a_quarantined_body_is_joined_again(body in any::<Vec<u8>>()) {
        let parts = quarantine_parts("not_json", ChannelKind::Messenger, None, &body, received());
        prop_assert_eq!(joined(&parts), Some(body));
    }
}
