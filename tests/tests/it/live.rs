//! Live updates (CON-5, CON-9): from a committed change to what a client is told, and back from a lost connection.

use std::collections::HashMap;

use live_api::{Event, LiveApi};
use live_push::LivePush;
use madoguchi_domain::conversation::Counter;
use madoguchi_domain::live::{
    LOG_KEPT, MESSAGES_PER_WINDOW, PACE_WINDOW, TICKET_LASTS, TYPING_LASTS, VIEWING_LASTS,
};
use madoguchi_domain::{
    ChannelKind, ChannelSettings, ConversationId, OperatorAccess, OperatorId, Section, Span,
};
use madoguchi_live::{Audience, Teller};
use madoguchi_runtime::batch::{Invocation, process_changes};
use madoguchi_store::{Live, SETTINGS_CACHE, Saved};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::LIVE_URL;
use madoguchi_tests::support::aws::clients;
use madoguchi_tests::support::dynamo::{LIVE, StreamReader};
use madoguchi_tests::support::sockets::{API, Sockets};
use serde_json::{Value, json};
use tokio::sync::Mutex;

const YAMADA: (&str, &str) = ("yamada", "operators");
const SATO: (&str, &str) = ("sato", "operators");
const CHIEF: (&str, &str) = ("chief", "administrators");

struct World {
    test: TestInbox,
    sockets: Sockets,
    live: Live,
    api: LiveApi,
    push: LivePush,
    stream: Mutex<StreamReader>,
}

impl World {
    async fn start() -> Self {
        let (test, sockets) = (TestInbox::start().await, Sockets::start().await);
        let live = Live::new(test.dynamo.clients().dynamodb(), LIVE);
        let audience = || Audience::new(test.directory.clone());
        let connections = clients(sockets.url()).connections(API, test.clock.clone());
        let teller = || Teller::new(connections.clone(), live.clone());
        let api = LiveApi::new(live.clone(), test.inbox.clone(), audience(), teller(), test.clock.clone());
        let push = LivePush::new(test.inbox.clone(), live.clone(), audience(), teller(), test.clock.clone());
        let stream = Mutex::new(test.dynamo.stream());
        Self { test, sockets, live, api, push, stream }
    }

    /// Somebody asks for a ticket; it is returned.
    async fn ticket(&self, person: (&str, &str)) -> String {
        let (status, answer) =
            self.test.call_as(person, "POST", "/api/live/tickets", None, &Value::Null).await;
        assert_eq!((status, answer["url"].as_str()), (201, Some(LIVE_URL)), "{answer}");
        answer["ticket"].as_str().unwrap().to_owned()
    }

    /// Connects with a ticket; whether it is let in.
    async fn connect_with(&self, id: &str, ticket: Option<&str>) -> bool {
        let query = ticket.map(|ticket| json!({ "ticket": ticket }));
        let event = json!({
            "requestContext": {"connectionId": id, "eventType": "CONNECT", "routeKey": "$connect"},
            "queryStringParameters": query, "isBase64Encoded": false,
        });
        let is_in = self.api.handle(serde_json::from_value::<Event>(event).unwrap()).await.unwrap().is_ok();
        if is_in {
            self.sockets.open(id);
        }
        is_in
    }

    async fn connect(&self, id: &str, person: (&str, &str)) {
        let ticket = self.ticket(person).await;
        assert!(self.connect_with(id, Some(&ticket)).await);
    }

    async fn event(&self, id: &str, kind: &str, body: &str) {
        let event = json!({"requestContext": {"connectionId": id, "eventType": kind}, "body": body});
        self.api.handle(serde_json::from_value(event).unwrap()).await.unwrap();
    }

    /// A client says something; returns what it was told since, this last.
    async fn say(&self, id: &str, message: &Value) -> Vec<Value> {
        self.event(id, "MESSAGE", &message.to_string()).await;
        self.sockets.take(id)
    }

    async fn disconnect(&self, id: &str) {
        self.sockets.drop_silently(id);
        self.event(id, "DISCONNECT", "").await;
    }

