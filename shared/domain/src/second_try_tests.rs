use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::channel::ChannelKind;
use crate::conversation::{Applied, Loaded, OptOut, Status, apply};
use crate::event::{Content, Event, EventBody, Sender, Template};
use crate::ids::{ChannelId, OperatorId, Party};
use crate::later::{self, Due};
use crate::message::{Body, MessageKey};
use crate::reply::write;
use crate::send::{LEASE, Refusal, RefusalClass, Via};

const T: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const MS: Span = Span::from_ms(1);
const FIRST: &str = "SM1";
const SECOND: &str = "SM2";

fn open(kind: ChannelKind) -> Conversation {
    let new = Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("+81".into()));
    Conversation {
        status: Status::Open,
        customer_clock: Some(T),
        last_customer_at: Some(T),
        window_opened_at: Some(T),
        ..new
    }
}

fn reply(conversation: &Conversation, send: SendState) -> Message {
    let settings = ChannelSettings::default();
    let written = write(conversation, &settings, OperatorId("o".into()), "k", "はい", None, T).unwrap();
    Message { send: Some(send), provider_message_id: Some(FIRST.into()), rev: 1, ..written }
}

fn refusal(again: Option<Again>) -> Refusal {
    Refusal { again, ..Refusal::new(RefusalClass::Recipient, "undelivered 30003") }
}

fn told(sid: &str, stage: Stage, key: MessageKey, at: Timestamp) -> Event {
    Event {
        id: format!("{sid}:x"),
        at,
        received_at: at,
        party: Party::User("+81".into()),
        participant: None,
        sender: Sender::default(),
        standby: false,
        body: EventBody::Progress(Progress { provider_message_id: sid.to_owned(), ours: Some(key), stage }),
    }
}

/// What the event makes of the conversation and its reply.
fn after(conversation: &Conversation, message: &Message, sid: &str, stage: Stage) -> (Conversation, Message) {
    let event = told(sid, stage, message.key, T + Span::from_secs(1));
    let loaded = Loaded {
        conversation: Some(conversation.clone()),
        message: Some(message.clone()),
        ..Loaded::default()
    };
    let channel = (conversation.channel_id, conversation.channel_kind);
    match apply(channel, &ChannelSettings::default(), loaded, &event, T + Span::from_secs(1)) {
        Applied::Unchanged => (conversation.clone(), message.clone()),
        Applied::Changed(change) => (change.conversation, change.replace.unwrap_or_else(|| message.clone())),
    }
}

fn failed(again: Option<Again>) -> Stage {
    Stage::Failed(refusal(again))
}

fn name(message: &Message) -> String {
    let state = serde_json::to_value(&message.send).unwrap();
    state["status"].as_str().unwrap().to_owned()
}

fn sending() -> SendState {
    SendState::Sending {
        attempt: 1,
        first_attempt_at: T,
        claimed_at: T,
        lease_until: T + LEASE,
        via: Via::Twilio,
    }
}

fn unconfirmed() -> SendState {
    SendState::Unconfirmed { at: T, claimed_at: T, detail: "timeout".into() }
}

fn gave_up() -> SendState {
    let reason = FailureReason::ProviderUnavailable;
    SendState::Failed { at: T, reason, detail: "x".into(), provider_text: None, meter: None }
}

fn first() -> FirstTry {
    FirstTry {
        provider_message_id: FIRST.into(),
        failed_at: T,
        reason: FailureReason::ContactUnreachable,
        detail: "undelivered 30003".into(),
        delivered_at: None,
    }
}

fn again(conversation: &Conversation, send: SendState, sid: &str) -> Message {
    Message { first_try: Some(first()), provider_message_id: Some(sid.into()), ..reply(conversation, send) }
}

