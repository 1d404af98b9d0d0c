//! What WhatsApp and SMS add: progress by message, opt-out, names that come along, templates.

use super::*;
use crate::event::{Progress, Stage, Template};
use crate::ids::MessageId;
use crate::reply::{Route, permitted, route};
use crate::send::{FailureReason, Refusal, RefusalClass, Via};
use crate::window::{Author, STANDARD};

fn progress(key: MessageKey, stage: Stage) -> EventBody {
    EventBody::Progress(Progress { provider_message_id: "SM1".into(), ours: Some(key), stage })
}

fn failed(class: RefusalClass) -> Stage {
    Stage::Failed(Refusal::new(class, "code"))
}

fn begun(kind: ChannelKind) -> (Memory, ChannelSettings, MessageKey) {
    let settings = settings(None, Some(10));
    let mut memory = Memory::default();
    memory.receive(kind, &settings, &says("a", T0), T0);
    let key = memory.answer(&settings, "k", T0);
    (memory, settings, key)
}

#[test]
fn rpl_11_progress_changes_the_message_alone_and_moves_no_deadline() {
    let (mut memory, settings, key) = begun(ChannelKind::WhatsApp);
    let (due, later) = (deadline(memory.current(), &settings), T0 + Span::from_minutes(5));
    let expected = [
        (Stage::Taken, Some(SendState::Sent { at: later })),
        (Stage::Read, Some(SendState::Read { at: later })),
        (Stage::Delivered, None),
        (Stage::Read, None),
    ];
    for (stage, expected) in expected {
        let before = memory.current().clone();
        let told = event(&format!("{stage:?}"), later, progress(key, stage));
        let applied = memory.receive(ChannelKind::WhatsApp, &settings, &told, later);
        match (applied, expected) {
            (Applied::Unchanged, None) => {}
            (Applied::Changed(change), Some(state)) => {
                assert!(change.conversation_stays && change.create.is_empty());
                assert_eq!(change.replace.unwrap().send, Some(state));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(*memory.current(), before);
    }
    assert_eq!(deadline(memory.current(), &settings), due);
}

#[test]
fn progress_of_a_message_that_is_not_ours_makes_no_conversation() {
    let mut memory = Memory::default();
    let key = MessageKey {
        at: T0,
        id: MessageId::of_reply(
            ConversationId::derive(channel(ChannelKind::Sms).0, &Party::User("U1".into())),
            "k",
        ),
    };
    for ours in [Some(key), None] {
        let body = EventBody::Progress(Progress {
            provider_message_id: "SM1".into(),
            ours,
            stage: Stage::Delivered,
        });
        let applied = memory.receive(ChannelKind::Sms, &settings(None, None), &event("e", T0, body), T0);
        assert_eq!(applied, Applied::Unchanged);
    }
}

#[test]
fn a_failure_that_comes_later_says_what_it_says_about_the_contact() {
    let later = T0 + Span::from_secs(3);
    let table = [
        (RefusalClass::Recipient, FailureReason::ContactUnreachable),
        (RefusalClass::OptedOut, FailureReason::RecipientOptedOut),
        (RefusalClass::Window, FailureReason::ReplyWindowClosed),
        (RefusalClass::Invalid, FailureReason::MessageRefused),
    ];
    for (class, reason) in table {
        let (mut memory, settings, key) = begun(ChannelKind::WhatsApp);
        memory.receive(
            ChannelKind::WhatsApp,
            &settings,
            &event("e", later, progress(key, failed(class))),
            later,
        );
        let state = memory.messages[&key].send.clone();
        assert_eq!(
            state,
            Some(SendState::Failed {
                at: later,
                reason,
                detail: "code".into(),
                provider_text: None,
                meter: None
            })
        );
        let conversation = memory.current();
        assert_eq!(conversation.contact.unreachable_since.is_some(), class == RefusalClass::Recipient);
        assert_eq!(conversation.is_opted_out(), class == RefusalClass::OptedOut);
        let composer = reply::composer(conversation, &settings, Author::Person, later);
        let expected = match class {
            RefusalClass::OptedOut => Composer::Locked(Lock::OptedOut),
            // Error 63016: what we counted does not matter.
            RefusalClass::Window => Composer::TemplateOnly { ended_at: Some(key.at) },
            _ => Composer::Open { until: Some(T0 + STANDARD) },
        };
        assert_eq!(composer, expected, "{class:?}");
        // The customer's next message opens it again.
        if class == RefusalClass::Window {
            memory.receive(ChannelKind::WhatsApp, &settings, &says("b", later), later);
            let until = Some(later + STANDARD);
            let composer = reply::composer(memory.current(), &settings, Author::Person, later);
            assert_eq!(composer, Composer::Open { until });
        }
    }
}

#[test]
fn a_window_that_the_customer_opened_since_stays_open_when_an_older_reply_fails() {
    let (mut memory, settings, key) = begun(ChannelKind::WhatsApp);
    let (asked, told) = (T0 + Span::from_secs(2), T0 + Span::from_secs(3));
    memory.receive(ChannelKind::WhatsApp, &settings, &says("b", asked), asked);
    let body = progress(key, failed(RefusalClass::Window));
    memory.receive(ChannelKind::WhatsApp, &settings, &event("e", told, body), told);
    assert_eq!(memory.current().window_opened_at, Some(asked));
}

/// CHN-5: STOP and START in whichever order they arrive.
#[test]
fn chn_5_a_contact_who_opted_out_is_not_written_to_until_they_opt_in() {
    let (memory, settings, key) = begun(ChannelKind::Sms);
    let reply = memory.messages[&key].clone();
    let stop = event("stop", T0 + Span::from_secs(1), EventBody::OptOut { opted_out: true });
    let start = event("start", T0 + Span::from_secs(2), EventBody::OptOut { opted_out: false });
    let after = |events: &[&Event]| {
        let mut memory = memory.clone();
        for event in events {
            memory.receive(ChannelKind::Sms, &settings, event, event.at);
        }
        memory.current().clone()
    };
    let opted_out = after(&[&stop, &stop]);
    let refusal = Route::Refused(FailureReason::RecipientOptedOut);
    assert_eq!(route(&opted_out, &settings, Author::Person, &reply, None, T0), refusal);
    let written = reply::write(&opted_out, &settings, OperatorId("o".into()), "k2", "x", None, T0);
    assert_eq!(written, Err(ReplyRefused::Locked(Lock::OptedOut)));
    for events in [[&stop, &start], [&start, &stop]] {
        let conversation = after(&events);
        assert!(!conversation.is_opted_out());
        let by = route(&conversation, &settings, Author::Person, &reply, None, T0);
        assert_eq!(by, Route::By(Via::Twilio));
    }
    // Each is a line of the timeline, once.
    let mut memory = memory.clone();
    for event in [&stop, &start, &stop] {
        memory.receive(ChannelKind::Sms, &settings, event, T0);
    }
    let lines = memory.messages.values().filter_map(|message| match &message.body {
        Body::Timeline { event, .. } => Some(event.as_str()),
        _ => None,
    });
    assert_eq!(lines.collect::<Vec<_>>(), ["opted_out", "opted_in"]);
}

#[test]
fn chn_4_outside_the_24_hours_only_a_template_goes_out() {
    let (memory, settings, key) = begun(ChannelKind::WhatsApp);
    let text = memory.messages[&key].clone();
    let template = Template { content_sid: format!("HX{}", "0".repeat(32)), variables: BTreeMap::new() };
    let content = Content::Template(template);
    let filled = Message { body: Body::Said { content: content.clone() }, ..text.clone() };
    let (inside, outside) = (T0 + STANDARD - Span::from_ms(1), T0 + STANDARD);
    let refusal = Route::Refused(FailureReason::ReplyWindowClosed);
    let table = [
        (&text, inside, Route::By(Via::Twilio), Ok(())),
        (&text, outside, refusal, Err(Lock::TemplateNeeded)),
        (&filled, inside, Route::By(Via::Twilio), Ok(())),
        (&filled, outside, Route::By(Via::Twilio), Ok(())),
    ];
    for (message, now, by, may) in table {
        let Body::Said { content } = &message.body else { panic!() };
        assert_eq!(route(memory.current(), &settings, Author::Person, message, None, now), by);
        assert_eq!(permitted(memory.current(), &settings, Author::Person, content, now), may);
    }
    let operator = OperatorId("o".into());
    let written = reply::write_content(
        memory.current(),
        &settings,
        operator.clone(),
        "k2",
        content.clone(),
        None,
        outside,
    );
    assert_eq!(written.unwrap().preview().as_deref(), Some("[template]"));
    // RPL-4 is Messenger's: nothing completes by itself after 7 days.
    let timers_off = super::settings(None, None);
    assert_eq!(deadline(memory.current(), &timers_off), None);
    // Elsewhere there are none.
    let (memory, settings, _) = begun(ChannelKind::Line);
    let refused = reply::write_content(memory.current(), &settings, operator, "k2", content, None, T0);
    assert!(matches!(refused, Err(ReplyRefused::Template(_))));
}

#[test]
fn ing_9_a_name_comes_with_the_message_and_the_latest_stays() {
    let settings = settings(None, None);
    let named = |id: &str, secs, name: Option<&str>, address: &str| Event {
        sender: Sender { name: name.map(str::to_owned), address: Some(address.to_owned()) },
        ..says(id, T0 + Span::from_secs(secs))
    };
    let (first, second) =
        (named("a", 1, Some("花子"), "U1"), named("b", 2, Some("山田 花子"), "whatsapp:+81"));
    let nameless = named("c", 3, None, "whatsapp:+81");
    for events in [[&first, &second, &nameless], [&nameless, &second, &first], [&second, &nameless, &first]] {
        let mut memory = Memory::default();
        for event in events {
            memory.receive(ChannelKind::WhatsApp, &settings, event, event.at);
        }
        let conversation = memory.current();
        // Nobody is asked for a profile.
        assert_ne!(conversation.contact.profile, ProfileState::Wanted);
        assert_eq!(conversation.address(), "whatsapp:+81", "{events:?}");
    }
    let mut memory = Memory::default();
    memory.receive(ChannelKind::WhatsApp, &settings, &first, T0);
    assert_eq!((memory.current().contact.name.as_deref(), memory.current().address()), (Some("花子"), "U1"));
    memory.receive(ChannelKind::WhatsApp, &settings, &second, T0);
    memory.receive(ChannelKind::WhatsApp, &settings, &nameless, T0);
    assert_eq!(memory.current().contact.name.as_deref(), Some("山田 花子"));
    assert_eq!(memory.current().contact.profile, ProfileState::Known);
}
