//! `webhook-ingest` and `inbox-writer`: from a provider's post to a stored message.

use axum::http::HeaderMap;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ChannelKind, Content, ConversationId, Party, SentBy, Span};
use madoguchi_simulator::{Act, Action, Outcome, Provider, Signature, demo};
use madoguchi_simulator::{line_signature, messenger_legacy_signature, messenger_signature};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::{PREFIX, post};
use serde_json::json;

fn act(provider: Provider, action: Action) -> Act {
    let customer = Some("customer-1".to_owned());
    Act { provider, account: None, customer, group: None, at_ms: None, action }
}

fn header(name: &'static str, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
}

async fn inbox_is_empty(test: &TestInbox) -> bool {
    test.settle().await;
    test.dynamo.items("inbox").await.is_empty() && test.inbound.messages().is_empty()
}

#[tokio::test]
async fn ing_1_a_message_appears_in_the_inbox_with_the_contacts_name() {
    let test = TestInbox::start().await;
    for (kind, name) in [(ChannelKind::Messenger, "山田 花子"), (ChannelKind::Line, "山田 花子")] {
        let id = test.customer_writes(kind, "customer-1", "こんにちは").await;
        test.write().await;
        // Stored before anybody asks for the profile (ING-9).
        assert_eq!(test.texts(id).await, ["こんにちは"]);
        assert_eq!(test.conversation(id).await.contact.profile, ProfileState::Wanted);
        test.settle().await;
        let conversation = test.conversation(id).await;
        assert_eq!(conversation.contact.name.as_deref(), Some(name));
        assert_eq!((conversation.is_unanswered(), conversation.unread), (true, 1));
    }
}

#[tokio::test]
async fn a_profile_that_the_provider_does_not_give_is_a_normal_case() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-4", "誰でしょう").await;
    test.settle().await;
    assert_eq!(test.conversation(id).await.contact.profile, ProfileState::Unavailable);
    assert!(test.sweep().await.profiles == 0);
}

#[tokio::test]
async fn ing_3_bad_signatures_are_refused_and_nothing_of_them_is_kept() {
    let test = TestInbox::start().await;
    let body = json!({"object": "page", "entry": [{"id": demo::PAGE, "time": 1, "messaging": [{
        "sender": {"id": "1"}, "recipient": {"id": demo::PAGE}, "timestamp": 1_793_491_200_000_i64,
        "message": {"mid": "m_1", "text": "x"},
    }]}]})
    .to_string();
    let messenger = format!("{}/webhooks/messenger", test.front);
    let good = messenger_signature(demo::APP_SECRET, body.as_bytes());
    let flipped = good.replace(good.chars().last().unwrap(), if good.ends_with('0') { "1" } else { "0" });
    for headers in [
        HeaderMap::new(),
        header("x-hub-signature-256", &flipped),
        header("x-hub-signature-256", good.trim_start_matches("sha256=")),
        header("x-hub-signature-256", &good.to_uppercase().replace("SHA256", "sha256")),
        header("x-hub-signature", &messenger_legacy_signature(demo::APP_SECRET, body.as_bytes())),
    ] {
        assert_eq!(post(&messenger, &headers, body.clone()).await, 401, "{headers:?}");
    }
    let changed = body.replace("\"x\"", "\"y\"");
    assert_eq!(post(&messenger, &header("x-hub-signature-256", &good), changed).await, 401);

    let line = format!("{}/webhooks/line/{}", test.front, TestInbox::channel_id(ChannelKind::Line));
    let body = json!({"destination": "U", "events": []}).to_string();
    let good = line_signature(demo::LINE_SECRET, body.as_bytes());
    let swapped: String = good
        .char_indices()
        .map(|(i, c)| {
            if i == good.find(|c: char| c.is_ascii_lowercase()).unwrap() { c.to_ascii_uppercase() } else { c }
        })
        .collect();
    for headers in [HeaderMap::new(), header("x-line-signature", &swapped)] {
        assert_eq!(post(&line, &headers, body.clone()).await, 401, "{headers:?}");
    }
    // LINE's connection check: no event, answered 200.
    assert_eq!(post(&line, &header("x-line-signature", &good), body).await, 200);
    assert!(inbox_is_empty(&test).await);
}

#[tokio::test]
async fn ing_4_the_verify_token_is_compared_and_the_challenge_echoed() {
    let test = TestInbox::start().await;
    let right = test.simulator.handshake(None).await;
    assert!(right.accepted, "{right:?}");
    let wrong = test.simulator.handshake(Some("test-verify-tokeN")).await;
    assert!(!wrong.accepted && wrong.status == Some(403), "{wrong:?}");
}

