//! Writing replies down, once.

use axum::http::StatusCode;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{Channel, ChannelKind, ChannelSettings, ConversationId, MessageKey, SendState, Span};
use madoguchi_store::Saved;
use serde_json::json;

use crate::support::{Answer, Caller, NOW, TestApi};

async fn customer_wrote(kind: ChannelKind) -> (TestApi, Channel, ConversationId) {
    let api = TestApi::start().await;
    let channel = api.add_channel(kind, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    (api, channel, id)
}

async fn texts(api: &TestApi, id: ConversationId) -> Vec<String> {
    let page = api.get(&format!("/api/conversations/{id}/messages")).await;
    let items = page.body["items"].as_array().unwrap();
    items.iter().map(|message| message["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn rpl_14_a_repeated_key_makes_one_reply_and_another_text_is_refused() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let first = api.reply(id, "k1", "はい").await;
    assert_eq!((first.status, &first.body["status"]), (StatusCode::ACCEPTED, &json!("queued")));
    assert_eq!(first.body["operator_id"], "person-1");
    let second = api.reply(id, "k1", "はい").await;
    assert_eq!((second.status, &second.body), (StatusCode::OK, &first.body));
    let other = api.reply(id, "k1", "いいえ").await;
    assert_eq!((other.status, other.error()), (StatusCode::CONFLICT, "idempotency_key_reused"));
    assert_eq!(api.reply(id, "k2", "はい").await.status, StatusCode::ACCEPTED);
    assert_eq!(texts(&api, id).await, ["はい", "はい", "hello"]);
}

#[tokio::test]
async fn rpl_14_the_same_key_sent_many_times_at_once_makes_one_reply() {
    let (api, _, id) = customer_wrote(ChannelKind::Messenger).await;
    let answers = tokio::join!(
        api.reply(id, "k", "a"),
        api.reply(id, "k", "a"),
        api.reply(id, "k", "a"),
        api.reply(id, "k", "a"),
        api.reply(id, "k", "a"),
        api.reply(id, "k", "a"),
    );
    let answers: [Answer; 6] = answers.into();
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == StatusCode::OK).count(), 5);
    assert_eq!(texts(&api, id).await, ["a", "hello"]);
}

#[tokio::test]
async fn a_repeated_key_is_answered_even_after_the_conversation_was_closed() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let first = api.reply(id, "k", "a").await;
    api.post(&format!("/api/conversations/{id}/close")).await;
    let again = api.reply(id, "k", "a").await;
    assert_eq!((again.status, &again.body["id"]), (StatusCode::OK, &first.body["id"]));
    let new = api.reply(id, "k2", "b").await;
    assert_eq!((new.status, new.error()), (StatusCode::CONFLICT, "conversation_closed"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_is_written() {
    let (api, _, id) = customer_wrote(ChannelKind::Messenger).await;
    let too_long = api.reply(id, "k", &"あ".repeat(2_000)).await;
    assert_eq!((too_long.status, too_long.error()), (StatusCode::UNPROCESSABLE_ENTITY, "text_too_long"));
    let message = too_long.body["error"]["message"].as_str().unwrap();
    assert_eq!(message, "The text is 2000 characters long; messenger takes at most 1999.");
    let empty = api.reply(id, "k", " ").await;
    assert_eq!((empty.status, empty.error()), (StatusCode::UNPROCESSABLE_ENTITY, "text_empty"));
    let nameless = api.reply(id, "two words", "a").await;
    assert_eq!((nameless.status, nameless.error()), (StatusCode::BAD_REQUEST, "idempotency_key_invalid"));
    api.hand.set(NOW + Span::from_hours(25));
    let late = api.reply(id, "k", "a").await;
    assert_eq!((late.status, late.error()), (StatusCode::CONFLICT, "reply_window_closed"));
    assert_eq!(texts(&api, id).await, ["hello"]);
}

#[tokio::test]
async fn rpl_5_without_its_channel_a_conversation_can_be_read_and_not_answered() {
    let api = TestApi::start().await;
    let elsewhere = TestApi::start().await;
    let channel = elsewhere.add_channel(ChannelKind::Line, "165", ChannelSettings::default()).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    let answer = api.reply(id, "k", "a").await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "channel_unlinked"));
    let shown = api.get(&format!("/api/conversations/{id}")).await;
    assert_eq!(shown.body["composer"]["reason"], "channel_unlinked");
    assert_eq!(texts(&api, id).await, ["hello"]);
}

#[tokio::test]
async fn rpl_12_only_what_was_not_sent_can_be_sent_again() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let key: MessageKey = api.reply(id, "k", "a").await.body["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/conversations/{id}/messages/{key}/resend");
    let failed = SendState::Failed {
        at: NOW,
        reason: FailureReason::QuotaExhausted,
        detail: "429".into(),
        provider_text: None,
        meter: None,
    };
    let unconfirmed = SendState::Unconfirmed { at: NOW, claimed_at: NOW, detail: "timeout".into() };
    for (state, resendable) in [
        (SendState::queued(), false),
        (SendState::Sent { at: NOW }, false),
        (failed, true),
        (unconfirmed, true),
    ] {
        let mut message = api.inbox.message(id, &key).await.unwrap().unwrap();
        message.send = Some(state.clone());
        assert_eq!(api.inbox.save_message(&message).await.unwrap(), Saved::Done);
        let answer = api.post(&path).await;
        if resendable {
            assert_eq!((answer.status, &answer.body["status"]), (StatusCode::ACCEPTED, &json!("queued")));
            let stored = api.inbox.message(id, &key).await.unwrap().unwrap();
            assert_eq!(stored.send, Some(SendState::queued()));
        } else {
            assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "message_not_resendable"));
        }
    }
    let unknown = api.post(&format!("/api/conversations/{id}/messages/1700000000000-{id}/resend")).await;
    assert_eq!((unknown.status, unknown.error()), (StatusCode::NOT_FOUND, "message_not_found"));
}

