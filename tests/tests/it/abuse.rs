//! Offensive words of customers, and contacts who are blocked.

use futures::future::join_all;
use madoguchi_domain::message::{Body, SendState};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey, Span};
use madoguchi_store::SETTINGS_CACHE;
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::capacity::Capacity;
use madoguchi_tests::support::fault::Faults;
use serde_json::{Value, json};

const CUSTOMER: &str = "customer-1";

/// Gives the channel a brand that finds things offensive.
async fn minds(test: &TestInbox, kind: ChannelKind, choice: Value) -> String {
    let brand = test.administered("POST", "/api/brands", &json!({"name": format!("brand of {kind}")})).await;
    let id = brand["id"].as_str().unwrap().to_owned();
    test.administered("PUT", &format!("/api/brands/{id}/profanity"), &choice).await;
    let channel = format!("/api/channels/{}", TestInbox::channel_id(kind));
    test.administered("PATCH", &channel, &json!({"brand_id": id})).await;
    test.pass(SETTINGS_CACHE);
    id
}

async fn says(test: &TestInbox, kind: ChannelKind, text: &str) -> ConversationId {
    let id = test.customer_writes(kind, CUSTOMER, text).await;
    test.pass(Span::from_secs(1));
    test.settle().await;
    id
}

async fn shown(test: &TestInbox, id: ConversationId) -> Value {
    test.get(&format!("/api/conversations/{id}")).await
}

async fn lines(test: &TestInbox, id: ConversationId) -> Vec<String> {
    let lines = test.messages(id).await.into_iter().filter_map(|message| match message.body {
        Body::Timeline { event, detail, .. } => Some(format!("{event}:{}", detail.unwrap_or_default())),
        Body::Said { .. } | Body::Note { .. } => None,
    });
    lines.collect()
}

async fn block(test: &TestInbox, id: ConversationId) -> Value {
    let path = format!("/api/conversations/{id}/block");
    let (status, body) = test.call("POST", &path, None, &json!({"reason": " spam "})).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn unblock(test: &TestInbox, id: ConversationId) -> Value {
    let (status, body) =
        test.call("DELETE", &format!("/api/conversations/{id}/block"), None, &Value::Null).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn failure(test: &TestInbox, id: ConversationId, key: MessageKey) -> Option<FailureReason> {
    match test.message(id, &key).await.send {
        Some(SendState::Failed { reason, .. }) => Some(reason),
        _ => None,
    }
}

#[tokio::test]
async fn abu_1_and_abu_2_the_limit_of_the_brand_completes_the_conversation_by_itself() {
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let test = TestInbox::start().await;
        minds(&test, kind, json!({"on": true, "limit": 2, "words": ["競合社"]})).await;
        let id = says(&test, kind, "お願いします").await;
        says(&test, kind, "競合社のほうがいい").await;
        let first = shown(&test, id).await;
        assert_eq!(
            (&first["status"], &first["offences"], &first["preview_offensive"]),
            (&json!("open"), &json!(1), &json!(true))
        );
        // Of the company nothing counts.
        test.answer(id, "k", "死ね").await;
        test.settle().await;
        assert_eq!(shown(&test, id).await["offences"], 1);
        says(&test, kind, "f.u.c.k").await;
        let closed = shown(&test, id).await;
        assert_eq!(
            (&closed["status"], &closed["close_reason"]),
            (&json!("closed"), &json!("abuse")),
            "{kind}"
        );
        assert_eq!((&closed["offences"], &closed["contact"]["blocked"]), (&json!(2), &Value::Null));
        assert_eq!(lines(&test, id).await, ["closed:abuse"]);
        let marked: Vec<_> = test.messages(id).await.iter().map(|it| it.offensive).collect();
        assert_eq!(marked.iter().filter(|it| **it).count(), 2, "{marked:?}");
        let listed = test.get(&format!("/api/conversations/{id}/messages")).await;
        let offensive = listed["items"].as_array().unwrap().iter().filter(|it| it["offensive"] == true);
        assert_eq!(offensive.count(), 2);
        // The next message begins anew, at 0.
        says(&test, kind, "ごめんなさい").await;
        let next = shown(&test, id).await;
        assert_eq!(
            (&next["status"], &next["offences"], &next["episode"]),
            (&json!("open"), &json!(0), &json!(2))
        );
    }
}

#[tokio::test]
async fn abu_2_a_message_counts_once_however_often_and_in_which_order_it_is_delivered() {
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let test = TestInbox::start().await;
        minds(&test, kind, json!({"on": true, "limit": 4})).await;
        let id = test.customer_writes(kind, CUSTOMER, "死ね").await;
        for text in ["はい", "くたばれ", "fuck you"] {
            test.pass(Span::from_secs(1));
            test.customer_writes(kind, CUSTOMER, text).await;
        }
        let bodies: Vec<String> = test.inbound.messages().into_iter().map(|message| message.body).collect();
        assert_eq!(bodies.len(), 4);
        join_all(bodies.iter().rev().cycle().take(16).map(|body| test.write_record(body))).await;
        for body in &bodies {
            test.write_record(body).await;
        }
        let conversation = test.conversation(id).await;
        assert_eq!((conversation.offences(), conversation.is_open()), (3, true), "{kind}");
        assert_eq!(test.texts(id).await.len(), 4);
    }
}