    /// Hands the table's changes to `live-push`, in batches as the template has them; how many were refused.
    async fn push(&self) {
        let mut stream = self.stream.lock().await;
        let deadline = self.test.clock.now() + Span::from_secs(25);
        let invocation = || Invocation { deadline, clock: &self.test.clock, queue: None };
        stream
            .drain(100, async |event| {
                // As the event source mapping's filter has it.
                process_changes(event, invocation(), async |records| Ok(self.push.handle(records).await?))
                    .await
            })
            .await;
    }

    /// A customer of LINE writes, and clients are told.
    async fn customer_writes(&self, customer: &str, text: &str) -> ConversationId {
        let conversation = self.test.customer_writes(ChannelKind::Line, customer, text).await;
        self.test.write().await;
        self.push().await;
        conversation
    }
}

/// The highest version of each thing among messages of the type `changes`.
fn versions(told: &[Value]) -> HashMap<String, u64> {
    let mut known = HashMap::new();
    for change in told
        .iter()
        .filter(|told| told["type"] == "changes")
        .flat_map(|told| told["changes"].as_array().unwrap())
    {
        let version = change["version"].as_u64().unwrap();
        let kept = known.entry(change["id"].as_str().unwrap().to_owned()).or_insert(version);
        *kept = version.max(*kept);
    }
    known
}

fn last_seq(told: &[Value]) -> u64 {
    told.iter().filter_map(|told| told["seq"].as_u64()).max().unwrap()
}

fn viewing(conversation: ConversationId) -> Value {
    json!({"action": "viewing", "conversation_id": conversation})
}

fn typing(conversation: ConversationId) -> Value {
    json!({"action": "typing", "conversation_id": conversation})
}

/// Who is there, with a `*` behind who writes.
fn people(told: &Value) -> Vec<String> {
    assert_eq!(told["type"], "presence", "{told}");
    let mark = |one: &Value| if one["typing_until"].is_null() { "" } else { "*" };
    let people = told["people"].as_array().unwrap().iter();
    people.map(|one| format!("{}{}", one["operator_id"].as_str().unwrap(), mark(one))).collect()
}

#[tokio::test]
async fn con_5_a_ticket_is_taken_once_and_soon_and_nothing_else_opens_a_connection() {
    let world = World::start().await;
    let ticket = world.ticket(YAMADA).await;
    assert!(!world.connect_with("c0", None).await);
    assert!(!world.connect_with("c0", Some("")).await);
    assert!(!world.connect_with("c0", Some("guessed")).await);
    assert!(world.connect_with("c1", Some(&ticket)).await);
    assert!(!world.connect_with("c2", Some(&ticket)).await, "used");
    let late = world.ticket(YAMADA).await;
    world.test.pass(TICKET_LASTS);
    assert!(!world.connect_with("c3", Some(&late)).await, "too late");
    let removed = world.ticket(SATO).await;
    let mut sato = world.test.directory.person(&OperatorId("sato".into())).await.unwrap().unwrap();
    sato.remove(world.test.clock.now());
    assert_eq!(world.test.directory.save_person(&sato).await.unwrap(), Saved::Done);
    assert!(!world.connect_with("c4", Some(&removed)).await, "removed meanwhile");
    assert_eq!(world.live.connections(world.test.clock.now()).await.unwrap().len(), 1);
    let told = world.say("c1", &json!({"action": "hello"})).await;
    assert_eq!((&told[0]["type"], &told[0]["operator_id"]), (&json!("hello"), &json!("yamada")));
    // A ticket is nowhere to be found, used or not.
    let items = serde_json::to_string(&world.test.dynamo.items(LIVE).await).unwrap();
    assert!(![ticket, late].iter().any(|ticket| items.contains(ticket)), "{items}");
}

