//! The whole way over WhatsApp and SMS, with the simulator as Twilio: it signs, refuses and tells by itself.

use std::time::Duration;

use madoguchi_domain::media::Media;
use madoguchi_domain::message::SendState;
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::{ChannelKind, ConversationId, MessageKey, Span};
use madoguchi_simulator::{
    Act, Action, Echo, Fault, FaultRule, MediaAct, Person, Provider, StatusFault, TwilioChange, demo,
};
use madoguchi_tests::TestInbox;
use serde_json::json;

const CHANNELS: [(ChannelKind, Provider, &str); 2] = [
    (ChannelKind::WhatsApp, Provider::WhatsApp, demo::WHATSAPP_SENDER),
    (ChannelKind::Sms, Provider::Sms, demo::SMS_SENDER),
];

async fn start() -> TestInbox {
    let test = TestInbox::with_simulated_twilio().await;
    test.simulator.set_echo(Echo::Before);
    test
}

/// Twilio tells no time: what comes in the same instant has no order.
fn moment(test: &TestInbox) {
    test.pass(Span::from_secs(1));
}

async fn state(test: &TestInbox, id: ConversationId, key: MessageKey) -> SendState {
    test.message(id, &key).await.send.unwrap()
}

fn reason(state: &SendState) -> FailureReason {
    match state {
        SendState::Failed { reason, .. } => *reason,
        other => panic!("it did not fail: {other:?}"),
    }
}

#[tokio::test]
async fn chn_4_and_chn_5_a_reply_reaches_the_phone_and_is_told_read() {
    let test = start().await;
    for (kind, provider, sender) in CHANNELS {
        let id = test.customer_writes(kind, "customer-1", "こんにちは 😀").await;
        test.settle().await;
        let key = test.answer(id, "k", "いらっしゃいませ").await;
        test.settle().await;
        let sent = test.simulator.sent();
        let sent: Vec<_> = sent.iter().filter(|sent| sent.provider == provider).collect();
        assert_eq!((sent.len(), sent[0].times_received, sent[0].account.as_str()), (1, 1, sender));
        assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }));
        if kind == ChannelKind::WhatsApp {
            test.simulator.open_whatsapp(sender, "customer-1").await.unwrap();
            test.settle().await;
            assert!(matches!(state(&test, id, key).await, SendState::Read { .. }));
        }
        assert_eq!(test.texts(id).await, ["こんにちは 😀", "いらっしゃいませ"]);
    }
    assert!(test.simulator.violations().is_empty());
}

#[tokio::test]
async fn ing_3_every_way_in_which_twilio_signs_is_understood() {
    let test = start().await;
    for (kind, provider, sender) in CHANNELS {
        let id = test.customer_writes(kind, "customer-1", "form").await;
        for change in [
            TwilioChange { json_bodies: Some(true), ..TwilioChange::default() },
            TwilioChange { json_bodies: Some(false), signs_port: Some(true), ..TwilioChange::default() },
        ] {
            test.simulator.change_twilio(change);
            moment(&test);
            test.customer_writes(kind, "customer-1", "a b&c=窓").await;
        }
        moment(&test);
        test.simulator.set_twilio_get(sender, true);
        let by_get = test.simulator.write(provider, "customer-1", "get").await.unwrap();
        assert!(by_get.webhook.unwrap().outcome.is_delivered());
        test.settle().await;
        assert_eq!(test.texts(id).await, ["form", "a b&c=窓", "a b&c=窓", "get"]);
    }
}

#[tokio::test]
async fn statuses_in_any_order_and_twice_leave_the_highest() {
    let test = start().await;
    for (kind, ..) in CHANNELS {
        let id = test.customer_writes(kind, "customer-1", "?").await;
        test.settle().await;
        for how in [StatusFault::Reversed, StatusFault::Twice] {
            test.simulator.fault(FaultRule::from(Fault::Statuses { how }).times(1));
            let key = test.answer(id, &format!("{how:?}"), "はい").await;
            test.settle().await;
            assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }), "{how:?}");
        }
    }
}

