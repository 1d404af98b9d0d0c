//! 対応完了, snoozing, and the timers around them.

use proptest::prelude::*;

use super::*;
use crate::channel::{ChannelSettings, IdleWhen, ReopenPolicy};
use crate::conversation;
use crate::deadline::{Verdict, deadline, verdict};
use crate::event::{Content, CustomerMessage, Event, EventBody, Sender};
use crate::farewell::Farewell;
use crate::ticket::Book;
use crate::warning::{IdleWarning, Warning, warn};

const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const MS: Span = Span::from_ms(1);
const MINUTE: Span = Span::from_minutes(1);

fn operator() -> OperatorId {
    OperatorId("operator-1".into())
}

fn settings() -> ChannelSettings {
    ChannelSettings {
        unanswered_close_after_minutes: Some(15),
        idle_close_after_minutes: Some(10),
        ..ChannelSettings::default()
    }
}

/// After a message that the customer said at `at` and we stored at `stored_at`.
fn after_message(before: Option<Conversation>, at: Timestamp, stored_at: Timestamp) -> Conversation {
    let id = format!("m{}", at.as_ms());
    let message = CustomerMessage {
        provider_message_id: id.clone(),
        content: Content::text("hello"),
        reply_to: None,
        reply_token: None,
        read_token: None,
        referral: None,
    };
    let kind = before.as_ref().map_or(ChannelKind::Line, |before| before.channel_kind);
    let event = Event {
        id,
        at,
        received_at: stored_at,
        party: Party::User("U1".into()),
        participant: None,
        sender: Sender::default(),
        standby: false,
        body: EventBody::Message(message),
    };
    let loaded = Loaded { conversation: before, ..Loaded::default() };
    match apply((ChannelId::derive(kind, "1"), kind), &settings(), loaded, &event, stored_at) {
        Applied::Changed(change) => change.conversation,
        Applied::Unchanged => panic!("a new message"),
    }
}

fn says(before: Option<Conversation>, at: Timestamp) -> Conversation {
    after_message(before, at, at)
}

fn answered(conversation: Conversation, at: Timestamp) -> Conversation {
    let key = format!("k{}", at.as_ms());
    let reply =
        crate::reply::write(&conversation, &settings(), operator(), &key, "answer", None, at).unwrap();
    crate::reply::take_note(conversation, &settings(), &reply, at).unwrap().0
}

fn set_done(conversation: &Conversation, seen: Option<Timestamp>, now: Timestamp) -> Option<Conversation> {
    done(conversation.clone(), seen, &operator(), &settings(), now).map(|told| told.conversation)
}

fn standing(conversation: &Conversation) -> (bool, bool, bool) {
    (conversation.is_unanswered(), conversation.is_unreplied(), conversation.is_done())
}

#[test]
fn cls_1_done_takes_it_out_of_both_lists_without_closing_and_the_next_message_puts_it_back() {
    let chat = says(None, T0);
    assert_eq!(standing(&chat), (true, true, false));
    let told = done(chat.clone(), None, &operator(), &settings(), T0 + MINUTE).unwrap();
    let marked = told.conversation;
    assert_eq!(standing(&marked), (false, false, true));
    assert!(marked.is_open() && marked.last_answer_at.is_none(), "C6: neither closed nor answered");
    assert!(facets(&marked).contains(&Facet::NeverReplied), "C6: replies alone count there");
    assert_eq!((marked.unread, marked.waiting_since()), (0, None));
    let crate::message::Body::Timeline { event, facts, .. } = &told.line.body else { panic!("a line") };
    assert_eq!((event.as_str(), facts["operator_id"].as_str()), ("done", "operator-1"));
    assert!(set_done(&marked, None, T0 + MINUTE + MINUTE).is_none(), "once");
    let again = says(Some(marked), T0 + Span::from_minutes(5));
    assert_eq!(standing(&again), (true, true, false));
    assert_eq!(again.waiting_since(), Some(T0 + Span::from_minutes(5)));
}

