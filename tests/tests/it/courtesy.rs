//! What customers see of who reads and writes: best effort, once, and never in the way of a reply.

use madoguchi_domain::channel::Sending;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::message::SendState;
use madoguchi_domain::send::Rest;
use madoguchi_domain::{ChannelKind, ConversationId, Message, MessageKey, Party, Span};
use madoguchi_simulator::{Act, Action, Endpoint, Fault, FaultRule, Provider, demo};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::dynamo::INBOX;
use pending_sweep::Swept;
use serde_json::{Value, json};

const BOTH: [ChannelKind; 2] = [ChannelKind::Line, ChannelKind::Messenger];

async fn says(test: &TestInbox, kind: ChannelKind, words: &str) -> ConversationId {
    test.pass(Span::from_secs(1));
    let id = test.customer_writes(kind, "customer-1", words).await;
    test.settle().await;
    id
}

async fn act(test: &TestInbox, group: Option<&str>, action: Action) -> ConversationId {
    test.pass(Span::from_secs(1));
    let (customer, group_of) = (Some("customer-1".to_owned()), group.map(str::to_owned));
    let act = Act { provider: Provider::Line, account: None, customer, group: group_of, at_ms: None, action };
    let performed = test.simulator.act(act).await.unwrap();
    test.settle().await;
    let party = if group.is_some() { Party::Group(performed.peer) } else { Party::User(performed.peer) };
    ConversationId::derive(TestInbox::channel_id(ChannelKind::Line), &party)
}

fn hello() -> Action {
    Action::Text { text: "hello".into(), quote: None }
}

