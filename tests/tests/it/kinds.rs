//! Every kind of thing that a customer can send, from the provider's post to what the API shows.

use futures::future::join_all;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ConversationId, Party, Span};
use madoguchi_simulator::{Act, Action, Endpoint, Fault, FaultRule, Provider, Signature, demo};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

fn act(provider: Provider, customer: &str, action: Action) -> Act {
    Act { provider, account: None, customer: Some(customer.to_owned()), group: None, at_ms: None, action }
}

fn in_group(group: &str, customer: &str, action: Action) -> Act {
    Act { group: Some(group.to_owned()), ..act(Provider::Line, customer, action) }
}

fn text(text: &str) -> Action {
    Action::Text { text: text.to_owned(), quote: None }
}

fn of_user(kind: ChannelKind, peer: &str) -> ConversationId {
    ConversationId::derive(TestInbox::channel_id(kind), &Party::User(peer.to_owned()))
}

async fn deliver(test: &TestInbox, events: &[Value]) {
    let body = json!({"destination": "U", "events": events}).to_string();
    let delivered =
        test.simulator.deliver(Provider::Line, demo::LINE_CHANNEL, &body, Signature::Valid, 1).await;
    assert!(delivered.iter().all(|webhook| webhook.outcome.is_delivered()));
}

fn kinds(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

/// Ten pictures, each in a webhook of its own, all at once and in no order.
#[tokio::test]
async fn ing_6_an_album_of_ten_in_parallel_is_one_group_in_one_conversation() {
    let test = TestInbox::start().await;
    let album = act(Provider::Line, "customer-1", Action::Image { count: Some(10) });
    let body: Value =
        serde_json::from_str(&test.simulator.batch(&[album]).await.unwrap().unwrap().body).unwrap();
    let mut events = body["events"].as_array().unwrap().clone();
    test.settle().await;
    let peer = events[0]["source"]["userId"].as_str().unwrap().to_owned();
    let id = of_user(ChannelKind::Line, &peer);

    // The same again, into an inbox that knows nothing yet.
    let test = TestInbox::start().await;
    let expected: Vec<String> =
        events.iter().map(|event| event["message"]["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(expected.len(), 10);
    events.rotate_left(3);
    events.swap(0, 6);
    join_all(events.chunks(1).chain(events.chunks(3)).map(|events| deliver(&test, events))).await;
    test.settle().await;
    let conversation = test.conversation(id).await;
    assert_eq!((conversation.unread, conversation.is_unanswered()), (10, true));
    assert_eq!(test.messages(id).await.len(), 10);

    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    assert_eq!(kinds(&list), ["album"]);
    let album = &list["items"][0];
    assert_eq!(album["album"]["total"], 10);
    let references: Vec<_> =
        album["attachments"].as_array().unwrap().iter().map(|a| a["reference"].as_str().unwrap()).collect();
    assert_eq!(references, expected);
    let indexes: Vec<_> =
        album["parts"].as_array().unwrap().iter().map(|p| p["album"]["index"].clone()).collect();
    assert_eq!(indexes, (1..=10).map(Value::from).collect::<Vec<_>>());

    // A page that would end inside the album takes in the rest of it, and the next one goes on behind it.
    test.pass(Span::from_secs(1));
    test.simulator.act(act(Provider::Line, "customer-1", text("見えますか"))).await.unwrap();
    test.settle().await;
    let list = test.get(&format!("/api/conversations/{id}/messages?limit=4")).await;
    assert_eq!(kinds(&list), ["text", "album"]);
    assert_eq!(list["items"][1]["parts"].as_array().unwrap().len(), 10);
    assert_eq!(list["next_cursor"], Value::Null);
}

/// LINE asks that what was taken back be removed: the text, its preview, its edits.
#[tokio::test]
async fn msg_14_an_unsent_message_disappears_everywhere_and_its_place_stays() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    let written = test.simulator.act(in_group(&group, "customer-1", text("confidential"))).await.unwrap();
    let id =
        ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::Group(written.peer.clone()));
    let message_id = written.message_ids[0].clone();
    test.pass(Span::from_secs(1));
    let edit = Action::Edit { message_id: message_id.clone(), text: "confidential, too".into() };
    test.simulator.act(in_group(&group, "customer-1", edit)).await.unwrap();
    test.settle().await;
    let preview = test.get(&format!("/api/conversations/{id}")).await["preview"].clone();
    assert_eq!(preview, "confidential, too");
    test.pass(Span::from_secs(1));
    test.simulator.act(in_group(&group, "customer-1", Action::Unsend { message_id })).await.unwrap();
    test.settle().await;
    assert!(!format!("{:?}", test.dynamo.items("inbox").await).contains("confidential"));
    assert_eq!(test.get(&format!("/api/conversations/{id}")).await["preview"], "[unsent]");
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    assert_eq!((kinds(&list), &list["items"][0]["unsent"]), (vec!["unsent"], &json!(true)));
}

/// A group is one conversation with several people, each with their name, and what happens in it leaves lines.
#[tokio::test]
async fn chn_2_a_group_chat_has_its_own_name_and_that_of_everybody_who_speaks() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    test.simulator.act(in_group(&group, "customer-1", Action::Join)).await.unwrap();
    test.pass(Span::from_secs(1));
    let hello = test.simulator.act(in_group(&group, "customer-1", text("こんにちは"))).await.unwrap();
    test.pass(Span::from_secs(1));
    let quote = Some(hello.message_ids[0].clone());
    let answer = Action::Text { text: "どうも".into(), quote };
    test.simulator.act(in_group(&group, "customer-2", answer)).await.unwrap();
    test.pass(Span::from_secs(1));
    let third = test.simulator.peer(Provider::Line, demo::LINE_CHANNEL, "customer-3").unwrap();
    let member = json!({"members": [{"type": "user", "userId": third}]});
    for (kind, field) in [("memberJoined", "joined"), ("memberLeft", "left")] {
        let event = json!({"type": kind, field: member});
        test.simulator.act(in_group(&group, "customer-1", Action::Raw { event })).await.unwrap();
        test.pass(Span::from_secs(1));
    }
    test.settle().await;
    test.settle().await;
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::Group(hello.peer));
    let shown = test.get(&format!("/api/conversations/{id}")).await;
    assert_eq!((&shown["kind"], &shown["contact"]["following"]), (&json!("group"), &json!(true)));
    assert_eq!(shown["contact"]["name"], "商店街の会");
    let mut people: Vec<_> = shown["participants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| (person["name"].as_str().unwrap().to_owned(), person["present"] == true))
        .collect();
    people.sort();
    let expected = [("Alex", false), ("けんけん🐟", true), ("山田 花子", true)];
    assert_eq!(people, expected.map(|(name, present)| (name.to_owned(), present)));
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    assert_eq!(kinds(&list), ["members_left", "members_joined", "text", "text", "joined_group"]);
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|m| m["participant_name"].clone()).collect();
    assert_eq!(names[2..4], [json!("けんけん🐟"), json!("山田 花子")]);
    assert_eq!(list["items"][2]["reply_to"], list["items"][3]["id"]);
    assert_eq!(list["items"][3]["reply_to"], Value::Null);
    assert_eq!(list["items"][0]["details"]["members"], third);
    assert_eq!(test.sweep().await.profiles, 0, "nobody's profile is left to be fetched");

    test.simulator.act(in_group(&group, "customer-1", Action::Leave)).await.unwrap();
    test.settle().await;
    assert_eq!(test.get(&format!("/api/conversations/{id}")).await["contact"]["following"], false);
}

