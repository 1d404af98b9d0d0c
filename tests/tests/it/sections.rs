//! The lists that operators work through, and their counts.

use std::collections::BTreeMap;

use madoguchi_domain::conversation::{self, Counter, Facet, Section, Standing};
use madoguchi_domain::{ChannelKind, CloseReason, Conversation, ConversationId, OperatorId, Party, Span};
use madoguchi_store::inbox::{Filter, Moved, Part, PartOf, Sorting, Whose};
use madoguchi_store::{Committed, Saved};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

async fn begin(test: &TestInbox, kind: ChannelKind, customers: usize) -> Vec<ConversationId> {
    let mut ids = Vec::new();
    for customer in 1..=customers {
        ids.push(test.customer_writes(kind, &format!("customer-{customer}"), "hello").await);
        test.pass(Span::from_secs(1));
        test.settle().await;
    }
    ids
}

async fn change(test: &TestInbox, id: ConversationId, change: impl Fn(&mut Conversation)) {
    let mut conversation = test.conversation(id).await;
    change(&mut conversation);
    assert_eq!(test.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
}

fn all(kind: ChannelKind, sections: &[Section]) -> Vec<Part> {
    sections.iter().map(|section| Part::all(PartOf::Channel(TestInbox::channel_id(kind), *section))).collect()
}

async fn listed(test: &TestInbox, parts: &[Part], sorting: Sorting, limit: usize) -> Vec<ConversationId> {
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = test.inbox.listed(parts, sorting, after.as_deref(), limit).await.unwrap();
        ids.extend(page.conversations.into_iter().map(|conversation| conversation.id));
        after = page.next;
        if after.is_none() {
            return ids;
        }
    }
}

fn operator(name: &str) -> OperatorId {
    OperatorId(name.to_owned())
}

#[tokio::test]
async fn asg_1_and_asg_3_a_conversation_moves_by_itself_to_where_it_belongs() {
    let test = TestInbox::start().await;
    let kind = ChannelKind::Line;
    let ids = begin(&test, kind, 4).await;
    change(&test, ids[1], |conversation| conversation.assignee = Some(operator("ann"))).await;
    change(&test, ids[2], |conversation| conversation.assignee = Some(operator("ben"))).await;
    let closed =
        conversation::close(test.conversation(ids[3]).await, CloseReason::Operator, test.clock.now());
    assert_eq!(test.inbox.commit_closed(&closed.unwrap()).await.unwrap(), Saved::Done);
    for (section, expected) in
        [(Section::Unassigned, &ids[..1]), (Section::Closed, &ids[3..]), (Section::Snoozed, &[])]
    {
        assert_eq!(
            listed(&test, &all(kind, &[section]), Sorting::Activity, 10).await,
            expected,
            "{section:?}"
        );
    }
    let mine = Part::all(PartOf::Operator(operator("ann")));
    assert_eq!(listed(&test, &[mine], Sorting::Activity, 10).await, [ids[1]]);
    let mut others = all(kind, &[Section::Assigned]);
    others[0].filter = Filter { assignee: Some(Whose::NotOf(operator("ann"))), ..Filter::default() };
    assert_eq!(listed(&test, &others, Sorting::Activity, 10).await, [ids[2]]);

    // The customer of the closed one writes again: it is whose it was that is asked first (ASG-13).
    change(&test, ids[3], |conversation| conversation.assignee = Some(operator("ann"))).await;
    test.customer_writes(kind, "customer-4", "once more").await;
    test.settle().await;
    let reopened = test.conversation(ids[3]).await;
    assert_eq!((reopened.section(), reopened.assignee), (Section::Unassigned, None));
    assert_eq!(reopened.previous_assignee, Some(operator("ann")));
}

