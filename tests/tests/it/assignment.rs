//! Conversations come to operators by themselves, and leave them, as the rules say.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use madoguchi_domain::assignment::AssignmentRule;
use madoguchi_domain::message::Body;
use madoguchi_domain::{
    ChannelKind, ChannelSettings, Conversation, ConversationId, Mode, OperatorAccess, OperatorId, Party,
    Section, Span, Status,
};
use madoguchi_store::Saved;
use madoguchi_store::assignment::AssignmentWork;
use madoguchi_tests::inbox::TestInbox;
use madoguchi_tests::support::fault::{Fault, Faults};
use serde_json::json;

fn rule(assignment: AssignmentRule, capacity: u32) -> ChannelSettings {
    ChannelSettings { assignment, assignment_capacity: Some(capacity), ..ChannelSettings::default() }
}

async fn start(settings: &ChannelSettings) -> TestInbox {
    let test = TestInbox::start().await;
    test.set(ChannelKind::Line, settings).await;
    test
}

async fn switch(test: &TestInbox, person: &str, available: bool) {
    let body = json!({ "available": available });
    let (status, body) =
        test.call_as((person, "operators"), "PUT", "/api/me/availability", None, &body).await;
    assert_eq!(status, 200, "{body}");
}

/// Customers write one after the other.
async fn write(test: &TestInbox, customers: &[&str]) -> Vec<ConversationId> {
    let mut ids = Vec::new();
    for customer in customers {
        test.pass(Span::from_secs(1));
        ids.push(test.customer_writes(ChannelKind::Line, customer, "hello").await);
        test.write().await;
    }
    ids
}

async fn assignee(test: &TestInbox, id: ConversationId) -> Option<String> {
    test.conversation(id).await.assignee.map(|operator| operator.0)
}

async fn assignees(test: &TestInbox, ids: &[ConversationId]) -> Vec<String> {
    let mut found = Vec::new();
    for id in ids {
        found.push(assignee(test, *id).await.unwrap_or_else(|| "-".to_owned()));
    }
    found
}

async fn close(test: &TestInbox, id: ConversationId) {
    let (status, body) = test.call("POST", &format!("/api/conversations/{id}/close"), None, &json!({})).await;
    assert_eq!(status, 200, "{body}");
}

async fn held(test: &TestInbox, person: &str) -> usize {
    test.inbox.duty(&OperatorId(person.into())).await.unwrap().held.len()
}

/// The moves that the timeline tells, oldest first.
async fn moves(test: &TestInbox, id: ConversationId) -> Vec<String> {
    let messages = test.messages(id).await;
    let told = messages.iter().filter_map(|message| match &message.body {
        Body::Timeline { event, detail, facts } if event.ends_with("assigned") => {
            let to = facts.get("to").map_or("-", String::as_str);
            Some(format!("{event} {} {to}", detail.as_deref().unwrap_or_default()))
        }
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn asg_10_and_11_round_robin_among_the_available_up_to_their_capacity() {
    let test = start(&rule(AssignmentRule::RoundRobin, 2)).await;
    for person in ["a", "b"] {
        switch(&test, person, true).await;
    }
    switch(&test, "c", true).await;
    switch(&test, "c", false).await;
    let fifth = test.simulator.add_customer("Fifth");
    let ids = write(&test, &["customer-1", "customer-2", "customer-3", "customer-4", &fifth]).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "b", "a", "b", "-"]);
    assert_eq!(moves(&test, ids[0]).await, ["assigned round_robin a"]);
    // An operator of their own number.
    let path = "/api/people/b/capacity";
    test.administered("PUT", path, &json!({"capacity": 3})).await;
    test.assign().await;
    assert_eq!(assignee(&test, ids[4]).await.as_deref(), Some("b"));
    assert_eq!((held(&test, "a").await, held(&test, "b").await), (2, 3));
}

#[tokio::test]
async fn asg_12_what_waits_is_given_out_oldest_first_as_soon_as_somebody_has_room() {
    let test = start(&rule(AssignmentRule::LeastBusy, 2)).await;
    let ids = write(&test, &["customer-1", "customer-2", "customer-3", "customer-4"]).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["-", "-", "-", "-"]);
    switch(&test, "a", true).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "a", "-", "-"]);
    close(&test, ids[0]).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "a", "a", "-"]);
    assert_eq!(held(&test, "a").await, 2);
    switch(&test, "b", true).await;
    test.assign().await;
    assert_eq!(assignee(&test, ids[3]).await.as_deref(), Some("b"));
}

