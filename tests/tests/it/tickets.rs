//! Tickets: by a timer, at once, and by hand (TKT-1 to TKT-5, C9).

use std::collections::BTreeMap;

use aws_lambda_events::event::sqs::SqsBatchResponse;
use madoguchi_domain::message::Body;
use madoguchi_domain::ticket::{TicketAfter, TicketSettings};
use madoguchi_domain::{
    ChannelKind, ChannelSettings, ConversationId, DepartmentId, Message, OperatorAccess, OperatorId, SentBy,
    Span,
};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::{Value, json};

const LINE: ChannelKind = ChannelKind::Line;
const HOUR: TicketAfter = TicketAfter::Timer { minutes: 60 };

async fn set(test: &TestInbox, after: TicketAfter) {
    let tickets = TicketSettings { after, ..TicketSettings::default() };
    test.set(LINE, &ChannelSettings { tickets, ..ChannelSettings::default() }).await;
}

/// A customer writes, and everything follows that follows at once.
async fn says(test: &TestInbox, text: &str) -> ConversationId {
    let id = test.customer_writes(LINE, "customer-1", text).await;
    test.settle().await;
    test.start_tickets().await;
    id
}

async fn minutes(test: &TestInbox, minutes: i64) {
    for _ in 0..minutes {
        test.pass(Span::from_minutes(1));
        let report = test.make_tickets().await;
        assert_eq!(report.failed, 0, "{report:?}");
    }
}

/// The texts of each ticket, as the API shows them.
async fn tickets(test: &TestInbox) -> BTreeMap<u64, Vec<String>> {
    let mut tickets = BTreeMap::new();
    for ticket in test.get("/api/tickets?limit=100").await["items"].as_array().unwrap() {
        let number = ticket["number"].as_u64().unwrap();
        let page = test.get(&format!("/api/tickets/{number}/messages?limit=100")).await;
        let texts = page["items"].as_array().unwrap().iter().rev();
        tickets.insert(number, texts.map(|it| it["text"].as_str().unwrap().to_owned()).collect());
        assert_eq!(ticket["message_count"], page["items"].as_array().unwrap().len(), "{ticket}");
    }
    tickets
}

fn are<const N: usize>(expected: [(u64, &[&str]); N]) -> BTreeMap<u64, Vec<String>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    expected.into_iter().map(|(number, it)| (number, texts(it))).collect()
}

/// What the customer said, the earliest first.
async fn said(test: &TestInbox, id: ConversationId) -> Vec<Message> {
    let messages = test.messages(id).await.into_iter();
    messages.filter(|message| message.sent_by == SentBy::Customer).collect()
}

/// The numbers that the conversation's timeline tells.
async fn lines(test: &TestInbox, id: ConversationId) -> Vec<String> {
    let lines = test.messages(id).await.into_iter().filter_map(|message| match message.body {
        Body::Timeline { event, facts, .. } if event == "ticket_created" => Some(facts["number"].clone()),
        _ => None,
    });
    lines.collect()
}

async fn by_hand(test: &TestInbox, body: Value) -> (u16, Value) {
    test.call("POST", "/api/tickets", None, &body).await
}

