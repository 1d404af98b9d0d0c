//! Who answers, a bot or people (BOT-1, BOT-2), and when that changes by itself.

use super::close::{Told, deed};
use super::{Conversation, Mode};
use crate::channel::ChannelSettings;
use crate::ids::OperatorId;
use crate::time::Timestamp;

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
        // However much is said: the bot has had its time.
        Mode::Bot => Some(began? + settings.bot.release_after()?),
        // Nobody has written for so long.
        Mode::Operator => Some(conversation.activity_clock.max(began)? + settings.bot.return_after()?),
    }
}

/// What follows when that time has come; `None` before.
pub fn mode_over(conversation: Conversation, settings: &ChannelSettings, now: Timestamp) -> Option<Told> {
    mode_ends_at(&conversation, settings).filter(|due_at| *due_at <= now)?;
    let next = match conversation.mode {
        Mode::Bot => Mode::Operator,
        Mode::Operator => Mode::Bot,
    };
    switch_mode(conversation, next, Switched::Time, settings, now)
}

impl Conversation {
    /// A new episode begins in the mode that the channel says. Nobody puts a bot into a group.
    pub(super) fn begin_mode(&mut self, settings: &ChannelSettings) {
        let bot = settings.bot.starts && !self.is_group();
        self.mode = if bot { Mode::Bot } else { Mode::Operator };
        self.mode_since = None;
    }
}
