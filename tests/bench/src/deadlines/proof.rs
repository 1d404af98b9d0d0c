//! That the closer did what it is for.

use std::collections::HashMap;

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::message::Body;
use madoguchi_domain::{ConversationId, Status};
use madoguchi_store::Inbox;
use madoguchi_tests::support::dynamo::{Dynamo, INBOX};
use serde_json::{Value, json};

use super::crowd::Crowd;
use super::limits::Limits;
use super::table::{Costs, Table, dispatch};

/// Stops the benchmark unless every conversation that was due is closed once, with its reason and one line
/// in its timeline, and every other is as it was.
pub(super) async fn of(crowd: &Crowd) {
    let mut items: HashMap<String, usize> = HashMap::new();
    each_item(&crowd.dynamo, |item| {
        let pk = item["pk"]["S"].as_str().unwrap();
        *items.entry(pk.to_owned()).or_default() += 1;
        if !crowd.due.contains_key(pk) {
            assert_eq!(Some(item), crowd.bystanders.get(pk), "a conversation that was not due");
        }
    });
    assert_eq!(items.len(), crowd.due.len() + crowd.bystanders.len());
    let client = Table::new(&crowd.dynamo, Costs::default(), Limits::default()).client(&crowd.dynamo);
    let inbox = Inbox::new(client, INBOX);
    let expected = DeadlineKind::Unanswered.reason().unwrap();
    for (pk, due_at) in &crowd.due {
        let id: ConversationId = pk.trim_start_matches("c#").parse().unwrap();
        let conversation = inbox.conversation(id).await.unwrap().unwrap();
        let Status::Closed { reason, at } = conversation.status else { panic!("{id} is open") };
        assert_eq!((reason, at >= *due_at), (expected, true), "{id}");
        assert_eq!(conversation.armed, None, "{id} is still due");
        // It was loaded as 1 and written once since.
        assert_eq!(conversation.version, 2, "{id}");
        assert_eq!(items[pk], 2, "{id}: itself and one line");
        let lines = inbox.messages(id, None, 2).await.unwrap().messages;
        let Body::Timeline { event, detail, .. } = &lines[0].body else { panic!("{id}: {lines:?}") };
        assert_eq!((event.as_str(), detail.as_deref()), ("closed", Some(expected.public_id())), "{id}");
    }
}

fn each_item(dynamo: &Dynamo, mut look: impl FnMut(&Value)) {
    let mut start = Value::Null;
    loop {
        let mut input = json!({ "TableName": INBOX });
        if !start.is_null() {
            input["ExclusiveStartKey"] = start;
        }
        let mut page = dispatch(dynamo.database(), "Scan", input).unwrap();
        page["Items"].as_array().unwrap().iter().for_each(&mut look);
        start = page["LastEvaluatedKey"].take();
        if start.is_null() {
            return;
        }
    }
}