#[tokio::test]
async fn tkt_2_tkt_3_a_ticket_an_hour_after_the_first_message_and_another_after_the_next() {
    let test = TestInbox::start().await;
    set(&test, HOUR).await;
    let id = says(&test, "壊れて届きました").await;
    minutes(&test, 30).await;
    says(&test, "返品できますか").await;
    // A conversation that was closed meanwhile becomes a ticket all the same.
    let close = format!("/api/conversations/{id}/close");
    assert_eq!(test.call("POST", &close, None, &json!({})).await.0, 200);
    // The provider's clock runs on while ours stands still: the message is a moment younger.
    minutes(&test, 30).await;
    assert_eq!(tickets(&test).await, are([]));
    minutes(&test, 1).await;
    assert_eq!(tickets(&test).await, are([(1, &["壊れて届きました", "返品できますか"])]));
    says(&test, "まだですか").await;
    minutes(&test, 60).await;
    assert_eq!(tickets(&test).await.len(), 1);
    minutes(&test, 1).await;
    let both: [(u64, &[&str]); 2] = [(1, &["壊れて届きました", "返品できますか"]), (2, &["まだですか"])];
    assert_eq!(tickets(&test).await, are(both));
    assert_eq!(lines(&test, id).await, ["1", "2"]);
    let first = test.get("/api/tickets/1").await;
    assert_eq!((&first["subject"], &first["source"]), (&json!("壊れて届きました"), &json!("timer")));
    minutes(&test, 120).await;
    assert_eq!(tickets(&test).await.len(), 2, "nothing of what follows by itself makes another");
}

#[tokio::test]
async fn tkt_4_never_makes_none_and_always_makes_one_of_each_at_once() {
    let test = TestInbox::start().await;
    says(&test, "a").await;
    assert!(test.tickets.messages().is_empty());
    minutes(&test, 80).await;
    assert_eq!(tickets(&test).await, are([]));
    set(&test, TicketAfter::Always).await;
    test.pass(Span::from_minutes(2));
    test.customer_writes(LINE, "customer-1", "b").await;
    test.customer_writes(LINE, "customer-1", "c").await;
    test.customer_writes(LINE, "customer-2", "d").await;
    test.settle().await;
    test.start_tickets().await;
    let tickets = tickets(&test).await;
    assert_eq!(tickets.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    let mut texts: Vec<String> = tickets.into_values().flatten().collect();
    texts.sort_unstable();
    assert_eq!(texts, ["b", "c", "d"]);
}

#[tokio::test]
async fn tkt_4_what_waits_becomes_no_ticket_once_none_is_chosen() {
    let test = TestInbox::start().await;
    set(&test, HOUR).await;
    let id = says(&test, "a").await;
    set(&test, TicketAfter::Never).await;
    test.pass(Span::from_minutes(61));
    let report = test.make_tickets().await;
    assert_eq!((report.converted, report.given_up), (0, 1));
    let message = said(&test, id).await[0].key;
    let (status, ticket) = by_hand(&test, json!({"conversation_id": id, "message_id": message})).await;
    assert_eq!((status, &ticket["number"]), (201, &json!(1)), "by hand it still does");
}

#[tokio::test]
async fn tkt_5_a_department_has_a_timer_of_its_own() {
    let test = TestInbox::start().await;
    let body = json!({"name": "サポート"});
    let department = test.administered("POST", "/api/departments", &body).await["id"].clone();
    let id: DepartmentId = department.as_str().unwrap().parse().unwrap();
    let path = format!("/api/channels/{}", TestInbox::channel_id(LINE));
    let settings = json!({
        "department_id": department,
        "tickets": {"after": "never", "departments": {id.to_string(): {"timer": {"minutes": 5}}}},
    });
    let channel = test.administered("PATCH", &path, &settings).await;
    assert_eq!(channel["settings"]["tickets"], settings["tickets"]);
    says(&test, "a").await;
    minutes(&test, 6).await;
    assert_eq!(tickets(&test).await, are([(1, &["a"])]));
    assert_eq!(test.get("/api/tickets/1").await["department_id"], department);
    let of = async |id: &str| test.get(&format!("/api/tickets?department={id}")).await["items"].clone();
    assert_eq!(of(department.as_str().unwrap()).await.as_array().unwrap().len(), 1);
    assert_eq!(of(&TestInbox::channel_id(LINE).to_string()).await, json!([]));
    // Without the department the channel's own holds.
    test.administered("PATCH", &path, &json!({"department_id": null})).await;
    test.pass(Span::from_minutes(2));
    says(&test, "b").await;
    minutes(&test, 80).await;
    assert_eq!(tickets(&test).await.len(), 1);
}

#[tokio::test]
async fn tkt_1_a_message_or_an_episode_becomes_a_ticket_by_hand() {
    let test = TestInbox::start().await;
    let id = says(&test, "a").await;
    test.pass(Span::from_minutes(1));
    says(&test, "b").await;
    let keys: Vec<_> = said(&test, id).await.iter().map(|message| message.key).collect();
    let message = |at: usize| json!({"conversation_id": id, "message_id": keys[at]});
    let (status, ticket) = by_hand(&test, message(0)).await;
    assert_eq!((status, &ticket["subject"], &ticket["created_by"]), (201, &json!("a"), &json!("operator-1")));
    let (status, refused) = by_hand(&test, message(0)).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("in_ticket")), "{refused}");
    let episode = |number: u32| json!({"conversation_id": id, "episode": number});
    assert_eq!(by_hand(&test, episode(1)).await.0, 201);
    assert_eq!(tickets(&test).await, are([(1, &["a"]), (2, &["b"])]));
    for (body, status, reason) in [
        (episode(1), 409, "in_ticket"),
        (episode(2), 409, "not_for_ticket"),
        (json!({"conversation_id": id}), 400, "invalid_body"),
        (json!({"conversation_id": id, "message_id": keys[0], "episode": 1}), 400, "invalid_body"),
    ] {
        let (answered, refused) = by_hand(&test, body.clone()).await;
        assert_eq!((answered, &refused["error"]["id"]), (status, &json!(reason)), "{body}");
    }
    let reply = test.answer(id, "k", "answer").await;
    let (status, refused) = by_hand(&test, json!({"conversation_id": id, "message_id": reply})).await;
    assert_eq!((status, &refused["error"]["id"]), (409, &json!("not_for_ticket")));
    let mut lines = lines(&test, id).await;
    lines.sort_unstable();
    assert_eq!(lines, ["1", "2"]);
}

