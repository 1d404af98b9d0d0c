use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::block::Block;
use crate::catalogue::Language;
use crate::channel::{Channel, ChannelKind, ChannelSettings, OperatorAccess};
use crate::conversation::{CloseReason, Conversation, CustomerWaits, Mode, Status};
use crate::event::Content;
use crate::ids::{ChannelId, MessageId, OperatorId, Party};
use crate::membership::Ask;
use crate::message::{Annotations, Body, Facts, Message, MessageKey, SentBy};
use crate::person::{Person, Seen};
use crate::role::Role;
use crate::time::{Span, Timestamp};

const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

fn at(secs: i64) -> Timestamp {
    NOW + Span::from_secs(secs)
}

fn id(name: &str) -> OperatorId {
    OperatorId(name.to_owned())
}

fn channel() -> Channel {
    let id = ChannelId::derive(ChannelKind::Line, "1");
    Channel::new(ChannelKind::Line, "Shop", "1", id.into(), NOW)
}

fn conversation(assignee: Option<&str>) -> Conversation {
    Conversation {
        status: Status::Open,
        episode: 1,
        assignee: assignee.map(id),
        last_customer_at: Some(NOW),
        waiting: serde_json::from_value(serde_json::json!([NOW])).unwrap(),
        ..Conversation::new(channel().id, ChannelKind::Line, Party::User("U1".into()))
    }
}

fn person(name: &str, role: Role) -> Person {
    Person::new(id(name), &Seen { name: name.into(), account: None, role, signed_in_at: None }, NOW)
}

fn all(ways: Ways, name: &str) -> Settings {
    let mut settings = Settings::new(id(name));
    for kind in Kind::ALL {
        settings.choose(kind, ways);
    }
    settings
}

const BOTH: Ways = Ways { desktop: true, email: true };
const DESKTOP: Ways = Ways { desktop: true, email: false };
const EMAIL: Ways = Ways { desktop: false, email: true };
const NONE: Ways = Ways { desktop: false, email: false };

fn happened(what: What) -> Happened {
    Happened { channel_id: channel().id, conversation_id: conversation(None).id, at: NOW, what }
}

fn said() -> What {
    What::Said { message: MessageId::of_timeline(conversation(None).id, "1"), noted_before: None }
}

fn assigned(to: &str, by: Option<&str>) -> What {
    What::Assigned { to: id(to), by: by.map(id) }
}