#[tokio::test]
async fn what_fails_afterwards_is_told_with_its_reason() {
    let test = start().await;
    for (kind, provider, sender) in CHANNELS {
        let id = test.customer_writes(kind, "customer-1", "?").await;
        test.settle().await;
        let unreachable = Person { unavailable: Some(true), ..Person::default() };
        test.simulator.set_person(provider, sender, "customer-1", &unreachable).unwrap();
        let key = test.answer(id, "k", "はい").await;
        test.settle().await;
        if kind == ChannelKind::Sms {
            // It may be switched off: once more later.
            assert!(matches!(state(&test, id, key).await, SendState::Retrying { .. }));
            test.pass(Span::from_minutes(15));
            assert_eq!(test.schedule().await.queued, 1);
            test.settle().await;
        }
        assert_eq!(reason(&state(&test, id, key).await), FailureReason::ContactUnreachable);
    }
    // The provider closes the window before we think that it does.
    let id = test.customer_writes(ChannelKind::WhatsApp, "customer-2", "?").await;
    test.settle().await;
    test.simulator.fault(FaultRule::from(Fault::OutsideWindow).times(1));
    let key = test.answer(id, "k", "はい").await;
    test.settle().await;
    assert_eq!(reason(&state(&test, id, key).await), FailureReason::ReplyWindowClosed);
}

#[tokio::test]
async fn rpl_9_after_a_day_a_template_goes_out() {
    let test = start().await;
    let id = test.customer_writes(ChannelKind::WhatsApp, "customer-1", "?").await;
    test.settle().await;
    test.pass(Span::from_days(1) + Span::from_secs(1));
    assert_eq!(test.post_reply(id, "late", "はい").await.0, 409);
    let draft =
        json!({"template": {"content_sid": demo::TWILIO_TEMPLATE, "variables": {"1": "山田", "2": "明日"}}});
    let (status, body) = test.post_draft(id, "template", &draft).await;
    assert_eq!(status, 202, "{body}");
    test.settle().await;
    let sent = test.simulator.sent();
    assert_eq!((sent.len(), sent[0].text.as_deref()), (1, Some("山田様、ご予約は明日です。")));
    assert_eq!(sent[0].times_received, 1);
}

#[tokio::test]
async fn a_stop_is_kept_and_a_start_lifts_it() {
    let test = start().await;
    let id = test.customer_writes(ChannelKind::Sms, "customer-1", "STOP").await;
    test.settle().await;
    let (status, body) = test.post_reply(id, "k1", "はい").await;
    assert_eq!((status, body["error"]["id"].as_str()), (409, Some("recipient_opted_out")));
    moment(&test);
    test.customer_writes(ChannelKind::Sms, "customer-1", "START").await;
    test.settle().await;
    let key = test.answer(id, "k2", "はい").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }));
}

#[tokio::test]
async fn an_unclear_outcome_is_settled_by_its_status() {
    let test = start().await;
    for (kind, provider, _) in CHANNELS {
        let id = test.customer_writes(kind, "customer-1", "?").await;
        test.settle().await;
        test.simulator
            .fault(FaultRule::from(Fault::ServerError { after_effect: true }).on(provider).times(1));
        let key = test.answer(id, "k", "一度だけ").await;
        test.settle().await;
        assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }));
        let sent = test.simulator.sent().into_iter().filter(|sent| sent.provider == provider).count();
        assert_eq!(sent, 1);
    }
}

