use madoguchi_domain::event::Attachment;
use madoguchi_domain::{Party, Timestamp};
use serde_json::json;

use super::*;
use crate::messenger::split;

const PERSON: &str = "7654321098765432";

fn parse_all(body: &str) -> Vec<Event> {
    let inbox = ["26390203743090".to_owned(), "263902037430900".to_owned()];
    let options = ParseOptions { page_inbox_app_ids: &inbox };
    let events = split(body.as_bytes(), Timestamp::from_ms(1_790_000_005_000)).unwrap();
    events.iter().filter_map(|event| parse(event, &options)).collect()
}

fn parse_one(mut element: Value) -> Event {
    element["recipient"] = json!({"id": "1"});
    if element.get("sender").is_none() {
        element["sender"] = json!({"id": "2"});
    }
    let body = json!({"object": "page", "entry": [{"id": "1", "messaging": [element]}]});
    parse_all(&body.to_string()).remove(0)
}

fn bodies(body: &str) -> Vec<EventBody> {
    parse_all(body).into_iter().map(|event| event.body).collect()
}

fn customer(mid: &str, content: Content) -> EventBody {
    EventBody::Message(CustomerMessage {
        provider_message_id: mid.into(),
        content,
        reply_to: None,
        reply_token: None,
    })
}

fn file(kind: &str) -> Attachment {
    Attachment {
        kind: kind.into(),
        reference: None,
        url: None,
        title: None,
        size_bytes: None,
        duration_ms: None,
        set_id: None,
        content_type: None,
    }
}

fn at_url(kind: &str, url: &str) -> Attachment {
    Attachment { url: Some(url.into()), ..file(kind) }
}

#[test]
fn messages_of_every_documented_kind_are_read() {
    let events = bodies(include_str!("../../fixtures/messenger/messages.json"));
    let sticker = |mid| {
        let url = Some("https://scontent.xx.fbcdn.net/like.png".into());
        customer(mid, Content::Sticker { sticker: "369239263222822".into(), url, text: None })
    };
    let expected = [
        EventBody::Message(CustomerMessage {
            provider_message_id: "m_text".into(),
            content: Content::text("こんにちは"),
            reply_to: Some("m_quoted".into()),
            reply_token: None,
        }),
        customer(
            "m_quick_reply",
            Content::Text { text: "Yes".into(), payload: Some("ANSWER_YES".into()), attachments: vec![] },
        ),
        customer(
            "m_link",
            Content::Text {
                text: "https://example.com/shop".into(),
                payload: None,
                attachments: vec![Attachment {
                    title: Some("Shop".into()),
                    ..at_url("fallback", "https://l.facebook.com/l.php?u=x")
                }],
            },
        ),
        sticker("m_sticker"),
        sticker("m_sticker_legacy"),
        customer(
            "m_files",
            Content::Attachments {
                attachments: vec![
                    at_url("image", "https://scontent.xx.fbcdn.net/a.jpg"),
                    at_url("video", "https://video.xx.fbcdn.net/b.mp4"),
                    at_url("audio", "https://cdn.fbsbx.com/c.aac"),
                    at_url("file", "https://cdn.fbsbx.com/d.pdf"),
                    Attachment {
                        reference: Some("1".into()),
                        ..at_url("sticker", "https://scontent.xx.fbcdn.net/e.png")
                    },
                ],
            },
        ),
        customer(
            "m_shares",
            Content::Attachments {
                attachments: vec![
                    Attachment {
                        reference: Some("1111".into()),
                        title: Some("A reel".into()),
                        ..at_url("reel", "https://www.facebook.com/reel/1")
                    },
                    Attachment {
                        reference: Some("2222".into()),
                        ..at_url("ig_reel", "https://www.instagram.com/reel/2")
                    },
                    Attachment {
                        reference: Some("3333".into()),
                        title: Some("A post".into()),
                        ..at_url("post", "https://www.facebook.com/3")
                    },
                    at_url("ig_post", "https://www.instagram.com/p/4"),
                    Attachment {
                        reference: Some("5555".into()),
                        title: Some("Teapot".into()),
                        ..at_url("template", "https://x/teapot.png")
                    },
                    Attachment { reference: Some("6666".into()), ..file("appointment_booking") },
                    file("fallback"),
                    Attachment {
                        title: Some("Beside".into()),
                        ..at_url("fallback", "https://example.com/beside")
                    },
                    at_url("hologram", "https://example.com/hologram"),
                    file("unknown"),
                    file("unknown"),
                ],
            },
        ),
        customer(
            "m_new_kind",
            Content::Unknown {
                name: "message".into(),
                raw: json!({"mid": "m_new_kind", "poll": {"question": "Tea?"}}).to_string(),
            },
        ),
        customer("m_bare_quick_reply", Content::Postback { title: None, payload: Some("USER_PHONE".into()) }),
    ];
    assert_eq!(events, expected);
}