#[tokio::test]
async fn abu_2_the_contact_is_blocked_at_the_limit_if_the_brand_wants_it() {
    let (test, kind) = (TestInbox::start().await, ChannelKind::Line);
    minds(&test, kind, json!({"on": true, "limit": 1, "block": true})).await;
    let id = says(&test, kind, "死ね").await;
    says(&test, kind, "聞いているのか").await;
    let blocked = shown(&test, id).await;
    assert_eq!((&blocked["status"], &blocked["close_reason"]), (&json!("closed"), &json!("abuse")));
    let told = &blocked["contact"]["blocked"];
    assert_eq!((&told["by"], &told["reason"], &told["dropped"]), (&Value::Null, &json!("abuse"), &json!(1)));
    let mut told = lines(&test, id).await;
    told.sort();
    assert_eq!(told, ["blocked:abuse", "closed:abuse"], "of the same moment");
    let listed = test.get("/api/blocked").await;
    assert_eq!(listed["items"][0]["id"], json!(id), "{listed}");
}

#[tokio::test]
async fn abu_1_switched_off_nothing_is_marked_and_nothing_costs_more() {
    let faults = Faults::new();
    let (test, kind) = (TestInbox::with_faults(&faults).await, ChannelKind::Line);
    says(&test, kind, "こんにちは").await;
    let cost = async |text: &str| {
        test.customer_writes(kind, CUSTOMER, text).await;
        faults.take_capacity();
        test.write().await;
        faults.take_capacity()
    };
    let without_brand = cost("死ね").await;
    minds(&test, kind, json!({"on": false})).await;
    // The settings of channel and brand, its timers among them, are read once in half a minute.
    let first = cost("死ね").await;
    assert!((first.read - without_brand.read - 3.0).abs() < 0.001, "{first:?} {without_brand:?}");
    assert_eq!(cost("死ね").await, without_brand);
    assert!(
        test.messages(test.customer_writes(kind, CUSTOMER, "はい").await)
            .await
            .iter()
            .all(|it| !it.offensive)
    );
}

