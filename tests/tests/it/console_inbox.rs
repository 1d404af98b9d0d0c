//! The console's inbox, search and saved views (CON-1, CON-9, SRC-1, SRC-4, SRC-5).

use madoguchi_domain::conversation::{Mode, Preview, Status};
use madoguchi_domain::{
    ChannelKind, Conversation, ConversationId, MessageId, MessageKey, OperatorId, Party, Role, Span,
};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use serde_json::json;

use crate::console::page;

async fn writes(test: &TestInbox, kind: ChannelKind, customer: &str, text: &str) -> ConversationId {
    let id = test.customer_writes(kind, customer, text).await;
    test.pass(Span::from_secs(1));
    test.settle().await;
    id
}

async fn change(test: &TestInbox, id: ConversationId, change: impl Fn(&mut Conversation)) {
    let mut conversation = test.conversation(id).await;
    change(&mut conversation);
    assert_eq!(test.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
}

/// The conversations whose rows a page has, in their order.
fn rows(page: &str) -> Vec<String> {
    page.split("id=\"row-").skip(1).map(|rest| rest[..36].to_owned()).collect()
}

#[tokio::test]
async fn con_1_the_inbox_shows_what_each_section_has_with_what_can_be_done() {
    let test = TestInbox::start().await;
    let first = writes(&test, ChannelKind::Line, "customer-1", "<b>hello</b>").await;
    let second = writes(&test, ChannelKind::Messenger, "customer-2", "Where is my order?").await;
    change(&test, second, |conversation| conversation.assignee = Some(OperatorId("operator-1".into()))).await;

    let all = page(&test, Role::Operator, "/console/inbox").await;
    assert_eq!(rows(&all), [second.to_string(), first.to_string()]);
    assert!(
        all.contains("&lt;b&gt;hello&lt;/b&gt;") && !all.contains("<b>hello"),
        "what customers write is text"
    );
    assert!(all.contains("Choose a conversation"));
    let mine = page(&test, Role::Operator, "/console/inbox?section=mine").await;
    assert_eq!(rows(&mine), [second.to_string()]);
    assert!(mine.contains("data-window"), "Messenger's window has a clock");
    assert!(mine.contains("data-row-act=\"close\"") && !mine.contains("data-row-act=\"claim\""));
    let unassigned = page(&test, Role::Operator, "/console/inbox?section=unassigned").await;
    assert_eq!(rows(&unassigned), [first.to_string()]);
    assert!(unassigned.contains("data-row-act=\"claim\""));
    let closed = page(&test, Role::Operator, "/console/inbox?section=closed").await;
    assert!(rows(&closed).is_empty() && closed.contains("Nothing was closed yet"));
    let open = page(&test, Role::Operator, &format!("/console/inbox/{first}?section=unassigned")).await;
    assert!(open.contains(&format!("data-opened=\"{first}\"")));
}

#[tokio::test]
async fn bot_1_a_row_switches_between_bot_and_people_and_offensive_words_are_veiled() {
    let test = TestInbox::start().await;
    let id = writes(&test, ChannelKind::Line, "customer-1", "hello").await;
    change(&test, id, |conversation| {
        conversation.mode = Mode::Bot;
        let key = MessageKey { at: conversation.sorted_at.unwrap(), id: MessageId::FIRST };
        conversation.preview = Some(Preview { key, text: "bad words".into(), offensive: true });
    })
    .await;
    let shown = page(&test, Role::Operator, "/console/inbox?mode=bot").await;
    assert_eq!(rows(&shown), [id.to_string()]);
    assert!(shown.contains("data-row-act=\"operator\""));
    let veiled = shown.split("data-unveil").nth(1).unwrap();
    assert!(veiled.contains("<span dir=\"auto\" hidden>bad words"));
    assert!(rows(&page(&test, Role::Operator, "/console/inbox?mode=operator").await).is_empty());
}

#[tokio::test]
async fn con_9_rows_are_asked_for_by_id_and_only_those_that_stand_in_the_list_come() {
    let test = TestInbox::start().await;
    let ids = [
        writes(&test, ChannelKind::Line, "customer-1", "one").await,
        writes(&test, ChannelKind::Line, "customer-2", "two").await,
    ];
    change(&test, ids[0], |conversation| conversation.assignee = Some(OperatorId("ben".into()))).await;
    let asked = format!("/console/inbox/rows?section=unassigned&ids={},{}", ids[0], ids[1]);
    let part = page(&test, Role::Operator, &asked).await;
    assert_eq!(rows(&part), [ids[1].to_string()]);
    assert!(!part.contains("<html"), "a part of the page, not the page");
    let version = test.conversation(ids[1]).await.version;
    assert!(part.contains(&format!("data-version=\"{version}\"")));
}

#[tokio::test]
async fn con_1_a_long_list_comes_page_by_page_and_loses_nothing() {
    let test = TestInbox::start().await;
    let mut expected = Vec::new();
    for number in 0..65 {
        let channel = TestInbox::channel_id(ChannelKind::Line);
        let mut made = Conversation::new(channel, ChannelKind::Line, Party::User(format!("U{number:032}")));
        made.status = Status::Open;
        made.sorted_at = Some(test.clock.now() - Span::from_minutes(number));
        assert_eq!(test.inbox.save_conversation(&made).await.unwrap(), Saved::Done);
        expected.push(made.id.to_string());
    }
    let mut page_of = page(&test, Role::Operator, "/console/inbox").await;
    let mut found = rows(&page_of);
    assert_eq!(found.len(), 30);
    while let Some(rest) = page_of.split("data-cursor=\"").nth(1) {
        let cursor = rest.split('"').next().unwrap().to_owned();
        page_of = page(&test, Role::Operator, &format!("/console/inbox/list?cursor={cursor}")).await;
        found.extend(rows(&page_of));
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn src_5_saved_views_stand_beside_the_sections_and_filters_are_chips() {
    let test = TestInbox::start().await;
    writes(&test, ChannelKind::Line, "customer-1", "hello").await;
    let view = json!({ "name": "Ends soon", "query": {"section": "unanswered", "window_ends_within_minutes": "120"}, "shared": true });
    test.administered("POST", "/api/views", &view).await;
    let address = "/console/inbox?section=unanswered&amp;window_ends_within_minutes=120";
    let shown = page(&test, Role::Operator, "/console/inbox").await;
    assert!(shown.contains("Ends soon") && shown.contains(address), "{shown}");
    assert!(!shown.contains("data-call=\"PATCH /views/"), "what everybody has is kept by administrators");
    let theirs = page(&test, Role::Administrator, "/console/inbox").await;
    assert!(theirs.contains("data-call=\"PATCH /views/"));
    let filtered = page(&test, Role::Operator, &address.replace("&amp;", "&")).await;
    assert!(filtered.contains("Reply time ends within 2 hours"));
    assert!(
        rows(&filtered).is_empty() && filtered.contains("Nothing matches these filters"),
        "LINE has no window"
    );
}

#[tokio::test]
async fn src_4_search_marks_what_was_found_and_leads_to_the_message() {
    let test = TestInbox::start().await;
    let id = writes(&test, ChannelKind::Line, "customer-1", "昨日の注文を返品したいです").await;
    test.index().await;
    test.index_all().await;
    let start = page(&test, Role::Operator, "/console/search").await;
    assert!(start.contains("What are you looking for?"));
    let found = page(&test, Role::Operator, "/console/search?q=%E8%BF%94%E5%93%81").await;
    assert!(found.contains("昨日の注文を<mark>返品</mark>したいです"), "{found}");
    assert!(found.contains(&format!("/console/inbox/{id}?section=open&amp;message=")));
    let nothing = page(&test, Role::Operator, "/console/search?q=%E9%80%81%E6%96%99").await;
    assert!(nothing.contains("Nothing found"));
    let wrong = page(&test, Role::Operator, "/console/search?phone=1").await;
    assert!(wrong.contains("phone"), "what is wrong is told beside the form");
}
