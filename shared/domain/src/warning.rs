//! Telling a customer that their conversation will be completed if nobody writes (TMR-9).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::automatic;
use crate::conversation::{Conversation, Told};
use crate::deadline::{self, DeadlineKind};
use crate::time::{Span, Timestamp};
use crate::timers::Timing;

/// What an administrator lets customers be told before the idle close.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdleWarning {
    /// The text.
    pub text: String,
    /// How long before the close, in minutes: less than the idle period.
    pub minutes_before: u32,
}

/// Without the text: settings are logged.
impl fmt::Debug for IdleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdleWarning").field("minutes_before", &self.minutes_before).finish_non_exhaustive()
    }
}

/// Since when the silence lasts that a warning is due in, and when it is; `None` if none is due in it.
fn due(conversation: &Conversation, timing: Timing<'_>) -> Option<(Timestamp, Timestamp)> {
    let warning = timing.settings.idle_warning.as_ref()?;
    let running = deadline::running(conversation, timing).filter(|timer| timer.kind == DeadlineKind::Idle)?;
    let before = Span::from_minutes(warning.minutes_before.into());
    if running.period <= before || conversation.warned >= Some(running.from) {
        return None;
    }
    Some((running.from, timing.after(running.from, running.period - before)?))
}

/// When the customer is to be warned, if at all: once in each silence, which a message of either side ends.
pub fn due_at(conversation: &Conversation, timing: Timing<'_>) -> Option<Timestamp> {
    due(conversation, timing).map(|(_, at)| at)
}

/// What is done about a warning.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// This is stored, conversation and message together.
    Send(Box<Told>),
    /// Nobody may be told, or the close is due as well: the conversation is stored so, and looks no more at this silence.
    Skip(Box<Conversation>),
    /// None is due.
    NotDue,
}

/// Decides at `now`. The write must be conditional on the version that was read, so that a message that comes in between
/// makes the warning unnecessary.
pub fn warn<'a>(conversation: &Conversation, timing: impl Into<Timing<'a>>, now: Timestamp) -> Warning {
    let timing = timing.into();
    let Some(warning) = &timing.settings.idle_warning else { return Warning::NotDue };
    let Some((from, at)) = due(conversation, timing).filter(|(_, at)| *at <= now) else {
        return Warning::NotDue;
    };
    let mut warned = conversation.clone();
    warned.warned = Some(from);
    let is_over = deadline::running(conversation, timing)
        .and_then(|timer| timing.after(timer.from, timer.period))
        .is_none_or(|closes_at| closes_at <= now);
    if is_over || !automatic::may_tell(conversation, timing.settings, now) {
        warned.armed = None;
        warned.rearm(timing);
        return Warning::Skip(Box::new(warned));
    }
    let name = format!("idle_warning:{}", from.as_ms());
    let line = automatic::message(conversation, &name, &warning.text, at, now);
    warned.note_automatic(&line);
    warned.armed = None;
    warned.rearm(timing);
    Warning::Send(Box::new(Told { conversation: warned, line }))
}