#[tokio::test]
async fn asg_13_a_reopened_conversation_goes_back_if_its_operator_is_available_else_by_the_rule() {
    for (settings, off, expected) in [
        (ChannelSettings::default(), false, "a"),
        (ChannelSettings::default(), true, "-"),
        (rule(AssignmentRule::RoundRobin, 1), false, "a"),
        (rule(AssignmentRule::RoundRobin, 1), true, "b"),
    ] {
        let test = start(&settings).await;
        switch(&test, "a", true).await;
        let ids = write(&test, &["customer-1", "customer-2"]).await;
        test.assign().await;
        let body = json!({"operator_id": "a", "expect": assignee(&test, ids[0]).await});
        let path = format!("/api/conversations/{}/assignee", ids[0]);
        assert_eq!(test.call("PUT", &path, None, &body).await.0, 200);
        close(&test, ids[0]).await;
        test.assign().await;
        // However much they have by now.
        let other = json!({"operator_id": "a", "expect": assignee(&test, ids[1]).await});
        let path = format!("/api/conversations/{}/assignee", ids[1]);
        assert_eq!(test.call("PUT", &path, None, &other).await.0, 200);
        switch(&test, "a", !off).await;
        switch(&test, "b", true).await;
        write(&test, &["customer-1"]).await;
        test.assign().await;
        assert_eq!(assignees(&test, &ids[..1]).await, [expected], "{settings:?} {off}");
        let last = moves(&test, ids[0]).await.pop().unwrap();
        let told = if expected == "a" { "assigned returned a" } else { "assigned" };
        assert!(last.starts_with(told), "{last}");
    }
}

#[tokio::test]
async fn what_a_bot_has_or_a_person_left_open_is_not_given_out() {
    let test = start(&rule(AssignmentRule::LeastBusy, 9)).await;
    let ids = write(&test, &["customer-1", "customer-2"]).await;
    let mut with_bot = test.conversation(ids[0]).await;
    with_bot.mode = Mode::Bot;
    assert_eq!(test.inbox.save_conversation(&with_bot).await.unwrap(), Saved::Done);
    switch(&test, "a", true).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["-", "a"]);
    let (status, _) =
        test.call("DELETE", &format!("/api/conversations/{}/assignee", ids[1]), None, &json!({})).await;
    assert_eq!(status, 200);
    test.assign().await;
    test.pass(Span::from_minutes(1));
    test.sweep().await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["-", "-"]);
    // The bot hands over.
    let mut over = test.conversation(ids[0]).await;
    over.mode = Mode::Operator;
    assert_eq!(test.inbox.save_conversation(&over).await.unwrap(), Saved::Done);
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "-"]);
}

#[tokio::test]
async fn mem_9_who_loses_the_channel_or_is_removed_loses_its_conversations() {
    let settings =
        ChannelSettings { operators: OperatorAccess::Associated, ..rule(AssignmentRule::LeastBusy, 9) };
    let test = start(&settings).await;
    let line = TestInbox::channel_id(ChannelKind::Line);
    for person in ["a", "b"] {
        switch(&test, person, true).await;
    }
    let path = format!("/api/channels/{line}/operators");
    test.administered("POST", &path, &json!({"operators": ["a"]})).await;
    let ids = write(&test, &["customer-1", "customer-2"]).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "a"]);
    test.pass(Span::from_secs(1));
    test.administered("DELETE", &format!("{path}/a"), &json!({})).await;
    test.assign().await;
    assert_eq!((assignees(&test, &ids).await, held(&test, "a").await), (vec!["-".into(), "-".into()], 0));
    assert_eq!(moves(&test, ids[0]).await, ["assigned least_busy a", "unassigned access_lost -"]);
    // By the rule, as soon as somebody sees them; what changed on the channel itself is found by the sweep.
    test.administered("POST", &path, &json!({"operators": ["b"]})).await;
    test.pass(Span::from_minutes(1));
    test.sweep().await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["b", "b"]);
    test.administered("DELETE", "/api/people/b", &json!({})).await;
    test.assign().await;
    assert_eq!((assignees(&test, &ids).await, held(&test, "b").await), (vec!["-".into(), "-".into()], 0));
    let duty = test.inbox.duty(&OperatorId("b".into())).await.unwrap();
    assert!(!duty.available, "who comes back begins switched off");
}