#[tokio::test]
async fn con_9_clients_are_told_of_each_change_with_its_version_and_never_what_was_said() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    world.connect("c2", YAMADA).await;
    let id = world.customer_writes("customer-1", "a secret").await;
    let told = world.sockets.take("c1");
    assert_eq!(world.sockets.take("c2"), told, "every screen of a person");
    assert!(!serde_json::to_string(&told).unwrap().contains("secret"));
    let items = serde_json::to_string(&world.test.dynamo.items(LIVE).await).unwrap();
    assert!(!items.contains("secret"), "the log holds no texts either");
    // What the API shows is what was told.
    let known = versions(&told);
    let shown = world.test.get(&format!("/api/conversations/{id}")).await;
    assert_eq!(known[&id.to_string()], shown["version"].as_u64().unwrap());
    let page = world.test.get(&format!("/api/conversations/{id}/messages")).await;
    let message = &page["items"][0];
    assert_eq!(known[message["id"].as_str().unwrap()], message["version"].as_u64().unwrap());
    assert_eq!(known.len(), 2, "{told:?}");
    // Numbers have no gaps.
    let numbers: Vec<u64> = told
        .iter()
        .flat_map(|told| told["changes"].as_array().unwrap())
        .map(|change| change["seq"].as_u64().unwrap())
        .collect();
    assert!(numbers.windows(2).all(|two| two[0] + 1 == two[1]) && numbers[0] == 1, "{numbers:?}");
    // An answer, too, and each step of it.
    let reply = world.test.answer(id, "k", "はい").await;
    world.test.settle().await;
    world.push().await;
    let known = versions(&world.sockets.take("c1"));
    let page = world.test.get(&format!("/api/conversations/{id}/messages")).await;
    let sent = page["items"].as_array().unwrap().iter().find(|one| one["id"] == reply.to_string()).unwrap();
    assert_eq!(
        (sent["status"].as_str(), known[&reply.to_string()]),
        (Some("sent"), sent["version"].as_u64().unwrap())
    );
}

#[tokio::test]
async fn con_9_a_record_that_comes_again_does_no_harm() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    world.customer_writes("customer-1", "hello").await;
    let first = versions(&world.sockets.take("c1"));
    *world.stream.lock().await = world.test.dynamo.stream();
    world.push().await;
    let again = world.sockets.take("c1");
    assert_eq!(versions(&again), first);
    assert!(again.iter().all(|told| told["seq"].as_u64().unwrap() > 2), "under new numbers: {again:?}");
}

#[tokio::test]
async fn con_9_a_client_that_comes_back_is_told_what_it_missed() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    world.customer_writes("customer-1", "one").await;
    let after = last_seq(&world.sockets.take("c1"));
    // What was told long before is not told again.
    world.test.pass(Span::from_minutes(5));
    let kept = world.customer_writes("customer-2", "two").await;
    let seen = last_seq(&world.sockets.take("c1"));
    assert!(seen > after);
    world.disconnect("c1").await;
    let missed = [
        world.customer_writes("customer-3", "three").await,
        world.customer_writes("customer-3", "four").await,
    ];
    world.test.pass(Span::from_minutes(30));
    world.connect("c2", YAMADA).await;
    let told = world.say("c2", &json!({"action": "resume", "after": seen})).await;
    let known = versions(&told);
    let now = world.test.get(&format!("/api/conversations/{}", missed[0])).await["version"].as_u64().unwrap();
    assert_eq!(known[&missed[0].to_string()], now);
    assert_eq!(known.len(), 5, "each thing once, and of the half minute before the last number: {told:?}");
    assert!(known.contains_key(&kept.to_string()));
    let end = told.last().unwrap();
    assert_eq!((&end["type"], end["seq"].as_u64().unwrap()), (&json!("resumed"), last_seq(&told)));
    // And again from there: nothing but the end.
    let told = world.say("c2", &json!({"action": "resume", "after": last_seq(&told)})).await;
    assert_eq!(told.last().unwrap()["type"], "resumed");
}

#[tokio::test]
async fn con_9_a_client_that_missed_too_much_loads_anew() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    world.customer_writes("customer-1", "one").await;
    let after = last_seq(&world.sockets.take("c1"));
    let resume = json!({"action": "resume", "after": after});
    let unknown = json!({"action": "resume", "after": after + 1_000});
    let told = world.say("c1", &unknown).await;
    assert_eq!((&told[0]["type"], told[0]["seq"].as_u64()), (&json!("reload"), Some(after)));
    world.test.pass(LOG_KEPT);
    world.connect("c2", YAMADA).await;
    assert_eq!(world.say("c2", &resume).await[0]["type"], "reload", "too long ago");
}

