//! More of what every release must survive: bursts, oddities, forgeries, receivers that are down, and mass deletion.

use futures::future::join_all;
use lambda_http::RequestExt as _;
use madoguchi_channels::InboundWork;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::conversation;
use madoguchi_domain::message::Body;
use madoguchi_domain::ticket::Book;
use madoguchi_domain::{ChannelKind, Content, ConversationId, Message, OperatorId, Party, Span};
use madoguchi_runtime::{Metrics, Queue, SecretCache};
use madoguchi_simulator::{Act, Action, Provider, demo};
use madoguchi_store::Saved;
use madoguchi_store::work::EraseWork;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{PREFIX, PUBLIC};
use madoguchi_tests::support::capacity::Capacity;
use madoguchi_tests::support::fault::Faults;
use madoguchi_tests::support::receiver::Receiver;
use madoguchi_tests::support::twilio::{self, signed, signed_with};
use serde_json::{Value, json};
use webhook_ingest::Ingest;

use crate::twilio::{deliver, start as start_twilio};
use crate::webhooks::is_signed;

const LINE: ChannelKind = ChannelKind::Line;

fn act(provider: Provider, action: Action) -> Act {
    Act { provider, account: None, customer: Some("customer-1".to_owned()), group: None, at_ms: None, action }
}

/// Ten pictures of one album by somebody who never wrote before, each in a webhook of its own, all at once; and what the queue
/// keeps in order is applied all at once, too.
#[tokio::test]
async fn ing_7_ten_pictures_of_one_album_at_once_are_one_open_conversation_in_the_providers_order() {
    let original = TestInbox::start().await;
    let album = act(Provider::Line, Action::Image { count: Some(10) });
    let body = original.simulator.batch(&[album]).await.unwrap().unwrap().body;
    let body: Value = serde_json::from_str(&body).unwrap();
    let events = body["events"].as_array().unwrap().clone();
    let expected: Vec<&str> = events.iter().map(|event| event["message"]["id"].as_str().unwrap()).collect();
    for turned in [0, 3, 7] {
        let test = TestInbox::start().await;
        let mut mixed = events.clone();
        mixed.rotate_left(turned);
        mixed.swap(turned, 9 - turned);
        let deliveries = mixed.iter().map(|event| {
            let body = json!({ "destination": "U", "events": [event] }).to_string();
            let simulator = &test.simulator;
            async move {
                let signature = madoguchi_simulator::Signature::Valid;
                simulator.deliver(Provider::Line, demo::LINE_CHANNEL, &body, signature, 1).await
            }
        });
        let delivered = join_all(deliveries).await.concat();
        assert!(delivered.len() == 10 && delivered.iter().all(|webhook| webhook.outcome.is_delivered()));
        let records: Vec<String> = test.inbound.messages().into_iter().map(|record| record.body).collect();
        for together in records.chunks(5) {
            join_all(together.iter().map(|record| test.write_record(record))).await;
        }
        test.settle().await;
        let stored = test.dynamo.items("inbox").await;
        let conversations = stored.iter().filter(|item| item["sk"] == "conversation").count();
        assert_eq!(conversations, 1);
        let peer = events[0]["source"]["userId"].as_str().unwrap().to_owned();
        let id = ConversationId::derive(TestInbox::channel_id(LINE), &Party::User(peer));
        let conversation = test.conversation(id).await;
        assert!(conversation.is_open());
        assert_eq!((conversation.episode, conversation.unread), (1, 10));
        let list = test.get(&format!("/api/conversations/{id}/messages")).await;
        assert_eq!(
            (list["items"].as_array().unwrap().len(), &list["items"][0]["kind"]),
            (1, &json!("album"))
        );
        let pictures = list["items"][0]["attachments"].as_array().unwrap();
        let pictures: Vec<&str> = pictures.iter().map(|it| it["reference"].as_str().unwrap()).collect();
        assert_eq!(pictures, expected, "in the provider's order");
    }
}

/// What is stored of an oddity.
fn content(message: &Message) -> &Content {
    let Body::Said { content } = &message.body else { panic!("{message:?}") };
    content
}

fn is_cut_place(message: &Message) -> bool {
    let Content::Location { title: Some(title), .. } = content(message) else { return false };
    title.chars().count() == 100 && title.ends_with('…')
}

fn is_attached(message: &Message, as_kind: &str) -> bool {
    matches!(content(message), Content::Attachments { attachments, .. } if attachments[0].kind == as_kind)
}