#[tokio::test]
async fn lists_are_sorted_by_waiting_time_and_by_the_windows_end_page_by_page() {
    let test = TestInbox::start().await;
    let kind = ChannelKind::Messenger;
    let ids = begin(&test, kind, 4).await;
    test.customer_writes(kind, "customer-1", "still here").await;
    test.settle().await;
    test.answer(ids[1], "k", "answered").await;
    test.settle().await;
    let open = all(kind, &Section::OPEN);
    for limit in [1, 2, 10] {
        // The second message of the first customer moves its window and its activity, but not since when they wait.
        let waiting = listed(&test, &open, Sorting::Waiting, limit).await;
        assert_eq!(waiting, [ids[0], ids[2], ids[3]], "{limit}");
        let window = listed(&test, &open, Sorting::Window, limit).await;
        assert_eq!(window, [ids[1], ids[2], ids[3], ids[0]], "{limit}");
        let activity = listed(&test, &open, Sorting::Activity, limit).await;
        assert_eq!(activity.len(), 4, "{limit}");
    }
}

#[tokio::test]
async fn a_page_looks_at_a_bounded_number_of_entries_and_says_where_to_go_on() {
    let test = TestInbox::start().await;
    let kind = ChannelKind::Line;
    let ids = begin(&test, kind, 4).await;
    change(&test, ids[0], |conversation| conversation.contact.registered = true).await;
    let mut parts = all(kind, &[Section::Unassigned]);
    parts[0].filter.with.push(Facet::Registered);
    assert_eq!(listed(&test, &parts, Sorting::Activity, 1).await, [ids[0]]);
    parts[0].filter.with.clear();
    parts[0].filter.without.push(Facet::Registered);
    let provisional = listed(&test, &parts, Sorting::Activity, 2).await;
    assert_eq!(provisional.len(), 3);
    assert!(!provisional.contains(&ids[0]));
}

/// What the stream tells, counted in whatever portions it comes.
async fn counted(test: &TestInbox, together: usize, twice: bool) {
    let records = test.dynamo.stream().peek(10_000).records;
    let moved: Vec<Moved> = records
        .into_iter()
        .filter_map(|record| Committed::of(record.change.new_image, record.change.old_image)?.moved())
        .collect();
    for portion in moved.chunks(together) {
        for _ in 0..=usize::from(twice) {
            test.inbox.count(portion).await.unwrap();
        }
    }
    // The stream begins anew.
    for portion in moved.chunks(together + 1).filter(|_| twice) {
        test.inbox.count(portion).await.unwrap();
    }
}

#[tokio::test]
async fn counts_equal_contents_whatever_portions_and_repetitions_the_stream_comes_in() {
    for (together, twice) in [(1, false), (3, true), (100, true)] {
        let test = TestInbox::start().await;
        let kind = ChannelKind::Line;
        let ids = begin(&test, kind, 4).await;
        for id in &ids[..3] {
            change(&test, *id, |conversation| conversation.assignee = Some(operator("ann"))).await;
        }
        change(&test, ids[1], |conversation| conversation.assignee = Some(operator("ben"))).await;
        test.answer(ids[2], "k", "answer").await;
        for id in [ids[0], ids[3]] {
            let closed =
                conversation::close(test.conversation(id).await, CloseReason::Operator, test.clock.now());
            assert_eq!(test.inbox.commit_closed(&closed.unwrap()).await.unwrap(), Saved::Done);
        }
        test.customer_writes(kind, "customer-4", "again").await;
        test.settle().await;
        counted(&test, together, twice).await;

        let mut expected: BTreeMap<Counter, u64> = BTreeMap::new();
        for id in &ids {
            let standing = Standing::of(&test.conversation(*id).await).unwrap();
            for counter in standing.counters() {
                *expected.entry(counter).or_default() += 1;
            }
        }
        let mut counts = test.inbox.counts().await.unwrap().remove(&TestInbox::channel_id(kind)).unwrap();
        counts.retain(|_, count| *count > 0);
        assert_eq!(counts, expected, "{together} {twice}");
        assert_eq!(counts[&Counter::Section(Section::Unassigned)], 1);
    }
}

