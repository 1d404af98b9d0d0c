use madoguchi_domain::event::{Album, Attachment, Inset, StandsFor};
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
        ..Attachment::default()
    }
}

#[test]
fn messages_of_every_documented_kind_are_read() {
    let events = parse_all(include_str!("../../fixtures/line/messages.json"));
    let attached = |attachment| Content::Attachments { attachments: vec![attachment], album: None };
    let unknown = |name: &str, raw: Value| Content::Unknown { name: name.into(), raw: raw.to_string() };
    let set = "E005D41A7288F41B65593ED38FF6E9834B046AB36A37921A56BC236F13A91855";
    let expected = [
        Content::Text {
            text: "こんにちは (love)".into(),
            payload: None,
            attachments: vec![],
            insets: vec![
                Inset {
                    index: 0,
                    length: 5,
                    stands_for: StandsFor::Mention { user: None, everybody: true, us: false },
                },
                Inset {
                    index: 6,
                    length: 6,
                    stands_for: StandsFor::Emoji { emoji: "5ac1bfd5040ab15980c9b435/001".into() },
                },
            ],
        },
        Content::Sticker { sticker: "446/1988".into(), url: None, text: Some("hello, hi".into()) },
        Content::Sticker { sticker: "446/1989".into(), url: None, text: Some("いいね".into()) },
        Content::Attachments {
            attachments: vec![Attachment { set_id: Some(set.into()), ..file("image", Some("4")) }],
            album: Some(Album { id: set.into(), index: Some(1), total: Some(2) }),
        },
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
fn what_marks_a_message_as_read_is_kept_and_printed_nowhere() {
    let events = parse_all(include_str!("../../fixtures/line/messages.json"));
    let tokens = events.iter().filter_map(|event| match &event.body {
        EventBody::Message(message) => Some(message.read_token.as_ref().map(ReadToken::as_str)),
        _ => None,
    });
    let tokens: Vec<_> = tokens.collect();
    assert_eq!(tokens[0], Some("r1"));
    assert!(tokens[1..].contains(&None), "stickers come without");
    let printed = format!("{:?}", events[0]);
    assert!(printed.contains("ReadToken(…)") && !printed.contains("r1"), "{printed}");

    let of = |token: &str| {
        let said = json!({"type": "text", "id": "1", "text": "a", "markAsReadToken": token});
        let event = json!({
            "type": "message", "timestamp": 1_790_000_000_001_i64, "source": {"type": "group", "groupId": "C1"},
            "message": said,
        });
        let events = parse_all(&json!({"destination": "U0", "events": [event]}).to_string());
        match &events[0].body {
            EventBody::Message(message) => message.read_token.clone(),
            other => panic!("{other:?}"),
        }
    };
    let longest = "t".repeat(1_000);
    assert_eq!(of(&longest), Some(ReadToken::new(&longest)), "in groups as well");
    assert_eq!(of(&(longest + "t")), None);
    assert_eq!(of(""), None);
}

#[test]
fn ing_14_everything_beside_messages_is_read() {
    let events = parse_all(include_str!("../../fixtures/line/events.json"));
    let (user, group, room) = (Party::User("U1".into()), Party::Group("C1".into()), Party::Room("R1".into()));
    let message = |id: &str, content, reply_token| {
        EventBody::Message(CustomerMessage {
            provider_message_id: id.to_owned(),
            content,
            reply_to: None,
            reply_token,
            read_token: None,
            referral: None,
        })
    };
    let picked = "2026-12-25T01:00";
    let postback = Content::Postback {
        title: Some(picked.into()),
        payload: Some("storeId=12345".into()),
        params: [("datetime".to_owned(), picked.to_owned())].into(),
    };
    let happened = |what, token: &str| EventBody::Happened { what, reply_token: Some(token.to_owned()) };
    let menu = Happening::MenuSwitched {
        menu: Some("b".into()),
        status: Some("SUCCESS".into()),
        payload: Some("menu".into()),
    };
    let expected = [
        (&user, None, EventBody::Follow { unblocked: true, reply_token: Some("follow-token".into()) }),
        (&user, None, EventBody::Unfollow),
        (&group, Some("U1".into()), EventBody::Unsend { target: "325708".into() }),
        (
            &group,
            Some("U1".into()),
            EventBody::Edit {
                target: "325709".into(),
                text: "corrected".into(),
                reply_token: Some("edit-token".into()),
            },
        ),
        (&user, None, message("E05", postback, Some("postback-token".into()))),
        // Switching tabs says nothing.
        (&user, None, happened(menu, "menu-token")),
        (&user, None, message("7", Content::text("to the module"), None)),
        (&group, None, message("8", Content::text("from a desktop"), Some("group-token".into()))),
        (&room, Some("U1".into()), message("9", Content::text("from a room"), Some("room-token".into()))),
        (&group, None, happened(Happening::JoinedGroup, "join-token")),
        (&group, None, happened(Happening::MembersJoined { members: vec!["U2".into()] }, "member-token")),
        (&user, None, happened(Happening::VideoPlayed { tracking: "t".into() }, "video-token")),
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
    assert_eq!(kinds, ["teleport"]);
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
        json!({"type": "memberJoined"}),
        json!({"type": "memberJoined", "joined": {"members": []}}),
        json!({"type": "memberLeft", "left": {"members": [{"userId": null}, 7]}}),
        json!({"type": "beacon", "beacon": {"type": "enter"}}),
        json!({"type": "accountLink", "link": null}),
        json!({"type": "membership", "membership": {"membershipId": 7}}),
        json!({"type": "videoPlayComplete"}),
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
    // No table holds such numbers: a message with them would block its conversation.
    for (latitude, longitude) in [(1e300, 1.0), (1.0, -180.5)] {
        let place = json!({"type": "location", "id": "1", "latitude": latitude, "longitude": longitude});
        let EventBody::Message(message) = parse_one(json!({"type": "message", "message": place})).body else {
            panic!("it is kept")
        };
        assert!(matches!(message.content, Content::Unknown { .. }), "{message:?}");
    }

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

/// Every event and message type of LINE's published `OpenAPI` document, by the models that LINE makes from it.
#[test]
fn every_type_of_lines_own_document_is_known_or_kept() {
    let events = parse_all(include_str!("../../fixtures/line/sdk_events.json"));
    let expected = [
        "account_link",
        "control_passed",
        "beacon",
        "kept botResumed",
        "kept botSuspended",
        "control_taken",
        "kept delivery",
        "followed",
        "joined_group",
        "left_group",
        "members_joined",
        "members_left",
        "membership",
        "membership",
        "membership",
        "said audio",
        "said file",
        "said image",
        "said location",
        "said sticker",
        "said text",
        "said text",
        "said text",
        "said video",
        "edited",
        "kept module",
        "said postback",
        "unfollowed",
        "unsent",
        "video_played",
    ];
    let names: Vec<String> = events.iter().map(|event| name(&event.body)).collect();
    assert_eq!(names, expected);
    // What can be answered brings its token; what is kept gives none away.
    for event in &events {
        let token = match &event.body {
            EventBody::Message(message) => message.reply_token.as_deref(),
            EventBody::Happened { reply_token, .. }
            | EventBody::Edit { reply_token, .. }
            | EventBody::Follow { reply_token, .. } => reply_token.as_deref(),
            EventBody::Unknown { raw, .. } => {
                assert!(!raw.contains("Token"), "{raw}");
                continue;
            }
            _ => continue,
        };
        let without = ["left_group", "members_left"].contains(&&*name(&event.body));
        assert_eq!(token, (!without).then_some("replyToken"), "{:?}", event.body);
    }
    let standby: Vec<_> = events.iter().filter(|event| event.standby).map(|e| name(&e.body)).collect();
    assert_eq!(standby, ["control_taken"]);
    let mentions = events.iter().filter_map(|event| match &event.body {
        EventBody::Message(CustomerMessage { content: Content::Text { insets, .. }, .. }) => {
            Some(insets.len())
        }
        _ => None,
    });
    assert_eq!(mentions.collect::<Vec<_>>(), [2, 3, 3]);
    let parties: Vec<_> =
        events.iter().filter(|event| event.participant.is_some()).map(|e| &e.party).collect();
    assert_eq!(parties.iter().filter(|party| matches!(party, Party::Room(_))).count(), 1);
    assert!(parties.iter().all(|party| !matches!(party, Party::User(_))));
}

/// What an event is here, in a word or two.
fn name(body: &EventBody) -> String {
    let name = match body {
        EventBody::Message(message) => return format!("said {}", message.content.kind()),
        EventBody::Unknown { kind, .. } => return format!("kept {kind}"),
        EventBody::Control(ThreadControl { change: ControlChange::Passed, .. }) => "control_passed",
        EventBody::Control(_) => "control_taken",
        EventBody::Edit { .. } => "edited",
        EventBody::Unsend { .. } => "unsent",
        EventBody::Follow { .. } => "followed",
        EventBody::Unfollow => "unfollowed",
        EventBody::Happened { what, .. } => match what {
            Happening::JoinedGroup => "joined_group",
            Happening::LeftGroup => "left_group",
            Happening::MembersJoined { .. } => "members_joined",
            Happening::MembersLeft { .. } => "members_left",
            Happening::MenuSwitched { .. } => "menu_switched",
            Happening::Beacon { .. } => "beacon",
            Happening::VideoPlayed { .. } => "video_played",
            Happening::AccountLink { .. } => "account_link",
            Happening::Membership { .. } => "membership",
            Happening::OptedIn { .. } => "opted_in",
        },
        EventBody::Echo(_)
        | EventBody::Progress(_)
        | EventBody::OptOut { .. }
        | EventBody::Delivered { .. }
        | EventBody::Read { .. }
        | EventBody::Reaction { .. }
        | EventBody::Referral(_) => "LINE has none of these",
    };
    name.to_owned()
}

#[test]
fn control_of_a_module_channel_comes_with_its_end() {
    let until = Some(Timestamp::from_ms(1_790_000_600_000));
    let activated =
        parse_one(json!({"type": "activated", "chatControl": {"expireAt": 1_790_000_600_000_i64}}));
    let control = ThreadControl { change: ControlChange::Passed, owner: None, until };
    assert_eq!((activated.body, activated.standby), (EventBody::Control(control), false));
    let deactivated = parse_one(json!({"type": "deactivated", "mode": "active"}));
    assert!(deactivated.standby);
}

#[test]
fn an_album_whose_places_are_not_told_is_still_one() {
    let image = |set: Value| {
        let message =
            json!({"type": "image", "id": "1", "contentProvider": {"type": "line"}, "imageSet": set});
        match parse_one(json!({"type": "message", "message": message})).body {
            EventBody::Message(CustomerMessage { content: Content::Attachments { album, .. }, .. }) => album,
            other => panic!("{other:?}"),
        }
    };
    let album = |index, total| Some(Album { id: "S".into(), index, total });
    assert_eq!(image(json!({"id": "S", "index": 3, "total": 10})), album(Some(3), Some(10)));
    assert_eq!(image(json!({"id": "S"})), album(None, None));
    assert_eq!(image(json!({"id": "S", "index": -1, "total": "x"})), album(None, None));
    assert_eq!(image(json!({"index": 1})), None);
    assert_eq!(image(json!("S")), None);
}
