use super::*;
use crate::channel::ChannelKind;
use crate::conversation::Status;
use crate::event::{Content, CustomerMessage, Echo, EchoSource, Progress, Sender, Stage};
use crate::ids::{ChannelId, Party};
use crate::message::Facts;
use crate::reminder::{REMINDER_AFTER, WindowReminder};

const T: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn conversation() -> Conversation {
    let kind = ChannelKind::Line;
    Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("U".into()))
}

fn by() -> OperatorId {
    OperatorId("ann".into())
}

fn event(received_at: Timestamp, body: EventBody) -> Event {
    Event {
        id: "e".into(),
        at: received_at,
        received_at,
        party: Party::User("U".into()),
        participant: None,
        sender: Sender::default(),
        standby: false,
        body,
    }
}

fn message() -> EventBody {
    EventBody::Message(CustomerMessage {
        provider_message_id: "m".into(),
        content: Content::text("a"),
        reply_to: None,
        reply_token: None,
        read_token: None,
        referral: None,
    })
}

#[test]
fn abu_3_who_is_blocked_stays_so_until_somebody_unblocks_them() {
    let first = block(conversation(), &by(), "spam", T).unwrap();
    let expected = Block { since: T, by: Some(by()), reason: "spam".into() };
    assert_eq!(first.conversation.contact.blocked, Some(expected));
    assert_eq!(block(first.conversation.clone(), &by(), "again", T), None);
    let (later, settings) = (T + WRITE_EVERY, ChannelSettings::default());
    let second = unblock(first.conversation.clone(), &by(), 7, &settings, later).unwrap();
    assert!(
        !second.conversation.is_blocked()
            && unblock(second.conversation.clone(), &by(), 0, &settings, later).is_none()
    );
    assert_eq!(second.conversation, conversation());
    let told = |line: &Message| match &line.body {
        Body::Timeline { event, detail, facts } => (event.clone(), detail.clone().unwrap(), facts.clone()),
        Body::Said { .. } | Body::Note { .. } => unreachable!(),
    };
    let facts = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Facts>()
    };
    assert_eq!(told(&first.line), ("blocked".into(), "spam".into(), facts(&[("operator", "ann")])));
    assert_eq!(
        told(&second.line),
        ("unblocked".into(), "spam".into(), facts(&[("operator", "ann"), ("dropped", "7")]))
    );
    // Blocked once more in the same episode: a line of its own.
    let again = Conversation { version: 2, ..second.conversation };
    assert_ne!(block(again, &by(), "spam", T).unwrap().line.key, first.line.key);
}

#[test]
fn a_reason_is_one_line_of_up_to_200_characters() {
    let (long, longer) = ("あ".repeat(200), "あ".repeat(201));
    for (given, expected) in [
        (" spam ", Some("spam")),
        ("", None),
        (" ", None),
        ("\u{2060}", None),
        ("a\nb", None),
        (&*long, Some(&*long)),
        (&*longer, None),
    ] {
        assert_eq!(reason(given).as_deref(), expected, "{given}");
    }
}

#[test]
fn abu_4_of_who_is_blocked_only_words_are_dropped() {
    let blocked = block(conversation(), &by(), "spam", T).unwrap().conversation;
    let (before, after) = (T - Span::from_ms(1), T + Span::from_ms(1));
    let echo = Echo {
        provider_message_id: "p".into(),
        ours: None,
        source: EchoSource::ProviderInbox,
        content: Content::text("ours"),
    };
    let progress = Progress { provider_message_id: "p".into(), ours: None, stage: Stage::Delivered };
    let happened = |what| EventBody::Happened { what, reply_token: None };
    for (body, expected) in [
        (message(), Intake::Dropped),
        (EventBody::Reaction { target: "m".into(), emoji: Some("x".into()) }, Intake::Dropped),
        (EventBody::Edit { target: "m".into(), text: "b".into(), reply_token: None }, Intake::Dropped),
        (EventBody::Unknown { kind: "k".into(), raw: "{}".into() }, Intake::Dropped),
        (happened(Happening::MembersJoined { members: Vec::new() }), Intake::Dropped),
        (happened(Happening::LeftGroup), Intake::Taken),
        (EventBody::Progress(progress), Intake::Taken),
        (EventBody::Echo(echo), Intake::Taken),
        (EventBody::Delivered { through: T }, Intake::Taken),
        (EventBody::Read { through: T }, Intake::Taken),
        (EventBody::OptOut { opted_out: true }, Intake::Taken),
        (EventBody::OptOut { opted_out: false }, Intake::Taken),
        (EventBody::Unsend { target: "m".into() }, Intake::Taken),
        (EventBody::Unfollow, Intake::Taken),
        (EventBody::Follow { unblocked: false, reply_token: None }, Intake::Taken),
    ] {
        for at in [T, after] {
            assert_eq!(blocked.intake(&event(at, body.clone())), expected, "{body:?}");
        }
        // What had reached us before was said in time, and who is not blocked is heard.
        assert_eq!(blocked.intake(&event(before, body.clone())), Intake::Taken, "{body:?}");
        assert_eq!(conversation().intake(&event(after, body)), Intake::Taken);
    }
}

#[test]
fn abu_4_what_is_dropped_is_counted_once_and_written_now_and_then() {
    let contact = |name: &str| Blocked {
        conversation: ConversationId::derive(conversation().channel_id, &Party::User(name.into())),
        ..Blocked { channel: conversation().channel_id, conversation: conversation().id, since: T }
    };
    let (one, other) = (contact("1"), contact("2"));
    let mut dropped = Dropped::default();
    assert!(!dropped.knows(one.conversation) && dropped.due(T).is_empty());
    for id in ["a", "b", "a"] {
        dropped.note(one, id);
    }
    assert!(dropped.knows(one.conversation) && !dropped.knows(other.conversation));
    assert_eq!(dropped.due(T), [(one, 2)]);
    dropped.note(one, "b");
    dropped.note(one, "c");
    dropped.note(other, "d");
    let soon = T + Span::from_secs(59);
    assert_eq!(dropped.due(soon), [(other, 1)], "the other is the first of its own");
    assert_eq!(dropped.due(T + WRITE_EVERY), [(one, 1)]);
    dropped.take_back(one, 1);
    assert!(dropped.due(T + WRITE_EVERY).is_empty());
    let late = T + Span::from_minutes(5);
    assert_eq!(dropped.due(late), [(one, 1)]);
    assert!(dropped.due(late + WRITE_EVERY).is_empty());
    assert!(!dropped.knows(one.conversation), "forgotten");
}

#[test]
fn rpl_16_who_is_unblocked_is_reminded_again() {
    let window_reminder = Some(WindowReminder { text: "still there?".into() });
    let settings = ChannelSettings { window_reminder, ..ChannelSettings::default() };
    let kind = ChannelKind::Messenger;
    let waits = Conversation {
        status: Status::Open,
        last_customer_at: Some(T),
        window_opened_at: Some(T),
        ..Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("u".into()))
    };
    let mut blocked = block(waits, &by(), "spam", T).unwrap().conversation;
    blocked.rearm(&settings);
    assert_eq!(blocked.armed.unwrap().due_at, T + Span::from_days(7), "nobody is reminded");
    let unblocked = unblock(blocked, &by(), 0, &settings, T).unwrap().conversation;
    assert_eq!(unblocked.armed.unwrap().due_at, T + REMINDER_AFTER);
}