#[tokio::test]
async fn con_9_nothing_is_written_while_nobody_could_come_back() {
    let world = World::start().await;
    world.customer_writes("customer-1", "one").await;
    assert!(world.test.dynamo.items(LIVE).await.is_empty());
    world.connect("c1", YAMADA).await;
    world.customer_writes("customer-1", "two").await;
    let after = last_seq(&world.sockets.take("c1"));
    world.disconnect("c1").await;
    // Its client may come back for an hour.
    world.test.pass(LOG_KEPT - Span::from_minutes(1));
    let missed = world.customer_writes("customer-2", "three").await;
    world.connect("c2", YAMADA).await;
    let told = world.say("c2", &json!({"action": "resume", "after": after})).await;
    assert!(told[0]["type"] == "reload" || versions(&told).contains_key(&missed.to_string()), "{told:?}");
    world.disconnect("c2").await;
    world.test.pass(LOG_KEPT + Span::from_secs(2));
    // The function looks once more, and never again.
    world.customer_writes("customer-1", "four").await;
    let before = world.live.last_number().await.unwrap();
    world.customer_writes("customer-1", "five").await;
    assert_eq!(world.live.last_number().await.unwrap(), before);
    world.test.dynamo.sweep_expired();
    let left = world.test.dynamo.items(LIVE).await;
    assert!(left.iter().all(|item| item["pk"] == "counter" || item["pk"] == "log"), "{left:?}");
}

#[tokio::test]
async fn con_9_connections_that_are_gone_or_stuck_are_cleaned_up() {
    let world = World::start().await;
    for id in ["dead", "well", "stuck"] {
        world.connect(id, YAMADA).await;
    }
    world.sockets.drop_silently("dead");
    let id = world.customer_writes("customer-1", "one").await;
    let open = async || {
        let now = world.test.clock.now();
        let known = world.live.connections(now).await.unwrap();
        let mut open: Vec<String> =
            known.into_iter().filter(|one| one.is_open(now)).map(|one| one.id).collect();
        open.sort();
        open
    };
    assert_eq!(open().await, ["stuck", "well"]);
    let posts = world.sockets.posts();
    world.customer_writes("customer-1", "two").await;
    assert!(world.sockets.posts() > posts);
    world.sockets.take("well");
    // One that can be neither told nor ended keeps nobody from being told; the records come again.
    world.sockets.set_stuck("stuck", true);
    world.test.customer_writes(ChannelKind::Line, "customer-1", "three").await;
    world.test.write().await;
    let event = world.stream.lock().await.peek(100);
    let deadline = world.test.clock.now() + Span::from_secs(25);
    let invocation = Invocation { deadline, clock: &world.test.clock, queue: None };
    let answer =
        process_changes(event, invocation, async |records| Ok(world.push.handle(records).await?)).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    let told = versions(&world.sockets.take("well"));
    world.sockets.set_stuck("stuck", false);
    world.push().await;
    assert_eq!(versions(&world.sockets.take("well")), told);
    assert!(told.contains_key(&id.to_string()));
    // After two hours a connection is ended, whoever holds it.
    world.test.pass(Span::from_hours(2));
    world.customer_writes("customer-1", "four").await;
    assert!(open().await.is_empty());
    assert!(!world.sockets.is_open("well"));
    world.sockets.open("well");
    assert!(world.say("well", &json!({"action": "ping"})).await.is_empty());
    assert!(!world.sockets.is_open("well"), "what says something after its end is ended");
}

#[tokio::test]
async fn con_5_whoever_loses_access_is_told_no_more() {
    let world = World::start().await;
    for (id, person) in [("yamada", YAMADA), ("sato", SATO), ("chief", CHIEF)] {
        world.connect(id, person).await;
    }
    let line = world.test.channel(ChannelKind::Line).await;
    let heard = async |text: &str| {
        world.test.pass(SETTINGS_CACHE);
        let id = world.customer_writes("customer-1", text).await;
        let heard = ["yamada", "sato", "chief"].map(|id| !world.sockets.take(id).is_empty());
        (id, heard)
    };
    let (id, all) = heard("one").await;
    assert_eq!(all, [true; 3]);
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..line.settings.clone() };
    world.test.set(ChannelKind::Line, &settings).await;
    let path = format!("/api/channels/{}/operators", line.id);
    world.test.administered("POST", &path, &json!({"operators": ["yamada"]})).await;
    assert_eq!(heard("two").await.1, [true, false, true]);
    assert_eq!(
        world.say("sato", &viewing(id)).await[0]["code"],
        "conversation_not_found",
        "nor do they show themselves there"
    );
    assert_eq!(people(&world.say("yamada", &viewing(id)).await[0]), ["yamada"]);
    // What they missed meanwhile is not told either.
    let told = world.say("sato", &json!({"action": "resume", "after": 2})).await;
    assert!(versions(&told).is_empty() && !told.is_empty(), "{told:?}");
    world.test.administered("DELETE", &format!("{path}/yamada"), &Value::Null).await;
    assert_eq!(heard("three").await.1, [false, false, true]);
    world.test.administered("DELETE", "/api/people/sato", &Value::Null).await;
    heard("four").await;
    assert!(
        !world.sockets.is_open("sato") && world.sockets.is_open("yamada"),
        "whoever is removed is disconnected"
    );
}