fn is_unknown(message: &Message) -> bool {
    matches!(content(message), Content::Unknown { name, raw } if !name.is_empty() && !raw.is_empty())
}

/// Each of them, and after each an ordinary message.
type Oddity = (&'static str, Value, fn(&Message) -> bool);

#[tokio::test]
async fn ing_10_a_long_place_an_unknown_thing_a_reel_and_a_vanishing_photo_are_stored_and_the_next_arrives() {
    let long = "長い名前".repeat(75);
    assert_eq!(long.chars().count(), 300);
    let attached = |kind: &str, more: Value| {
        let mut attachment = json!({ "type": kind });
        attachment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "message": { "attachments": [attachment] } })
    };
    let place = json!({ "title": long, "payload": { "coordinates": { "lat": 35.0, "long": 139.0 } } });
    let reel =
        json!({ "payload": { "url": "https://www.facebook.com/reel/1", "reel_video_id": 1, "title": long } });
    let messenger: [Oddity; 5] = [
        ("a place", attached("location", place), is_cut_place),
        ("an unknown thing", attached("hologram", json!({ "payload": { "depth": 3 } })), |it| {
            is_attached(it, "hologram")
        }),
        ("an unknown thing without anything", attached("hologram", json!({})), |it| {
            is_attached(it, "hologram")
        }),
        ("a reel", attached("reel", reel), |it| is_attached(it, "reel")),
        // Nothing of it is handed out.
        ("a photo to be seen once", attached("ephemeral", json!({ "payload": null })), |it| {
            is_attached(it, "ephemeral")
        }),
    ];
    let said = |message: Value| json!({ "type": "message", "message": message });
    let line: [Oddity; 2] = [
        (
            "a place",
            said(
                json!({ "id": "1", "type": "location", "title": long, "latitude": 35.0, "longitude": 139.0 }),
            ),
            is_cut_place,
        ),
        ("an unknown thing", said(json!({ "id": "2", "type": "hologram", "depth": 3 })), is_unknown),
    ];
    let test = TestInbox::start().await;
    for (provider, kind, oddities) in
        [(Provider::Messenger, ChannelKind::Messenger, &messenger[..]), (Provider::Line, LINE, &line[..])]
    {
        for (number, (what, event, is_right)) in oddities.iter().enumerate() {
            test.pass(Span::from_secs(1));
            let performed =
                test.simulator.act(act(provider, Action::Raw { event: event.clone() })).await.unwrap();
            assert!(performed.webhook.unwrap().outcome.is_delivered(), "{kind}: {what}");
            test.pass(Span::from_secs(1));
            let next = format!("next {number}");
            let id = test.customer_writes(kind, "customer-1", &next).await;
            test.settle().await;
            let messages = test.messages(id).await;
            let [.., odd, last] = &messages[..] else { panic!("{kind}: {what}: {messages:?}") };
            assert!(is_right(odd), "{kind}: {what}: {odd:?}");
            assert_eq!(last.reply_text(), Some(next.as_str()), "{kind}: {what}");
            assert_eq!(test.conversation(id).await.unread as usize, 2 * (number + 1), "{kind}: {what}");
        }
    }
    let quarantined = test.administered("GET", "/api/quarantine", &Value::Null).await;
    assert_eq!(quarantined["items"], json!([]));
}

#[tokio::test]
async fn ing_10_on_whatsapp_and_sms_as_well() {
    let long = "長い名前".repeat(75);
    let test = start_twilio().await;
    for (kind, from) in
        [(ChannelKind::WhatsApp, "whatsapp:+819012345678"), (ChannelKind::Sms, "+819012345678")]
    {
        let url = format!("{}/webhooks/twilio/{}", test.front, TestInbox::channel_id(kind));
        let id = ConversationId::derive(TestInbox::channel_id(kind), &Party::User(from.to_owned()));
        // Something that is sent to be seen once comes without its file.
        let oddities: [(&[(&str, &str)], fn(&Message) -> bool); 3] = [
            (&[("Latitude", "35.0"), ("Longitude", "139.0"), ("Label", &long)], is_cut_place),
            (&[("MessageType", "hologram")], is_unknown),
            (&[("MessageType", "image"), ("NumMedia", "0")], is_unknown),
        ];
        for (number, (more, is_right)) in oddities.into_iter().enumerate() {
            let sids = [format!("SM{:030}{number:02}", 1), format!("SM{:030}{number:02}", 2)];
            for (sid, more) in sids.iter().zip([more, &[("Body", "next")]]) {
                test.pass(Span::from_secs(1));
                let base = [("MessageSid", sid.as_str()), ("From", from), ("To", twilio::sender(kind))];
                let account = [("AccountSid", twilio::ACCOUNT), ("SmsStatus", "received")];
                assert_eq!(
                    deliver(&url, &[&base[..], &account, more].concat()).await,
                    200,
                    "{kind} {more:?}"
                );
            }
            test.settle().await;
            let messages = test.messages(id).await;
            let [.., odd, last] = &messages[..] else { panic!("{kind}: {more:?}: {messages:?}") };
            assert!(is_right(odd), "{kind}: {more:?}: {odd:?}");
            assert_eq!(last.reply_text(), Some("next"), "{kind}: {more:?}");
        }
    }
}