#[test]
fn cls_1_done_covers_what_was_seen_and_nothing_that_came_since() {
    let (first, second) = (says(None, T0), T0 + MINUTE);
    let chat = says(Some(first), second);
    let marked = set_done(&chat, Some(T0), second + MINUTE).unwrap();
    assert_eq!(standing(&marked), (true, true, false), "the second message was not seen");
    assert_eq!(marked.waiting_since(), Some(second));
    let marked = set_done(&chat, Some(second), second + MINUTE).unwrap();
    assert_eq!(standing(&marked), (false, false, true));
    // Said before it and stored after it, such as after an outage of the provider.
    let late = after_message(Some(marked), T0 + MS, second + MINUTE + MINUTE);
    assert_eq!(standing(&late), (true, true, false));
    assert_eq!(late.waiting_since(), Some(T0 + MS));
}

#[test]
fn cls_1_what_owes_nothing_is_not_marked() {
    let chat = says(None, T0);
    let closed = close(chat.clone(), CloseReason::Operator, T0 + MINUTE).unwrap().conversation;
    for (what, conversation) in [("closed", closed.clone()), ("answered", answered(chat, T0 + MINUTE))] {
        assert!(set_done(&conversation, None, T0 + MINUTE).is_none(), "{what}");
    }
    // An operator reopened it: 未対応 without a new message.
    let reopened =
        reopen(closed, &settings(), "operator", T0 + MINUTE + MINUTE).unwrap().unwrap().conversation;
    assert_eq!(standing(&reopened), (true, true, false));
    let marked = set_done(&reopened, None, T0 + Span::from_minutes(3)).unwrap();
    assert_eq!(standing(&marked), (false, false, true));
}

#[test]
fn cls_1_taking_it_back_makes_the_customer_wait_again_and_the_timers_begin_anew() {
    let marked = set_done(&says(None, T0), None, T0 + MINUTE).unwrap();
    let now = T0 + Span::from_hours(5);
    let told = not_done(marked.clone(), &operator(), &settings(), now).unwrap();
    assert_eq!(standing(&told.conversation), (true, true, false));
    assert_eq!((told.conversation.unread, told.conversation.waiting_since()), (1, Some(T0)));
    let due = deadline(&told.conversation, &settings()).unwrap();
    assert_eq!((due.kind, due.due_at), (DeadlineKind::Unanswered, now + Span::from_minutes(15)));
    assert_eq!(told.conversation.armed, Some(due));
    assert_eq!(not_done(told.conversation, &operator(), &settings(), now), None);
    assert_eq!(not_done(answered(marked, now), &operator(), &settings(), now), None, "answered since");
}

#[test]
fn tmr_2_done_stops_the_unanswered_clock_and_starts_no_other() {
    let chat = says(None, T0);
    assert_eq!(chat.armed.map(|armed| armed.kind), Some(DeadlineKind::Unanswered));
    let marked = set_done(&chat, None, T0 + MINUTE).unwrap();
    assert_eq!((deadline(&marked, &settings()), marked.armed), (None, None));
    assert_eq!(verdict(&marked, &settings(), T0 + Span::from_days(40)), Verdict::Disarm);
    let partly = set_done(&says(Some(chat), T0 + MINUTE), Some(T0), T0 + MINUTE).unwrap();
    let due = deadline(&partly, &settings()).unwrap();
    assert_eq!((due.kind, due.due_at), (DeadlineKind::Unanswered, T0 + Span::from_minutes(16)));
    // What an operator has answered before goes on to be watched for silence.
    let again = says(Some(answered(says(None, T0), T0 + MINUTE)), T0 + Span::from_minutes(2));
    let marked = set_done(&again, None, T0 + Span::from_minutes(3)).unwrap();
    let due = deadline(&marked, &settings()).unwrap();
    assert_eq!((due.kind, due.due_at), (DeadlineKind::Idle, T0 + Span::from_minutes(12)));
}

