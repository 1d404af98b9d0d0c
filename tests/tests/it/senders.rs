//! As whom replies go out (SND).

use madoguchi_channels::ProviderHttp;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::message::{Message, SendState};
use madoguchi_domain::sender::{Persona, SenderName, Synced};
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey, OperatorId, Span};
use madoguchi_runtime::{Metrics, ProviderConfig, SecretWriter};
use madoguchi_simulator::{Endpoint, Fault, FaultRule};
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PREFIX;
use madoguchi_tests::support::files::{File, Files};
use serde_json::json;
use token_refresh::TokenRefresh;

async fn begin(test: &TestInbox, kind: ChannelKind, name: &str) -> ConversationId {
    let me = json!({ "display_name": name, "sender": "operator" });
    assert_eq!(test.call("PATCH", "/api/me", None, &me).await.0, 200);
    let id = test.customer_writes(kind, "customer-1", "question").await;
    test.settle().await;
    id
}

async fn reply(test: &TestInbox, id: ConversationId, key: &str) -> MessageKey {
    let key = test.answer(id, key, "answer").await;
    test.settle().await;
    key
}

fn seen(test: &TestInbox) -> Vec<(String, Option<String>)> {
    test.simulator.sent().into_iter().map(|sent| (sent.via, sent.sender_name)).collect()
}

fn shown(message: &Message) -> Option<&str> {
    assert!(matches!(message.send, Some(SendState::Sent { .. })), "{:?}", message.send);
    message.shown_sender().map(SenderName::as_str)
}

#[tokio::test]
async fn snd_3_on_line_the_name_stands_above_replies_and_pushes() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line, "山田").await;
    for key in ["k1", "k2"] {
        let key = reply(&test, id, key).await;
        assert_eq!(shown(&test.message(id, &key).await), Some("山田"));
    }
    let name = Some("山田".to_owned());
    assert_eq!(seen(&test), [("reply".to_owned(), name.clone()), ("push".to_owned(), name)]);
}

#[tokio::test]
async fn snd_6_a_name_that_only_line_refuses_goes_out_as_the_account_and_the_message_says_so() {
    // LINE's list of words is secret: the simulator refuses what merely contains one.
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line, "Caroline").await;
    for key in ["k1", "k2"] {
        let key = reply(&test, id, key).await;
        let message = test.message(id, &key).await;
        assert_eq!(shown(&message), None);
    }
    assert_eq!(seen(&test), [("reply".to_owned(), None), ("push".to_owned(), None)]);
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
    let page = test.get(&format!("/api/conversations/{id}/messages")).await;
    assert_eq!(page["items"][0]["sent_as"], "account");
}

#[tokio::test]
async fn snd_6_the_push_as_the_account_has_a_retry_key_of_its_own() {
    let test = TestInbox::start().await;
    let id = begin(&test, ChannelKind::Line, "Caroline").await;
    test.pass(Span::from_minutes(5));
    // The first push gets no verdict; its repetition is refused for the name.
    let lost = Fault::ServerError { after_effect: true };
    test.simulator.fault(FaultRule { endpoint: Some(Endpoint::Push), times: Some(1), ..lost.into() });
    let key = reply(&test, id, "k").await;
    test.pass(Span::from_secs(5));
    test.settle().await;
    let message = test.message(id, &key).await;
    assert_eq!(shown(&message), None);
    let sent = test.simulator.sent();
    assert_eq!(sent.len(), 1, "the customer reads it once");
    let key_of_account = message.key.id.derived("line-push as the account").to_string();
    assert_eq!(sent[0].retry_key.as_ref(), Some(&key_of_account));
    assert!(test.simulator.violations().is_empty(), "{:?}", test.simulator.violations());
}