#[tokio::test]
async fn a_profile_in_a_group_that_was_not_fetched_is_found_by_the_sweep() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    let hello = test.simulator.act(in_group(&group, "customer-1", text("hello"))).await.unwrap();
    test.write().await;
    let id = ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &Party::Group(hello.peer));
    let user = test.simulator.peer(Provider::Line, demo::LINE_CHANNEL, "customer-1").unwrap();
    let wanted = test.inbox.participant(id, &user).await.unwrap().unwrap();
    assert_eq!(wanted.profile, ProfileState::Wanted);
    // The stream's record is lost: only the index knows.
    assert_eq!(test.sweep().await.profiles, 2);
    test.fetch_profiles().await;
    let known = test.inbox.participant(id, &user).await.unwrap().unwrap();
    assert_eq!((known.profile, known.name.as_deref()), (ProfileState::Known, Some("山田 花子")));
    assert_eq!(test.sweep().await.profiles, 0);
}

/// What nobody said, on the running functions: lines, and no reopened chat.
#[tokio::test]
async fn ing_14_beacons_menus_and_memberships_reopen_nothing() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "hello").await;
    test.settle().await;
    let conversation = test.conversation(id).await;
    let closed = madoguchi_domain::conversation::close(
        conversation,
        madoguchi_domain::CloseReason::Operator,
        test.clock.now(),
    );
    let saved = test.inbox.commit_closed(&closed.unwrap()).await.unwrap();
    assert_eq!(saved, madoguchi_store::Saved::Done);
    let stay = json!({"type": "beacon", "beacon": {"hwid": "d41d8cd98f", "type": "stay"}});
    let events = [
        json!({"type": "beacon", "beacon": {"hwid": "d41d8cd98f", "type": "enter", "dm": "1234"}}),
        stay.clone(),
        stay.clone(),
        stay,
        json!({"type": "postback", "postback": {"data": "m", "params": {"newRichMenuAliasId": "b", "status": "SUCCESS"}}}),
        json!({"type": "membership", "membership": {"type": "joined", "membershipId": 7}}),
        json!({"type": "accountLink", "link": {"result": "ok", "nonce": "very-secret"}}),
        json!({"type": "videoPlayComplete", "videoPlayComplete": {"trackingId": "t"}}),
        json!({"type": "teleport", "teleport": {"pointToken": "very-secret"}}),
    ];
    for event in events {
        test.pass(Span::from_secs(10));
        test.simulator.act(act(Provider::Line, "customer-1", Action::Raw { event })).await.unwrap();
    }
    test.settle().await;
    let shown = test.get(&format!("/api/conversations/{id}")).await;
    assert_eq!((&shown["status"], &shown["unread"]), (&json!("closed"), &json!(0)));
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    let mut kinds = kinds(&list);
    kinds.sort_unstable();
    let expected = [
        "account_link",
        "beacon",
        "beacon",
        "closed",
        "membership",
        "menu_switched",
        "provider:teleport",
        "text",
        "video_played",
    ];
    assert_eq!(kinds, expected);
    assert!(!format!("{:?}", test.dynamo.items("inbox").await).contains("very-secret"));
}

