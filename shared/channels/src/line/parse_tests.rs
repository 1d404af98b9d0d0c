use madoguchi_domain::event::Attachment;
use madoguchi_domain::{ChannelId, ChannelKind, Party, Timestamp};
use serde_json::json;

use super::*;
use crate::line::split;

const PERSON: &str = "U4af4980629000000000000000000001a";

fn parse_all(body: &str) -> Vec<Event> {
    let channel = ChannelId::derive(ChannelKind::Line, "1650000001");
    let events = split(body.as_bytes(), channel, Timestamp::from_ms(1_790_000_005_000)).unwrap();
    events.iter().filter_map(parse).collect()
}

fn parse_one(mut event: Value) -> Event {
    event["source"] = json!({"type": "user", "userId": "U1"});
    parse_all(&json!({ "events": [event] }).to_string()).remove(0)
}

fn file(kind: &str, reference: Option<&str>) -> Attachment {
    Attachment {
        kind: kind.into(),
        reference: reference.map(str::to_owned),
        url: None,
        title: None,
        size_bytes: None,
        duration_ms: None,
        set_id: None,
        content_type: None,
    }
}

#[test]
fn messages_of_every_documented_kind_are_read() {
    let events = parse_all(include_str!("../../fixtures/line/messages.json"));
    let attached = |attachment| Content::Attachments { attachments: vec![attachment] };
    let unknown = |name: &str, raw: Value| Content::Unknown { name: name.into(), raw: raw.to_string() };
    let expected = [
        Content::text("こんにちは (love)"),
        Content::Sticker { sticker: "446/1988".into(), url: None, text: Some("hello, hi".into()) },
        Content::Sticker { sticker: "446/1989".into(), url: None, text: Some("いいね".into()) },
        attached(Attachment {
            set_id: Some("E005D41A7288F41B65593ED38FF6E9834B046AB36A37921A56BC236F13A91855".into()),
            ..file("image", Some("4"))
        }),
        // External content is not fetched by id.
        attached(Attachment {
            url: Some("https://example.com/original.mp4".into()),
            duration_ms: Some(60_000),
            ..file("video", None)
        }),
        attached(Attachment { duration_ms: Some(3_000), ..file("audio", Some("6")) }),
        attached(Attachment {
            title: Some("見積書.pdf".into()),
            size_bytes: Some(2_138),
            ..file("file", Some("7"))
        }),
        Content::Location {
            title: Some("LINE本社".into()),
            address: Some("〒102-8282 東京都千代田区紀尾井町1-3".into()),
            latitude: 35.67966,
            longitude: 139.73669,
        },
        unknown("location", json!({"type": "location", "id": "9", "title": "nowhere"})),
        unknown("hologram", json!({"type": "hologram", "id": "10", "depth": 3})),
    ];
    let messages: Vec<_> = events
        .iter()
        .map(|event| match &event.body {
            EventBody::Message(message) => message,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(messages.iter().map(|message| message.content.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(messages[0].provider_message_id, "468789577898262530");
    assert_eq!(messages[0].reply_to, Some("468789532432007169".into()));
    assert_eq!(messages[0].reply_token, Some("b60d432864f44d079f6d8efe86cf404b".into()));
    assert!(events.iter().all(|event| event.party == Party::User(PERSON.into()) && !event.standby));
    assert_eq!(events[0].at, Timestamp::from_ms(1_790_000_000_001));
    assert_eq!(events[0].id, "01J000000000000000000TEXT1");
}

#[test]
fn ing_14_everything_beside_messages_is_read() {
    let events = parse_all(include_str!("../../fixtures/line/events.json"));
    let (user, group, room) = (Party::User("U1".into()), Party::Group("C1".into()), Party::Room("R1".into()));
    let message = |id: &str, content, reply_token| {
        let provider_message_id = id.to_owned();
        EventBody::Message(CustomerMessage { provider_message_id, content, reply_to: None, reply_token })
    };
    let postback = |title: Option<&str>, payload: &str| Content::Postback {
        title: title.map(str::to_owned),
        payload: Some(payload.to_owned()),
    };
    let expected = [
        (&user, None, EventBody::Follow { unblocked: true, reply_token: Some("follow-token".into()) }),
        (&user, None, EventBody::Unfollow),
        (&group, Some("U1".into()), EventBody::Unsend { target: "325708".into() }),
        (&group, Some("U1".into()), EventBody::Edit { target: "325709".into(), text: "corrected".into() }),
        (
            &user,
            None,
            message(
                "E05",
                postback(Some("2026-12-25T01:00"), "storeId=12345"),
                Some("postback-token".into()),
            ),
        ),
        (&user, None, message("E06", postback(None, "menu"), Some("menu-token".into()))),
        (&user, None, message("7", Content::text("to the module"), None)),
        (&group, None, message("8", Content::text("from a desktop"), Some("group-token".into()))),
        (&room, Some("U1".into()), message("9", Content::text("from a room"), Some("room-token".into()))),
    ];
    let (known, unknown) = events.split_at(expected.len());
    for (event, (party, participant, body)) in known.iter().zip(expected) {
        assert_eq!((&event.party, &event.participant, &event.body), (party, &participant, &body));
        assert_eq!(event.standby, event.id == "E07");
    }
    let kinds: Vec<_> = unknown
        .iter()
        .map(|event| match &event.body {
            EventBody::Unknown { kind, raw } => {
                assert!(!raw.contains("token"), "{raw}");
                kind.as_str()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["join", "memberJoined", "videoPlayComplete", "teleport"]);
}

#[test]
fn sample_events_without_ids_are_read_leniently() {
    let events = parse_all(include_str!("../../fixtures/line/lenient.json"));
    let [first, wrong_shape, nameless] = &events[..] else { panic!("{events:?}") };
    assert!(
        matches!(&first.body, EventBody::Message(m) if m.provider_message_id == first.id && m.reply_token.is_none())
    );
    assert!(matches!(&wrong_shape.body, EventBody::Unknown { kind, .. } if kind == "message"));
    assert!(matches!(&nameless.body, EventBody::Unknown { kind, .. } if kind == "malformed"));
    assert_eq!(nameless.at, nameless.received_at);
}

#[test]
fn fields_of_the_wrong_shape_make_an_unknown_event_and_never_an_error() {
    let table = [
        json!({"type": "message"}),
        json!({"type": "messageEdited", "message": {"id": "1"}}),
        json!({"type": "messageEdited", "message": {"id": "1", "type": "image"}}),
        json!({"type": "unsend"}),
        json!({"type": "unsend", "unsend": {"messageId": null}}),
        json!({"type": "postback", "postback": "data"}),
    ];
    for event in table {
        let kind = event["type"].as_str().unwrap().to_owned();
        let body = parse_one(event).body;
        assert!(matches!(&body, EventBody::Unknown { kind: k, .. } if *k == kind), "{body:?}");
    }
    let sticker = parse_one(json!({"type": "message", "message": {"type": "sticker", "id": "1"}}));
    assert!(matches!(
        sticker.body,
        EventBody::Message(CustomerMessage { content: Content::Unknown { .. }, .. })
    ));
}

#[test]
fn ing_10_over_long_fields_are_cut_and_the_message_is_kept() {
    let long = "あ".repeat(30_000);
    let place =
        json!({"type": "location", "id": "1", "title": long, "address": long, "latitude": 1, "longitude": 2});
    let EventBody::Message(CustomerMessage { content: Content::Location { title, address, .. }, .. }) =
        parse_one(json!({"type": "message", "message": place})).body
    else {
        panic!("a place with a long name is still a place")
    };
    let characters = |text: Option<String>| text.unwrap().chars().count();
    assert_eq!((characters(title), characters(address)), (100, 300));

    let table = [
        json!({"type": "message", "message": {"type": "text", "id": long, "text": long}}),
        json!({"type": "message", "message": {"type": "file", "id": "1", "fileName": long}}),
        json!({"type": "message", "message": {"type": "sticker", "packageId": "1", "stickerId": "2", "keywords": vec![long.clone(); 3]}}),
        json!({"type": "message", "message": {"type": long, "id": "1"}}),
        json!({"type": long}),
        json!({"type": "postback", "postback": {"data": long, "params": {"date": long}}}),
    ];
    for event in table {
        let bytes = format!("{:?}", parse_one(event).body).len();
        assert!(bytes < 66_000, "{bytes}");
    }
}

#[test]
fn standby_has_no_reply_token_even_if_one_is_sent() {
    let event = parse_one(json!({"type": "follow", "mode": "standby", "replyToken": "t"}));
    assert_eq!(
        (event.standby, event.body),
        (true, EventBody::Follow { unblocked: false, reply_token: None })
    );
}
