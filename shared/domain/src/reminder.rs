//! Reminding a customer, before the standard window closes, that it will (RPL-16).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::automatic;
use crate::channel::{ChannelKind, ChannelSettings};
use crate::conversation::Conversation;
use crate::message::Message;
use crate::text::{self, TextRefused};
use crate::time::{Span, Timestamp};
use crate::window::{self, Author, Window};

/// How long after the customer opened the window the reminder goes out: an hour before its end.
pub const REMINDER_AFTER: Span = Span::from_hours(23);

/// What an administrator lets customers be told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WindowReminder {
    /// The text.
    pub text: String,
}

/// Without the text: settings are logged.
impl fmt::Debug for WindowReminder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowReminder").finish_non_exhaustive()
    }
}

/// Why a channel cannot have a reminder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReminderRefused {
    /// It has no window of 24 hours.
    #[error(
        "`window_reminder` is for Messenger and WhatsApp only; the other channels have no 24-hour window"
    )]
    NoWindow,
    /// The text does not fit.
    #[error(transparent)]
    Text(#[from] TextRefused),
}

const fn has_standard_window(kind: ChannelKind) -> bool {
    matches!(kind, ChannelKind::Messenger | ChannelKind::WhatsApp)
}

/// Refuses a reminder that a channel of `kind` cannot send.
pub fn check(kind: ChannelKind, reminder: &WindowReminder) -> Result<(), ReminderRefused> {
    if !has_standard_window(kind) {
        return Err(ReminderRefused::NoWindow);
    }
    Ok(text::check(kind, &reminder.text)?)
}

/// When the customer is to be reminded, if at all: once per window, while the conversation is open and people of the
/// company have not answered since they last wrote, nor found that it needs no answer. Nobody who stopped the messages is written to.
pub fn due_at(conversation: &Conversation, settings: &ChannelSettings) -> Option<Timestamp> {
    settings.window_reminder.as_ref()?;
    let wrote_at = conversation.last_customer_at?;
    let opened_at = conversation.window_opened_at?;
    let waits = conversation.is_open()
        && conversation.episode_started_at.is_none_or(|started| started <= wrote_at)
        && conversation.answered_through().is_none_or(|answered| answered < wrote_at)
        && conversation.mode.is_operator()
        && conversation.snooze.is_none();
    let reminded = conversation.reminded.is_some_and(|reminded| reminded >= opened_at);
    let applies = has_standard_window(conversation.channel_kind)
        && !conversation.is_opted_out()
        && !conversation.is_blocked();
    (applies && waits && !reminded).then_some(opened_at + REMINDER_AFTER)
}

/// What is done about a reminder.
#[derive(Clone, Debug, PartialEq)]
pub enum Reminder {
    /// This is stored, and the conversation takes note of it.
    Send(Box<Message>),
    /// Its hour has passed, or another app has the thread: the conversation is stored so, and looks no more at this
    /// window.
    Skip(Box<Conversation>),
    /// None is due.
    NotDue,
}