fn aside(conversation: Conversation, until: Option<Timestamp>, now: Timestamp) -> Conversation {
    snooze(conversation, until, &operator(), &settings(), now).unwrap().unwrap().conversation
}

#[test]
fn cls_12_until_a_time_or_the_next_message_and_back_once() {
    let until = T0 + Span::from_hours(3);
    for until in [Some(until), None] {
        let away = aside(says(None, T0), until, T0 + MINUTE);
        assert_eq!(away.section(), Section::Snoozed);
        assert_eq!(away.armed.map(|armed| armed.due_at), until);
        assert!(
            snooze(away.clone(), until, &operator(), &settings(), T0 + MINUTE).unwrap().is_none(),
            "once"
        );
        assert!(!away.is_to_wake(until.unwrap_or(T0) - MS));
        let late = T0 + Span::from_days(30);
        assert_eq!(away.is_to_wake(late), until.is_some());
        let by_message = says(Some(away.clone()), T0 + Span::from_hours(1));
        assert_eq!((by_message.section(), by_message.is_to_wake(late)), (Section::Unassigned, false));
        let told = wake(away, Waker::Time, &settings(), late).unwrap();
        assert_eq!(told.conversation.section(), Section::Unassigned);
        assert_eq!(told.conversation.sorted_at, Some(late), "the latest thing to see");
        let due = deadline(&told.conversation, &settings()).unwrap();
        assert_eq!((due.kind, due.due_at), (DeadlineKind::Unanswered, late + Span::from_minutes(15)));
        assert_eq!(wake(told.conversation, Waker::Time, &settings(), late), None);
    }
}

#[test]
fn cls_12_what_is_not_open_and_a_time_out_of_range_are_refused() {
    let chat = says(None, T0);
    let try_until = |until| snooze(chat.clone(), Some(until), &operator(), &settings(), T0).map(drop);
    for (until, expected) in [
        (T0 - MS, Err(SnoozeRefused::Until)),
        (T0, Err(SnoozeRefused::Until)),
        (T0 + MS, Ok(())),
        (T0 + LONGEST_SNOOZE, Ok(())),
        (T0 + LONGEST_SNOOZE + MS, Err(SnoozeRefused::Until)),
    ] {
        assert_eq!(try_until(until), expected, "{until}");
    }
    let closed = close(chat.clone(), CloseReason::Operator, T0).unwrap().conversation;
    let refused = snooze(closed, None, &operator(), &settings(), T0);
    assert_eq!(refused, Err(SnoozeRefused::NotOpen));
    let away = aside(chat, None, T0);
    assert_eq!(close(away, CloseReason::Operator, T0).unwrap().conversation.snooze, None);
}

#[test]
fn cls_12_an_answer_leaves_it_set_aside() {
    let away = answered(aside(says(None, T0), None, T0), T0 + MINUTE);
    assert_eq!(away.section(), Section::Snoozed);
    assert_eq!(deadline(&away, &settings()), None);
}

#[test]
fn tmr_11_snooze_wins_over_every_timer_but_not_over_the_providers_limit() {
    let kind = ChannelKind::Messenger;
    let new = Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("U1".into()));
    let chat = says(Some(new), T0);
    let until = T0 + Span::from_days(60);
    let away = aside(chat, Some(until), T0);
    let due = deadline(&away, &settings()).unwrap();
    assert_eq!((due.kind, due.due_at), (DeadlineKind::ReplyLimit, T0 + Span::from_days(7)));
    assert!(matches!(verdict(&away, &settings(), T0 + Span::from_days(7) - MS), Verdict::Rearm(_)));
    assert!(matches!(verdict(&away, &settings(), T0 + Span::from_days(7)), Verdict::Close(_)));
}