#[tokio::test]
async fn a_user_without_a_number_is_answered_by_id() {
    let test = start().await;
    let hidden = Person { hides_number: Some(true), ..Person::default() };
    test.simulator.set_person(Provider::WhatsApp, demo::WHATSAPP_SENDER, "customer-3", &hidden).unwrap();
    let id = test.customer_writes(ChannelKind::WhatsApp, "customer-3", "?").await;
    test.settle().await;
    assert_eq!(test.conversation(id).await.contact.name.as_deref(), Some("Alex"));
    let key = test.answer(id, "k", "はい").await;
    test.settle().await;
    assert!(matches!(state(&test, id, key).await, SendState::Delivered { .. }));
    assert_eq!(test.simulator.sent_to("customer-3")[0].times_received, 1);
}

#[tokio::test]
async fn msg_6_files_places_and_buttons_arrive() {
    let test = start().await;
    let act = |action| Act {
        provider: Provider::WhatsApp,
        account: None,
        customer: Some("customer-1".into()),
        group: None,
        at_ms: None,
        action,
    };
    let id = test.customer_writes(ChannelKind::WhatsApp, "customer-1", "?").await;
    for action in [
        Action::Media(MediaAct { count: Some(10), ..MediaAct::default() }),
        Action::Attachment { attachment: "location".into(), title: None },
        Action::Postback { title: "はい".into(), payload: "YES".into() },
        Action::Referral { reference: "spring".into() },
    ] {
        let performed = test.simulator.act(act(action)).await.unwrap();
        assert!(performed.webhook.unwrap().outcome.is_delivered());
    }
    test.settle().await;
    // One text, ten pictures, a place, a button, an advertisement and a word about it.
    assert_eq!(test.messages(id).await.len(), 15);
    let conversation = test.conversation(id).await;
    assert_eq!((conversation.episode, conversation.unread), (1, 14));
}

#[tokio::test]
async fn aut_13_statuses_after_the_answer_arrive_as_well() {
    let test = start().await;
    test.simulator.set_echo(Echo::After);
    let id = test.customer_writes(ChannelKind::Sms, "customer-1", "?").await;
    test.settle().await;
    let key = test.answer(id, "k", "はい").await;
    test.settle().await;
    for _ in 0..500 {
        test.settle().await;
        if matches!(state(&test, id, key).await, SendState::Delivered { .. }) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no status came");
}

/// MSG-6 and ING-9: Twilio hands files out to the account alone, by an address that leads elsewhere.
#[tokio::test]
async fn msg_6_a_picture_is_copied_with_the_accounts_credential() {
    let test = start().await;
    for (kind, provider, _) in CHANNELS {
        let id = test.customer_writes(kind, "customer-1", "?").await;
        let act = Act {
            provider,
            account: None,
            customer: Some("customer-1".into()),
            group: None,
            at_ms: None,
            action: Action::Media(MediaAct::default()),
        };
        test.simulator.act(act).await.unwrap();
        test.settle().await;
        let messages = test.messages(id).await;
        let file = messages.iter().find_map(|message| message.attachments().first()).unwrap();
        let Some(Media::Stored(stored)) = &file.media else { panic!("{file:?}") };
        assert!(stored.content_type.starts_with("image/"), "{}", stored.content_type);
        assert_eq!(test.s3.objects()[&stored.key].bytes.len() as u64, stored.size_bytes);
    }
}

/// MSG-7: Twilio fetches what an operator sends from the address that stays good.
#[tokio::test]
async fn msg_7_a_picture_of_an_operator_goes_out_by_its_address() {
    let test = start().await;
    let id = test.customer_writes(ChannelKind::WhatsApp, "customer-1", "?").await;
    test.settle().await;
    let wish = json!({"name": "map.pdf", "type": "application/pdf", "size_bytes": 20_000_000});
    let (status, refused) = test.call("POST", &format!("/api/conversations/{id}/uploads"), None, &wish).await;
    assert_eq!(status, 422, "{refused}");
    let limits = test.get(&format!("/api/conversations/{id}")).await["files"].clone();
    assert!(limits["kinds"].as_array().is_some_and(|kinds| !kinds.is_empty()), "{limits}");
}