/// Decides at `now`. Asking again before the conversation has noted the message gives the same one.
pub fn remind(conversation: &Conversation, settings: &ChannelSettings, now: Timestamp) -> Reminder {
    let (Some(due_at), Some(reminder)) = (due_at(conversation, settings), &settings.window_reminder) else {
        return Reminder::NotDue;
    };
    if due_at > now {
        return Reminder::NotDue;
    }
    let (kind, opened_at) = (conversation.channel_kind, conversation.window_opened_at);
    let inside = window::window(kind, opened_at, settings.human_agent, Author::Automation, now);
    if !matches!(inside, Window::Standard { .. }) || conversation.is_standby(now) {
        let mut skipped = conversation.clone();
        skipped.reminded = skipped.reminded.max(opened_at);
        skipped.armed = None;
        skipped.rearm(settings);
        return Reminder::Skip(Box::new(skipped));
    }
    let name = format!("window_reminder:{}", due_at.as_ms());
    Reminder::Send(Box::new(automatic::message(conversation, &name, &reminder.text, due_at, now)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conversation::{Control, Mode, OptOut, Snooze, Status};
    use crate::deadline::{DeadlineKind, Verdict, deadline, verdict};
    use crate::ids::{ChannelId, Party};
    use crate::reply::take_note;

    const T0: Timestamp = Timestamp::from_ms(1_700_000_000_000);
    const MS: Span = Span::from_ms(1);

    fn waiting(kind: ChannelKind) -> Conversation {
        let new = Conversation::new(ChannelId::derive(kind, "1"), kind, Party::User("u".into()));
        Conversation {
            status: Status::Open,
            episode_started_at: Some(T0),
            customer_clock: Some(T0),
            last_customer_at: Some(T0),
            window_opened_at: Some(T0),
            unread: 1,
            ..new
        }
    }

    fn settings() -> ChannelSettings {
        let window_reminder = Some(WindowReminder { text: "still there?".into() });
        ChannelSettings { window_reminder, human_agent: true, ..ChannelSettings::default() }
    }

    #[test]
    fn rpl_16_who_is_reminded_and_when() {
        let chat = || waiting(ChannelKind::Messenger);
        let answered = |at| Conversation { last_answer_at: Some(at), ..chat() };
        let mut stopped = waiting(ChannelKind::WhatsApp);
        stopped.contact.opt_out = Some(OptOut { at: T0, opted_out: true });
        let snooze = Snooze { until: None, by: crate::ids::OperatorId("a".into()), at: T0 };
        let table = [
            ("waits", chat(), true),
            ("on WhatsApp", waiting(ChannelKind::WhatsApp), true),
            ("LINE has no window", waiting(ChannelKind::Line), false),
            ("nor has SMS", waiting(ChannelKind::Sms), false),
            ("answered", answered(T0 + MS), false),
            ("answered before they wrote again", answered(T0 - MS), true),
            ("closed", Conversation { status: Status::New, ..chat() }, false),
            ("reopened by a person", Conversation { episode_started_at: Some(T0 + MS), ..chat() }, false),
            ("reminded", Conversation { reminded: Some(T0), ..chat() }, false),
            ("reminded of the window before", Conversation { reminded: Some(T0 - MS), ..chat() }, true),
            ("sent STOP", stopped, false),
            ("set to 対応完了", Conversation { done_through: Some(T0), ..chat() }, false),
            ("held by a bot", Conversation { mode: Mode::Bot, ..chat() }, false),
            ("set aside", Conversation { snooze: Some(snooze), ..chat() }, false),
        ];
        for (what, conversation, expected) in table {
            let due = due_at(&conversation, &settings());
            assert_eq!(due, expected.then_some(T0 + REMINDER_AFTER), "{what}");
            assert_eq!(due_at(&conversation, &ChannelSettings::default()), None, "{what}, switched off");
        }
    }

    #[test]
    fn rpl_16_a_reminder_goes_out_inside_the_window_only_and_once() {
        let (day, chat) = (Span::from_hours(24), waiting(ChannelKind::Messenger));
        let at = |after| remind(&chat, &settings(), T0 + after);
        assert_eq!(at(REMINDER_AFTER - MS), Reminder::NotDue);
        let Reminder::Send(first) = at(REMINDER_AFTER) else { panic!("due") };
        let Reminder::Send(last) = at(day - MS) else { panic!("still inside") };
        assert_eq!((first.key, first.sent_by.author()), (last.key, Author::Automation));
        let Reminder::Skip(skipped) = at(day) else { panic!("too late") };
        assert_eq!(due_at(&skipped, &settings()), None);
        let standby = Some(Control { at: T0 + REMINDER_AFTER, standby: true });
        let controlled = Conversation { control: standby, ..chat.clone() };
        assert!(matches!(remind(&controlled, &settings(), T0 + REMINDER_AFTER), Reminder::Skip(_)));

        let mut armed = chat;
        armed.rearm(&settings());
        let now = T0 + REMINDER_AFTER;
        let (noted, line) = take_note(armed.clone(), &settings(), &first, now).unwrap();
        assert_eq!((line, noted.unread, noted.is_answered()), (None, 1, false));
        assert_eq!((noted.activity_clock, noted.last_answer_at), (armed.activity_clock, None));
        assert_eq!(noted.armed.unwrap().kind, DeadlineKind::ReplyLimit);
        assert_eq!(remind(&noted, &settings(), now), Reminder::NotDue);
        assert_eq!(take_note(noted, &settings(), &first, now), None);
    }

    #[test]
    fn a_channel_without_a_window_has_no_reminder_and_the_text_must_fit() {
        let told = |text: &str| WindowReminder { text: text.into() };
        assert_eq!(check(ChannelKind::Messenger, &told("x")), Ok(()));
        assert_eq!(check(ChannelKind::Line, &told("x")), Err(ReminderRefused::NoWindow));
        assert_eq!(check(ChannelKind::WhatsApp, &told(" ")), Err(ReminderRefused::Text(TextRefused::Empty)));
        assert!(!format!("{:?}", told("secret")).contains("secret"), "settings are logged");
    }

    proptest! {
        /// A reminder that is due neither closes a conversation nor keeps it open.
        #[test]
        fn rpl_16_closing_does_not_depend_on_reminders(
            after in 0..Span::from_days(9).as_ms(), unanswered in proptest::option::of(15..20_000_u32),
        ) {
            let (chat, now) = (waiting(ChannelKind::Messenger), T0 + Span::from_ms(after));
            let with = ChannelSettings { unanswered_close_after_minutes: unanswered, ..settings() };
            let without = ChannelSettings { window_reminder: None, ..with.clone() };
            let closes = |settings| match verdict(&chat, settings, now) {
                Verdict::Close(deadline) => Some(deadline),
                _ => None,
            };
            prop_assert_eq!(closes(&with), closes(&without));
            prop_assert!(deadline(&chat, &with).unwrap().due_at <= deadline(&chat, &without).unwrap().due_at);
        }
    }
}