#[test]
fn what_one_function_looks_after_is_armed_as_one_kind() {
    let away = aside(says(None, T0), Some(T0 + MINUTE), T0);
    assert_eq!(deadline(&away, &settings()).unwrap().kind, DeadlineKind::Snooze);
    assert_eq!(away.armed.unwrap().kind, DeadlineKind::WindowReminder);
    for kind in DeadlineKind::ALL {
        let watched = kind.watched_as();
        assert_eq!(watched.watched_as(), watched, "{}", kind.as_str());
    }
}

#[derive(Clone, Debug)]
enum Step {
    Says,
    Answer,
    Done(bool),
    NotDone,
    Snooze(Option<u32>),
    Wake,
    Close,
    Reopen,
    Tick,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Says),
        1 => Just(Step::Answer),
        2 => any::<bool>().prop_map(Step::Done),
        1 => Just(Step::NotDone),
        2 => proptest::option::of(1..200_u32).prop_map(Step::Snooze),
        1 => Just(Step::Wake),
        1 => Just(Step::Close),
        1 => Just(Step::Reopen),
        2 => Just(Step::Tick),
    ]
}

fn walk(mut chat: Conversation, what: &Step, earlier: Timestamp, now: Timestamp) -> Conversation {
    let (by, all) = (operator(), settings());
    let told = match what {
        Step::Says => return says(Some(chat), now),
        Step::Answer if chat.is_open() => return answered(chat, now),
        Step::Done(seen_all) => done(chat.clone(), (!seen_all).then_some(earlier), &by, &all, now),
        Step::NotDone => not_done(chat.clone(), &by, &all, now),
        Step::Snooze(after) => {
            let until = after.map(|after| now + Span::from_minutes(after.into()));
            snooze(chat.clone(), until, &by, &all, now).ok().flatten()
        }
        Step::Wake => wake(chat.clone(), Waker::Operator(&by), &all, now),
        Step::Close => {
            return conversation::close(chat.clone(), CloseReason::Operator, now)
                .map_or(chat, |c| c.conversation);
        }
        Step::Reopen => {
            return reopen(chat.clone(), &all, "operator", now).unwrap().map_or(chat, |c| c.conversation);
        }
        Step::Tick if chat.armed.is_some_and(|armed| armed.due_at <= now) => {
            match verdict(&chat, &all, now) {
                Verdict::Close(due) => {
                    let reason = due.kind.reason().unwrap();
                    return conversation::close(chat, reason, now).unwrap().conversation;
                }
                _ if chat.is_to_wake(now) => wake(chat.clone(), Waker::Time, &all, now),
                Verdict::Rearm(due) => {
                    chat.armed = Some(due.to_arm());
                    None
                }
                Verdict::Disarm => {
                    chat.armed = None;
                    None
                }
            }
        }
        Step::Answer | Step::Tick => None,
    };
    told.map_or(chat, |told| told.conversation)
}

proptest! {
    /// Whatever happens in whatever order: what is armed is never later than what is true, 対応完了 hides no message, what is
    /// set aside is open, and a message brings it back.
    #[test]
    fn cls_1_cls_12_tmr_11_any_order_of_deeds(steps in proptest::collection::vec((step(), 1..30_i64), 1..40)) {
        let mut chat = says(None, T0);
        let mut now = T0;
        for (what, minutes) in steps {
            let earlier = now - MS;
            now = now + Span::from_minutes(minutes);
            chat = walk(chat, &what, earlier, now);
            if let Some(truth) = deadline(&chat, &settings()) {
                prop_assert!(chat.armed.is_some_and(|armed| armed.due_at <= truth.due_at), "{what:?} {chat:?}");
            }
            if matches!(what, Step::Says) {
                prop_assert!(chat.is_unreplied() && chat.snooze.is_none(), "{chat:?}");
            }
            prop_assert!(chat.snooze.is_none() || chat.is_open());
            prop_assert!(!(chat.is_done() && (chat.is_unreplied() || chat.is_unanswered())), "{chat:?}");
            prop_assert_eq!(chat.waiting_since().is_some(), chat.is_unreplied());
            prop_assert!(chat.waiting_since() <= chat.last_customer_at);
            if let Some(snooze) = &chat.snooze {
                let kind = deadline(&chat, &settings()).map(|due| due.kind);
                prop_assert_eq!(kind, snooze.until.map(|_| DeadlineKind::Snooze));
            }
        }
    }
}