#[tokio::test]
async fn abu_3_and_abu_4_what_a_blocked_contact_says_is_dropped_and_counted_until_they_are_unblocked() {
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let test = TestInbox::start().await;
        let id = says(&test, kind, "question").await;
        let blocked = block(&test, id).await;
        let told = &blocked["contact"]["blocked"];
        assert_eq!((&told["by"], &told["reason"]), (&json!("operator-1"), &json!("spam")), "{kind}");
        assert_eq!(blocked["composer"]["reason"], "contact_blocked");
        assert_eq!(block(&test, id).await["version"], blocked["version"], "once");
        test.settle().await;
        let before = test.conversation(id).await;
        for text in ["one", "two", "three"] {
            says(&test, kind, text).await;
        }
        assert_eq!(test.conversation(id).await, before, "the conversation is not even written");
        assert_eq!((test.texts(id).await, test.dropped()), (vec!["question".to_owned()], 3));
        // Another customer is heard as ever, and what was counted is written with the next event.
        test.pass(Span::from_minutes(1));
        test.customer_writes(kind, "customer-2", "hello").await;
        test.settle().await;
        assert_eq!(shown(&test, id).await["contact"]["blocked"]["dropped"], 3);
        let listed = test.get("/api/blocked").await;
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
        assert_eq!(listed["items"][0]["contact"]["blocked"]["dropped"], 3);

        let open = unblock(&test, id).await;
        assert_eq!((&open["contact"]["blocked"], &open["composer"]["state"]), (&Value::Null, &json!("open")));
        assert_eq!(unblock(&test, id).await["version"], open["version"], "once");
        assert_eq!(test.get("/api/blocked").await["items"], json!([]));
        says(&test, kind, "again").await;
        assert_eq!(test.texts(id).await, ["question", "again"], "what was dropped is gone");
        assert_eq!(lines(&test, id).await, ["blocked:spam", "unblocked:spam"]);
        let facts = test.messages(id).await.into_iter().find_map(|message| match message.body {
            Body::Timeline { event, facts, .. } if event == "unblocked" => Some(facts),
            _ => None,
        });
        assert_eq!(facts.unwrap()["dropped"], "3");
        test.write_audit().await;
        let (_, log) = test.administer("GET", &format!("/api/audit?conversation={id}"), &Value::Null).await;
        let acts: Vec<_> =
            log["items"].as_array().unwrap().iter().map(|it| it["act"].as_str().unwrap()).collect();
        assert_eq!(acts, ["contact.unblocked", "contact.blocked"], "{log}");
    }
}

#[tokio::test]
async fn abu_4_a_dropped_message_costs_one_read_of_the_conversation() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let kind = ChannelKind::Line;
    let id = says(&test, kind, "question").await;
    block(&test, id).await;
    says(&test, kind, "first").await;
    for text in ["one", "two"] {
        test.customer_writes(kind, CUSTOMER, text).await;
        faults.take_capacity();
        test.write().await;
        let cost = faults.take_capacity();
        assert_eq!(cost, Capacity { read: 1.0, ..Capacity::default() }, "{cost:?}");
    }
}