/// The newest message that the API shows.
async fn newest(test: &TestInbox, id: ConversationId) -> String {
    let list = test.get(&format!("/api/conversations/{id}/messages")).await;
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn read(test: &TestInbox, id: ConversationId, message: &str) {
    let path = format!("/api/conversations/{id}/read");
    let (status, body) = test.call("POST", &path, None, &json!({ "message": message })).await;
    assert_eq!((status, body), (204, Value::Null));
}

async fn open(test: &TestInbox, id: ConversationId) {
    let message = newest(test, id).await;
    read(test, id, &message).await;
}

async fn typing(test: &TestInbox, id: ConversationId) {
    let path = format!("/api/conversations/{id}/typing");
    assert_eq!(test.call("POST", &path, None, &json!({})).await, (204, Value::Null));
}

/// What customers were shown.
fn shown(test: &TestInbox) -> Vec<String> {
    test.simulator.shown().into_iter().map(|shown| shown.what).collect()
}

/// How often the providers were asked to show something, whatever came of it.
fn asked(test: &TestInbox) -> usize {
    let calls = test.simulator.calls();
    calls.iter().filter(|call| call.path.contains("/bot/chat/") || call.path.ends_with("/messages")).count()
}

fn name(id: MessageKey, messages: &[Message]) -> Option<String> {
    messages.iter().find(|message| message.key == id)?.provider_message_id.clone()
}

#[tokio::test]
async fn opening_a_chat_marks_what_is_shown_once_and_moves_nothing_else() {
    for (kind, what) in [(ChannelKind::Line, "mark_as_read"), (ChannelKind::Messenger, "mark_seen")] {
        let test = TestInbox::start().await;
        says(&test, kind, "first").await;
        let id = says(&test, kind, "second").await;
        let before = test.conversation(id).await;
        let messages = test.messages(id).await;
        let (first, second) = (messages[0].key, messages[1].key);
        read(&test, id, &second.to_string()).await;
        test.settle().await;
        let marked = test.simulator.shown();
        assert_eq!(marked.len(), 1, "{marked:?}");
        assert_eq!((marked[0].what.as_str(), &marked[0].through), (what, &name(second, &messages)));
        assert_eq!(test.conversation(id).await, before, "its version belongs to the rules");

        // Again, backwards, and further than anything was said.
        let beyond = format!("9999999999999-{}", second.id);
        for message in [second.to_string(), first.to_string(), beyond] {
            read(&test, id, &message).await;
            test.settle().await;
        }
        assert_eq!(asked(&test), 1, "{kind}");

        says(&test, kind, "third").await;
        open(&test, id).await;
        test.settle().await;
        assert_eq!(shown(&test), [what, what]);
        let third = test.messages(id).await;
        assert_eq!(test.simulator.shown()[1].through, name(third[2].key, &third), "{kind}");
    }
}

#[tokio::test]
async fn an_own_answer_is_nothing_to_mark() {
    let test = TestInbox::start().await;
    let id = says(&test, ChannelKind::Line, "question").await;
    open(&test, id).await;
    test.pass(Span::from_secs(1));
    test.answer(id, "k", "answer").await;
    test.settle().await;
    open(&test, id).await;
    test.settle().await;
    assert_eq!(shown(&test), ["mark_as_read"]);
}

/// LINE's stickers come without a token: the message before it is marked.
#[tokio::test]
async fn the_newest_message_that_can_be_marked_is() {
    let test = TestInbox::start().await;
    let id = says(&test, ChannelKind::Line, "text").await;
    let sticker = Action::Sticker { package_id: None, sticker_id: None };
    assert_eq!(act(&test, None, sticker.clone()).await, id);
    let messages = test.messages(id).await;
    assert!(messages[0].read_token.is_some() && messages[1].read_token.is_none());
    open(&test, id).await;
    test.settle().await;
    assert_eq!(test.simulator.shown()[0].through, messages[0].provider_message_id);
    // Another one: of what has not been marked nothing can be.
    act(&test, None, sticker).await;
    open(&test, id).await;
    test.settle().await;
    assert_eq!(asked(&test), 1);
}

#[tokio::test]
async fn what_marks_a_message_is_stored_and_told_to_nobody() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    for group in [None, Some(group.as_str())] {
        let id = act(&test, group, hello()).await;
        let stored = test.messages(id).await.pop().unwrap();
        let token = stored.read_token.as_ref().expect("it came with the message").as_str().to_owned();
        assert!(!format!("{stored:?}").contains(&token));
        open(&test, id).await;
        test.settle().await;
        for path in ["", "/messages"] {
            let body = test.get(&format!("/api/conversations/{id}{path}")).await.to_string();
            assert!(!body.contains(&token) && !body.contains("read_token"), "{body}");
        }
        let list = test.get("/api/conversations").await.to_string();
        assert!(!list.contains(&token), "{list}");
        let courtesies = test.dynamo.items(INBOX).await.into_iter().filter(|item| item["sk"] == "read");
        assert!(courtesies.into_iter().all(|item| !item.to_string().contains(&token)));
    }
}

#[tokio::test]
async fn after_an_unsend_the_message_before_is_marked_or_nothing() {
    let test = TestInbox::start().await;
    let unsend = async |id: ConversationId| {
        let message_id = test.messages(id).await.pop().unwrap().provider_message_id.unwrap();
        act(&test, None, Action::Unsend { message_id }).await;
        let gone = test.messages(id).await.pop().unwrap();
        assert_eq!((gone.annotations.unsent_at.is_some(), gone.read_token), (true, None));
    };
    let id = says(&test, ChannelKind::Line, "a slip").await;
    unsend(id).await;
    open(&test, id).await;
    test.settle().await;
    assert_eq!(asked(&test), 0);
    says(&test, ChannelKind::Line, "meant").await;
    says(&test, ChannelKind::Line, "another slip").await;
    unsend(id).await;
    open(&test, id).await;
    test.settle().await;
    assert_eq!(test.simulator.shown()[0].through, test.messages(id).await[1].provider_message_id);
    assert_eq!(asked(&test), 1);
}