fn minutes(after: i64) -> Timestamp {
    T0 + Span::from_minutes(after)
}

fn warning() -> ChannelSettings {
    let idle_warning = Some(IdleWarning { text: "still there?".into(), minutes_before: 3 });
    ChannelSettings { idle_warning, ..settings() }
}

fn kinds(conversation: &Conversation, settings: &ChannelSettings) -> Option<(DeadlineKind, Timestamp)> {
    deadline(conversation, settings).map(|due| (due.kind, due.due_at))
}

#[test]
fn tmr_9_a_warning_comes_once_in_each_silence_before_the_idle_close() {
    let quiet = answered(says(None, T0), minutes(1));
    assert_eq!(kinds(&quiet, &warning()), Some((DeadlineKind::IdleWarning, minutes(8))));
    assert_eq!(warn(&quiet, &warning(), minutes(8) - MS), Warning::NotDue);
    let Warning::Send(told) = warn(&quiet, &warning(), minutes(8)) else { panic!("due") };
    let warned = told.conversation;
    assert_eq!(told.line.sent_by, SentBy::Automation);
    assert_eq!(warned.activity_clock, quiet.activity_clock, "it moves no timer");
    assert_eq!(warned.last_answer_at, quiet.last_answer_at);
    assert!(warned.has_noted(&told.line));
    assert_eq!(kinds(&warned, &warning()), Some((DeadlineKind::Idle, minutes(11))));
    assert_eq!(warn(&warned, &warning(), minutes(9)), Warning::NotDue, "once");
    assert!(matches!(verdict(&warned, &warning(), minutes(11)), Verdict::Close(_)));
    // A message in between keeps it open, and begins another silence.
    let again = says(Some(warned), minutes(10));
    assert!(matches!(verdict(&again, &warning(), minutes(11)), Verdict::Rearm(_)));
    assert_eq!(kinds(&again, &warning()), Some((DeadlineKind::IdleWarning, minutes(17))));
}

#[test]
fn tmr_9_nobody_is_warned_too_late_or_who_may_not_be_told() {
    let quiet = answered(says(None, T0), minutes(1));
    let Warning::Skip(skipped) = warn(&quiet, &warning(), minutes(11)) else {
        panic!("the close is due as well")
    };
    assert_eq!(kinds(&skipped, &warning()), Some((DeadlineKind::Idle, minutes(11))));
    for (what, silent) in silenced(&quiet) {
        assert!(matches!(warn(&silent, &warning(), minutes(9)), Warning::Skip(_)), "{what}");
    }
    let short = ChannelSettings { idle_close_after_minutes: Some(3), ..warning() };
    assert_eq!(kinds(&quiet, &short), Some((DeadlineKind::Idle, minutes(4))), "no room for a warning");
}

/// `conversation` as one whose customer is told nothing by itself.
fn silenced(conversation: &Conversation) -> Vec<(&'static str, Conversation)> {
    let but = |change: fn(&mut Conversation)| {
        let mut silent = conversation.clone();
        change(&mut silent);
        silent
    };
    vec![
        ("sent STOP", but(|chat| chat.contact.opt_out = Some(OptOut { at: T0, opted_out: true }))),
        ("cannot be reached", but(|chat| chat.contact.unreachable_since = Some(T0))),
        ("left", but(|chat| chat.contact.following = Some(Following { at: T0, following: false }))),
        ("is another app's", but(|chat| chat.control = Some(Control { at: minutes(5), standby: true }))),
        (
            "wrote more than a day ago",
            but(|chat| {
                chat.channel_kind = ChannelKind::Messenger;
                chat.window_opened_at = Some(T0 - Span::from_hours(24));
            }),
        ),
        (
            "has no free window on WhatsApp",
            but(|chat| {
                chat.channel_kind = ChannelKind::WhatsApp;
                chat.window_opened_at = Some(T0 - Span::from_hours(24));
            }),
        ),
    ]
}