#[tokio::test]
async fn snd_3_on_messenger_a_reply_without_a_persona_or_with_one_that_is_gone_goes_out_as_the_page() {
    for stored in [false, true] {
        let test = TestInbox::start().await;
        let id = begin(&test, ChannelKind::Messenger, "山田").await;
        if stored {
            let (operator, name) = (OperatorId("operator-1".into()), SenderName::new("山田").unwrap());
            let persona = Persona { operator, id: "77".into(), name, picture: "https://e/p.png".into() };
            let channel = TestInbox::channel_id(ChannelKind::Messenger);
            test.directory.save_persona(channel, &persona).await.unwrap();
        }
        let key = reply(&test, id, "k").await;
        assert_eq!(shown(&test.message(id, &key).await), None);
        assert_eq!(seen(&test), [("send".to_owned(), None)], "stored: {stored}");
    }
}

#[tokio::test]
async fn snd_1_an_sms_begins_with_the_name_if_the_channel_allows_it() {
    for (allowed, expected) in [(true, "山田: answer"), (false, "answer")] {
        let test = TestInbox::with_simulated_twilio().await;
        let settings = madoguchi_domain::ChannelSettings { sender_prefix: allowed, ..Default::default() };
        test.set(ChannelKind::Sms, &settings).await;
        let id = begin(&test, ChannelKind::Sms, "山田").await;
        reply(&test, id, "k").await;
        let texts: Vec<_> = test.simulator.sent().into_iter().filter_map(|sent| sent.text).collect();
        assert_eq!(texts, [expected]);
    }
}

/// The function that syncs personas.
pub(crate) fn refresher(test: &TestInbox) -> TokenRefresh {
    let providers = ProviderConfig {
        graph_base_url: test.simulator.base_url.clone(),
        graph_version: "v26.0".into(),
        line_base_url: test.simulator.base_url.clone(),
        twilio_base_url: test.simulator.base_url.clone(),
        twilio_messaging_base_url: test.simulator.base_url.clone(),
        page_inbox_app_ids: Vec::new(),
    };
    TokenRefresh::new(
        test.directory.clone(),
        SecretWriter::new(test.aws.clients().secrets()),
        SecretNames::new(PREFIX),
        ProviderHttp::new(madoguchi_runtime::http::provider_client().unwrap()),
        providers,
        Metrics::new("token_refresh"),
    )
}

#[tokio::test]
async fn snd_8_a_sync_gives_every_operator_a_persona_and_renews_and_removes_it() {
    let test = TestInbox::start().await;
    let pictures = Files::start().await;
    pictures.script("/media/operator.png", [File::Bytes(b"\x89PNG\r\n\x1a\n........".to_vec())]);
    let refresh = refresher(&test);
    let sync = async |made, removed| {
        test.directory.plan_sender_sync(test.clock.now()).await.unwrap();
        let synced = refresh.sync_senders(pictures.url(), test.clock.now()).await.unwrap();
        assert_eq!(synced, Some(Synced { at: test.clock.now(), made, removed, failed: 0 }));
        // What a function remembers is over.
        test.pass(Span::from_secs(31));
    };
    let channel = TestInbox::channel_id(ChannelKind::Messenger);
    let id = begin(&test, ChannelKind::Messenger, "山田").await;
    sync(1, 0).await;
    assert_eq!(shown(&test.message(id, &reply(&test, id, "k1").await).await), Some("山田"));
    sync(0, 0).await;
    assert_eq!(refresh.sync_senders(pictures.url(), test.clock.now()).await.unwrap(), None, "not due");

    // Another name takes effect with the next sync.
    begin(&test, ChannelKind::Messenger, "佐藤").await;
    assert_eq!(shown(&test.message(id, &reply(&test, id, "k2").await).await), Some("山田"));
    sync(1, 1).await;
    assert_eq!(shown(&test.message(id, &reply(&test, id, "k3").await).await), Some("佐藤"));

    // A process that ended between making a persona and noting its id.
    let mut persona = test.directory.personas(channel).await.unwrap().remove(0);
    persona.id = String::new();
    test.directory.save_persona(channel, &persona).await.unwrap();
    sync(0, 0).await;
    assert_eq!(shown(&test.message(id, &reply(&test, id, "k4").await).await), Some("佐藤"));
    let names: Vec<_> = seen(&test).into_iter().filter_map(|(_, name)| name).collect();
    assert_eq!(names, ["山田", "山田", "佐藤", "佐藤"]);
}