/// Twilio signs the address that it was given, with the standard port or without it; what stands between it and us changes host,
/// scheme and path.
#[tokio::test]
async fn ing_3_a_signature_counts_with_and_without_the_port_behind_a_proxy_and_in_a_messaging_service() {
    let test = start_twilio().await;
    let metrics = Metrics::new("webhook_ingest");
    let ingest = Ingest::new(
        SecretCache::new(test.aws.clients().secrets(), test.clock.clone()),
        SecretNames::new(PREFIX),
        Queue::new(test.aws.clients().sqs(), test.inbound.url()),
        test.clock.clone(),
        metrics.clone(),
        1_048_576,
        PUBLIC,
    );
    let path = format!("/webhooks/twilio/{}", TestInbox::channel_id(ChannelKind::Sms));
    let call = async |signed_for: &str, token: Option<&str>, more: &[(&str, &str)]| {
        let number = test.inbound.messages().len();
        let sid = format!("SM{number:032}");
        let base = [
            ("MessageSid", sid.as_str()),
            ("AccountSid", twilio::ACCOUNT),
            ("From", "+819012345678"),
            ("To", twilio::sender(ChannelKind::Sms)),
            ("Body", "hello"),
            ("SmsStatus", "received"),
        ];
        let parameters = [&base[..], more].concat();
        let url = format!("{signed_for}{path}");
        let (headers, body) = match token {
            None => signed(&url, &parameters),
            Some(token) => signed_with(token, &url, &parameters),
        };
        let inside = format!("http://10.0.0.7:8080/stage{path}");
        let mut request = lambda_http::http::Request::post(&inside);
        for (name, value) in &headers {
            request = request.header(name.as_str(), value.as_bytes());
        }
        let proxied =
            [("host", "10.0.0.7:8080"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")];
        for (name, value) in proxied {
            request = request.header(name, value);
        }
        let request = request.body(lambda_http::Body::Binary(body.into_bytes())).unwrap();
        let request = request.with_raw_http_path(&format!("/stage{path}"));
        (ingest.handle(&request).await.status().as_u16(), test.inbound.messages().len() - number)
    };
    let service = [("MessagingServiceSid", "MG00000000000000000000000000000001")];
    for signed_for in [PUBLIC.to_owned(), format!("{PUBLIC}:443")] {
        for more in [&[][..], &service] {
            assert_eq!(call(&signed_for, None, more).await, (200, 1), "{signed_for} {more:?}");
        }
    }
    assert_eq!(metrics.counted("SignaturesRefused"), 0);
    // Another's address, as headers have it; another port; another token.
    let forged = [
        ("https://evil.example".to_owned(), None),
        ("http://10.0.0.7:8080/stage".to_owned(), None),
        (format!("{PUBLIC}:8443"), None),
        (PUBLIC.to_owned(), Some("another-token")),
    ];
    for (counted, (signed_for, token)) in (1..).zip(forged) {
        assert_eq!(call(&signed_for, token, &service).await, (401, 0), "{signed_for}");
        assert_eq!(metrics.counted("SignaturesRefused"), counted, "{signed_for}");
    }
    test.settle().await;
    let party = Party::User("+819012345678".to_owned());
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Sms), &party);
    assert_eq!(test.texts(id).await, ["hello"; 4]);
}

/// The queue is read all the time, and swept every minute.
async fn minute(test: &TestInbox) {
    test.pass(Span::from_minutes(1));
    test.tell().await;
    test.sweep().await;
    test.tell().await;
}