fn parting(when_operators_close: bool) -> ChannelSettings {
    let farewell = Some(Farewell { text: "goodbye".into(), when_operators_close });
    // HUMAN_AGENT would let a person write for 7 days.
    ChannelSettings { farewell, human_agent: true, ..settings() }
}

#[test]
fn cls_11_which_closes_send_a_farewell() {
    let chat = says(None, T0);
    for (reason, by_timers, by_operators) in [
        (CloseReason::Operator, false, true),
        (CloseReason::Unanswered, true, true),
        (CloseReason::Idle, true, true),
        (CloseReason::BotTimer, true, true),
        (CloseReason::ReplyLimit, false, false),
        (CloseReason::Abuse, false, false),
        (CloseReason::ChannelRemoved, false, false),
    ] {
        for (settings, expected) in
            [(parting(false), by_timers), (parting(true), by_operators), (settings(), false)]
        {
            let Completed { closed, farewell } =
                complete(chat.clone(), reason, &settings, minutes(5)).unwrap();
            assert_eq!(farewell.is_some(), expected, "{reason:?}");
            let Some(farewell) = farewell else { continue };
            let conversation = closed.conversation;
            assert_eq!(conversation.section(), Section::Closed);
            assert!(farewell.key < closed.line.key, "it belongs to what ends");
            assert!(conversation.has_noted(&farewell));
            assert_eq!(crate::reply::take_note(conversation.clone(), &settings, &farewell, minutes(6)), None);
            assert_eq!(conversation.preview.unwrap().text, "goodbye");
            assert_eq!(conversation.activity_clock, chat.activity_clock);
            assert_eq!(conversation.last_answer_at, None, "C6: never replied");
        }
    }
}

#[test]
fn rpl_10_no_farewell_goes_to_who_may_not_be_told() {
    for (what, silent) in silenced(&says(None, T0)) {
        let closed = complete(silent, CloseReason::Idle, &parting(true), minutes(5)).unwrap();
        assert_eq!(closed.farewell, None, "{what}");
    }
}

#[test]
fn cls_11_settings_are_logged_without_their_texts() {
    let told = format!("{:?}", ChannelSettings { idle_warning: warning().idle_warning, ..parting(true) });
    assert!(!told.contains("goodbye") && !told.contains("still there"), "{told}");
}

#[test]
fn tmr_8_a_bot_has_a_timer_of_its_own_and_the_others_rest() {
    let chat = Conversation { mode: Mode::Bot, ..says(None, T0) };
    assert_eq!(deadline(&chat, &settings()), None);
    let with = ChannelSettings { bot_close_after_minutes: Some(30), ..settings() };
    assert_eq!(kinds(&chat, &with), Some((DeadlineKind::BotTimer, minutes(30))));
    let due = match verdict(&chat, &with, minutes(30)) {
        Verdict::Close(due) => due,
        other => panic!("{other:?}"),
    };
    assert_eq!(due.kind.reason().map(CloseReason::public_id), Some("bot_timer"));
    let held = answered(chat, minutes(1));
    assert_eq!(kinds(&held, &with), Some((DeadlineKind::BotTimer, minutes(31))));
    let back = Conversation { mode: Mode::Operator, ..held };
    assert_eq!(kinds(&back, &with), Some((DeadlineKind::Idle, minutes(11))));
}