#[test]
fn rpl_12_what_may_pass_is_sent_once_more_and_nothing_else() {
    let sms = open(ChannelKind::Sms);
    let opted_out = {
        let mut told = sms.clone();
        told.contact.opt_out = Some(OptOut { at: T, opted_out: true });
        told
    };
    let wrote = Conversation { customer_clock: Some(T + MS), ..sms.clone() };
    let sent = || reply(&sms, SendState::Sent { at: T });
    let unknown = |send| Message { provider_message_id: None, ..reply(&sms, send) };
    let (soon, later) = (Some(Again::Soon), Some(Again::Later));
    let table = [
        ("a passing fault", &sms, sent(), soon, "retrying"),
        ("a device that was switched off", &sms, sent(), later, "retrying"),
        ("for good", &sms, sent(), None, "failed"),
        ("the callback overtook the answer", &sms, unknown(sending()), soon, "retrying"),
        ("the answer was lost", &sms, unknown(unconfirmed()), soon, "retrying"),
        ("it may have been seen", &sms, reply(&sms, SendState::Delivered { at: T }), soon, "failed"),
        ("it was read", &sms, reply(&sms, SendState::Read { at: T }), soon, "failed"),
        ("it failed here", &sms, unknown(gave_up()), soon, "failed"),
        ("STOP came", &opted_out, sent(), soon, "failed"),
        ("the customer wrote since", &wrote, sent(), soon, "failed"),
        ("the second time", &sms, again(&sms, SendState::Sent { at: T }, FIRST), soon, "sent"),
    ];
    for (what, conversation, message, again, expected) in table {
        let (told, message) = after(conversation, &message, FIRST, failed(again));
        assert_eq!(name(&message), expected, "{what}");
        // A contact is unreachable once nothing more is tried.
        let is_noted = told.contact.unreachable_since.is_some();
        assert_eq!(is_noted, expected == "failed", "{what}");
        if expected == "retrying" {
            let pause = again.unwrap().pause();
            assert_eq!(message.send, Some(SendState::Retrying { at: T + Span::from_secs(1) + pause }));
            let failed_at = T + Span::from_secs(1);
            assert_eq!(message.first_try, Some(FirstTry { failed_at, ..first() }), "{what}");
            assert!(!message.is_pending(), "later replies do not wait for it");
        }
    }
    let (_, second) = after(&sms, &again(&sms, SendState::Sent { at: T }, SECOND), SECOND, failed(soon));
    assert_eq!(name(&second), "failed", "once is enough");
}

/// The state, the id that is known, what is told of the first time, the state then, and whether its delivery is noted.
#[test]
fn rpl_12_what_is_told_late_of_the_first_time_settles_no_second() {
    let sms = open(ChannelKind::Sms);
    let retrying = || SendState::Retrying { at: T };
    let table = [
        (retrying(), FIRST, failed(Some(Again::Soon)), "retrying", false),
        (retrying(), FIRST, Stage::Taken, "retrying", false),
        (retrying(), FIRST, Stage::Delivered, "delivered", true),
        (retrying(), FIRST, Stage::Read, "read", true),
        (SendState::queued(), FIRST, failed(None), "queued", false),
        (SendState::queued(), FIRST, Stage::Delivered, "delivered", true),
        // The second call is being made, or was made: the customer may have it twice, and that is shown.
        (sending(), FIRST, failed(None), "sending", false),
        (sending(), FIRST, Stage::Delivered, "sending", true),
        (unconfirmed(), FIRST, Stage::Delivered, "unconfirmed", true),
        (SendState::Sent { at: T }, SECOND, failed(None), "sent", false),
        (SendState::Sent { at: T }, SECOND, Stage::Delivered, "sent", true),
        (SendState::Delivered { at: T }, SECOND, Stage::Read, "delivered", true),
        // The second time failed, but the first had not.
        (gave_up(), SECOND, Stage::Delivered, "delivered", true),
        (gave_up(), SECOND, Stage::Taken, "failed", false),
        (gave_up(), SECOND, failed(Some(Again::Soon)), "failed", false),
    ];
    for (state, known, stage, expected, noted) in table {
        let message = again(&sms, state, known);
        let (_, now) = after(&sms, &message, FIRST, stage.clone());
        assert_eq!(name(&now), expected, "{message:?} {stage:?}");
        let delivered_at = now.first_try.as_ref().unwrap().delivered_at;
        assert_eq!(delivered_at.is_some(), noted, "{message:?} {stage:?}");
        // The same once more changes nothing.
        assert_eq!(after(&sms, &now, FIRST, stage).1, now);
    }
}

#[test]
fn rpl_12_a_second_failure_takes_back_no_delivery_of_the_first() {
    let sms = open(ChannelKind::Sms);
    let (_, noted) = after(&sms, &again(&sms, SendState::Sent { at: T }, SECOND), FIRST, Stage::Delivered);
    let (told, ended) = after(&sms, &noted, SECOND, failed(None));
    assert_eq!((name(&ended).as_str(), told.contact.unreachable_since), ("delivered", None));
    // What had been delivered before the second call goes on to be read, and does not fail by a failure told twice.
    let (_, arrived) =
        after(&sms, &again(&sms, SendState::Retrying { at: T }, FIRST), FIRST, Stage::Delivered);
    assert_eq!(name(&after(&sms, &arrived, FIRST, failed(Some(Again::Soon))).1), "delivered");
    assert_eq!(name(&after(&sms, &arrived, FIRST, Stage::Read).1), "read");
}