#[tokio::test]
async fn tkt_1_by_hand_what_waits_for_the_timer_goes_along_and_the_timer_ends() {
    let test = TestInbox::start().await;
    set(&test, HOUR).await;
    let id = says(&test, "a").await;
    test.pass(Span::from_minutes(1));
    says(&test, "b").await;
    let second = said(&test, id).await[1].key;
    assert_eq!(by_hand(&test, json!({"conversation_id": id, "message_id": second})).await.0, 201);
    minutes(&test, 61).await;
    assert_eq!(tickets(&test).await, are([(1, &["a", "b"])]));
}

#[tokio::test]
async fn tkt_1_an_episode_of_many_messages_is_one_ticket() {
    let test = TestInbox::start().await;
    for at in 0..100 {
        test.customer_writes(LINE, "customer-1", &format!("{at:03}")).await;
        test.pass(Span::from_secs(1));
    }
    let id = says(&test, "100").await;
    let (status, ticket) = by_hand(&test, json!({"conversation_id": id, "episode": 1})).await;
    assert_eq!((status, &ticket["message_count"], &ticket["subject"]), (201, &json!(101), &json!("000")));
    let page = test.get("/api/tickets/1/messages?limit=100").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 100);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = test.get(&format!("/api/tickets/1/messages?cursor={cursor}")).await;
    assert_eq!((&rest["items"][0]["text"], &rest["next_cursor"]), (&json!("000"), &Value::Null));
}