#[test]
fn tmr_11_who_spoke_last_can_decide_about_the_idle_close() {
    let spare = ChannelSettings { idle_close_when: IdleWhen::CustomerSilent, ..settings() };
    let quiet = answered(says(None, T0), minutes(1));
    assert_eq!(kinds(&quiet, &spare), Some((DeadlineKind::Idle, minutes(11))));
    let waits = says(Some(quiet), minutes(2));
    assert_eq!(kinds(&waits, &settings()), Some((DeadlineKind::Idle, minutes(12))));
    assert_eq!(kinds(&waits, &spare), None);
    let marked = set_done(&waits, None, minutes(3)).unwrap();
    assert_eq!(kinds(&marked, &spare), Some((DeadlineKind::Idle, minutes(12))));
}

#[test]
fn cls_7_where_nothing_is_reopened_a_completed_conversation_cannot_be_answered() {
    let closed = close(says(None, T0), CloseReason::Operator, minutes(1)).unwrap().conversation;
    let lock = |reopen| {
        let settings = ChannelSettings { reopen, ..settings() };
        crate::reply::write(&closed, &settings, operator(), "k", "x", None, minutes(2)).unwrap_err()
    };
    let locked = crate::reply::ReplyRefused::Locked;
    for reopen in [ReopenPolicy::Always, ReopenPolicy::OnCustomerMessage] {
        assert_eq!(lock(reopen), locked(crate::reply::Lock::Closed));
    }
    assert_eq!(lock(ReopenPolicy::Never), locked(crate::reply::Lock::Final));
    let never = ChannelSettings { reopen: ReopenPolicy::Never, ..settings() };
    let composer = crate::reply::composer(&closed, &never, crate::window::Author::Person, minutes(2));
    assert_eq!(composer, crate::reply::Composer::Locked(crate::reply::Lock::Final));
}

#[test]
fn cls_8_what_is_deleted_is_what_was_there_and_nothing_that_came_since() {
    let mut chat = says(None, T0);
    chat.contact.name = Some("Hanako".into());
    chat.contact.opt_out = Some(OptOut { at: T0, opted_out: true });
    chat.version = 9;
    // Stored, but the conversation has not taken note of it: its writer comes again.
    let under_way = crate::reply::write(
        &Conversation { contact: Contact::default(), ..chat.clone() },
        &settings(),
        operator(),
        "under way",
        "x",
        None,
        minutes(1),
    )
    .unwrap();
    let Erased { shell, erasure, .. } = erase(&chat, &Book::new(chat.id), &operator(), minutes(2));
    assert!(shell.is_erased() && !chat.is_erased());
    assert_eq!((shell.version, shell.section()), (9, Section::Closed));
    assert_eq!((Standing::of(&shell), shell.armed, shell.contact.name.clone()), (None, None, None));
    assert_eq!(
        shell.contact.profile,
        ProfileState::Unavailable,
        "nobody asks for a name of what is not there"
    );
    assert!(shell.is_opted_out(), "a wish, and not history");
    assert!(!erasure.covers(&under_way));
    let told = done(chat.clone(), None, &operator(), &settings(), minutes(1)).unwrap();
    assert!(erasure.covers(&told.line), "lines have no count");
    let later = Message { stored_at: minutes(2) + MS, ..told.line };
    assert!(!erasure.covers(&later));
    let again = says(Some(shell), minutes(3));
    assert!(!again.is_erased() && again.erased_at.is_none());
    assert_eq!((again.episode, again.unread, again.section()), (1, 1, Section::Unassigned));
    assert_eq!(again.contact.profile, ProfileState::Wanted);
}