#[tokio::test]
async fn rpl_12_a_failed_reply_of_a_closed_conversation_stays_failed() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let key: MessageKey = api.reply(id, "k", "a").await.body["id"].as_str().unwrap().parse().unwrap();
    let mut message = api.inbox.message(id, &key).await.unwrap().unwrap();
    message.send = Some(SendState::Failed {
        at: NOW,
        reason: FailureReason::MessageRefused,
        detail: String::new(),
        provider_text: None,
        meter: None,
    });
    assert_eq!(api.inbox.save_message(&message).await.unwrap(), Saved::Done);
    api.post(&format!("/api/conversations/{id}/close")).await;
    let answer = api.post(&format!("/api/conversations/{id}/messages/{key}/resend")).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "conversation_closed"));
}

#[tokio::test]
async fn a_customers_message_cannot_be_sent_again() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let page = api.get(&format!("/api/conversations/{id}/messages")).await;
    let key = page.body["items"][0]["id"].as_str().unwrap();
    let answer = api.post(&format!("/api/conversations/{id}/messages/{key}/resend")).await;
    assert_eq!((answer.status, answer.error()), (StatusCode::CONFLICT, "message_not_resendable"));
}

/// What the text of a list of messages is, oldest first.
fn joined(list: &serde_json::Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn msg_1_a_long_text_is_refused_with_its_length_or_split_in_order() {
    let (api, _, id) = customer_wrote(ChannelKind::Messenger).await;
    let text = format!("{}。", "あ".repeat(999)).repeat(5);
    let refused = api.post_reply(id, "k", "ja", json!({ "text": text })).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNPROCESSABLE_ENTITY, "text_too_long"));
    let error = &refused.body["error"];
    assert_eq!(error["text"], json!({"length": 5_000, "max": 1_999, "unit": "characters"}));
    assert!(error["message"].as_str().unwrap().contains("5000文字"), "{error}");
    assert!(error["remedy"].as_str().unwrap().contains("分割"), "{error}");

    let body = || json!({"text": text, "split": true});
    let sent = api.post_reply(id, "k", "ja", body()).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{:?}", sent.body);
    assert_eq!(joined(&sent.body).concat(), text);
    assert_eq!(sent.body["items"].as_array().unwrap().len(), 5);
    let mut listed = texts(&api, id).await;
    listed.reverse();
    assert_eq!(listed[1..], joined(&sent.body));
    // Repeated, it makes nothing new.
    let again = api.post_reply(id, "k", "ja", body()).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &sent.body));
    assert_eq!(texts(&api, id).await.len(), 6);
    // A text that ends where a part of the first one ends is another text.
    let shorter = format!("{}。", "あ".repeat(999)).repeat(2);
    let other = api.post_reply(id, "k", "ja", json!({"text": shorter, "split": true})).await;
    assert_eq!((other.status, other.error()), (StatusCode::CONFLICT, "idempotency_key_reused"));
}