#[tokio::test]
async fn con_5_people_see_who_else_is_there_and_who_writes() {
    let world = World::start().await;
    let id = world.customer_writes("customer-1", "hello").await;
    for (connection, person) in [("y1", YAMADA), ("y2", YAMADA), ("s1", SATO)] {
        world.connect(connection, person).await;
    }
    assert_eq!(people(&world.say("y1", &viewing(id)).await[0]), ["yamada"]);
    assert_eq!(people(&world.say("s1", &viewing(id)).await[0]), ["sato", "yamada"]);
    assert_eq!(people(&world.sockets.take("y1")[0]), ["sato", "yamada"]);
    assert!(world.say("s1", &typing(id)).await.is_empty(), "who writes knows it");
    assert_eq!(people(&world.sockets.take("y1")[0]), ["sato*", "yamada"]);
    // On a second screen: still one person, who sees who writes at once.
    assert_eq!(people(&world.say("y2", &viewing(id)).await[0]), ["sato*", "yamada"]);
    world.sockets.take("s1");
    assert!(world.sockets.take("y1").len() == 1);
    world.test.pass(TYPING_LASTS);
    assert_eq!(people(&world.say("y1", &viewing(id)).await[0]), ["sato", "yamada"], "writing ends by itself");
    world.say("s1", &typing(id)).await;
    world.say("s1", &json!({"action": "typing", "conversation_id": id, "typing": false})).await;
    assert_eq!(people(world.sockets.take("y2").last().unwrap()), ["sato", "yamada"], "or when they say so");
    world.disconnect("y1").await;
    assert_eq!(people(world.sockets.take("s1").last().unwrap()), ["sato", "yamada"], "on the other screen");
    world.say("y2", &json!({"action": "viewing", "conversation_id": null})).await;
    assert_eq!(people(world.sockets.take("s1").last().unwrap()), ["sato"]);
    world.test.pass(VIEWING_LASTS);
    assert_eq!(
        people(&world.say("y2", &viewing(id)).await[0]),
        ["yamada"],
        "Sato has said nothing for a minute"
    );
    // Who opens another conversation has left this one.
    let other = world.customer_writes("customer-2", "hi").await;
    world.say("s1", &viewing(id)).await;
    world.sockets.take("s1");
    world.say("y2", &viewing(other)).await;
    assert_eq!(people(world.sockets.take("s1").last().unwrap()), ["sato"]);
}

#[tokio::test]
async fn con_5_what_a_client_must_not_say_is_refused() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    let nowhere = TestInbox::channel_id(ChannelKind::Line).to_string();
    let long = json!({"action": "ping", "filler": "x".repeat(1_024)});
    for (message, code) in [
        (json!({"action": "send", "text": "x"}), "unknown_action"),
        (json!({"action": "resume"}), "invalid_message"),
        (json!({"action": "viewing", "conversation_id": nowhere}), "conversation_not_found"),
        (json!({"action": "typing", "conversation_id": nowhere}), "conversation_not_found"),
        (json!("hello"), "unknown_action"),
        (long, "too_large"),
    ] {
        let told = world.say("c1", &message).await;
        assert_eq!((&told[0]["type"], &told[0]["code"]), (&json!("error"), &json!(code)), "{message}");
    }
    world.event("c1", "MESSAGE", "{").await;
    assert_eq!(world.sockets.take("c1")[0]["code"], "not_json");
    world.test.pass(PACE_WINDOW);
    let ping = json!({"action": "ping"});
    for _ in 0..MESSAGES_PER_WINDOW {
        assert_eq!(world.say("c1", &ping).await[0]["type"], "pong");
    }
    assert_eq!(world.say("c1", &ping).await[0]["code"], "too_fast");
    world.test.pass(PACE_WINDOW);
    assert_eq!(world.say("c1", &ping).await[0]["type"], "pong");
    // Whoever never came in is not answered but ended.
    world.sockets.open("intruder");
    assert!(world.say("intruder", &ping).await.is_empty());
    assert!(!world.sockets.is_open("intruder"));
}

