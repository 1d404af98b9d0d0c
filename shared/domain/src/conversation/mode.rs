//! Who answers, a bot or people (BOT-1, BOT-2), and when that changes by itself.

use super::close::{Told, deed};
use super::{Conversation, Mode};
use crate::channel::ChannelSettings;
use crate::ids::OperatorId;
use crate::time::{Span, Timestamp};

/// How long a customer waits for a bot that neither answers nor hands over, since what called it was lost, or it ends each
/// time (BOT-3): by then its record has been tried again.
pub const BOT_PATIENCE: Span = Span::from_minutes(10);

/// Why a conversation is handed over to people, or back to the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switched<'a> {
    /// A person did it.
    By(&'a OperatorId),
    /// The customer asked for a person.
    Asked,
    /// The bot itself asked for one.
    BotAsked,
    /// The bot knew no answer.
    NoAnswer,
    /// The bot failed, or there is none (BOT-3).
    Failed,
    /// The channel's time for it has passed.
    Time,
}

impl Switched<'_> {
    /// The stable name in the timeline.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::By(_) => "operator",
            Self::Asked => "customer_asked",
            Self::BotAsked => "bot_asked",
            Self::NoAnswer => "no_answer",
            Self::Failed => "bot_failed",
            Self::Time => "time",
        }
    }
}

/// Switches an open conversation to `mode`, with its line. `None` if it is in that mode, or not open: an episode begins in the
/// mode that the channel says.
pub fn switch_mode(
    mut conversation: Conversation,
    mode: Mode,
    why: Switched<'_>,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Option<Told> {
    if conversation.mode == mode || !conversation.is_open() {
        return None;
    }
    conversation.mode = mode;
    conversation.mode_since = Some(now);
    let waits = mode == Mode::Bot && conversation.is_unreplied();
    conversation.bot_waits_since = waits.then_some(now);
    conversation.timers_from = conversation.timers_from.max(Some(now));
    conversation.armed = None;
    conversation.rearm(settings);
    let operator = match why {
        Switched::By(operator) => Some(("operator", operator.0.clone())),
        _ => None,
    };
    let facts = [("why", why.as_str().to_owned())].into_iter().chain(operator);
    let line = deed(&conversation, "mode_switched", Some(mode.as_str()), facts, now);
    Some(Told { conversation, line })
}

/// When an open conversation leaves its mode by itself, as the channel's settings have it.
pub fn mode_ends_at(conversation: &Conversation, settings: &ChannelSettings) -> Option<Timestamp> {
    if !conversation.is_open() || conversation.snooze.is_some() || conversation.is_group() {
        return None;
    }
    let began = conversation.mode_since.max(conversation.episode_started_at);
    match conversation.mode {
        Mode::Bot => {
            // However much is said: the bot has had its time.
            let released = began.zip(settings.bot.release_after()).map(|(began, after)| began + after);
            released.into_iter().chain(bot_given_up_at(conversation)).min()
        }
        // Nobody has written for so long.
        Mode::Operator => Some(conversation.activity_clock.max(began)? + settings.bot.return_after()?),
    }
}

/// When the customer has waited long enough for a bot that says nothing.
fn bot_given_up_at(conversation: &Conversation) -> Option<Timestamp> {
    let since = conversation.bot_waits_since.filter(|_| conversation.is_unreplied())?;
    Some(since + BOT_PATIENCE)
}

/// What follows when that time has come; `None` before.
pub fn mode_over(conversation: Conversation, settings: &ChannelSettings, now: Timestamp) -> Option<Told> {
    mode_ends_at(&conversation, settings).filter(|due_at| *due_at <= now)?;
    let (next, why) = match conversation.mode {
        Mode::Bot if bot_given_up_at(&conversation).is_some_and(|due_at| due_at <= now) => {
            (Mode::Operator, Switched::Failed)
        }
        Mode::Bot => (Mode::Operator, Switched::Time),
        Mode::Operator => (Mode::Bot, Switched::Time),
    };
    switch_mode(conversation, next, why, settings, now)
}

impl Conversation {
    /// A new episode begins in the mode that the channel says. Nobody puts a bot into a group.
    pub(super) fn begin_mode(&mut self, settings: &ChannelSettings) {
        let bot = settings.bot.starts && !self.is_group();
        self.mode = if bot { Mode::Bot } else { Mode::Operator };
        self.mode_since = None;
        self.bot_waits_since = None;
    }

    /// The customer has said something, which reached us at `heard`.
    pub(super) fn wait_for_bot(&mut self, heard: Timestamp) {
        if self.mode == Mode::Bot && self.is_open() {
            self.bot_waits_since = Some(self.bot_waits_since.map_or(heard, |since| since.min(heard)));
        }
    }
}
