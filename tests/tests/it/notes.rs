//! Internal notes and labels: never sent, and never in the way of a timer.

use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::message::SendState;
use madoguchi_domain::{ChannelKind, ChannelSettings, ConversationId, Message, Section, Span};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

async fn note(test: &TestInbox, id: ConversationId, key: &str) -> Message {
    let body = json!({"text": "社内のみ: 要返金", "mentions": []});
    let (status, body) = test.call("POST", &format!("/api/conversations/{id}/notes"), Some(key), &body).await;
    assert_eq!(status, 201, "{body}");
    test.message(id, &body["id"].as_str().unwrap().parse().unwrap()).await
}

#[tokio::test]
async fn con_7_a_note_never_reaches_the_customer() {
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let test = TestInbox::start().await;
        let id = test.customer_writes(kind, "customer-1", "hello").await;
        test.settle().await;
        let written = note(&test, id, "k1").await;
        test.settle().await;
        test.sweep().await;
        test.settle().await;
        assert_eq!(test.simulator.sent().len(), 0, "{kind}");
        // Even one that a fault has put among the replies to be sent: there are no words that a sender would find.
        let before = test.conversation(id).await;
        let queued =
            SendState::Queued { attempts: 0, first_attempt_at: None, not_before: None, keep_via: None };
        let forged = Message { send: Some(queued), ..written };
        assert_eq!(test.inbox.save_message(&forged).await.unwrap(), Saved::Done);
        test.settle().await;
        test.sweep().await;
        test.settle().await;
        assert_eq!(test.simulator.sent().len(), 0, "{kind}");
        let after = test.message(id, &forged.key).await;
        assert!(matches!(after.send, Some(SendState::Failed { .. })), "{:?}", after.send);
        assert_eq!(test.conversation(id).await, before, "{kind}");
        // An answer behind it goes out, and is the only thing that does.
        test.answer(id, "k2", "お待たせしました").await;
        test.settle().await;
        let sent = test.simulator.sent();
        assert_eq!(sent.len(), 1, "{kind}");
        assert!(!format!("{sent:?}").contains("要返金"), "{kind}");
    }
}

#[tokio::test]
async fn tmr_4_notes_and_labels_do_not_restart_the_idle_clock() {
    let test = TestInbox::start().await;
    let settings = ChannelSettings { idle_close_after_minutes: Some(10), ..ChannelSettings::default() };
    test.set(ChannelKind::Line, &settings).await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "hello").await;
    test.settle().await;
    test.answer(id, "k", "answer").await;
    test.settle().await;
    let label = test.administered("POST", "/api/labels", &json!({"name": "VIP", "color": "#00ff00"})).await;
    test.pass(Span::from_minutes(9));
    let before = test.conversation(id).await;
    note(&test, id, "n").await;
    let path = format!("/api/conversations/{id}/labels/{}", label["id"].as_str().unwrap());
    let (status, marked) = test.call("PUT", &path, None, &json!({})).await;
    assert_eq!((status, &marked["labels"][0]), (200, &label["id"]));
    test.settle().await;
    let after = test.conversation(id).await;
    assert_eq!(
        (after.activity_clock, after.armed, after.sorted_at, after.window_opened_at, &after.preview),
        (before.activity_clock, before.armed, before.sorted_at, before.window_opened_at, &before.preview)
    );
    test.pass(Span::from_minutes(1));
    assert_eq!(test.tick(DeadlineKind::Idle).await.closed, 1);
    let closed = test.conversation(id).await;
    assert_eq!((closed.section(), closed.labels.len()), (Section::Closed, 1), "the label stays");
    // The customer finds the chat again, and nothing of the note in it.
    let lines = test.get(&format!("/api/conversations/{id}/messages")).await;
    let kinds: Vec<&Value> = lines["items"].as_array().unwrap().iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["closed", "labeled", "note", "text", "text"]);
}

#[tokio::test]
async fn tpl_2_a_template_reaches_the_customer_filled_in() {
    let test = TestInbox::start().await;
    let id = test.customer_writes(ChannelKind::Line, "customer-1", "hello").await;
    test.settle().await;
    let name = test.conversation(id).await.contact.name.unwrap();
    let variants = json!({"ja": {"text": "{{contact.name}}様、{{contact.phone|番号なし}}"}});
    let template = json!({"name": "挨拶", "variants": variants});
    let template = test.administered("POST", "/api/templates", &template).await;
    let (status, sent) = test.post_draft(id, "k", &json!({"template": {"id": template["id"]}})).await;
    assert_eq!((status, &sent["text"]), (202, &json!(format!("{name}様、番号なし"))));
    test.settle().await;
    assert_eq!(test.simulator.sent().len(), 1);
    assert!(format!("{:?}", test.simulator.sent()).contains(&name));
    let counted = test.get(&format!("/api/templates/{}", template["id"].as_str().unwrap())).await;
    assert_eq!((&counted["uses"], &counted["version"]), (&json!(1), &json!(1)));
    test.write_audit().await;
    let told = test.administered("GET", "/api/audit", &Value::Null).await;
    let acts: Vec<&Value> = told["items"].as_array().unwrap().iter().map(|entry| &entry["act"]).collect();
    assert!(acts.contains(&&json!("template.added")), "{acts:?}");
}