#[tokio::test]
async fn a_changed_circle_of_operators_is_followed_within_ten_minutes() {
    let open = rule(AssignmentRule::LeastBusy, 9);
    let test = start(&open).await;
    switch(&test, "a", true).await;
    let ids = write(&test, &["customer-1"]).await;
    test.assign().await;
    test.set(ChannelKind::Line, &ChannelSettings { operators: OperatorAccess::Associated, ..open }).await;
    for _ in 0..10 {
        test.pass(Span::from_minutes(1));
        test.sweep().await;
    }
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["-"]);
}

#[tokio::test]
async fn what_the_stream_lost_is_made_up_for() {
    let test = start(&rule(AssignmentRule::LeastBusy, 1)).await;
    switch(&test, "a", true).await;
    test.assign().await;
    let ids = write(&test, &["customer-1", "customer-2"]).await;
    // Nobody hears of the customers.
    test.relay().await;
    test.assignment.drain(10, async |_| SqsBatchResponse::default()).await;
    test.pass(Span::from_minutes(1));
    assert_eq!(test.sweep().await.assignments, 1);
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "-"]);
    // Nobody hears that one was closed, and that there is room.
    close(&test, ids[0]).await;
    test.relay().await;
    test.assignment.drain(10, async |_| SqsBatchResponse::default()).await;
    assert_eq!(held(&test, "a").await, 1);
    for _ in 0..60 {
        test.pass(Span::from_minutes(1));
        test.sweep().await;
    }
    test.assign().await;
    test.pass(Span::from_minutes(1));
    test.sweep().await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a", "a"]);
    assert_eq!(held(&test, "a").await, 1);
    test.pass(Span::from_minutes(1));
    assert_eq!(test.sweep().await.assignments, 0, "nothing waits any more");
}

#[tokio::test]
async fn what_time_is_too_short_for_is_left_to_another_message() {
    let test = start(&rule(AssignmentRule::LeastBusy, 9)).await;
    switch(&test, "a", true).await;
    test.assign().await;
    let ids = write(&test, &["customer-1"]).await;
    test.relay().await;
    test.assignment.drain(10, async |_| SqsBatchResponse::default()).await;
    test.assign_without_time(&serde_json::to_string(&AssignmentWork::Room).unwrap()).await;
    assert_eq!(assignees(&test, &ids).await, ["-"]);
    assert_eq!(test.assignment.messages().len(), 1);
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a"]);
}

/// Whoever takes a conversation by hand while the rule is at it.
#[tokio::test]
async fn asg_14_the_rule_and_a_person_do_not_both_give_a_conversation() {
    let test = start(&rule(AssignmentRule::LeastBusy, 9)).await;
    switch(&test, "a", true).await;
    switch(&test, "b", true).await;
    let ids = write(&test, &["customer-1", "customer-2", "customer-3", "customer-4"]).await;
    for id in &ids {
        let path = format!("/api/conversations/{id}/assignee");
        let body = json!({"operator_id": "me"});
        let by_hand = test.call_as(("b", "operators"), "PUT", &path, None, &body);
        let ((status, answer), ()) = tokio::join!(by_hand, test.assign());
        let conversation = test.conversation(*id).await;
        let winner = conversation.assignee.clone().unwrap().0;
        if status == 200 {
            assert_eq!(winner, "b");
        } else {
            assert_eq!(answer["error"]["id"], "assignee_changed", "{answer}");
            assert_eq!(answer["error"]["assignee"]["id"], json!(winner));
        }
        assert_eq!(conversation.section(), Section::Assigned);
        assert_eq!(moves(&test, *id).await.len(), 1);
    }
    test.assign().await;
    assert_eq!(held(&test, "a").await + held(&test, "b").await, ids.len());
}