#[tokio::test]
async fn typing_is_shown_now_and_then_and_not_too_late() {
    for (kind, what) in [(ChannelKind::Line, "loading"), (ChannelKind::Messenger, "typing_on")] {
        let test = TestInbox::start().await;
        let id = says(&test, kind, "question").await;
        // Profile and picture have come.
        test.settle().await;
        let before = test.conversation(id).await;
        for _ in 0..5 {
            typing(&test, id).await;
            test.settle().await;
            test.pass(Span::from_secs(3));
        }
        // At 0 and at 12 seconds.
        assert_eq!(shown(&test), [what, what], "{kind}");
        test.pass(Span::from_secs(10));
        typing(&test, id).await;
        test.relay().await;
        test.pass(Span::from_secs(10));
        test.dispatch().await;
        assert_eq!(asked(&test), 2, "{kind}: nobody is typing any more");
        assert_eq!(test.conversation(id).await, before);
    }
}

#[tokio::test]
async fn groups_are_marked_as_read_and_shown_no_typing() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    let id = act(&test, Some(&group), hello()).await;
    typing(&test, id).await;
    open(&test, id).await;
    test.settle().await;
    assert_eq!(shown(&test), ["mark_as_read"]);
    assert_eq!(asked(&test), 1);
}

#[tokio::test]
async fn twilio_shows_nothing_and_the_api_answers_the_same() {
    let test = TestInbox::with_simulated_twilio().await;
    for kind in [ChannelKind::WhatsApp, ChannelKind::Sms] {
        let id = says(&test, kind, "question").await;
        let before = (test.dynamo.items(INBOX).await, test.simulator.calls().len());
        typing(&test, id).await;
        open(&test, id).await;
        test.settle().await;
        assert_eq!((test.dynamo.items(INBOX).await, test.simulator.calls().len()), before, "{kind}");
    }
}

