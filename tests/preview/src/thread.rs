//! More for a conversation: one with a message of every kind, and one that is as long as one likes (`PREVIEW_MESSAGES`).

use madoguchi_domain::conversation::Change;
use madoguchi_domain::message::Body;
use madoguchi_domain::{Content, ConversationId, Message, MessageId, MessageKey, Span};
use madoguchi_tests::TestInbox;
use serde_json::{Value, json};

use crate::seed::writes;

/// As many messages as one transaction takes beside the conversation.
const AT_ONCE: usize = 90;

/// Everything that a customer can send, and every state of a reply.
pub(crate) async fn seed(test: &TestInbox) {
    let id = writes(test, "messenger", "customer-2", "注文番号 20261122-0001 の件で、写真をお送りします。\n電話は 03-1234-5678、メールは hanako@example.co.jp です。").await;
    let did = acts(test, json!({ "kind": "media", "media": "image", "count": 3 })).await;
    acts(test, json!({ "kind": "media", "media": "file", "name": "見積書（最終版）2026年11月.pdf" })).await;
    acts(test, json!({ "kind": "media", "media": "audio" })).await;
    acts(test, json!({ "kind": "sticker" })).await;
    acts(test, json!({ "kind": "attachment", "attachment": "location", "title": "東京駅" })).await;
    acts(test, json!({ "kind": "postback", "title": "配送状況を確認する", "payload": "SHIPPING" })).await;
    acts(test, json!({ "kind": "referral", "reference": "autumn-sale" })).await;
    acts(test, json!({ "kind": "page_inbox", "text": "Metaの受信箱から失礼します。担当の鈴木です。" })).await;
    if let Some(message) = did.first() {
        acts(test, json!({ "kind": "reaction", "message_id": message, "emoji": "❤" })).await;
    }
    test.settle().await;
    replies(test, id).await;
    if let Some(count) = std::env::var("PREVIEW_MESSAGES").ok().and_then(|count| count.parse().ok()) {
        let long = writes(test, "line", "customer-2", "いつもお世話になっております。").await;
        fill(test, long, count).await;
    }
}

/// The customer of the conversation does something; the provider's ids of what they sent.
async fn acts(test: &TestInbox, action: Value) -> Vec<String> {
    let mut act = json!({ "provider": "messenger", "customer": "customer-2" });
    if let Some(act) = act.as_object_mut() {
        act.extend(action.as_object().cloned().unwrap_or_default());
    }
    let act = serde_json::from_value(act).expect("the simulator knows such an act");
    let done = test.simulator.act(act).await.expect("the simulator does it");
    test.settle().await;
    done.message_ids
}

async fn replies(test: &TestInbox, id: ConversationId) {
    let path = format!("/api/conversations/{id}/messages");
    let tomorrow = (test.clock.now() + Span::from_hours(20)).to_string();
    for (number, body) in [
        json!({ "text": "ご連絡ありがとうございます。写真を確認いたします。" }),
        json!({ "text": "明日の朝、配送会社に確認して改めてご連絡いたします。", "send_at": tomorrow, "unless_customer_writes": true }),
    ]
    .iter()
    .enumerate()
    {
        let key = format!("00000000-0000-4000-8000-00000000020{number}");
        let (status, answer) = test.call("POST", &path, Some(&key), body).await;
        assert!(status < 300, "{answer}");
        test.settle().await;
    }
    let note = json!({ "text": "倉庫に在庫があることを確認済み。@Suzuki Ichiro 発送の手配をお願いします。", "mentions": ["administrator-1"] });
    let path = format!("/api/conversations/{id}/notes");
    let key = Some("00000000-0000-4000-8000-000000000210");
    test.call("POST", &path, key, &note).await;
}

/// Puts `count` messages before the first one of a conversation, three minutes apart: the customer's, and every third an answer.
async fn fill(test: &TestInbox, id: ConversationId, count: usize) {
    let first = test.messages(id).await.into_iter().next().expect("somebody wrote");
    let count = i64::try_from(count).expect("not as many");
    let made: Vec<Message> = (1..=count).map(|number| earlier(&first, id, number, count)).collect();
    for some in made.chunks(AT_ONCE) {
        let change = Change {
            conversation: test.conversation(id).await,
            conversation_stays: false,
            create: some.to_vec(),
            replace: None,
            waiting: None,
            blocks: None,
            participants: Vec::new(),
        };
        let _saved = test.inbox.commit(&change, test.clock.now()).await.expect("the table is there");
    }
}

fn earlier(first: &Message, id: ConversationId, number: i64, count: i64) -> Message {
    let at = first.key.at - Span::from_minutes(3 * (count - number + 1));
    let words = if number % 7 == 0 {
        "少し長い文章です。ご確認のうえ、お返事をいただけますでしょうか。よろしくお願いいたします。"
    } else {
        "はい、わかりました。"
    };
    let text = format!("{number}通目: {words}");
    Message {
        key: MessageKey { at, id: MessageId::of_reply(id, &format!("seed-{number}")) },
        body: Body::Said { content: Content::text(text) },
        provider_message_id: None,
        stored_at: at,
        noted_before: None,
        rev: 0,
        ..first.clone()
    }
}
