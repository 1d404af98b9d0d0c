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
}