/// Writes `count` conversations straight into the table that nobody has, and lets a second pass.
async fn crowd(test: &TestInbox, mode: Mode, count: usize) -> Vec<ConversationId> {
    let (now, line) = (test.clock.now(), TestInbox::channel_id(ChannelKind::Line));
    let conversations: Vec<Conversation> = (0..count)
        .map(|number| {
            let party = Party::User(format!("U{:032x}", now.as_ms() + i64::try_from(number).unwrap()));
            let mut conversation = Conversation::new(line, ChannelKind::Line, party);
            conversation.status = Status::Open;
            conversation.mode = mode;
            conversation.episode = 1;
            conversation.episode_started_at = Some(now);
            conversation.last_customer_at = Some(now);
            conversation.customer_clock = Some(now);
            conversation.sorted_at = Some(now);
            conversation
        })
        .collect();
    for chunk in conversations.chunks(50) {
        let saved = chunk.iter().map(|conversation| test.inbox.save_conversation(conversation));
        for saved in futures::future::join_all(saved).await {
            assert_eq!(saved.unwrap(), Saved::Done);
        }
    }
    test.pass(Span::from_secs(1));
    conversations.iter().map(|conversation| conversation.id).collect()
}

/// A page of a list looks at 1,000 entries at most: one that found none of them is no end.
#[tokio::test]
async fn asg_12_what_waits_behind_a_thousand_that_bots_have_is_found() {
    let test = start(&rule(AssignmentRule::LeastBusy, 9)).await;
    switch(&test, "a", true).await;
    crowd(&test, Mode::Operator, 1).await;
    crowd(&test, Mode::Bot, 1_000).await;
    assert_eq!(test.sweep().await.assignments, 1);
}

/// Line is full, and thousands may wait there: they are not gone through, neither for others' channels nor each minute.
#[tokio::test]
async fn asg_12_a_full_channel_costs_no_more_than_a_page() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    let line =
        ChannelSettings { operators: OperatorAccess::Associated, ..rule(AssignmentRule::LeastBusy, 1) };
    test.set(ChannelKind::Line, &line).await;
    test.set(ChannelKind::Messenger, &rule(AssignmentRule::LeastBusy, 9)).await;
    for person in ["a", "b"] {
        switch(&test, person, true).await;
    }
    let path = format!("/api/channels/{}/operators", TestInbox::channel_id(ChannelKind::Line));
    test.administered("POST", &path, &json!({"operators": ["a"]})).await;
    let ids = write(&test, &["customer-1"]).await;
    test.assign().await;
    assert_eq!(assignees(&test, &ids).await, ["a"]);
    crowd(&test, Mode::Operator, 400).await;
    faults.take_capacity();
    test.assign_record(&AssignmentWork::Room).await;
    let queries = faults.requests().iter().filter(|operation| *operation == "Query").count();
    assert!(queries <= 10, "{queries}");
    // Whoever has room does not see it, and whoever sees it has none.
    test.pass(Span::from_minutes(5));
    assert_eq!(test.sweep().await.assignments, 0);
    let path = format!("/api/conversations/{}/close", ids[0]);
    assert_eq!(test.call_as(("a", "operators"), "POST", &path, None, &json!({})).await.0, 200);
    let freed = AssignmentWork::Freed { operator: OperatorId("a".into()), conversation_id: ids[0] };
    test.assign_record(&freed).await;
    assert_eq!(held(&test, "a").await, 1, "the next one");
}