#[test]
fn ntf_1_to_ntf_4_who_is_told_of_what() {
    use Kind::{Assigned, Mine, Others, Unassigned};
    type Row = (What, Option<&'static str>, &'static [(&'static str, Kind)]);
    // `a` and `b` are available, `c` is not.
    let table: &[Row] = &[
        (said(), Some("a"), &[("a", Mine), ("b", Others), ("c", Others)]),
        (said(), Some("gone"), &[("a", Others), ("b", Others), ("c", Others)]),
        (said(), None, &[("a", Unassigned), ("b", Unassigned)]),
        (What::HandedOver, Some("a"), &[("a", Mine), ("b", Others), ("c", Others)]),
        (What::HandedOver, None, &[("a", Unassigned), ("b", Unassigned)]),
        (assigned("a", Some("b")), Some("a"), &[("a", Assigned)]),
        (assigned("c", Some("b")), Some("c"), &[("c", Assigned)]),
        (assigned("a", None), Some("a"), &[("a", Assigned)]),
        // Who takes it knows.
        (assigned("a", Some("a")), Some("a"), &[]),
        // It has moved on meanwhile.
        (assigned("a", Some("b")), Some("b"), &[]),
        (assigned("a", Some("b")), None, &[]),
    ];
    let people = ["a", "b", "c"].map(|name| (person(name, Role::Operator), all(BOTH, name), name != "c"));
    for (what, assignee, expected) in table {
        let listeners = people.iter().map(|(person, settings, available)| Listener {
            person,
            settings,
            available: *available,
        });
        let told = told(&happened(what.clone()), &conversation(*assignee), &channel(), listeners);
        let expected: Vec<_> = expected.iter().map(|(name, kind)| (id(name), *kind)).collect();
        assert_eq!(told, expected, "{what:?} {assignee:?}");
    }
}

#[test]
fn ntf_1_nobody_is_told_while_there_is_nothing_for_people_to_do() {
    let closed = Status::Closed { reason: CloseReason::Operator, at: NOW };
    let blocked = {
        let mut conversation = conversation(Some("a"));
        conversation.contact.blocked = Some(Block { since: NOW, by: None, reason: "abuse".into() });
        conversation
    };
    let table = [
        (conversation(Some("a")), 1),
        (Conversation { mode: Mode::Bot, ..conversation(Some("a")) }, 0),
        (Conversation { status: closed, ..conversation(Some("a")) }, 0),
        (Conversation { status: Status::New, ..conversation(Some("a")) }, 0),
        (blocked, 0),
    ];
    let (person, settings) = (person("a", Role::Operator), all(BOTH, "a"));
    for (conversation, expected) in table {
        for what in [said(), What::HandedOver, assigned("a", None)] {
            let listener = Listener { person: &person, settings: &settings, available: true };
            let told = told(&happened(what), &conversation, &channel(), [listener]);
            assert_eq!(told.len(), expected, "{conversation:?}");
        }
    }
}

#[test]
fn ntf_1_what_a_bot_leaves_to_people_is_told_if_the_customer_waits() {
    let (person, settings) = (person("a", Role::Operator), all(BOTH, "a"));
    let answered = Conversation { waiting: CustomerWaits::default(), ..conversation(Some("a")) };
    for (conversation, expected) in [(conversation(Some("a")), 1), (answered, 0)] {
        let listener = Listener { person: &person, settings: &settings, available: true };
        let told = told(&happened(What::HandedOver), &conversation, &channel(), [listener]);
        assert_eq!(told.len(), expected, "{conversation:?}");
    }
}

#[test]
fn ntf_1_a_message_is_told_of_once_its_conversation_knows_it() {
    let of = |noted_before| {
        let What::Said { message, .. } = said() else { unreachable!("it is what a customer said") };
        happened(What::Said { message, noted_before })
    };
    let fresh = conversation(None);
    assert!(!of(Some(0)).is_noted_by(&fresh));
    assert!(of(None).is_noted_by(&fresh), "nobody counts it");
    assert!(happened(What::HandedOver).is_noted_by(&fresh), "both were one write");
}

#[test]
fn ntf_1_only_who_sees_the_channel_is_told() {
    let settings = ChannelSettings { operators: OperatorAccess::Associated, ..ChannelSettings::default() };
    let channel = Channel { settings, ..channel() };
    let stranger = person("a", Role::Operator);
    let mut member = stranger.clone();
    member.associate(channel.id, Ask::Nothing, NOW);
    let mut removed = person("a", Role::Owner);
    removed.remove(NOW);
    let table = [(stranger, 0), (member, 1), (person("a", Role::Administrator), 1), (removed, 0)];
    let settings = all(BOTH, "a");
    for (person, expected) in table {
        let listener = Listener { person: &person, settings: &settings, available: true };
        let told = told(&happened(said()), &conversation(Some("a")), &channel, [listener]);
        assert_eq!(told.len(), expected, "{person:?}");
    }
}

fn message(sent_by: SentBy, body: Body) -> Message {
    let conversation = conversation(None);
    Message {
        key: MessageKey { at: NOW, id: MessageId::of_timeline(conversation.id, "1") },
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        sent_by,
        sender: None,
        body,
        provider_message_id: None,
        participant: None,
        reply_to: None,
        read_token: None,
        send: None,
        annotations: Annotations::default(),
        stored_at: at(5),
        noted_before: None,
        discarded: Vec::new(),
        first_try: None,
        awaits_ticket: false,
        offensive: false,
        rev: 0,
    }
}

fn line(event: &str, facts: &[(&str, &str)]) -> Message {
    let facts: Facts = facts.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned())).collect();
    message(SentBy::System, Body::Timeline { event: event.into(), detail: None, facts })
}

#[test]
fn ntf_1_to_ntf_4_what_a_committed_message_tells() {
    let said_by = |sent_by| message(sent_by, Body::Said { content: Content::text("secret") });
    let switched = |to: &str, facts: &[(&str, &str)]| {
        let mut line = line("mode_switched", facts);
        if let Body::Timeline { detail, .. } = &mut line.body {
            *detail = Some(to.to_owned());
        }
        line
    };
    let table = [
        (said_by(SentBy::Customer), Some(said())),
        (said_by(SentBy::Operator { operator: id("a") }), None),
        (said_by(SentBy::ProviderInbox), None),
        (said_by(SentBy::Bot), None),
        (said_by(SentBy::Automation), None),
        (switched("operator", &[("why", "customer_asked")]), Some(What::HandedOver)),
        (switched("operator", &[("why", "operator"), ("operator", "a")]), None),
        (switched("bot", &[("why", "time")]), None),
        (line("assigned", &[("by", "b"), ("to", "a")]), Some(assigned("a", Some("b")))),
        (line("assigned", &[("to", "a")]), Some(assigned("a", None))),
        (line("transferred", &[("by", "b"), ("to", "a")]), Some(assigned("a", Some("b")))),
        (line("transferred", &[("by", "b")]), None),
        (line("unassigned", &[("by", "b"), ("from", "a")]), None),
        (line("closed", &[("to", "a")]), None),
    ];
    for (message, expected) in table {
        let happened = Happened::of(None, Some(&message));
        assert_eq!(happened.clone().map(|happened| happened.what), expected, "{message:?}");
        assert!(happened.is_none_or(|happened| happened.at == at(5)));
        assert_eq!(Happened::of(Some(&message), Some(&message)), None, "it is no news");
        assert_eq!(Happened::of(Some(&message), None), None, "it was deleted");
    }
}

#[test]
fn ntf_5_what_nobody_chose_is_as_documented_and_a_link_switches_one_kind_off() {
    let mut settings = Settings::new(id("a"));
    let ways =
        |settings: &Settings| Kind::ALL.map(|kind| (settings.ways(kind).desktop, settings.ways(kind).email));
    assert_eq!(ways(&settings), [(true, true), (false, false), (true, false), (true, true)]);
    assert!(settings.unsubscribe(Kind::Mine));
    assert!(!settings.unsubscribe(Kind::Mine), "it is off");
    assert_eq!(ways(&settings), [(true, false), (false, false), (true, false), (true, true)]);
    assert_eq!((settings.language(), settings.chosen_language()), (Language::Ja, None));
    settings.choose_language(Some(Language::En));
    assert_eq!(settings.language(), Language::En);
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn ntf_5_nothing_is_read_for_what_cannot_concern_anybody() {
    let table = [
        (said(), all(BOTH, "a"), BOTH, true),
        (said(), all(NONE, "a"), BOTH, false),
        (said(), all(BOTH, "a"), NONE, false),
        (said(), all(EMAIL, "a"), DESKTOP, false),
        (said(), all(EMAIL, "a"), EMAIL, true),
        (said(), Settings::new(id("a")), BOTH, true),
        (What::HandedOver, Settings::new(id("a")), BOTH, true),
        (What::HandedOver, all(NONE, "a"), BOTH, false),
        (assigned("a", None), Settings::new(id("a")), BOTH, true),
        (assigned("a", None), Settings::new(id("a")), NONE, false),
        (assigned("b", None), Settings::new(id("a")), BOTH, false),
        (assigned("a", Some("a")), Settings::new(id("a")), BOTH, false),
        (assigned("a", None), all(NONE, "a"), BOTH, false),
    ];
    for (what, settings, reach, expected) in table {
        let happened = happened(what);
        assert_eq!(happened.may_concern(&settings, reach), expected, "{happened:?} {settings:?} {reach:?}");
    }
}

#[test]
fn ntf_5_somebody_is_reached_by_what_there_is() {
    let mut person = person("a", Role::Operator);
    assert_eq!(reach(&person, true, true), DESKTOP, "they sign in with no address");
    person.account = Some("a@example.com".into());
    assert_eq!(reach(&person, true, true), BOTH);
    assert_eq!(reach(&person, true, false), EMAIL);
    assert_eq!(reach(&person, false, true), DESKTOP);
    assert_eq!(reach(&person, false, false), NONE);
}

fn batch() -> Batch {
    Batch::new(id("a"), conversation(None).id, channel().id)
}

/// Takes and sends what is due; tells whether anything was.
fn send(batch: &mut Batch, now: Timestamp) -> bool {
    let taken = batch.take(now);
    if taken {
        batch.sent(now);
    }
    taken
}

#[test]
fn ntf_1_the_first_email_waits_a_minute_and_the_next_five() {
    let mut batch = batch();
    assert!(batch.note(Kind::Mine, at(0)));
    assert!(!batch.note(Kind::Mine, at(0)), "the same again");
    assert!(!batch.note(Kind::Mine, at(20)), "it is told together");
    assert!(batch.note(Kind::Assigned, at(20)));
    assert!(!send(&mut batch, at(59)));
    assert!(send(&mut batch, at(60)));
    assert!(!send(&mut batch, at(61)), "it has been sent");
    assert!(!batch.note(Kind::Mine, at(20)), "it comes again after it was told");
    assert!(batch.note(Kind::Mine, at(70)));
    assert!(!send(&mut batch, at(60 + 299)));
    assert!(send(&mut batch, at(60 + 300)));
    assert!(batch.note(Kind::Mine, at(60 + 300 + 600)));
    assert_eq!(batch.look_at(), Some(at(60 + 300 + 600 + 60)), "after a quiet time it is the first again");
}

#[test]
fn ntf_1_what_comes_while_an_email_is_sent_makes_another() {
    let mut batch = batch();
    batch.note(Kind::Mine, at(0));
    assert!(batch.take(at(60)));
    assert!(!batch.take(at(61)), "somebody is sending it");
    assert_eq!(batch.look_at(), Some(at(60) + LEASE));
    assert!(batch.note(Kind::Others, at(61)));
    batch.sent(at(62));
    let pending = batch.pending.clone().unwrap();
    assert_eq!((pending.since, pending.due_at), (at(61), at(62) + EVERY));
    assert!(send(&mut batch, at(62) + EVERY));
}

#[test]
fn ntf_1_what_an_email_leads_to_is_told_by_it_and_what_none_told_is_kept() {
    let taken = || {
        let mut batch = batch();
        batch.note(Kind::Unassigned, at(0));
        assert!(batch.take(at(60)));
        // It happened before the e-mail was written, and is noted after it.
        assert!(batch.note(Kind::Assigned, at(59)));
        batch
    };
    let mut sent = taken();
    sent.sent(at(61));
    assert_eq!((sent.pending, sent.next), (None, None));
    assert_eq!(sent.told_through, Some(at(60)));
    // Nobody was told anything: the conversation had found somebody.
    let mut settled = taken();
    settled.settle();
    assert_eq!(settled.pending.map(|pending| pending.kinds), Some([Kind::Assigned].into()));
    let mut both = taken();
    assert!(both.note(Kind::Mine, at(62)));
    both.sent(at(63));
    assert!(both.pending.is_some(), "something has come since");
    let mut later = taken();
    later.put_off(at(61));
    assert_eq!(later.pending.map(|pending| pending.kinds.len()), Some(2), "one e-mail will tell both");
}

#[test]
fn ntf_1_an_email_that_was_taken_and_not_sent_is_sent_by_somebody_else() {
    let mut batch = batch();
    batch.note(Kind::Mine, at(0));
    assert!(batch.take(at(60)));
    assert!(!batch.take(at(60) + LEASE - Span::from_ms(1)));
    assert!(batch.take(at(60) + LEASE));
}

#[test]
fn ntf_1_what_the_mail_service_does_not_take_is_tried_again_for_an_hour() {
    let mut batch = batch();
    batch.note(Kind::Mine, at(0));
    let mut now = at(60);
    let mut tries = 0;
    while batch.take(now) {
        tries += 1;
        batch.put_off(now);
        now = batch.look_at().unwrap_or(now);
    }
    assert_eq!(tries, 13);
    assert_eq!((batch.pending.clone(), batch.sent_at), (None, None));
    assert!(batch.note(Kind::Mine, now + Span::from_secs(1)), "the next message is another e-mail");
}

#[test]
fn ntf_1_no_email_of_what_was_dealt_with_meanwhile() {
    let read = |by: &str, secs| {
        let key = message(SentBy::Customer, Body::Said { content: Content::Unsent }).key;
        Some(Read { through: MessageKey { at: at(secs), ..key }, by: id(by) })
    };
    let mine = || conversation(Some("a"));
    let closed = Status::Closed { reason: CloseReason::Unanswered, at: at(30) };
    let (on, off) = (all(BOTH, "a"), all(Ways { desktop: true, email: false }, "a"));
    let table = vec![
        (mine(), None, &on, true),
        (Conversation { last_answer_at: Some(at(30)), ..mine() }, None, &on, false),
        (Conversation { last_answer_at: Some(at(-30)), ..mine() }, None, &on, true),
        // Answered, and written again.
        (
            Conversation { last_answer_at: Some(at(30)), last_customer_at: Some(at(40)), ..mine() },
            None,
            &on,
            true,
        ),
        // It reached us after the answer that it was said before.
        (
            Conversation { last_answer_at: Some(at(-5)), last_customer_at: Some(at(-10)), ..mine() },
            None,
            &on,
            true,
        ),
        (Conversation { done_through: Some(at(0)), ..mine() }, None, &on, false),
        (Conversation { done_through: Some(at(-1)), ..mine() }, None, &on, true),
        (Conversation { status: closed, ..mine() }, None, &on, false),
        (Conversation { mode: Mode::Bot, ..mine() }, None, &on, false),
        (mine(), read("a", 0), &on, false),
        (mine(), read("a", -1), &on, true),
        (mine(), read("b", 0), &on, true),
        (conversation(Some("b")), None, &on, false),
        (conversation(None), None, &on, false),
        (mine(), None, &off, false),
    ];
    for (conversation, read, settings, expected) in table {
        let mut batch = batch();
        batch.note(Kind::Mine, at(0));
        let still = batch.still(&conversation, read.as_ref(), settings);
        assert_eq!(still.contains(&Kind::Mine), expected, "{conversation:?} {read:?} {settings:?}");
    }
}

#[test]
fn ntf_4_an_assignment_is_told_while_it_holds_and_nobody_has_answered() {
    for (conversation, expected) in [
        (conversation(Some("a")), true),
        (Conversation { done_through: Some(at(0)), ..conversation(Some("a")) }, true),
        (conversation(Some("b")), false),
        (Conversation { last_answer_at: Some(at(10)), ..conversation(Some("a")) }, false),
    ] {
        let mut batch = batch();
        batch.note(Kind::Assigned, at(0));
        let key = message(SentBy::Customer, Body::Said { content: Content::Unsent }).key;
        for read in [None, Some(Read { through: key, by: id("a") })] {
            let still = batch.still(&conversation, read.as_ref(), &all(BOTH, "a"));
            assert_eq!(!still.is_empty(), expected, "{conversation:?} {read:?}");
        }
    }
}

#[test]
fn ntf_5_email_goes_to_what_somebody_signs_in_with() {
    for (account, expected) in [
        (Some("yamada@example.com"), Some("yamada@example.com")),
        (Some(" yamada@example.com "), Some("yamada@example.com")),
        (Some("yamada"), None),
        (Some(""), None),
        (None, None),
    ] {
        let person = Person { account: account.map(str::to_owned), ..person("a", Role::Operator) };
        assert_eq!(address(&person), expected);
    }
}

fn links() -> Links {
    Links {
        conversation: "https://console.example/conversations/1".into(),
        settings: "https://console.example/settings/notifications".into(),
        unsubscribe: vec![(Kind::Mine, "https://api.example/notifications/unsubscribe/t".into())],
    }
}

#[test]
fn ntf_1_an_email_says_where_to_look_and_not_what_was_written() {
    for language in [Language::Ja, Language::En] {
        for kind in Kind::ALL {
            let letter =
                Letter::new(&[kind].into(), Some("山田\r\nBcc: x@example.com"), "Shop", &links(), language);
            let Letter { subject, body } = letter.unwrap();
            assert!(subject.starts_with("[Madoguchi] ") && !subject.contains(['\r', '\n']), "{subject}");
            assert!(!subject.is_ascii(), "the name is spelled as it is: {subject}");
            let Links { conversation, settings, unsubscribe } = links();
            for link in [&conversation, &settings, &unsubscribe[0].1] {
                assert!(body.contains(link.as_str()), "{body}");
            }
        }
        let nobody = Letter::new(&[Kind::Mine].into(), None, "Shop", &links(), language).unwrap();
        assert!(nobody.subject.ends_with("(Shop)"), "{}", nobody.subject);
        assert_eq!(Letter::new(&BTreeSet::new(), None, "Shop", &links(), language), Err(NotLettered));
        let test = Letter::test("https://console.example/settings", language);
        assert!(test.body.contains("https://console.example/settings"));
    }
}

#[test]
fn ntf_6_what_is_wrong_is_told_with_cause_and_remedy() {
    let refusal = Refusal { at: NOW, code: "MessageRejected".into() };
    let fine = Standing::default();
    let refused = Standing { mail: Some(refusal.clone()), push: Some(refusal), rev: 1 };
    let settings = Settings::new(id("a"));
    let (off, mail_only) = (all(NONE, "a"), all(Ways { desktop: false, email: true }, "a"));
    let good = Look {
        settings: &settings,
        has_address: true,
        has_mail_from: true,
        push_subscriptions: 1,
        standing: &fine,
        available: true,
        sees_a_channel: true,
    };
    let table: [(Look<'_>, &[&str]); 10] = [
        (good, &[]),
        (Look { sees_a_channel: false, ..good }, &["no_channel_visible"]),
        (Look { settings: &off, has_address: false, available: false, ..good }, &["all_kinds_off"]),
        (Look { has_address: false, ..good }, &["no_email_address"]),
        (Look { has_mail_from: false, ..good }, &["mail_from_not_set"]),
        (Look { push_subscriptions: 0, ..good }, &["no_push_subscription"]),
        (Look { available: false, ..good }, &["availability_off"]),
        (Look { standing: &refused, ..good }, &["mail_refused", "push_refused"]),
        (
            Look { standing: &refused, push_subscriptions: 0, ..good },
            &["mail_refused", "no_push_subscription"],
        ),
        (Look { settings: &mail_only, push_subscriptions: 0, ..good }, &[]),
    ];
    for (look, expected) in table {
        let found = troubles(&look);
        let ids: Vec<_> = found.iter().map(Trouble::public_id).collect();
        assert_eq!(ids, expected, "{look:?}");
        for trouble in found {
            let [english, japanese] = [Language::En, Language::Ja].map(|language| trouble.text(language));
            for text in [english.cause, english.remedy] {
                assert!(text.is_ascii() && text.ends_with('.'), "{text}");
            }
            for text in [japanese.cause, japanese.remedy] {
                assert!(!text.is_ascii() && text.ends_with('。'), "{text}");
            }
        }
    }
}

#[test]
fn ntf_6_only_news_of_how_an_attempt_ended_is_written_down() {
    let refusal = |code: &str, secs| Some(Refusal { at: at(secs), code: code.into() });
    let mut standing = Standing::default();
    assert!(!standing.mailed(None));
    assert!(standing.mailed(refusal("MessageRejected", 0)));
    assert!(!standing.mailed(refusal("MessageRejected", 9)));
    assert!(standing.mailed(refusal("SendingPausedException", 10)));
    assert!(!standing.pushed(None));
    assert!(standing.mailed(None));
    assert_eq!(standing, Standing::default());
}

#[test]
fn ntf_5_the_oldest_browser_makes_room_for_a_new_one() {
    let browser = |n: i64| PushSubscription {
        id: format!("b{n}"),
        operator: id("a"),
        endpoint: "https://push.example/secret".into(),
        p256dh: String::new(),
        auth: String::new(),
        created_at: at(n),
        rev: 1,
    };
    let there: Vec<_> = (0..10).rev().map(browser).collect();
    assert_eq!(Subscribed::after("new", &there).replaced, ["b0"]);
    assert!(Subscribed::after("b7", &there).replaced.is_empty(), "it is there already");
    assert!(Subscribed::after("new", &there[..9]).replaced.is_empty());
    assert!(!format!("{:?}", browser(1)).contains("secret"));
}

fn somebody() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(vec!["a", "b", "c", "d"]))
}

proptest! {
    /// Whatever is noted how often and in whatever order, no two e-mails are closer than [`EVERY`], nothing that was noted
    /// stays untold, and nothing is told before its time.
    #[test]
    fn ntf_1_no_more_than_one_email_in_five_minutes_and_none_forgotten(
        mut notes in prop::collection::vec((0_i64..3600, 0_i64..120, any::<bool>()), 1..30),
    ) {
        // When it happened, and how much later it is noted.
        notes.sort_by_key(|(happened, late, _)| happened + late);
        let mut batch = batch();
        let mut sent: Vec<Timestamp> = Vec::new();
        let mut now = at(0);
        let look = |batch: &mut Batch, sent: &mut Vec<Timestamp>, until: Timestamp| {
            while let Some(due) = batch.look_at().filter(|due| *due <= until) {
                let now = sent.last().map_or(due, |last| due.max(*last));
                if !send(batch, now) {
                    break;
                }
                sent.push(now);
            }
        };
        for (happened, late, again) in notes {
            now = now.max(at(happened + late));
            look(&mut batch, &mut sent, now);
            batch.note(Kind::Mine, at(happened));
            if again {
                batch.note(Kind::Mine, at(happened));
            }
            let told = batch.told_through.is_some_and(|told| at(happened) <= told);
            prop_assert!(told || batch.pending.is_some());
        }
        look(&mut batch, &mut sent, now + Span::from_hours(1));
        prop_assert!(batch.pending.is_none());
        prop_assert!(!sent.is_empty());
        for pair in sent.windows(2) {
            prop_assert!(pair[1].since(pair[0]) >= EVERY, "{:?}", sent);
        }
    }

    /// Nobody is told twice of one thing, nobody of what they did, and each only of what they want.
    #[test]
    fn ntf_1_everybody_is_told_at_most_once_and_of_what_they_want(
        assignee in somebody(),
        by in somebody(),
        gives in any::<bool>(),
        wants in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>()), 4),
    ) {
        let people: Vec<_> = ["a", "b", "c", "d"].into_iter().zip(wants).map(|(name, (desktop, email, on))| {
            (person(name, Role::Operator), all(Ways { desktop, email }, name), on)
        }).collect();
        let what = if gives {
            assigned(assignee.unwrap_or("a"), by)
        } else {
            said()
        };
        let listeners = people.iter().map(|(person, settings, available)| Listener {
            person, settings, available: *available,
        });
        let happened = happened(what);
        let told = told(&happened, &conversation(assignee), &channel(), listeners);
        let names: BTreeSet<_> = told.iter().map(|(id, _)| id).collect();
        prop_assert_eq!(names.len(), told.len());
        for (name, kind) in &told {
            let settings = &people.iter().find(|(person, ..)| person.id == *name).unwrap().1;
            prop_assert!(settings.wants(*kind) && happened.may_concern(settings, BOTH));
            prop_assert!(!gives || by != Some(name.0.as_str()));
        }
    }
}