/// A function that was thought dead tells its records once more, after others have told what came since.
#[tokio::test]
async fn cls_10_a_late_record_of_what_was_deleted_changes_no_count() {
    let test = TestInbox::start().await;
    let kind = ChannelKind::Line;
    let ids = begin(&test, kind, 1).await;
    let current = test.conversation(ids[0]).await;
    let book = test.inbox.ticket_book(current.id).await.unwrap();
    let erased = conversation::erase(&current, &book, &operator("ann"), test.clock.now());
    let counted = async || {
        let all = test.inbox.counts().await.unwrap().remove(&TestInbox::channel_id(kind)).unwrap_or_default();
        all.get(&Counter::Section(Section::Unassigned)).copied().unwrap_or_default()
    };
    let moved = || -> Vec<Moved> {
        let records = test.dynamo.stream().peek(10_000).records.into_iter();
        records
            .filter_map(|record| Committed::of(record.change.new_image, record.change.old_image)?.moved())
            .collect()
    };
    assert_eq!(test.inbox.erase(&erased).await.unwrap(), Saved::Done);
    let begun = moved();
    test.inbox.count(&begun).await.unwrap();
    assert_eq!(counted().await, 0);
    test.inbox.count(&begun[..1]).await.unwrap();
    assert_eq!(counted().await, 0, "that it began, after it is gone");
    test.customer_writes(kind, "customer-1", "again").await;
    test.settle().await;
    let anew = moved();
    test.inbox.count(&anew).await.unwrap();
    assert_eq!(counted().await, 1);
    for late in &anew[..anew.len() - 1] {
        test.inbox.count(std::slice::from_ref(late)).await.unwrap();
        assert_eq!(counted().await, 1, "{late:?}");
    }
}

/// What shows a list asks for what has changed by its ids: whatever is asked for, those are the ones that the list itself has.
#[tokio::test]
async fn con_9_of_conversations_asked_for_by_their_ids_those_are_told_that_the_list_has() {
    let test = TestInbox::start().await;
    let mut ids = begin(&test, ChannelKind::Line, 4).await;
    ids.extend(begin(&test, ChannelKind::Messenger, 3).await);
    let me = test.get("/api/me").await["id"].as_str().unwrap().to_owned();
    change(&test, ids[1], |conversation| conversation.assignee = Some(operator(&me))).await;
    change(&test, ids[2], |conversation| conversation.assignee = Some(operator("ben"))).await;
    change(&test, ids[4], |conversation| conversation.mode = conversation::Mode::Bot).await;
    change(&test, ids[5], |conversation| conversation.contact.registered = true).await;
    let closed =
        conversation::close(test.conversation(ids[3]).await, CloseReason::Operator, test.clock.now());
    assert_eq!(test.inbox.commit_closed(&closed.unwrap()).await.unwrap(), Saved::Done);
    let label = test.administered("POST", "/api/labels", &json!({ "name": "VIP", "color": "#aa0000" })).await;
    let label = label["id"].as_str().unwrap();
    test.call("PUT", &format!("/api/conversations/{}/labels/{label}", ids[6]), None, &Value::Null).await;

    let asked: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let asked = asked.join(",");
    let line = TestInbox::channel_id(ChannelKind::Line);
    let mut sizes = Vec::new();
    for query in [
        "section=open".to_owned(),
        "section=unassigned".to_owned(),
        "section=assigned".to_owned(),
        "section=mine".to_owned(),
        "section=others".to_owned(),
        "section=unanswered&sort=waiting".to_owned(),
        "section=closed".to_owned(),
        "section=snoozed".to_owned(),
        "assignee=ben".to_owned(),
        "mode=bot".to_owned(),
        "mode=operator&sort=window".to_owned(),
        "contacts=registered".to_owned(),
        "contacts=provisional".to_owned(),
        "never_replied=true".to_owned(),
        "window_ends_within_minutes=10080".to_owned(),
        format!("label={label}"),
        format!("channel={line}"),
    ] {
        let found = async |path: String| {
            let list = test.get(&path).await;
            let items = list["items"].as_array().unwrap().clone();
            let mut found: Vec<String> =
                items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
            found.sort_unstable();
            found
        };
        let listed = found(format!("/api/conversations?{query}")).await;
        assert_eq!(found(format!("/api/conversations?{query}&ids={asked}")).await, listed, "{query}");
        sizes.push(listed.len());
    }
    assert_eq!(sizes, [6, 4, 2, 1, 1, 6, 1, 0, 1, 1, 5, 1, 5, 6, 3, 1, 3]);
    let gone = test
        .get(&format!("/api/conversations?ids={}", ConversationId::derive(line, &Party::User("x".into()))))
        .await;
    assert_eq!(gone["items"], json!([]));
}