proptest! {
    /// CLS-8, CLS-10: however many there were, those before go and those after stay.
    #[test]
    fn cls_8_a_message_tells_by_its_count_on_which_side_it_is(before in 1..60_i64, after in 1..60_i64) {
        let message = |chat: &Conversation, number: i64| {
            crate::reply::write(chat, &settings(), operator(), &format!("k{number}"), "x", None, minutes(number)).unwrap()
        };
        let mut chat = says(None, T0);
        let mut stored = Vec::new();
        for number in 1..=before {
            let written = message(&chat, number);
            chat = crate::reply::take_note(chat, &settings(), &written, minutes(number)).unwrap().0;
            stored.push(written);
        }
        let Erased { shell, erasure, .. } = erase(&chat, &Book::new(chat.id), &operator(), minutes(before));
        let mut chat = says(Some(shell), minutes(before + 1));
        for written in &stored {
            prop_assert!(erasure.covers(written));
        }
        for number in before + 2..=before + 1 + after {
            let written = message(&chat, number);
            prop_assert!(!erasure.covers(&written));
            chat = crate::reply::take_note(chat, &settings(), &written, minutes(number)).unwrap().0;
        }
    }
}

#[test]
fn cls_8_only_whoever_connected_the_channel_or_an_owner_where_nobody_did() {
    use crate::role::Role::{Administrator, Operator, Owner};
    let (me, other) = (operator(), OperatorId("somebody".into()));
    let id = ChannelId::derive(ChannelKind::Line, "1");
    let channel = |installer: Option<&OperatorId>| {
        let new = crate::channel::Channel::new(ChannelKind::Line, "x", "1", id.into(), T0);
        crate::channel::Channel { installer: installer.cloned(), ..new }
    };
    for (role, installer, is_here, allowed) in [
        (Operator, Some(&me), true, true),
        (Owner, Some(&other), true, false),
        (Administrator, Some(&other), true, false),
        (Owner, Some(&other), false, true),
        (Administrator, Some(&me), false, false),
        (Owner, None, false, true),
        (Administrator, None, false, false),
    ] {
        assert_eq!(
            may_erase(role, &me, Some(&channel(installer)), is_here),
            allowed,
            "{role:?} {installer:?}"
        );
    }
    assert!(may_erase(Owner, &me, None, false) && !may_erase(Administrator, &me, None, false));
    let mut chat = says(None, T0);
    assert!(
        !is_confirmed(&chat, "") && is_confirmed(&chat, " U1 ") && is_confirmed(&chat, &chat.id.to_string())
    );
    chat.contact.name = Some("花子".into());
    assert!(is_confirmed(&chat, "花子") && !is_confirmed(&chat, "花"));
}

/// Invariant 3, for what people do: of all orders in which the provider tells and we store.
#[test]
fn cls_12_what_comes_in_after_somebody_looked_was_not_before_them() {
    let at = |minute: i64| Timestamp::from_ms(1_700_000_000_000) + Span::from_minutes(minute);
    let new = Conversation::new(
        ChannelId::derive(ChannelKind::Line, "1"),
        ChannelKind::Line,
        Party::User("u".into()),
    );
    let read =
        Conversation { last_customer_at: Some(at(10)), customer_clock: Some(at(10)), unread: 1, ..new };
    let later = |said, heard, unread| Conversation {
        last_customer_at: Some(at(said)),
        customer_clock: Some(at(heard)),
        unread,
        ..read.clone()
    };
    for (message, now_is, expected) in [
        (None, later(10, 10, 1), true),
        (None, later(11, 11, 2), false),
        // Said before, and come in since.
        (None, later(10, 12, 2), false),
        (None, later(10, 10, 2), false),
        // Somebody has answered.
        (None, later(10, 10, 0), true),
        (Some(9), later(10, 10, 1), false),
        (Some(10), later(10, 10, 1), true),
        (Some(12), later(10, 10, 1), true),
        (Some(12), later(11, 11, 2), false),
    ] {
        let covers = Sight::of(&read, message.map(at)).covers(&now_is);
        assert_eq!(covers, expected, "{message:?} {:?} {:?}", now_is.last_customer_at, now_is.customer_clock);
    }
}