#[tokio::test]
async fn tkt_1_a_ticket_is_worked_through_and_found() {
    let test = TestInbox::start().await;
    set(&test, TicketAfter::Always).await;
    for text in ["a", "b", "c"] {
        says(&test, text).await;
        test.pass(Span::from_minutes(1));
    }
    let patch = async |number: u64, body: Value| {
        test.call("PATCH", &format!("/api/tickets/{number}"), None, &body).await
    };
    let all = json!({
        "subject": " 返品 ", "status": "pending", "assignee_id": "operator-1", "reference": "Desk 7",
    });
    let (status, ticket) = patch(2, all).await;
    assert_eq!(
        (status, &ticket["subject"], &ticket["version"]),
        (200, &json!("返品"), &json!(2)),
        "{ticket}"
    );
    assert_eq!(patch(1, json!({"status": "closed"})).await.0, 200);
    for (number, body, status, reason) in [
        (1, json!({"status": "pending"}), 409, "ticket_status_refused"),
        (1, json!({"status": "lost"}), 400, "invalid_body"),
        (2, json!({"subject": "a\nb"}), 400, "invalid_body"),
        (2, json!({"assignee_id": "nobody"}), 404, "person_not_found"),
        (9, json!({"status": "closed"}), 404, "ticket_not_found"),
    ] {
        let (answered, refused) = patch(number, body.clone()).await;
        assert_eq!((answered, &refused["error"]["id"]), (status, &json!(reason)), "{body}");
    }
    let line = TestInbox::channel_id(LINE);
    let messenger = TestInbox::channel_id(ChannelKind::Messenger);
    for (query, expected) in [
        (String::new(), vec![3, 2, 1]),
        ("status=open".into(), vec![3]),
        ("status=pending,closed".into(), vec![2, 1]),
        ("assignee=me".into(), vec![2]),
        ("assignee=operator-1&status=open".into(), vec![]),
        (format!("channel={line}"), vec![3, 2, 1]),
        (format!("channel={messenger}"), vec![]),
        ("number=2".into(), vec![2]),
        ("from=2026-11-01T00:01:00Z".into(), vec![3, 2]),
        ("to=2026-11-01T00:01:00Z".into(), vec![1]),
    ] {
        let page = test.get(&format!("/api/tickets?{query}")).await;
        let numbers: Vec<u64> =
            page["items"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, expected, "{query}");
    }
    // Taken from its assignee it is in no list of theirs.
    assert_eq!(patch(2, json!({"assignee_id": null})).await.0, 200);
    assert_eq!(test.get("/api/tickets?assignee=me").await["items"], json!([]));
    let (mut cursor, mut numbers) = (String::new(), Vec::new());
    loop {
        let page = test.get(&format!("/api/tickets?limit=1&cursor={cursor}")).await;
        numbers.extend(page["items"].as_array().unwrap().iter().map(|it| it["number"].as_u64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    assert_eq!(numbers, [3, 2, 1]);
    let file = test.administrators("GET", "/api/tickets/export?status=pending", &Value::Null).await;
    assert!(!file.headers().contains_key("next-cursor"));
    let file = axum::body::to_bytes(file.into_body(), usize::MAX).await.unwrap();
    let file = String::from_utf8(file.to_vec()).unwrap();
    let rows: Vec<&str> = file.trim_end().split("\r\n").collect();
    assert!(rows[0].starts_with("\u{feff}number,subject,status,") && rows[1].starts_with("2,返品,pending,,"));
    assert_eq!(rows.len(), 2, "{file}");
}

#[tokio::test]
async fn tkt_1_whoever_may_not_see_a_channel_sees_none_of_its_tickets() {
    let test = TestInbox::start().await;
    set(&test, TicketAfter::Always).await;
    let id = says(&test, "a").await;
    let tickets = TicketSettings { after: TicketAfter::Always, ..TicketSettings::default() };
    let operators = OperatorAccess::Associated;
    test.set(LINE, &ChannelSettings { operators, tickets, ..ChannelSettings::default() }).await;
    test.pass(Span::from_minutes(2));
    for path in ["/api/tickets/1", "/api/tickets/1/messages"] {
        let (status, refused) = test.call("GET", path, None, &Value::Null).await;
        assert_eq!((status, &refused["error"]["id"]), (404, &json!("ticket_not_found")), "{path}");
    }
    assert_eq!(test.call("PATCH", "/api/tickets/1", None, &json!({"status": "closed"})).await.0, 404);
    assert_eq!(by_hand(&test, json!({"conversation_id": id, "episode": 1})).await.0, 404);
    for query in ["", "?number=1"] {
        assert_eq!(test.get(&format!("/api/tickets{query}")).await["items"], json!([]), "{query}");
    }
    let seen = test.administered("GET", "/api/tickets", &Value::Null).await;
    assert_eq!(seen["items"].as_array().unwrap().len(), 1);
}

/// The queue and the schedule may say everything twice, and at once.
#[tokio::test]
async fn tkt_2_repeated_and_simultaneous_work_makes_one_ticket() {
    let test = TestInbox::start().await;
    set(&test, HOUR).await;
    let id = test.customer_writes(LINE, "customer-1", "a").await;
    test.settle().await;
    let bodies = test.tickets.messages();
    test.start_tickets().await;
    for work in &bodies {
        test.start_ticket(&work.body).await;
    }
    test.pass(Span::from_minutes(61));
    let message = said(&test, id).await[0].key;
    let hand = json!({"conversation_id": id, "message_id": message});
    let (one, two, _) = tokio::join!(test.make_tickets(), test.make_tickets(), by_hand(&test, hand));
    assert_eq!(one.failed + two.failed, 0);
    for work in &bodies {
        test.start_ticket(&work.body).await;
    }
    minutes(&test, 61).await;
    assert_eq!(tickets(&test).await, are([(1, &["a"])]));
    assert_eq!(lines(&test, id).await, ["1"]);
}

#[tokio::test]
async fn tkt_2_a_message_that_nobody_told_of_is_found_within_the_hour() {
    let test = TestInbox::start().await;
    says(&test, "before").await;
    set(&test, HOUR).await;
    test.pass(Span::from_minutes(2));
    test.customer_writes(LINE, "customer-1", "lost").await;
    test.settle().await;
    assert_eq!(test.tickets.messages().len(), 1);
    test.tickets.settle(&test.tickets.receive(10), &SqsBatchResponse::default());
    test.pass(Span::from_minutes(75));
    assert_eq!(test.make_tickets().await.found, 1);
    minutes(&test, 1).await;
    assert_eq!(tickets(&test).await, are([(1, &["lost"])]), "and not what was said before");
    minutes(&test, 60).await;
    assert_eq!(tickets(&test).await.len(), 1);
}

#[tokio::test]
async fn tkt_1_what_a_customer_takes_back_is_in_no_subject() {
    let test = TestInbox::start().await;
    set(&test, TicketAfter::Always).await;
    let id = says(&test, "口座番号は1234").await;
    assert_eq!(test.get("/api/tickets/1").await["subject"], "口座番号は1234");
    let mut message = said(&test, id).await.remove(0);
    message.annotate(madoguchi_domain::message::Annotations {
        unsent_at: Some(test.clock.now()),
        ..Default::default()
    });
    assert_eq!(test.inbox.save_message(&message).await.unwrap(), Saved::Done);
    let subject = test.get("/api/tickets/1").await["subject"].clone();
    assert!(!subject.as_str().unwrap().contains("1234"), "{subject}");
}

/// The function dies at each of its effects, before or after it; the queue and the next ticks go on.
#[tokio::test]
async fn tkt_2_ticket_convert_may_die_at_any_moment() {
    let mut effects = 0;
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for at in 1.. {
            let faults = Faults::new();
            let test = TestInbox::with_faults(&faults).await;
            set(&test, HOUR).await;
            let id = test.customer_writes(LINE, "customer-1", "a").await;
            test.settle().await;
            faults.take_capacity();
            faults.arm(at, fault.clone());
            let flow = async {
                test.start_tickets().await;
                test.pass(Span::from_minutes(61));
                test.make_tickets().await;
            };
            let finished = faults.until_crash(flow).await.is_some();
            let label = format!("{fault:?} at {at} of {:?}", faults.effects());
            test.tickets.make_visible();
            test.start_tickets().await;
            minutes(&test, 61).await;
            assert_eq!(tickets(&test).await, are([(1, &["a"])]), "{label}");
            assert_eq!(lines(&test, id).await, ["1"], "{label}");
            if finished {
                effects = effects.max(at - 1);
                break;
            }
        }
    }
    assert!(effects >= 2, "the stretch and the ticket, not {effects}");
}

/// What is said while a conversation is deleted is numbered behind what goes, and stays.
#[tokio::test]
async fn cls_10_tkt_4_a_ticket_that_was_made_since_outlives_the_deletion() {
    for after in [TicketAfter::Always, HOUR] {
        let test = TestInbox::start().await;
        set(&test, after).await;
        let id = says(&test, "before").await;
        let old = said(&test, id).await.remove(0);
        let (current, book) = (test.conversation(id).await, test.inbox.ticket_book(id).await.unwrap());
        let by = OperatorId("owner-1".into());
        let erased = madoguchi_domain::conversation::erase(&current, &book, &by, test.clock.now());
        assert_eq!(test.inbox.erase(&erased).await.unwrap(), Saved::Done);
        test.pass(Span::from_secs(1));
        // The stream tells of the new message before anything of the old is cleared away.
        test.customer_writes(LINE, "customer-1", "since").await;
        test.write().await;
        test.relay().await;
        test.start_tickets().await;
        test.settle().await;
        assert!(test.inbox.erasure(id).await.unwrap().is_none(), "cleared away");
        minutes(&test, 61).await;
        let texts: Vec<Vec<String>> = tickets(&test).await.into_values().collect();
        assert_eq!(texts, [["since"]], "{after:?}");
        // The queue delivers late, and at least once.
        for message in [&old, &said(&test, id).await[0]] {
            let work = json!({
                "v": 1, "channel_id": TestInbox::channel_id(LINE), "conversation_id": id, "message": message.key,
                "heard_at": message.stored_at,
            });
            test.start_ticket(&work.to_string()).await;
        }
        minutes(&test, 61).await;
        assert_eq!(tickets(&test).await.len(), 1, "{after:?}");
    }
}

/// CLS-8: a number leads to the ticket that it was given to, or to none.
#[tokio::test]
async fn tkt_1_the_number_of_a_ticket_that_was_deleted_leads_to_no_other() {
    let test = TestInbox::start().await;
    set(&test, TicketAfter::Always).await;
    let id = says(&test, "a").await;
    test.pass(Span::from_secs(1));
    test.delete_for_ever(LINE, id).await;
    test.settle().await;
    assert!(test.inbox.erasure(id).await.unwrap().is_none());
    assert_eq!(tickets(&test).await, are([]));
    says(&test, "b").await;
    assert_eq!(tickets(&test).await, are([(2, &["b"])]));
    for (method, body) in [("GET", Value::Null), ("PATCH", json!({"status": "closed"}))] {
        let (status, refused) = test.call(method, "/api/tickets/1", None, &body).await;
        assert_eq!((status, &refused["error"]["id"]), (404, &json!("ticket_not_found")), "{method}");
    }
    assert_eq!(test.get("/api/tickets?number=1").await["items"], json!([]));
    assert_eq!(test.get("/api/tickets/2").await["status"], "open");
}

/// CLS-8: what comes while a conversation is being deleted becomes a ticket, and what is deleted does not.
#[tokio::test]
async fn tkt_2_what_is_written_while_a_conversation_is_being_deleted_becomes_a_ticket() {
    for (after, number) in [(HOUR, 1), (TicketAfter::Always, 2)] {
        let test = TestInbox::start().await;
        set(&test, after).await;
        let id = says(&test, "old").await;
        test.customer_writes(LINE, "customer-1", "reported late").await;
        test.settle().await;
        let late: Vec<String> = test.tickets.messages().iter().map(|work| work.body.clone()).collect();
        assert_eq!(late.len(), 1);
        test.tickets.settle(&test.tickets.receive(10), &SqsBatchResponse::default());
        test.pass(Span::from_minutes(30));
        test.delete_for_ever(LINE, id).await;
        // Nobody has written again: the one that is left is none.
        test.start_ticket(&late[0]).await;
        test.pass(Span::from_secs(1));
        test.customer_writes(LINE, "customer-1", "new").await;
        test.write().await;
        test.relay().await;
        test.start_tickets().await;
        test.start_ticket(&late[0]).await;
        test.pass(Span::from_secs(1));
        test.settle().await;
        assert!(test.inbox.erasure(id).await.unwrap().is_none());
        test.start_ticket(&late[0]).await;
        minutes(&test, 62).await;
        assert_eq!(tickets(&test).await, are([(number, &["new"])]), "{after:?}");
        assert_eq!(lines(&test, id).await, [number.to_string()], "{after:?}");
    }
}

/// CLS-8: a timer that runs out while everything is being deleted makes no ticket, whatever has started it.
#[tokio::test]
async fn tkt_2_what_is_left_of_a_deleted_conversation_becomes_no_ticket() {
    let test = TestInbox::start().await;
    set(&test, HOUR).await;
    let id = says(&test, "a").await;
    let book = test.inbox.ticket_book(id).await.unwrap();
    assert!(book.open.is_some());
    test.delete_for_ever(LINE, id).await;
    let erased = test.inbox.ticket_book(id).await.unwrap();
    assert_eq!((erased.open, erased.batches), (None, 1));
    // As one that was deleted before there was this rule.
    let waiting = madoguchi_domain::ticket::Book { open: book.open, ..erased };
    assert_eq!(test.inbox.save_ticket_book(&waiting).await.unwrap(), Saved::Done);
    test.pass(Span::from_minutes(62));
    let report = test.make_tickets().await;
    assert_eq!((report.converted, report.given_up), (0, 1));
    test.settle().await;
    minutes(&test, 2).await;
    assert_eq!(tickets(&test).await, are([]));
}

#[tokio::test]
async fn tkt_2_a_message_that_reached_us_late_and_that_nobody_told_of_is_found_too() {
    let test = TestInbox::start().await;
    set(&test, HOUR).await;
    minutes(&test, 90).await;
    test.customer_writes(LINE, "customer-1", "late").await;
    test.pass(Span::from_hours(5));
    minutes(&test, 60).await;
    test.settle().await;
    assert_eq!(test.tickets.messages().len(), 1);
    test.tickets.settle(&test.tickets.receive(10), &SqsBatchResponse::default());
    let mut found = 0;
    for _ in 0..75 {
        test.pass(Span::from_minutes(1));
        found += test.make_tickets().await.found;
    }
    assert_eq!(found, 1);
    minutes(&test, 61).await;
    assert_eq!(tickets(&test).await, are([(1, &["late"])]));
}

/// Nobody is called nothing, or by more than a key holds.
#[tokio::test]
async fn tkt_1_no_id_is_too_much_for_the_table() {
    let test = TestInbox::start().await;
    set(&test, TicketAfter::Always).await;
    let id = says(&test, "a").await;
    for length in [0, 1_025, 2_100] {
        let person = "p".repeat(length);
        let (status, refused) =
            test.call("PATCH", "/api/tickets/1", None, &json!({"assignee_id": person})).await;
        assert_eq!((status, &refused["error"]["id"]), (404, &json!("person_not_found")), "{length}");
        let note = json!({"text": "see", "mentions": [person]});
        let path = format!("/api/conversations/{id}/notes");
        let (status, refused) = test.call("POST", &path, Some("k"), &note).await;
        assert!((400..500).contains(&status), "{length}: {refused}");
        if length > 0 {
            for list in ["tickets?", "conversations?section=assigned&"] {
                let path = format!("/api/{list}assignee={person}");
                let (status, refused) = test.call("GET", &path, None, &Value::Null).await;
                assert_eq!((status, &refused["error"]["id"]), (400, &json!("invalid_query")), "{path}");
            }
        }
    }
}
