//! WhatsApp and SMS from phone to phone, with Twilio as the simulator plays it.

use madoguchi_domain::message::{Body, SendState};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, Content, ConversationId, MessageKey, Span};
use madoguchi_simulator::{Act, Action, Endpoint, Fault, FaultRule, Provider, demo};
use madoguchi_tests::TestInbox;
use serde_json::json;

use ChannelKind::{Sms, WhatsApp};

fn provider(kind: ChannelKind) -> Provider {
    if kind == WhatsApp { Provider::WhatsApp } else { Provider::Sms }
}

async fn act(test: &TestInbox, kind: ChannelKind, action: Action) {
    let customer = Some("customer-1".to_owned());
    let act = Act { provider: provider(kind), account: None, customer, group: None, at_ms: None, action };
    test.simulator.act(act).await.unwrap();
    test.settle().await;
}

async fn begin(test: &TestInbox, kind: ChannelKind) -> ConversationId {
    let id = test.customer_writes(kind, "customer-1", "こんにちは").await;
    test.settle().await;
    id
}

async fn status(test: &TestInbox, id: ConversationId, key: MessageKey) -> String {
    let state = serde_json::to_value(test.message(id, &key).await.send.unwrap()).unwrap();
    state["status"].as_str().unwrap().to_owned()
}

/// Status callbacks come by themselves, a moment after the answer.
async fn until(test: &TestInbox, id: ConversationId, key: MessageKey, wanted: &str) {
    for _ in 0..200 {
        test.settle().await;
        if status(test, id, key).await == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{} and not {wanted}: {:?}", status(test, id, key).await, test.simulator.webhooks());
}

#[tokio::test]
async fn chn_4_and_chn_5_a_conversation_from_phone_to_phone() {
    let test = TestInbox::with_simulated_twilio().await;
    for kind in [WhatsApp, Sms] {
        let id = begin(&test, kind).await;
        assert_eq!(test.texts(id).await, ["こんにちは"], "{kind}");
        let key = test.answer(id, "k", "いらっしゃいませ").await;
        until(&test, id, key, "delivered").await;
        let sent = test.simulator.sent().pop().unwrap();
        assert_eq!((sent.provider, sent.times_received), (provider(kind), 1));
        if kind == WhatsApp {
            test.simulator.open_whatsapp(demo::WHATSAPP_SENDER, "customer-1").await.unwrap();
            until(&test, id, key, "read").await;
        }
    }
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn an_answer_that_is_lost_after_its_effect_is_settled_by_the_callback() {
    let test = TestInbox::with_simulated_twilio().await;
    for (kind, fault) in [
        (WhatsApp, Fault::ServerError { after_effect: true }),
        (Sms, Fault::ConnectionReset { after_effect: true }),
    ] {
        let id = begin(&test, kind).await;
        test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Send), times: Some(1), ..fault.into() });
        let key = test.answer(id, "k", "answer").await;
        until(&test, id, key, "delivered").await;
        let received: Vec<_> = test.simulator.sent().iter().map(|sent| sent.times_received).collect();
        assert!(received.iter().all(|times| *times == 1), "{received:?}");
    }
}

#[tokio::test]
async fn refusals_that_come_later_fail_the_reply_with_their_reason() {
    let test = TestInbox::with_simulated_twilio().await;
    let id = begin(&test, WhatsApp).await;
    for (number, (fault, expected)) in [
        (Fault::UserUnavailable, FailureReason::ContactUnreachable),
        (Fault::OutsideWindow, FailureReason::ReplyWindowClosed),
    ]
    .into_iter()
    .enumerate()
    {
        test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Send), times: Some(1), ..fault.into() });
        let key = test.answer(id, &format!("k{number}"), "answer").await;
        until(&test, id, key, "failed").await;
        let Some(SendState::Failed { reason, .. }) = test.message(id, &key).await.send else { panic!() };
        assert_eq!(reason, expected);
    }
    // The provider says that the window is over: only a template.
    let (_, refused) = test.post_reply(id, "k8", "free text").await;
    assert_eq!(refused["error"]["id"], "template_needed");
    let draft = json!({ "template": { "content_sid": demo::TWILIO_TEMPLATE, "variables": { "1": "花子" } } });
    let (status, body) = test.post_draft(id, "k9", &draft).await;
    assert_eq!(status, 202, "{body}");
    until(&test, id, body["id"].as_str().unwrap().parse().unwrap(), "delivered").await;
}

#[tokio::test]
async fn chn_5_stop_and_start_as_the_phone_sends_them() {
    let test = TestInbox::with_simulated_twilio().await;
    let id = begin(&test, Sms).await;
    let word = |text: &str| Action::Text { text: text.to_owned(), quote: None };
    test.pass(Span::from_secs(1));
    act(&test, Sms, word("STOP")).await;
    assert_eq!(test.post_reply(id, "k1", "x").await.1["error"]["id"], "recipient_opted_out");
    test.pass(Span::from_secs(1));
    act(&test, Sms, word("START")).await;
    let key = test.answer(id, "k2", "x").await;
    until(&test, id, key, "delivered").await;
}

#[tokio::test]
async fn msg_6_places_buttons_and_pictures_arrive_as_what_they_are() {
    let test = TestInbox::with_simulated_twilio().await;
    let id = begin(&test, WhatsApp).await;
    let place = Action::Attachment { attachment: "location".into(), title: Some("東京駅".into()) };
    let button = Action::QuickReply { title: "はい".into(), payload: "yes".into() };
    for action in [place, button, Action::Image { count: None }] {
        test.pass(Span::from_secs(1));
        act(&test, WhatsApp, action).await;
    }
    let kinds: Vec<_> = test
        .messages(id)
        .await
        .into_iter()
        .filter_map(|message| match message.body {
            Body::Said { content: Content::Text { payload, .. } } => {
                Some(payload.unwrap_or_else(|| "text".into()))
            }
            Body::Said { content } => Some(content.kind().to_owned()),
            Body::Timeline { .. } => None,
        })
        .collect();
    assert_eq!(kinds, ["text", "location", "yes", "image"]);
}