#[tokio::test]
async fn a_rotated_secret_works_without_a_deploy() {
    let test = TestInbox::start().await;
    test.customer_writes(ChannelKind::Line, "customer-1", "before").await;
    let line = TestInbox::channel_id(ChannelKind::Line);
    let new = test.simulator.rotate_line_secret(demo::LINE_CHANNEL, Some("test-line-secret-2")).unwrap();
    let name = format!("{PREFIX}/connection/line/{line}");
    test.aws.set_secret(&name, &json!({"channel_id": demo::LINE_CHANNEL, "channel_secret": new}));
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "after").await;
    test.write().await;
    assert_eq!(test.texts(id).await, ["before", "after"]);
    assert!(test.simulator.webhooks().iter().all(|webhook| webhook.outcome.is_delivered()));
}

#[tokio::test]
async fn a_genuine_body_that_is_not_json_is_kept_and_answered_200() {
    let test = TestInbox::start().await;
    let answers = test
        .simulator
        .deliver(Provider::Line, demo::LINE_CHANNEL, "{\"events\": [", Signature::Valid, 3)
        .await;
    assert!(answers.iter().all(|webhook| webhook.outcome.is_delivered()), "{answers:?}");
    test.settle().await;
    let kept = test.inbox.quarantined(10).await.unwrap();
    assert_eq!(kept.len(), 1, "the same body is kept once");
    assert_eq!((kept[0].reason.as_str(), kept[0].channel_kind.as_str()), ("not_json", "line"));
}

#[tokio::test]
async fn a_body_above_the_limit_is_refused_with_413() {
    let test = TestInbox::start().await;
    let body = "x".repeat(1_048_577);
    let url = format!("{}/webhooks/messenger", test.front);
    let headers = header("x-hub-signature-256", &messenger_signature(demo::APP_SECRET, body.as_bytes()));
    assert_eq!(post(&url, &headers, body).await, 413);
}

#[tokio::test]
async fn ing_2_no_200_unless_the_queue_has_every_event() {
    let test = TestInbox::start().await;
    test.aws.refuse("SendMessageBatch", 100);
    test.customer_writes(ChannelKind::Line, "customer-1", "lost?").await;
    let webhook = test.simulator.webhooks().pop().unwrap();
    assert!(matches!(webhook.outcome, Outcome::Answered { status: 503, .. }), "{:?}", webhook.outcome);
    test.aws.refuse("SendMessageBatch", 0);
    assert!(test.simulator.redeliver(&webhook).await.outcome.is_delivered());
    test.settle().await;
    let peer = test.simulator.peer(Provider::Line, demo::LINE_CHANNEL, "customer-1").unwrap();
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::User(peer));
    assert_eq!(test.texts(id).await, ["lost?"]);
}

#[tokio::test]
async fn ing_10_what_nobody_knows_is_kept_and_the_next_message_arrives() {
    let test = TestInbox::start().await;
    let cases = [
        (Provider::Messenger, ChannelKind::Messenger, json!({"brand_new": {"thing": 1}})),
        (Provider::Line, ChannelKind::Line, json!({"type": "brandNew", "thing": {"a": [1, 2]}})),
    ];
    for (provider, kind, event) in cases {
        test.simulator.act(act(provider, Action::Raw { event })).await.unwrap();
        let id = test.customer_writes(kind, "customer-1", "next").await;
        test.settle().await;
        assert_eq!(test.texts(id).await, ["next"]);
        let messages = test.messages(id).await;
        let kept = |m: &madoguchi_domain::Message| matches!(&m.body, Body::Timeline { event, .. } if event.starts_with("provider:"));
        assert_eq!(messages.iter().filter(|m| kept(m)).count(), 1, "{messages:?}");
    }
}

#[tokio::test]
async fn ing_11_events_of_an_unknown_channel_wait_in_quarantine() {
    let test = TestInbox::start().await;
    test.simulator.add_page("2999", "Not connected here");
    let to = Some("2999".to_owned());
    let action = Action::Text { text: "hello?".into(), quote: None };
    test.simulator.act(Act { account: to, ..act(Provider::Messenger, action) }).await.unwrap();
    test.settle().await;
    let kept = test.inbox.quarantined(10).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].reason, "unknown_channel");
    assert!(kept[0].content.contains("hello?"));
}

#[tokio::test]
async fn ing_13_replies_in_the_providers_own_app_appear_and_open_nothing() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "question").await;
    test.pass(Span::from_secs(5));
    let action = Action::PageInbox { text: "from the Page Inbox".into() };
    test.simulator.act(act(Provider::Messenger, action)).await.unwrap();
    test.settle().await;
    let messages = test.messages(id).await;
    assert_eq!(messages.last().unwrap().sent_by, SentBy::ProviderInbox);
    assert!(!test.conversation(id).await.is_unanswered(), "a person answered");
}