/// The last thing that a sweep asks for fails.
#[tokio::test]
async fn a_sweep_that_fails_in_part_starts_what_it_found() {
    let faults = Faults::new();
    let test = TestInbox::with_faults(&faults).await;
    test.set(ChannelKind::Line, &rule(AssignmentRule::LeastBusy, 1)).await;
    switch(&test, "a", true).await;
    switch(&test, "b", true).await;
    let ids = write(&test, &["customer-1"]).await;
    test.assign().await;
    let holder = assignee(&test, ids[0]).await.unwrap();
    let messenger = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    test.set(ChannelKind::Messenger, &messenger).await;
    write(&test, &["customer-2", "customer-3"]).await;
    test.relay().await;
    test.assignment.drain(10, async |_| SqsBatchResponse::default()).await;
    let past = test.clock.now().as_ms() % 600_000;
    test.pass(Span::from_ms(1_200_000 - past));
    test.relay().await;
    faults.take_capacity();
    assert_eq!(test.sweep().await.assignments, 1, "{holder} may have nothing on Messenger");
    let queries = faults.requests().iter().filter(|operation| *operation == "Query").count();
    test.assignment.drain(10, async |_| SqsBatchResponse::default()).await;
    test.pass(Span::from_minutes(10));
    let refused = json!({ "__type": "ValidationException", "message": "refused" }).to_string();
    faults.arm_on("Query", queries, Fault::Refuse(400, refused));
    test.sweep_through_faults().await.unwrap_err();
    assert_eq!(test.assignment.messages().len(), 1);
}

/// A timer closes the conversation between an operator's reply and its note.
#[tokio::test]
async fn asg_13_what_a_reply_keeps_open_is_held_by_whom_it_is_assigned_to() {
    let settings =
        ChannelSettings { idle_close_after_minutes: Some(10), ..rule(AssignmentRule::LeastBusy, 9) };
    let test = start(&settings).await;
    switch(&test, "a", true).await;
    let ids = write(&test, &["customer-1"]).await;
    test.assign().await;
    let mut conversation = test.conversation(ids[0]).await;
    let stored = conversation.clone();
    let reply = madoguchi_domain::reply::write(
        &conversation,
        &settings,
        OperatorId("a".into()),
        "k",
        "hello",
        None,
        test.clock.now(),
    )
    .unwrap();
    test.pass(Span::from_minutes(10));
    conversation.status =
        Status::Closed { reason: madoguchi_domain::CloseReason::Idle, at: test.clock.now() };
    assert_eq!(test.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
    test.assign().await;
    assert_eq!(held(&test, "a").await, 0);
    let (noted, _) = madoguchi_domain::reply::take_note(
        test.conversation(ids[0]).await,
        &settings,
        &reply,
        test.clock.now(),
    )
    .unwrap();
    assert_eq!(noted.version, stored.version + 1);
    assert_eq!(test.inbox.save_conversation(&noted).await.unwrap(), Saved::Done);
    test.assign().await;
    assert_eq!((assignees(&test, &ids).await, held(&test, "a").await), (vec!["a".into()], 1));
}

/// What was transferred to a department that is given up stands with its channel's department again.
#[tokio::test]
async fn asg_9_a_department_that_is_given_up_takes_no_conversation_with_it() {
    let test = TestInbox::start().await;
    let mut departments = Vec::new();
    for name in ["Sales", "Repairs", "Returns"] {
        let (status, added) = test.administer("POST", "/api/departments", &json!({ "name": name })).await;
        assert_eq!(status, 201, "{added}");
        departments.push(added["id"].as_str().unwrap().to_owned());
    }
    let [sales, repairs, returns] = <[String; 3]>::try_from(departments).unwrap();
    let channel = format!("/api/channels/{}", TestInbox::channel_id(ChannelKind::Line));
    test.administered("PATCH", &channel, &json!({"department_id": sales})).await;
    let ids = write(&test, &["customer-1", "customer-2", "customer-3"]).await;
    for (id, to) in [(ids[1], &repairs), (ids[2], &returns)] {
        let path = format!("/api/conversations/{id}/transfer");
        let (status, body) = test.call("POST", &path, None, &json!({"department_id": to})).await;
        assert_eq!(status, 200, "{body}");
    }
    let listed = async |department: &str| -> Vec<String> {
        let list = test.get(&format!("/api/conversations?department={department}")).await;
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&sales).await, [ids[0].to_string()]);
    assert_eq!(listed(&repairs).await, [ids[1].to_string()]);
    test.administered("DELETE", &format!("/api/departments/{repairs}"), &json!({})).await;
    let mut of_sales = listed(&sales).await;
    of_sales.sort();
    let mut expected = [ids[0].to_string(), ids[1].to_string()];
    expected.sort();
    assert_eq!(of_sales, expected);
    assert_eq!(listed(&returns).await, [ids[2].to_string()]);
}