#[test]
fn rpl_12_when_the_time_has_come_it_must_still_be_possible() {
    let day = Span::from_days(1);
    let whatsapp = open(ChannelKind::WhatsApp);
    let mut opted_out = open(ChannelKind::Sms);
    opted_out.contact.opt_out = Some(OptOut { at: T, opted_out: true });
    let wrote = Conversation { customer_clock: Some(T + MS), ..open(ChannelKind::Sms) };
    let on = Ok(ChannelSettings::default());
    let (off, gone) = (Err(FailureReason::ChannelOff), Err(FailureReason::ChannelUnlinked));
    let table = [
        (open(ChannelKind::Sms), on.clone(), day, None),
        (whatsapp.clone(), on.clone(), day - MS, None),
        (whatsapp, on.clone(), day, Some(FailureReason::ReplyWindowClosed)),
        (opted_out, on.clone(), MS, Some(FailureReason::RecipientOptedOut)),
        // Failed as it had failed: an operator reads what the customer wrote, and decides.
        (wrote, on, MS, Some(FailureReason::ContactUnreachable)),
        (open(ChannelKind::Sms), gone, MS, Some(FailureReason::ChannelUnlinked)),
        (open(ChannelKind::Sms), off, MS, Some(FailureReason::ChannelOff)),
    ];
    for (conversation, settings, after, expected) in table {
        let at = T + after;
        let settings = settings.as_ref().map_err(|reason| *reason);
        let message = again(&open(conversation.channel_kind), SendState::Retrying { at }, FIRST);
        let early = later::due(&conversation, settings, &message, at - MS);
        assert_eq!(early, Due::Nothing);
        match later::due(&conversation, settings, &message, at) {
            Due::Send(queued) => {
                assert_eq!((queued.send.clone(), expected), (Some(SendState::queued()), None));
                assert_eq!(later::due(&conversation, settings, &queued, at), Due::Nothing);
            }
            Due::GiveUp(failed) => {
                let Some(SendState::Failed { reason, ref detail, .. }) = failed.send else { panic!() };
                assert_eq!((Some(reason), detail.as_str()), (expected, "undelivered 30003"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn rpl_12_a_template_goes_out_again_after_the_window() {
    let whatsapp = open(ChannelKind::WhatsApp);
    let at = T + Span::from_days(1);
    let content = Content::Template(Template { content_sid: "HX1".into(), variables: [].into() });
    let body = Body::Said { content };
    let template = Message { body, ..again(&whatsapp, SendState::Retrying { at }, FIRST) };
    assert!(matches!(later::due(&whatsapp, Ok(&ChannelSettings::default()), &template, at), Due::Send(_)));
}

#[test]
fn rpl_12_what_waits_for_its_second_time_can_be_given_up() {
    let sms = open(ChannelKind::Sms);
    let canceled = later::cancel(&again(&sms, SendState::Retrying { at: T }, FIRST), T).unwrap();
    assert_eq!((name(&canceled).as_str(), later::cancel(&canceled, T)), ("failed", None));
}

#[test]
fn a_message_of_an_earlier_release_has_no_first_try() {
    let sms = open(ChannelKind::Sms);
    let mut stored = serde_json::to_value(reply(&sms, SendState::Sent { at: T })).unwrap();
    assert_eq!(stored.get("first_try"), None);
    stored["first_try"] = serde_json::to_value(first()).unwrap();
    assert_eq!(stored["first_try"].get("delivered_at"), None);
    let read: Message = serde_json::from_value(stored).unwrap();
    assert_eq!(read.first_try, Some(first()));
}

proptest! {
    /// However often and in whatever order the callbacks of both times come, at most one second call is made, none
    /// after a delivery was told, and nothing that was delivered ends as failed.
    #[test]
    fn rpl_12_at_most_one_second_call_is_made(
        steps in prop::collection::vec((0..6_u8, select(vec![
            Stage::Taken, Stage::Delivered, failed(Some(Again::Soon)), failed(None),
        ])), 1..16),
    ) {
        let sms = open(ChannelKind::Sms);
        let settings = ChannelSettings::default();
        let (mut message, mut calls, mut arrived) = (reply(&sms, SendState::Sent { at: T }), 1, false);
        for (step, stage) in steps {
            match step {
                0..=1 => {
                    arrived |= stage == Stage::Delivered && name(&message) != "failed";
                    message = after(&sms, &message, FIRST, stage).1;
                }
                2..=3 if calls == 2 => {
                    message = after(&sms, &message, SECOND, stage).1;
                }
                4 => if let Due::Send(queued) = later::due(&sms, Ok(&settings), &message, T + Span::from_hours(1)) {
                    message = *queued;
                },
                5 => if matches!(message.send, Some(SendState::Queued { .. })) {
                    prop_assert!(!arrived);
                    calls += 1;
                    message.send = Some(SendState::Sent { at: T });
                    message.provider_message_id = Some(SECOND.into());
                },
                _ => {}
            }
            prop_assert!(calls <= 2);
            let first_arrived = message.first_try.as_ref().is_some_and(|first| first.delivered_at.is_some());
            prop_assert!(!(first_arrived && name(&message) == "failed"));
        }
    }
}