#[test]
fn ing_14_everything_beside_messages_is_read() {
    let events = parse_all(include_str!("../../fixtures/messenger/events.json"));
    let ms = Timestamp::from_ms;
    let postback = |id: &str, title, payload| customer(id, Content::Postback { title, payload });
    let reaction = |emoji| EventBody::Reaction { target: "m_out".into(), emoji };
    let unnamed = events[1].id.clone();
    let expected = [
        (
            ms(1_790_000_000_001),
            postback("m_postback", Some("Get started".into()), Some("GET_STARTED".into())),
        ),
        (ms(1_790_000_000_000), postback(&unnamed, Some("Menu".into()), Some("MENU".into()))),
        (ms(1_790_000_000_003), EventBody::Delivered { through: ms(1_790_000_000_003) }),
        (ms(1_790_000_000_004), EventBody::Read { through: ms(1_790_000_000_003) }),
        (ms(1_790_000_000_005), reaction(Some("❤️".into()))),
        (ms(1_790_000_000_006), reaction(Some("other".into()))),
        (ms(1_790_000_000_007), reaction(None)),
        (ms(1_790_000_000_008), EventBody::Edit { target: "m_text".into(), text: "corrected".into() }),
        (
            ms(1_790_000_000_009),
            EventBody::Referral { summary: "ADS OPEN_THREAD ref=summer ad=120200000000000".into() },
        ),
        // Lead events count in seconds.
        (ms(1_790_000_010_000), EventBody::Referral { summary: "ADS LEAD_COMPLETE".into() }),
    ];
    let (known, rest) = events.split_at(expected.len());
    assert_eq!(known.iter().map(|e| (e.at, e.body.clone())).collect::<Vec<_>>(), expected);

    let unknown: Vec<_> = rest[..2]
        .iter()
        .map(|event| match &event.body {
            EventBody::Unknown { kind, raw } => (kind.as_str(), serde_json::from_str::<Value>(raw).unwrap()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!((unknown[0].0, unknown[1].0), ("optin", "pass_thread_control"));
    assert_eq!(unknown[0].1["optin"]["payload"], "x");

    let standby = &rest[2..];
    assert_eq!(standby[0].body, postback("m_standby_postback", Some("Buy".into()), None));
    assert_eq!(standby[1].body, customer("m_standby_text", Content::text("to the bot")));
    assert_eq!(events.iter().filter(|event| event.standby).count(), 2);
    assert!(
        events.iter().all(|event| event.party == Party::User(PERSON.into()) && event.participant.is_none())
    );
}

#[test]
fn ing_13_echoes_tell_who_wrote() {
    let events = bodies(include_str!("../../fixtures/messenger/echoes.json"));
    let echo =
        |mid: &str, source, content| Echo { provider_message_id: mid.into(), ours: None, source, content };
    let key = "1790000000000-0190a5d0-0000-5000-8000-000000000001".parse().unwrap();
    let link = Attachment { title: Some("Order 7".into()), ..at_url("fallback", "https://example.com/7") };
    let expected = [
        Echo { ours: Some(key), ..echo("m_ours", EchoSource::OtherApp, Content::text("We are open.")) },
        echo("m_inbox", EchoSource::ProviderInbox, Content::text("From the Page Inbox")),
        echo("m_inbox_2", EchoSource::ProviderInbox, Content::text("From the Page Inbox, too")),
        echo("m_bot", EchoSource::OtherApp, Content::Attachments { attachments: vec![link] }),
        echo("m_nameless", EchoSource::OtherApp, Content::text("no app id")),
    ];
    let (echoes, rest) = events.split_at(expected.len());
    assert_eq!(echoes, expected.map(EventBody::Echo));
    // That the page has read something says nothing about the customer.
    assert!(matches!(rest, [EventBody::Unknown { kind, .. }] if kind == "read"), "{rest:?}");
}

#[test]
fn events_without_a_person_are_parsed_to_nothing() {
    assert_eq!(parse_all(include_str!("../../fixtures/messenger/without_a_person.json")), []);
}

#[test]
fn the_check_values_text_arrives_unescaped() {
    let events = bodies(include_str!("../../fixtures/messenger/escaped_unicode.json"));
    assert_eq!(events, [customer("m_1", Content::text("äöå"))]);
}

#[test]
fn fields_of_the_wrong_shape_make_an_unknown_event_and_never_an_error() {
    let table = [
        json!({"message": "text"}),
        json!({"message": null}),
        json!({"postback": 7}),
        json!({"delivery": {"watermark": "soon"}}),
        json!({"read": {"watermark": -1}}),
        json!({"read": {}}),
        json!({"reaction": {"mid": "m", "action": "juggle"}}),
        json!({"reaction": {"mid": "m", "action": "react"}}),
        json!({"reaction": {"action": "unreact"}}),
        json!({"message_edit": {"mid": "m"}}),
        json!({"referral": []}),
        json!({"tomorrow": {"x": 1}}),
    ];
    for element in table {
        let event = parse_one(element.clone());
        let kind = element.as_object().unwrap().keys().next().unwrap().clone();
        assert!(matches!(&event.body, EventBody::Unknown { kind: k, .. } if *k == kind), "{:?}", event.body);
        assert_eq!(event.at, event.received_at);
    }
}

#[test]
fn ing_10_over_long_fields_are_cut_and_the_message_is_kept() {
    let long = "あ".repeat(30_000);
    // Together they still fit one event.
    let wide = "あ".repeat(900);
    let table = [
        json!({"message": {"mid": "m", "text": long, "quick_reply": {"payload": long}}}),
        json!({"message": {"mid": wide, "attachments": vec![json!({"type": wide, "payload": {"url": wide, "title": wide}}); 35]}}),
        json!({"message": {"mid": "m", "attachments": [{"type": "image", "payload": {"url": long, "title": long}}]}}),
        json!({"message": {"mid": "m", "poll": long}}),
        json!({"postback": {"title": long, "payload": long}}),
        json!({"referral": {"ref": long}}),
        json!({ &long[..300]: 1 }),
    ];
    for element in table {
        let event = parse_one(element);
        let bytes = format!("{:?}", event.body).len();
        // An item of the table holds 400 KB.
        assert!(bytes < 150_000, "{bytes}");
        assert!(!matches!(&event.body, EventBody::Message(m) if m.provider_message_id.len() > 255));
    }
}

#[test]
fn a_message_without_a_mid_is_named_by_its_event() {
    let event = parse_one(json!({"timestamp": 1_790_000_000_001_i64, "message": {"text": "x"}}));
    assert_eq!(event.id.len(), 64);
    assert_eq!(event.body, customer(&event.id, Content::text("x")));
}

#[test]
fn numbers_where_strings_belong_name_the_same_conversation() {
    let event = parse_one(json!({"sender": {"id": 2}, "message": {"mid": "m", "text": "x"}}));
    assert_eq!(event.party, Party::User("2".into()));
}
