//! What will happen to a conversation by itself, and when (TMR, RPL-4).
//!
//! A deadline is computed from the conversation and the channel's settings whenever it is asked for.
//! What is *stored* is only the instant at which a closer must look: the armed deadline. It is never
//! later than the true one, and may be earlier: an ordinary message moves the true deadline and
//! leaves the armed one alone, and the closer that wakes too early arms it anew.

use serde::{Deserialize, Serialize};

use crate::channel::ChannelSettings;
use crate::conversation::{CloseReason, Conversation};
use crate::time::Timestamp;
use crate::{reminder, window};

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
}

impl DeadlineKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Unanswered, Self::Idle, Self::ReplyLimit, Self::WindowReminder, Self::Snooze];

    /// The name used in keys and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::Idle => "idle",
            Self::ReplyLimit => "reply_limit",
            Self::WindowReminder => "window_reminder",
            Self::Snooze => "snooze",
        }
    }

    /// The reason that a close by this deadline records (CLS-11); `None` if it closes nothing.
    pub const fn reason(self) -> Option<CloseReason> {
        match self {
            Self::Unanswered => Some(CloseReason::Unanswered),
            Self::Idle => Some(CloseReason::Idle),
            Self::ReplyLimit => Some(CloseReason::ReplyLimit),
            Self::WindowReminder | Self::Snooze => None,
        }
    }

    /// As what it is armed: those that one function looks after share what that function asks, so that a tick costs no more
    /// for each of them.
    pub const fn watched_as(self) -> Self {
        match self {
            Self::Snooze => Self::WindowReminder,
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
    pub const fn to_arm(self) -> Self {
        Self { kind: self.kind.watched_as(), due_at: self.due_at }
    }
}

/// The true deadline of a conversation: the earliest of those that apply (C7); `None` while closed
/// or with every timer off.
pub fn deadline(conversation: &Conversation, settings: &ChannelSettings) -> Option<Deadline> {
    let other = |kind, due_at: Option<Timestamp>| due_at.map(|due_at| Deadline { kind, due_at });
    let reminder = other(DeadlineKind::WindowReminder, reminder::due_at(conversation, settings));
    let back = conversation.snooze.as_ref().filter(|_| conversation.is_open());
    let back = other(DeadlineKind::Snooze, back.and_then(|snooze| snooze.until));
    let all = [closing(conversation, settings), reminder, back];
    all.into_iter().flatten().min_by_key(|deadline| deadline.due_at)
}

/// The earliest of those that close it.
fn closing(conversation: &Conversation, settings: &ChannelSettings) -> Option<Deadline> {
    if !conversation.is_open() {
        return None;
    }
    let started_at = conversation.episode_started_at;
    let timer = timer(conversation, settings).filter(|_| conversation.snooze.is_none());
    let limit = window::reply_limit(conversation.channel_kind, conversation.window_opened_at)
        // A window that ended before the episode began does not end it again.
        .filter(|due_at| started_at.is_none_or(|start| *due_at > start))
        .map(|due_at| Deadline { kind: DeadlineKind::ReplyLimit, due_at });
    [timer, limit].into_iter().flatten().min_by_key(|deadline| deadline.due_at)
}

/// The timer that runs: unanswered until an operator answers, idle from then on (TMR-1, TMR-3). None runs over what was set to
/// 対応完了 before an answer (TMR-2).
fn timer(conversation: &Conversation, settings: &ChannelSettings) -> Option<Deadline> {
    let (kind, period, clock) = if conversation.is_answered() {
        (DeadlineKind::Idle, settings.idle_after(), conversation.activity_clock)
    } else if conversation.is_unanswered() {
        (DeadlineKind::Unanswered, settings.unanswered_after(), conversation.customer_clock)
    } else {
        return None;
    };
    // An episode that a person reopened has no message of its own yet: its clock starts with it.
    let from = clock.max(conversation.episode_started_at).max(conversation.timers_from)?;
    Some(Deadline { kind, due_at: from + period? })
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
pub fn verdict(conversation: &Conversation, settings: &ChannelSettings, now: Timestamp) -> Verdict {
    // What closes nothing and is due keeps nothing open.
    match closing(conversation, settings).filter(|truth| truth.due_at <= now) {
        Some(truth) => Verdict::Close(truth),
        None => deadline(conversation, settings).map_or(Verdict::Disarm, Verdict::Rearm),
    }
}