#[tokio::test]
async fn msg_1_a_client_that_dies_in_the_middle_of_a_split_text_goes_on_with_the_rest() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let text = format!("{}。", "あ".repeat(2_999)).repeat(3);
    let part: String = text.chars().take(3_000).collect();
    let first = api.reply(id, "k", &part).await;
    assert_eq!(first.status, StatusCode::ACCEPTED);
    let sent = api.post_reply(id, "k", "en", json!({"text": text, "split": true})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    assert_eq!(sent.body["items"][0]["id"], first.body["id"]);
    assert_eq!(joined(&sent.body).concat(), text);
    assert_eq!(texts(&api, id).await.len(), 4);
}

#[tokio::test]
async fn a_split_of_what_fits_is_one_reply_and_of_what_cannot_be_split_an_error() {
    let (api, _, id) = customer_wrote(ChannelKind::Messenger).await;
    let short = api.post_reply(id, "k", "en", json!({"text": "はい", "split": true})).await;
    assert_eq!((short.status, joined(&short.body)), (StatusCode::ACCEPTED, vec!["はい".to_owned()]));
    let tower = format!("a{}", "\u{301}".repeat(2_000));
    let refused = api.post_reply(id, "k2", "en", json!({"text": tower, "split": true})).await;
    assert_eq!((refused.status, refused.error()), (StatusCode::UNPROCESSABLE_ENTITY, "text_indivisible"));
    let empty = api.post_reply(id, "k3", "en", json!({"text": " \n", "split": true})).await;
    assert_eq!(empty.error(), "text_empty");
}

/// RPL-2 and RPL-9: one second after the seventh day nothing is written, and the operator reads why.
#[tokio::test]
async fn rpl_2_the_seventh_day_plus_one_second_is_refused_before_anything_is_written() {
    let api = TestApi::start().await;
    let settings = ChannelSettings { human_agent: true, ..Default::default() };
    let channel = api.add_channel(ChannelKind::Messenger, "165", settings).await;
    let id = api.customer_writes(&channel, "u", "hello", NOW).await;
    let path = format!("/api/conversations/{id}");
    let week = NOW + Span::from_days(7);
    api.hand.set(week);
    let window = api.get(&path).await.body["window"].clone();
    assert_eq!((&window["kind"], &window["until"]), (&json!("extended"), &json!(week.to_string())));
    assert_eq!(api.reply(id, "in-time", "a").await.status, StatusCode::ACCEPTED);
    api.hand.set(week + Span::from_secs(1));
    let late = api.post_reply(id, "late", "ja-JP,ja;q=0.9", json!({"text": "b"})).await;
    assert_eq!((late.status, late.error()), (StatusCode::CONFLICT, "reply_window_closed"));
    assert!(late.body["error"]["cause"].as_str().unwrap().contains("7日"), "{:?}", late.body);
    let shown = api.read(Caller::Operator, &path, "ja").await.body;
    assert_eq!((&shown["window"]["kind"], &shown["window"]["until"]), (&json!("none"), &json!(null)));
    assert_eq!(shown["window"]["ended_at"], week.to_string());
    assert_eq!(shown["composer"]["message"], late.body["error"]["message"]);
    assert_eq!(texts(&api, id).await, ["a", "hello"]);
}

#[tokio::test]
async fn a_failed_reply_is_explained_in_the_readers_language_and_to_administrators_in_full() {
    let (api, _, id) = customer_wrote(ChannelKind::Line).await;
    let key: MessageKey = api.reply(id, "k", "a").await.body["id"].as_str().unwrap().parse().unwrap();
    let mut message = api.inbox.message(id, &key).await.unwrap().unwrap();
    message.send = Some(SendState::Failed {
        at: NOW,
        reason: FailureReason::ProviderRefused,
        detail: "418".into(),
        provider_text: Some("I'm a teapot".into()),
        meter: None,
    });
    assert_eq!(api.inbox.save_message(&message).await.unwrap(), Saved::Done);
    let path = format!("/api/conversations/{id}/messages");
    let failure =
        async |caller, language| api.read(caller, &path, language).await.body["items"][0]["failure"].clone();
    let english = failure(Caller::Operator, "en").await;
    let japanese = failure(Caller::Operator, "ja").await;
    assert_eq!((&english["id"], &english["provider"]), (&json!("provider_refused"), &json!(null)));
    for word in ["message", "cause", "remedy"] {
        let (english, japanese) = (english[word].as_str().unwrap(), japanese[word].as_str().unwrap());
        assert!(english.is_ascii() && !japanese.is_ascii(), "{english} {japanese}");
    }
    let full = failure(Caller::Administrator, "ja").await;
    assert_eq!(full["provider"], json!({"code": "418", "text": "I'm a teapot"}));
}
