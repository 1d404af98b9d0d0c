use std::collections::BTreeMap;

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
        read_token: None,
        referral: None,
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
        ..Attachment::default()
    }
}

fn at_url(kind: &str, url: &str) -> Attachment {
    Attachment { url: Some(url.into()), ..file(kind) }
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is one table")]
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
            read_token: None,
            referral: None,
        }),
        customer(
            "m_quick_reply",
            Content::Text {
                text: "Yes".into(),
                payload: Some("ANSWER_YES".into()),
                attachments: vec![],
                insets: vec![],
            },
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
                insets: vec![],
            },
        ),
        sticker("m_sticker"),
        sticker("m_sticker_legacy"),
        customer(
            "m_files",
            Content::Attachments {
                album: None,
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
                album: None,
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
                    Attachment {
                        reference: Some("6666".into()),
                        title: Some("CONFIRMED 2026-09-21T14:13:20.000Z Asia/Tokyo".into()),
                        ..file("appointment_booking")
                    },
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
        customer(
            "m_bare_quick_reply",
            Content::Postback { title: None, payload: Some("USER_PHONE".into()), params: BTreeMap::new() },
        ),
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_place_is_a_place_wherever_on_the_globe_it_is() {
    let said = |attachment: Value| match parse_one(json!({
        "timestamp": 1_790_000_000_000_u64, "message": {"mid": "m_place", "attachments": [attachment]},
    }))
    .body
    {
        EventBody::Message(message) => message.content,
        other => panic!("{other:?}"),
    };
    let at = |lat: Value, long: Value| {
        said(
            json!({"type": "location", "title": "駅", "payload": {"coordinates": {"lat": lat, "long": long}}}),
        )
    };
    let place = |latitude, longitude| Content::Location {
        title: Some("駅".into()),
        address: None,
        latitude,
        longitude,
    };
    assert_eq!(at(json!(35.681), json!(139.767)), place(35.681, 139.767));
    assert_eq!(at(json!(-90), json!(1e-200)), place(-90.0, 0.0));
    // Neither a place nor storable: what is known of it is kept.
    let nowhere = Attachment { title: Some("駅".into()), ..file("location") };
    for (lat, long) in
        [(json!(1e300), json!(1)), (json!(1), json!(-180.5)), (json!("x"), json!(1)), (json!(1), json!(null))]
    {
        let kept = Content::Attachments { attachments: vec![nowhere.clone()], album: None };
        assert_eq!(at(lat, long), kept);
    }
}

#[test]
fn ing_14_everything_beside_messages_is_read() {
    let events = parse_all(include_str!("../../fixtures/messenger/events.json"));
    let ms = Timestamp::from_ms;
    let postback = |id: &str, title, payload| {
        customer(id, Content::Postback { title, payload, params: BTreeMap::new() })
    };
    let words = |word: &str| Some(word.to_owned());
    let mut began = postback("m_postback", words("Get started"), words("GET_STARTED"));
    if let EventBody::Message(message) = &mut began {
        message.referral = Some(Referral {
            source: words("SHORTLINK"),
            kind: words("OPEN_THREAD"),
            reference: words("x"),
            ..Referral::default()
        });
    }
    let summer = Referral {
        source: words("ADS"),
        kind: words("OPEN_THREAD"),
        reference: words("summer"),
        ad_id: words("120200000000000"),
        title: words("Summer"),
        referer: None,
    };
    let lead = Referral { source: words("ADS"), kind: words("LEAD_COMPLETE"), ..Referral::default() };
    assert!(summer.opens_window() && !lead.opens_window());
    let reaction = |emoji| EventBody::Reaction { target: "m_out".into(), emoji };
    let unnamed = events[1].id.clone();
    let expected = [
        (ms(1_790_000_000_001), began),
        (ms(1_790_000_000_000), postback(&unnamed, Some("Menu".into()), Some("MENU".into()))),
        (ms(1_790_000_000_003), EventBody::Delivered { through: ms(1_790_000_000_003) }),
        (ms(1_790_000_000_004), EventBody::Read { through: ms(1_790_000_000_003) }),
        (ms(1_790_000_000_005), reaction(Some("❤️".into()))),
        (ms(1_790_000_000_006), reaction(Some("other".into()))),
        (ms(1_790_000_000_007), reaction(None)),
        (
            ms(1_790_000_000_008),
            EventBody::Edit { target: "m_text".into(), text: "corrected".into(), reply_token: None },
        ),
        (ms(1_790_000_000_009), EventBody::Referral(summer)),
        // Lead events count in seconds.
        (ms(1_790_000_010_000), EventBody::Referral(lead)),
        (
            ms(1_790_000_000_011),
            happened(Happening::OptedIn { to: words("notification_messages"), payload: words("x") }),
        ),
        (
            ms(1_790_000_000_012),
            EventBody::Control(ThreadControl {
                change: ControlChange::Passed,
                owner: words("555"),
                until: None,
            }),
        ),
    ];
    let (known, rest) = events.split_at(expected.len());
    assert_eq!(known.iter().map(|e| (e.at, e.body.clone())).collect::<Vec<_>>(), expected);

    let standby = rest;
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
        echo("m_bot", EchoSource::OtherApp, Content::Attachments { attachments: vec![link], album: None }),
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

/// Conversation Routing: who answers from now on.
#[test]
fn thread_control_is_told_by_who_has_it() {
    use ControlChange::{Passed, Requested, Taken};
    let inbox = "26390203743090";
    let change = |event: Value| {
        let event = parse_one(event);
        match event.body {
            EventBody::Control(control) => (control.change, control.owner, event.standby),
            other => panic!("{other:?}"),
        }
    };
    let app = |id: &str| Some(id.to_owned());
    let table = [
        (
            json!({"pass_thread_control": {"previous_owner_app_id": null, "new_owner_app_id": 555}}),
            Passed,
            app("555"),
            false,
        ),
        (json!({"pass_thread_control": {"new_owner_app_id": inbox}}), Passed, app(PAGE_INBOX), true),
        (json!({"pass_thread_control": {"previous_owner_app_id": 7}}), Passed, None, false),
        (
            json!({"take_thread_control": {"previous_owner_app_id": "1", "new_owner_app_id": "7"}}),
            Taken,
            app("7"),
            true,
        ),
        (
            json!({"take_thread_control": {"new_owner_app_id": 263_902_037_430_900_i64}}),
            Taken,
            app(PAGE_INBOX),
            true,
        ),
        (json!({"request_thread_control": {"requested_owner_app_id": 7}}), Requested, app("7"), false),
        (
            json!({"request_thread_control": {"new_owner_app_id": "7", "metadata": "x"}}),
            Requested,
            app("7"),
            false,
        ),
    ];
    for (event, kind, owner, standby) in table {
        assert_eq!(change(event.clone()), (kind, owner, standby), "{event}");
    }
}

#[test]
fn a_referral_comes_with_the_message_that_it_led_to() {
    let referral =
        json!({"source": "ADS", "type": "OPEN_THREAD", "ad_id": 120, "referer_uri": "https://example.com/"});
    for event in [
        json!({"message": {"mid": "m", "text": "x", "referral": referral}}),
        json!({"postback": {"mid": "m", "title": "Start", "referral": referral}}),
    ] {
        let EventBody::Message(message) = parse_one(event).body else { panic!("a message") };
        let referral = message.referral.unwrap();
        assert_eq!((referral.ad_id.as_deref(), referral.opens_window()), (Some("120"), true));
        assert_eq!(referral.referer.as_deref(), Some("https://example.com/"));
    }
}

#[test]
fn a_template_shows_its_products_side_by_side() {
    let product =
        |id: i32| json!({"id": id, "title": format!("Tea {id}"), "image_url": format!("https://x/{id}.png")});
    let template =
        |products: Vec<Value>| json!({"type": "template", "payload": {"product": {"elements": products}}});
    let count = |products: Vec<Value>| {
        let event = parse_one(json!({"message": {"mid": "m", "attachments": [template(products)]}}));
        let EventBody::Message(CustomerMessage { content: Content::Attachments { attachments, .. }, .. }) =
            event.body
        else {
            panic!("attachments")
        };
        attachments.into_iter().map(|attachment| attachment.title.unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(count(vec![product(1), product(2)]), ["Tea 1", "Tea 2"]);
    assert_eq!(count(vec![product(1)]), ["Tea 1"]);
    assert_eq!(count(vec![]), [""]);
    assert_eq!(count((0..40).map(product).collect()).len(), 30, "more would not fit a table item");
}

/// Every row of the event table: typed, a change of state, or kept.
#[test]
fn every_documented_event_has_its_place() {
    let table = [
        (json!({"message": {"mid": "m", "text": "x"}}), "said text"),
        (
            json!({"message": {"mid": "m", "attachments": [{"type": "sticker", "payload": {"sticker_id": "1"}}]}}),
            "said sticker",
        ),
        (
            json!({"message": {"mid": "m", "attachments": [{"type": "contact", "payload": {"title": "山田"}}]}}),
            "said contact",
        ),
        (json!({"message": {"mid": "m", "text": "/x", "commands": [{"name": "x"}]}}), "said text"),
        (json!({"postback": {"title": "x"}}), "said postback"),
        (json!({"message_edit": {"mid": "m", "text": "x", "num_edit": "1"}}), "edited"),
        (json!({"reaction": {"mid": "m", "action": "react", "reaction": "love"}}), "reacted"),
        (json!({"delivery": {"watermark": 1}}), "delivered"),
        (json!({"read": {"watermark": 1}}), "read"),
        (json!({"referral": {"source": "SHORTLINK"}}), "referred"),
        (json!({"optin": {"type": "notification_messages", "notification_messages_token": "t"}}), "opted_in"),
        (json!({"account_linking": {"status": "linked", "authorization_code": "c"}}), "account_link"),
        (json!({"pass_thread_control": {}}), "control"),
        (json!({"take_thread_control": {}}), "control"),
        (json!({"request_thread_control": {}}), "control"),
        (json!({"response_feedback": {"feedback": "Good response", "mid": "m"}}), "kept response_feedback"),
        (json!({"messaging_feedback": {"feedback_screens": []}}), "kept messaging_feedback"),
        (json!({"order": {"products": []}}), "kept order"),
        (json!({"policy_enforcement": {"action": "warning"}}), "kept policy_enforcement"),
        (json!({"app_roles": {"1": ["primary_receiver"]}}), "kept app_roles"),
        (json!({"teleport": {}}), "kept teleport"),
    ];
    for (event, expected) in table {
        let body = parse_one(event.clone()).body;
        let name = match &body {
            EventBody::Message(message) => format!("said {}", message.content.kind()),
            EventBody::Unknown { kind, raw } => {
                assert!(!raw.contains("token"), "{raw}");
                format!("kept {kind}")
            }
            EventBody::Edit { .. } => "edited".into(),
            EventBody::Reaction { .. } => "reacted".into(),
            EventBody::Delivered { .. } => "delivered".into(),
            EventBody::Read { .. } => "read".into(),
            EventBody::Referral(_) => "referred".into(),
            EventBody::Control(_) => "control".into(),
            EventBody::Happened { what: Happening::OptedIn { .. }, .. } => "opted_in".into(),
            EventBody::Happened { what: Happening::AccountLink { .. }, .. } => "account_link".into(),
            other => panic!("{other:?}"),
        };
        assert_eq!(name, expected, "{event}");
    }
}