#[tokio::test]
async fn abu_3_replies_to_a_blocked_contact_are_refused_and_waiting_ones_fail() {
    let (test, kind) = (TestInbox::start().await, ChannelKind::Line);
    let id = says(&test, kind, "question").await;
    let queued = test.answer(id, "queued", "answer").await;
    let at = (test.clock.now() + Span::from_hours(1)).to_string();
    let (status, later) = test.post_draft(id, "later", &json!({"text": "later", "send_at": at})).await;
    assert_eq!(status, 202, "{later}");
    block(&test, id).await;
    let (status, refused) = test.post_reply(id, "k", "hello").await;
    assert_eq!((status, refused["error"]["id"].as_str()), (409, Some("contact_blocked")), "{refused}");
    test.settle().await;
    assert_eq!(failure(&test, id, queued).await, Some(FailureReason::ContactBlocked));
    test.pass(Span::from_hours(1));
    test.schedule().await;
    test.settle().await;
    let later = later["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(failure(&test, id, later).await, Some(FailureReason::ContactBlocked));
    assert_eq!(test.simulator.sent().len(), 0);
    assert!(lines(&test, id).await.contains(&"scheduled_not_sent:contact_blocked".to_owned()));
}

#[tokio::test]
async fn abu_3_what_had_reached_us_before_the_block_is_taken_in() {
    let (test, kind) = (TestInbox::start().await, ChannelKind::Line);
    let id = says(&test, kind, "question").await;
    test.customer_writes(kind, CUSTOMER, "in time").await;
    test.pass(Span::from_secs(1));
    block(&test, id).await;
    let bodies: Vec<String> = test.inbound.messages().into_iter().map(|message| message.body).collect();
    test.settle().await;
    for body in &bodies {
        test.write_record(body).await;
    }
    assert_eq!(
        (test.texts(id).await, test.dropped()),
        (vec!["question".to_owned(), "in time".to_owned()], 0)
    );
}

#[tokio::test]
async fn abu_3_the_list_of_blocked_contacts_has_pages() {
    let (test, kind) = (TestInbox::start().await, ChannelKind::Line);
    let mut ids = Vec::new();
    for customer in 1..=4 {
        let id = test.customer_writes(kind, &format!("customer-{customer}"), "hello").await;
        test.settle().await;
        test.pass(Span::from_secs(1));
        block(&test, id).await;
        ids.push(json!(id));
    }
    ids.reverse();
    let (mut listed, mut path) = (Vec::new(), "/api/blocked?limit=3".to_owned());
    loop {
        let page = test.get(&path).await;
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 3);
        listed.extend(items.iter().map(|item| item["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/blocked?limit=3&cursor={cursor}");
    }
    assert_eq!(listed, ids);
    let (status, refused) = test.call("GET", "/api/blocked?cursor=x", None, &Value::Null).await;
    assert_eq!((status, refused["error"]["id"].as_str()), (400, Some("invalid_query")));
    let path = format!("/api/conversations/{}/block", ids[0].as_str().unwrap());
    for body in [json!({"reason": " "}), json!({}), json!({"reason": "x".repeat(201)})] {
        let (status, refused) = test.call("POST", &path, None, &body).await;
        assert_eq!((status, refused["error"]["id"].as_str()), (400, Some("invalid_body")), "{body}");
    }
}

#[tokio::test]
async fn abu_1_a_brand_chooses_and_tries_out_what_it_finds_offensive() {
    let test = TestInbox::start().await;
    let brand = test.administered("POST", "/api/brands", &json!({"name": "本店"})).await;
    let path = format!("/api/brands/{}/profanity", brand["id"].as_str().unwrap());
    let unset = test.administered("GET", &path, &Value::Null).await;
    let expected = json!({
        "on": false, "japanese": true, "english": true, "words": [], "exceptions": [], "limit": 3, "block": false, "version": 0
    });
    assert_eq!(unset, expected);
    let choice = json!({"on": true, "english": false, "words": [" 競合社 "], "exceptions": ["旧競合社"], "limit": 5, "block": true});
    let chosen = test.administered("PUT", &path, &choice).await;
    assert_eq!(
        (&chosen["words"], &chosen["english"], &chosen["version"]),
        (&json!(["競合社"]), &json!(false), &json!(1))
    );
    assert_eq!(test.administered("PUT", &path, &choice).await["version"], 1, "nothing has changed");
    for (body, id) in [
        (json!({"on": true, "limit": 0}), "profanity_refused"),
        (json!({"on": true, "limit": 101}), "profanity_refused"),
        (json!({"on": true, "words": ["a"]}), "profanity_refused"),
        (json!({"limit": 3}), "invalid_body"),
        (json!({"on": true, "colour": "red"}), "invalid_body"),
    ] {
        let (_, refused) = test.administer("PUT", &path, &body).await;
        assert_eq!(refused["error"]["id"], id, "{body}");
    }
    let (status, _) = test.call("PUT", &path, None, &choice).await;
    assert_eq!(status, 403, "for administrators");
    let tried = test
        .administered("POST", &format!("{path}/test"), &json!({"text": "😀旧競合社と競合社、馬鹿。fuck"}))
        .await;
    assert_eq!(
        tried["matches"],
        json!([
            {"text": "競合社", "index": 7, "length": 3, "word": "競合社", "list": "own"},
            {"text": "馬鹿", "index": 11, "length": 2, "word": "馬鹿", "list": "ja"},
        ])
    );
    let other = json!({"text": "fuck", "settings": {"on": false, "japanese": false}});
    let tried = test.administered("POST", &format!("{path}/test"), &other).await;
    assert_eq!((&tried["offensive"], &tried["matches"][0]["list"]), (&json!(true), &json!("en")));
    test.write_audit().await;
    let (_, log) = test.administer("GET", "/api/audit", &Value::Null).await;
    let added = log["items"].as_array().unwrap().iter().find(|it| it["act"] == "profanity.added").unwrap();
    assert_eq!(added["after"]["limit"], 5, "{added}");
}