/// Conversation Routing: while another app has the thread nothing can be written, and the operator sees which.
#[tokio::test]
async fn thread_control_locks_the_composer_until_it_comes_back() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "hello").await;
    test.settle().await;
    let taken = json!({"take_thread_control": {"previous_owner_app_id": 1, "new_owner_app_id": 263_902_037_430_900_i64}});
    let passed = json!({"pass_thread_control": {"new_owner_app_id": demo::APP_ID}});
    for (event, state, owner) in [(taken, "locked", json!("page_inbox")), (passed, "open", Value::Null)] {
        test.pass(Span::from_secs(1));
        test.simulator.act(act(Provider::Messenger, "customer-1", Action::Raw { event })).await.unwrap();
        test.settle().await;
        let composer = test.get(&format!("/api/conversations/{id}")).await["composer"].clone();
        assert_eq!((&composer["state"], &composer["controlled_by"]), (&json!(state), &owner));
        let (status, body) = test.post_reply(id, state, "answer").await;
        if state == "locked" {
            assert_eq!((status, &body["error"]["id"]), (409, &json!("thread_controlled")));
            assert!(body["error"]["remedy"].is_string());
        } else {
            assert_eq!(status, 202, "{body}");
        }
    }
}

/// The month's quota is used up: the operator sees the meter.
#[tokio::test]
async fn rpl_13_a_used_up_quota_is_shown_with_its_meter() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "hello").await;
    test.settle().await;
    test.simulator.set_line_quota(demo::LINE_CHANNEL, Some(200), 200);
    // The reply token, which costs nothing, is over.
    test.pass(Span::from_minutes(5));
    test.answer(id, "k", "answer").await;
    test.settle().await;
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    let failure = &list["items"][0]["failure"];
    assert_eq!(failure["id"], "quota_exhausted");
    assert_eq!(failure["meter"], json!({"used": 200, "limit": 200}));
}

/// A code that nobody knows yet: a general text for operators, the provider's words for administrators, a metric.
#[tokio::test]
async fn an_unknown_code_is_kept_with_the_providers_words() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Messenger, "customer-1", "hello").await;
    test.settle().await;
    let fault = Fault::GraphError {
        code: 424_242,
        subcode: None,
        message: Some("Something of tomorrow".into()),
        status: None,
        is_transient: None,
    };
    test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Send), ..fault.into() }.times(1));
    let key = test.answer(id, "k", "answer").await;
    test.settle().await;
    let failed = test.message(id, &key).await.send.unwrap();
    let SendState::Failed { reason, detail, provider_text, .. } = failed else { panic!("{failed:?}") };
    assert_eq!((reason, detail.as_str()), (FailureReason::ProviderRefused, "424242"));
    assert_eq!(provider_text.as_deref(), Some("Something of tomorrow"));
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    let failure = &list["items"][0]["failure"];
    assert_eq!((&failure["id"], &failure["provider"]), (&json!("provider_refused"), &Value::Null));
    assert_eq!(test.counted("UnmappedProviderCodes"), 1);
}
