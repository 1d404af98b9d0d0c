//! What the preview begins with.

use madoguchi_domain::{ChannelKind, ConversationId};
use madoguchi_tests::TestInbox;
use serde_json::json;

/// A customer of `channel` writes, and everything that follows has happened.
pub(crate) async fn writes(test: &TestInbox, channel: &str, customer: &str, text: &str) -> ConversationId {
    let kind = match channel {
        "messenger" => ChannelKind::Messenger,
        "whatsapp" => ChannelKind::WhatsApp,
        "sms" => ChannelKind::Sms,
        _ => ChannelKind::Line,
    };
    let id = test.customer_writes(kind, customer, text).await;
    settle(test).await;
    id
}

/// Lets everything that was begun come to its end.
pub(crate) async fn settle(test: &TestInbox) {
    test.write().await;
    test.relay().await;
    test.dispatch().await;
}

/// A handful of conversations in every state that a list shows.
pub(crate) async fn seed(test: &TestInbox) {
    for (kind, name) in [
        (ChannelKind::Messenger, "青空ストア"),
        (ChannelKind::Line, "青空ストア公式"),
        (ChannelKind::WhatsApp, "Aozora International"),
        (ChannelKind::Sms, "Aozora SMS"),
    ] {
        let path = format!("/api/channels/{}", TestInbox::channel_id(kind));
        test.administered("PATCH", &path, &json!({ "name": name })).await;
    }
    let _known = test.get("/api/me").await;
    let line = writes(test, "line", "customer-1", "こんにちは！昨日注文した商品はいつ届きますか？😊").await;
    writes(test, "messenger", "customer-1", "Hi, do you ship to Osaka? https://example.com/item?id=42").await;
    writes(test, "whatsapp", "customer-2", "مرحبا، هل يمكنني تغيير العنوان؟").await;
    writes(test, "sms", "customer-3", "予約の変更をお願いします。").await;
    let reply = json!({ "text": "お問い合わせありがとうございます。ただいま確認いたします。" });
    let key = "00000000-0000-4000-8000-000000000001";
    let (status, answer) =
        test.call("POST", &format!("/api/conversations/{line}/messages"), Some(key), &reply).await;
    assert!(status < 300, "{answer}");
    settle(test).await;
    writes(test, "line", "customer-1", "ありがとうございます。お待ちしています。").await;
    desk(test, line).await;
}

/// What tickets, settings and the bell show.
async fn desk(test: &TestInbox, conversation: ConversationId) {
    let brand = test.administered("POST", "/api/brands", &json!({ "name": "青空ストア" })).await;
    let path = format!("/api/brands/{}/profanity", brand["id"].as_str().expect("a brand has an id"));
    test.administered("PUT", &path, &json!({ "on": true, "words": ["ぼったくり", "scam*"], "block": true }))
        .await;
    let hook = json!({ "url": "https://crm.example.com/hook", "description": "CRM との連携", "events": ["message.received", "ticket.created"] });
    let hook = test.administered("POST", "/api/webhooks", &hook).await;
    test.administered(
        "POST",
        &format!("/api/webhooks/{}/test", hook["id"].as_str().expect("it has an id")),
        &json!({}),
    )
    .await;
    let messages = test.get(&format!("/api/conversations/{conversation}/messages")).await;
    let items = messages["items"].as_array().into_iter().flatten();
    for (index, message) in items.filter(|message| message["direction"] == "in").take(2).enumerate() {
        let ticket = json!({ "conversation_id": conversation, "message_id": message["id"] });
        let key = format!("00000000-0000-4000-8000-0000000001{index:02}");
        test.call("POST", "/api/tickets", Some(&key), &ticket).await;
    }
    test.call(
        "PATCH",
        "/api/tickets/1",
        None,
        &json!({ "assignee_id": "operator-1", "status": "pending", "reference": "CRM-4711" }),
    )
    .await;
    let spam = writes(test, "line", "customer-4", "このたびは特別なご案内です http://spam.example").await;
    test.call(
        "POST",
        &format!("/api/conversations/{spam}/block"),
        None,
        &json!({ "reason": "迷惑な宣伝がつづくため" }),
    )
    .await;
    test.administered("GET", "/api/me", &json!({})).await;
    let note = json!({ "text": "@佐藤 花子 配送の件、確認をお願いします。", "mentions": ["operator-1"] });
    let path = format!("/api/conversations/{conversation}/notes");
    test.administer("POST", &path, &note).await;
    test.write_audit().await;
    settle(test).await;
}