#[tokio::test]
async fn cls_2_clients_that_hang_keep_nothing_from_being_counted() {
    let world = World::start().await;
    world.connect("hangs", YAMADA).await;
    world.sockets.hang("hangs");
    world.test.customer_writes(ChannelKind::Line, "customer-1", "one").await;
    world.test.write().await;
    let event = world.stream.lock().await.peek(100);
    let counted = async || {
        for _ in 0..1_000 {
            let counts = world.test.inbox.counts().await.unwrap();
            let line = counts.get(&TestInbox::channel_id(ChannelKind::Line));
            if line.and_then(|line| line.get(&Counter::Section(Section::Unassigned))) == Some(&1) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("not counted within 20 s");
    };
    // Lambda may end it at any moment while it waits for the client.
    tokio::select! {
        biased;
        _ = world.push.handle(&event.records) => panic!("the client has not been waited for"),
        () = counted() => {}
    }
}

#[tokio::test]
async fn cls_8_con_9_a_conversation_that_is_deleted_for_ever_is_told_as_removed_until_it_begins_anew() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    let id = world.customer_writes("customer-1", "one").await;
    world.sockets.take("c1");
    let delete = async || {
        let confirm = json!({ "confirm": id.to_string() });
        let path = format!("/api/conversations/{id}");
        let (status, answer) = world.test.call_as(("boss", "owners"), "DELETE", &path, None, &confirm).await;
        assert_eq!(status, 200, "{answer}");
    };
    let of_conversation = |told: Vec<Value>| {
        let changes = told.iter().flat_map(|told| told["changes"].as_array().unwrap().clone());
        let changes: Vec<_> = changes.filter(|change| change["kind"] == "conversation").collect();
        assert_eq!(changes.len(), 1, "{changes:?}");
        (changes[0]["removed"] == true, changes[0]["version"].as_u64().unwrap())
    };
    delete().await;
    world.push().await;
    let (is_removed, removed) = of_conversation(world.sockets.take("c1"));
    assert!(is_removed);
    world.customer_writes("customer-1", "two").await;
    let (is_removed, begun) = of_conversation(world.sockets.take("c1"));
    assert!(!is_removed && begun > removed, "{begun} after {removed}");
    // Deleted and begun anew within one batch.
    delete().await;
    world.customer_writes("customer-1", "three").await;
    let (is_removed, latest) = of_conversation(world.sockets.take("c1"));
    assert!(!is_removed && latest > begun, "{latest} after {begun}");
}

#[tokio::test]
async fn con_5_messages_of_one_moment_are_counted_one_by_one() {
    let world = World::start().await;
    world.connect("c1", YAMADA).await;
    let ping = json!({"action": "ping"}).to_string();
    let said = (0..3 * MESSAGES_PER_WINDOW).map(|_| world.event("c1", "MESSAGE", &ping));
    futures::future::join_all(said).await;
    let told = world.sockets.take("c1");
    let heard = told.iter().filter(|told| told["type"] == "pong").count();
    assert!((1..=MESSAGES_PER_WINDOW as usize).contains(&heard), "{heard}");
}

#[tokio::test]
async fn con_5_a_person_has_so_many_connections_and_no_more() {
    let world = World::start().await;
    let enter = async |id: &str, person| {
        let ticket = world.ticket(person).await;
        world.connect_with(id, Some(&ticket)).await
    };
    let mut let_in = 0;
    while enter(&format!("c{let_in}"), YAMADA).await {
        let_in += 1;
        assert!(let_in < 100, "there is no end");
    }
    assert!(let_in >= 10, "enough for many windows");
    assert!(enter("other", SATO).await, "somebody else's are their own");
    let kept = world.live.connections(world.test.clock.now()).await.unwrap();
    assert_eq!(kept.len(), let_in + 1, "nothing stays of one that was refused");
    world.disconnect("c0").await;
    assert!(enter("again", YAMADA).await);
}
