//! What will happen to a conversation by itself, and when (TMR, RPL-4).
//!
//! A deadline is computed from the conversation and the channel's settings whenever it is asked for.
//! What is *stored* is only the instant at which a closer must look: the armed deadline. It is never
//! later than the true one, and may be earlier: an ordinary message moves the true deadline and
//! leaves the armed one alone, and the closer that wakes too early arms it anew.

use serde::{Deserialize, Serialize};

use crate::channel::IdleWhen;
use crate::conversation::{CloseReason, Conversation, Mode, mode_ends_at};
use crate::time::{Span, Timestamp};
use crate::timers::Timing;
use crate::{reminder, warning, window};

/// Which deadline; each has its own closer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineKind {
    /// No operator has answered in this episode (TMR-1).
    Unanswered,
    /// An operator has answered and neither side writes (TMR-3).
    Idle,
    /// The provider lets nobody answer any more (RPL-4).
    ReplyLimit,
    /// The customer is to be reminded that the window closes (RPL-16). Closes nothing.
    WindowReminder,
    /// It was set aside until then (CLS-12). Closes nothing.
    Snooze,
    /// The bot hands over to people, or they to the bot (BOT-2). Closes nothing.
    Mode,
    /// The customer is to be warned of the idle close (TMR-9). Closes nothing.
    IdleWarning,
    /// A bot holds it and neither side writes (TMR-8).
    BotTimer,
}

impl DeadlineKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Unanswered,
        Self::Idle,
        Self::ReplyLimit,
        Self::WindowReminder,
        Self::Snooze,
        Self::IdleWarning,
        Self::BotTimer,
        Self::Mode,
    ];

    /// The name used in keys and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::Idle => "idle",
            Self::ReplyLimit => "reply_limit",
            Self::WindowReminder => "window_reminder",
            Self::Snooze => "snooze",
            Self::Mode => "mode",
            Self::IdleWarning => "idle_warning",
            Self::BotTimer => "bot_timer",
        }
    }

    /// The reason that a close by this deadline records (CLS-11); `None` if it closes nothing.
    pub const fn reason(self) -> Option<CloseReason> {
        match self {
            Self::Unanswered => Some(CloseReason::Unanswered),
            Self::Idle => Some(CloseReason::Idle),
            Self::ReplyLimit => Some(CloseReason::ReplyLimit),
            Self::BotTimer => Some(CloseReason::BotTimer),
            Self::WindowReminder | Self::Snooze | Self::IdleWarning | Self::Mode => None,
        }
    }

    /// As what it is armed: those that one function looks after share what that function asks, so that a tick costs no more
    /// for each of them.
    #[must_use]
    pub const fn watched_as(self) -> Self {
        match self {
            Self::Snooze | Self::IdleWarning | Self::Mode => Self::WindowReminder,
            Self::BotTimer => Self::Idle,
            own => own,
        }
    }
}

/// When something will happen by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// What.
    pub kind: DeadlineKind,
    /// When.
    pub due_at: Timestamp,
}

impl Deadline {
    /// As it is armed.
    #[must_use]
    pub const fn to_arm(self) -> Self {
        Self { kind: self.kind.watched_as(), due_at: self.due_at }
    }
}

/// The true deadline of a conversation: the earliest of those that apply (C7); `None` while closed
/// or with every timer off.
pub fn deadline<'a>(conversation: &Conversation, timing: impl Into<Timing<'a>>) -> Option<Deadline> {
    let timing = timing.into();
    let other = |kind, due_at: Option<Timestamp>| due_at.map(|due_at| Deadline { kind, due_at });
    let reminder = other(DeadlineKind::WindowReminder, reminder::due_at(conversation, timing.settings));
    let warning = other(DeadlineKind::IdleWarning, warning::due_at(conversation, timing));
    let back = conversation.snooze.as_ref().filter(|_| conversation.is_open());
    let back = other(DeadlineKind::Snooze, back.and_then(|snooze| snooze.until));
    let mode = other(DeadlineKind::Mode, mode_ends_at(conversation, timing.settings));
    let all = [closing(conversation, timing), reminder, warning, back, mode];
    all.into_iter().flatten().min_by_key(|deadline| deadline.due_at)
}