#[tokio::test]
async fn ops_2_a_receiver_that_was_down_for_an_hour_gets_every_event_under_its_first_id() {
    let (test, receiver) = (TestInbox::start().await, Receiver::start().await);
    let body = json!({ "url": receiver.url(), "events": ["message.received", "conversation.opened"] });
    let webhook = test.administered("POST", "/api/webhooks", &body).await;
    let secret = webhook["secret"].as_str().unwrap();
    test.pass(Span::from_secs(31));
    receiver.answer(Some(503));
    let mut ids: Vec<String> = Vec::new();
    for number in 0..12 {
        test.customer_writes(LINE, &format!("customer-{}", number % 3 + 1), &format!("{number}")).await;
        test.settle().await;
        test.tell().await;
        ids.extend(receiver.take().iter().map(|told| told.header("webhook-id").to_owned()));
        for _ in 0..5 {
            minute(&test).await;
        }
        receiver.take();
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 15, "12 messages of 3 customers");

    receiver.answer(None);
    let mut taken = Vec::new();
    for _ in 0..24 * 60 {
        minute(&test).await;
        taken.extend(receiver.take());
        if taken.len() >= ids.len() {
            break;
        }
    }
    assert!(taken.iter().all(|told| is_signed(told, secret)), "signed anew, with the time of each attempt");
    let mut taken: Vec<String> = taken.iter().map(|told| told.header("webhook-id").to_owned()).collect();
    taken.sort();
    assert_eq!(taken, ids, "each once, under the id of its first attempt");
    test.pass(Span::from_hours(24));
    test.sweep().await;
    test.tell().await;
    assert_eq!(receiver.take().len(), 0, "and never again");
}

/// What taking in one message costs: the calls of the table, and their capacity.
type Work = (Vec<String>, Capacity);

/// A tenth of ten thousand: what receiving costs is measured in work and not in time, and does not depend on how many they are.
const DELETED: usize = 1_000;

async fn received(test: &TestInbox, faults: &Faults, text: &str) -> Work {
    let customer = test.simulator.add_customer(text);
    test.customer_writes(LINE, &customer, text).await;
    assert_eq!(test.inbound.messages().len(), 1, "nothing stands before it");
    faults.take_capacity();
    let before = faults.requests().len();
    test.write().await;
    (faults.requests().split_off(before), faults.take_capacity())
}

#[tokio::test]
async fn ing_12_receiving_takes_the_same_work_while_conversations_are_deleted_in_bulk() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    received(&test, &faults, "caches are filled").await;
    let usual = received(&test, &faults, "a quiet day").await;
    assert!(!usual.0.is_empty() && usual.1.write > 0.0);
    test.settle().await;

    // They are there, and are deleted at once.
    let (channel, now) = (TestInbox::channel_id(LINE), test.clock.now());
    let by = OperatorId("owner-1".to_owned());
    for hundred in 0..DELETED / 100 {
        let deletions = (0..100).map(|number| {
            let party = Party::User(format!("U{hundred}-{number}"));
            let mut conversation = madoguchi_domain::Conversation::new(channel, LINE, party);
            conversation.sorted_at = Some(now);
            conversation.contact.profile = conversation::ProfileState::Unavailable;
            let (test, by) = (&test, &by);
            async move {
                assert_eq!(test.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
                conversation.version = 1;
                let erased = conversation::erase(&conversation, &Book::new(conversation.id), by, now);
                assert_eq!(test.inbox.erase(&erased).await.unwrap(), Saved::Done);
            }
        });
        join_all(deletions).await;
    }
    test.relay().await;
    let waiting = || {
        let queued = test.media.messages();
        queued.iter().filter(|message| serde_json::from_str::<EraseWork>(&message.body).is_ok()).count()
    };
    assert_eq!(waiting(), DELETED, "they have a queue of their own");
    assert_eq!(received(&test, &faults, "before any is cleared away").await, usual);

    // Messages come in steadily while they are cleared away, and none waits for that.
    let mut left = Vec::new();
    tokio::join!(test.fetch_media(), async {
        for number in 0..20 {
            test.customer_writes(LINE, &test.simulator.add_customer("somebody"), &format!("{number}")).await;
            test.write().await;
            assert!(test.inbound.messages().is_empty());
            left.push(waiting());
        }
    });
    assert!(left.is_sorted_by(|before, after| before >= after) && left[0] > 0, "{left:?}");
    assert_eq!((waiting(), test.media.dead().len()), (0, 0));
    assert_eq!(received(&test, &faults, "when all is gone").await, usual);
    let stored = test.dynamo.items("inbox").await;
    assert!(stored.iter().all(|item| item["sk"] != "erase"), "nothing is left to clear away");
    let inbound = |body: &str| InboundWork::from_json(body).is_ok();
    assert!(test.media.messages().iter().all(|message| !inbound(&message.body)));
}