#[tokio::test]
async fn courtesies_stand_in_their_place_among_the_replies() {
    let test = TestInbox::start().await;
    let id = says(&test, ChannelKind::Line, "question").await;
    open(&test, id).await;
    typing(&test, id).await;
    test.answer(id, "k1", "first").await;
    test.pass(Span::from_secs(10));
    typing(&test, id).await;
    test.answer(id, "k2", "second").await;
    test.relay().await;
    let queued: Vec<Value> =
        test.outbound.messages().iter().map(|message| serde_json::from_str(&message.body).unwrap()).collect();
    let kinds: Vec<&str> =
        queued.iter().map(|work| work["courtesy"]["kind"].as_str().unwrap_or("reply")).collect();
    assert_eq!(kinds, ["read", "typing", "reply", "typing", "reply"]);
    test.settle().await;
    assert_eq!(test.simulator.sent().len(), 2);
    assert_eq!(test.simulator.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_refused_courtesy_is_not_repeated_and_leaves_channel_and_replies_alone() {
    let faults = [
        Fault::ExpiredToken { subcode: None, message: None },
        Fault::RateLimit { code: None, regain_minutes: Some(60) },
        Fault::UserUnavailable,
        Fault::ServerError { after_effect: false },
        Fault::Timeout { after_effect: false, hang_ms: Some(10_000) },
        Fault::ConnectionReset { after_effect: false },
        Fault::Answer {
            status: 400,
            body: json!({"message": "The markAsReadToken is invalid"}),
            after_effect: false,
        },
    ];
    for kind in BOTH {
        let test = TestInbox::start().await;
        let mut id = None;
        for (number, fault) in faults.iter().enumerate() {
            let conversation = says(&test, kind, &format!("question {number}")).await;
            id = Some(conversation);
            // The third call, a repetition, would be shown.
            let (endpoint, times) = (Some(Endpoint::Courtesy), Some(2));
            test.simulator.fault(FaultRule { endpoint, times, ..fault.clone().into() });
            test.pass(Span::from_secs(10));
            open(&test, conversation).await;
            typing(&test, conversation).await;
            let key = test.answer(conversation, &format!("k{number}"), "answer").await;
            test.settle().await;
            let state = test.message(conversation, &key).await.send;
            assert!(matches!(state, Some(SendState::Sent { .. })), "{kind} {fault:?}: {state:?}");
            assert_eq!(test.channel(kind).await.sending(test.clock.now()), Sending::Allowed, "{fault:?}");
            assert!(test.outbound.messages().is_empty());
            assert_eq!(test.simulator.faults(), [], "{kind} {fault:?}: each was tried");
        }
        assert_eq!(shown(&test), Vec::<String>::new());
        assert_eq!(test.simulator.sent().len(), faults.len());
        assert_eq!(test.texts(id.unwrap()).await.len(), 2 * faults.len());
    }
}

#[tokio::test]
async fn a_channel_that_cannot_be_called_is_left_alone() {
    for kind in BOTH {
        let test = TestInbox::start().await;
        let (channel, now) = (TestInbox::channel_id(kind), test.clock.now());
        let id = says(&test, kind, "question").await;
        let held = test.directory.hold_channel(channel, Cause::TokenExpired, "test", now).await.unwrap();
        assert_eq!(held, Saved::Done);
        open(&test, id).await;
        typing(&test, id).await;
        test.settle().await;
        assert_eq!(asked(&test), 0, "{kind}: held");
        assert_eq!(test.directory.release_channel(channel, test.clock.now()).await.unwrap(), Saved::Done);
        test.sweep().await;
        test.settle().await;
        assert_eq!(asked(&test), 0, "{kind}: what was left out is not made up for");

        says(&test, kind, "more").await;
        let until = test.clock.now() + Span::from_minutes(5);
        assert_eq!(test.directory.pause_channel(channel, until, Rest::Rate).await.unwrap(), Saved::Done);
        test.pass(Span::from_secs(10));
        open(&test, id).await;
        typing(&test, id).await;
        test.settle().await;
        assert_eq!(asked(&test), 0, "{kind}: rests");
    }
}

#[tokio::test]
async fn nothing_is_shown_when_the_window_is_over_or_the_chat_is_closed() {
    let test = TestInbox::start().await;
    let id = says(&test, ChannelKind::Messenger, "question").await;
    // The provider's clock runs on while the function's stands.
    test.pass(Span::from_hours(24) + Span::from_minutes(1));
    open(&test, id).await;
    typing(&test, id).await;
    test.settle().await;
    assert_eq!(asked(&test), 0);

    let id = says(&test, ChannelKind::Line, "question").await;
    let path = format!("/api/conversations/{id}/close");
    assert_eq!(test.call("POST", &path, None, &json!({})).await.0, 200);
    typing(&test, id).await;
    open(&test, id).await;
    test.settle().await;
    assert_eq!(shown(&test), ["mark_as_read"], "nobody can answer, but it was read");
}

/// The items lie in the conversation's partition and show up nowhere: no list, no work for the sweep, no job when they
/// expire.
#[tokio::test]
async fn what_is_noted_for_it_appears_in_no_list_and_expires() {
    let test = TestInbox::start().await;
    let group = test.simulator.groups(demo::LINE_CHANNEL).remove(0);
    let grouped = act(&test, Some(&group), hello()).await;
    let single = act(&test, None, hello()).await;
    // Profiles and pictures have come.
    test.settle().await;
    let everything = async || {
        let mut seen = vec![test.get("/api/conversations").await];
        for id in [grouped, single] {
            seen.push(test.get(&format!("/api/conversations/{id}")).await);
            seen.push(test.get(&format!("/api/conversations/{id}/messages?limit=1")).await);
            seen.push(test.get(&format!("/api/conversations/{id}/messages?limit=100")).await);
        }
        seen
    };
    let (before, items) = (everything().await, test.dynamo.items(INBOX).await.len());
    for id in [grouped, single] {
        open(&test, id).await;
        typing(&test, id).await;
    }
    assert_eq!(test.dynamo.items(INBOX).await.len(), items + 3, "of the group only what was read");
    test.settle().await;
    assert_eq!(everything().await, before);
    test.pass(Span::from_minutes(10));
    assert_eq!(test.sweep().await, Swept::default());

    test.pass(Span::from_days(31));
    assert_eq!(test.dynamo.sweep_expired(), 3);
    test.relay().await;
    assert!(test.outbound.messages().is_empty());
    assert_eq!(test.dynamo.items(INBOX).await.len(), items);
}