/// The earliest of those that close it.
fn closing(conversation: &Conversation, timing: Timing<'_>) -> Option<Deadline> {
    if !conversation.is_open() {
        return None;
    }
    let started_at = conversation.episode_started_at;
    let timer = running(conversation, timing).and_then(|Running { kind, from, period }| {
        Some(Deadline { kind, due_at: timing.count(kind, from, period)? })
    });
    let limit = window::reply_limit(conversation.channel_kind, conversation.window_opened_at)
        // A window that ended before the episode began does not end it again.
        .filter(|due_at| started_at.is_none_or(|start| *due_at > start))
        .map(|due_at| Deadline { kind: DeadlineKind::ReplyLimit, due_at });
    [timer, limit].into_iter().flatten().min_by_key(|deadline| deadline.due_at)
}

/// The timer that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    pub(crate) kind: DeadlineKind,
    pub(crate) from: Timestamp,
    pub(crate) period: Span,
}

/// The timer that runs over a conversation: the bot's while a bot holds it (TMR-8); else unanswered until an operator answers, and
/// idle from then on (TMR-1, TMR-3). None runs over what was set to 対応完了 before an answer (TMR-2), over who waits where
/// only the customer's silence counts, and over what is set aside (TMR-11).
pub(crate) fn running(conversation: &Conversation, timing: Timing<'_>) -> Option<Running> {
    let settings = timing.settings;
    if !conversation.is_open() || conversation.snooze.is_some() {
        return None;
    }
    let (kind, period, clock) = if conversation.mode == Mode::Bot {
        (DeadlineKind::BotTimer, settings.bot_after(), conversation.activity_clock)
    } else if conversation.is_answered() {
        let waits = settings.idle_close_when == IdleWhen::CustomerSilent && conversation.is_unreplied();
        (DeadlineKind::Idle, settings.idle_after().filter(|_| !waits), conversation.activity_clock)
    } else if conversation.is_unanswered() {
        (DeadlineKind::Unanswered, settings.unanswered_after(), conversation.customer_clock)
    } else {
        return None;
    };
    // An episode that a person reopened has no message of its own yet: its clock starts with it.
    let from = clock.max(conversation.episode_started_at).max(conversation.timers_from)?;
    Some(Running { kind, from, period: period? })
}

/// The deadline to keep armed after a change of conversation or settings: the stored one while it is
/// not later than the true one (lazy), else the true one.
pub fn rearmed(armed: Option<Deadline>, truth: Option<Deadline>) -> Option<Deadline> {
    match (armed, truth) {
        (Some(armed), Some(truth)) if armed.due_at <= truth.due_at => Some(armed),
        (_, truth) => truth.map(Deadline::to_arm),
    }
}

/// What a closer does with a conversation that it found due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The true deadline has passed.
    Close(Deadline),
    /// Somebody wrote since, or the settings changed: look again then.
    Rearm(Deadline),
    /// No deadline applies any more.
    Disarm,
}

/// Decides what to do with a due conversation. The caller's write must be conditional on the version
/// that was read here, so that a message stored in between keeps the conversation open (TMR-6).
pub fn verdict<'a>(conversation: &Conversation, timing: impl Into<Timing<'a>>, now: Timestamp) -> Verdict {
    let timing = timing.into();
    // What closes nothing and is due keeps nothing open.
    match closing(conversation, timing).filter(|truth| truth.due_at <= now) {
        Some(truth) => Verdict::Close(truth),
        None => deadline(conversation, timing).map_or(Verdict::Disarm, Verdict::Rearm),
    }
}