#[tokio::test]
async fn ing_14_follow_unfollow_postback_unsend_reaction_and_stickers() {
    let test = TestInbox::start().await;
    let line = |action| act(Provider::Line, action);
    test.simulator.act(line(Action::Follow)).await.unwrap();
    let written =
        test.simulator.act(line(Action::Text { text: "secret".into(), quote: None })).await.unwrap();
    test.pass(Span::from_secs(1));
    let sticker = Action::Sticker { package_id: None, sticker_id: None };
    test.simulator.act(line(sticker.clone())).await.unwrap();
    test.pass(Span::from_secs(1));
    let postback = Action::Postback { title: "Book".into(), payload: "action=book".into() };
    test.simulator.act(line(postback)).await.unwrap();
    let unsend = Action::Unsend { message_id: written.message_ids[0].clone() };
    test.simulator.act(line(unsend)).await.unwrap();
    test.settle().await;
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::User(written.peer));
    let contents: Vec<Content> = test
        .messages(id)
        .await
        .into_iter()
        .filter_map(|message| match message.body {
            Body::Said { content } => Some(content),
            _ => None,
        })
        .collect();
    assert!(
        matches!(
            contents.as_slice(),
            [Content::Unsent, Content::Sticker { .. }, Content::Postback { payload: Some(payload), .. }] if payload == "action=book"
        ),
        "{contents:?}"
    );
    assert!(
        !format!("{:?}", test.dynamo.items("inbox").await).contains("secret"),
        "LINE asks that it be removed"
    );
    test.pass(Span::from_secs(1));
    test.simulator.act(line(Action::Unfollow)).await.unwrap();
    test.settle().await;
    assert!(!test.conversation(id).await.contact.following.unwrap().following);

    let written = test.simulator.act(act(Provider::Messenger, sticker)).await.unwrap();
    let target = written.message_ids[0].clone();
    let reaction = Action::Reaction { message_id: target, emoji: "❤".into(), remove: false };
    test.simulator.act(act(Provider::Messenger, reaction)).await.unwrap();
    test.settle().await;
    let id =
        ConversationId::derive(TestInbox::channel_id(ChannelKind::Messenger), &Party::User(written.peer));
    let message = test.messages(id).await.pop().unwrap();
    assert!(matches!(message.body, Body::Said { content: Content::Sticker { .. } }), "{message:?}");
    assert_eq!(message.annotations.reactions.values().next().unwrap().emoji.as_deref(), Some("❤"));
}

/// The provider's ids are in no index: the conversation is searched, newest first, to its beginning.
#[tokio::test]
async fn an_unsend_finds_its_message_however_long_ago_it_was_said() {
    let test = TestInbox::start().await;
    let mut first = None;
    for count in 0..60 {
        let action = Action::Text { text: format!("text {count}"), quote: None };
        let written = test.simulator.act(act(Provider::Line, action)).await.unwrap();
        first.get_or_insert((written.message_ids[0].clone(), written.peer));
        test.write().await;
    }
    let (message_id, peer) = first.unwrap();
    test.simulator.act(act(Provider::Line, Action::Unsend { message_id })).await.unwrap();
    test.write().await;
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::User(peer));
    let messages = test.messages(id).await;
    let unsent: Vec<_> =
        messages.iter().filter(|m| matches!(m.body, Body::Said { content: Content::Unsent })).collect();
    assert_eq!((messages.len(), unsent.len()), (60, 1));
    assert!(!format!("{:?}", test.dynamo.items("inbox").await).contains("text 0\""));
}

#[tokio::test]
async fn an_unsend_that_overtakes_its_message_leaves_no_text_behind() {
    let test = TestInbox::start().await;
    let written = test
        .simulator
        .act(act(Provider::Line, Action::Text { text: "overtaken".into(), quote: None }))
        .await
        .unwrap();
    let unsend = Action::Unsend { message_id: written.message_ids[0].clone() };
    test.simulator.act(act(Provider::Line, unsend)).await.unwrap();
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::User(written.peer));
    // Delivered the wrong way round: the queue is emptied into the writer backwards.
    let mut bodies: Vec<String> = test.inbound.messages().into_iter().map(|message| message.body).collect();
    bodies.reverse();
    for body in bodies {
        test.write_record(&body).await;
    }
    let messages = test.messages(id).await;
    assert_eq!(messages.len(), 1);
    assert!(matches!(messages[0].body, Body::Said { content: Content::Unsent }));
    assert!(!format!("{:?}", test.dynamo.items("inbox").await).contains("overtaken"));
}
