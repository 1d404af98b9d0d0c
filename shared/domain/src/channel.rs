//! Channels: their kinds, their settings with bounds, and whether replies can go out.

pub mod icon;
mod status;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::account::AccountNote;
use crate::assignment::{self, AssignmentRule};
use crate::credential::{Cause, Credential};
use crate::farewell::Farewell;
use crate::ids::{BrandId, ChannelId, ConnectionId, DepartmentId, OperatorId};
use crate::quota::Quota;
use crate::reminder::WindowReminder;
use crate::send::Rest;
use crate::subscription::Subscription;
use crate::ticket::TicketSettings;
use crate::time::{Span, Timestamp};
use crate::warning::IdleWarning;

pub use status::{ChannelStatus, Deleted, Intake, OutOfUse};

/// The provider behind a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ChannelKind {
    /// A Facebook Page in Messenger (CHN-1).
    Messenger,
    /// A LINE official account (CHN-2).
    Line,
    /// A WhatsApp sender at Twilio (CHN-4).
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// A number or messaging service at Twilio that sends SMS (CHN-5).
    Sms,
}

impl ChannelKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Messenger, Self::Line, Self::WhatsApp, Self::Sms];

    /// The name used in keys, URLs and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            Self::Line => "line",
            Self::WhatsApp => "whatsapp",
            Self::Sms => "sms",
        }
    }

    /// Whose credential it is called with: the part of a secret's name.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::Messenger => "messenger",
            Self::Line => "line",
            Self::WhatsApp | Self::Sms => "twilio",
        }
    }

    /// Whether the provider lets us answer for some time only.
    pub const fn has_reply_window(self) -> bool {
        matches!(self, Self::Messenger | Self::WhatsApp)
    }

    /// Whether webhooks tell when a thing happened. Twilio's do not: a redelivery looks newer than what it repeats.
    pub const fn tells_time(self) -> bool {
        !matches!(self, Self::WhatsApp | Self::Sms)
    }

    /// Whether the provider has profiles to ask for. Twilio has none: a name comes along with a message.
    pub const fn has_profiles(self) -> bool {
        !matches!(self, Self::WhatsApp | Self::Sms)
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One connected account of a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Derived from kind and external id.
    pub id: ChannelId,
    /// The provider.
    pub kind: ChannelKind,
    /// What operators call it.
    pub name: String,
    /// The page id, LINE's channel id, or Twilio's sender: `whatsapp:+81…`, `+81…`, a messaging service `MG…`.
    pub external_id: String,
    /// Whose credential reaches it.
    pub connection_id: ConnectionId,
    /// Which brand it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<BrandId>,
    /// Which department its conversations belong to (CHN-14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// Who connected it (CLS-8); `None` of channels of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub installer: Option<OperatorId>,
    /// The digest of its icon, see [`icon`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// What an administrator chose.
    pub settings: ChannelSettings,
    /// When name, place or settings last changed; deadlines of open conversations follow within a minute (TMR-12).
    pub settings_changed_at: Timestamp,
    /// Whether it is in use.
    #[serde(default, skip_serializing_if = "ChannelStatus::is_on")]
    pub status: ChannelStatus,
    /// Whether its credential works.
    pub health: ChannelHealth,
    /// Sending rests until then: the provider asked us to slow down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
    /// Why it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_for: Option<Rest>,
    /// The month's messages (LINE), as last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// What it is reached with, as last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
    /// Whether the provider sends what customers write, as last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
    /// What of the account's settings gets in the way, as it was when somebody last looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub account_notes: Vec<AccountNote>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Channel {
    /// A channel that was added at `now`, whose credential nobody has looked at yet.
    pub fn new(
        kind: ChannelKind,
        name: impl Into<String>,
        external_id: impl Into<String>,
        connection_id: ConnectionId,
        now: Timestamp,
    ) -> Self {
        let external_id = external_id.into();
        Self {
            id: ChannelId::derive(kind, &external_id),
            kind,
            name: name.into(),
            external_id,
            connection_id,
            brand: None,
            department: None,
            installer: None,
            icon: None,
            settings: ChannelSettings::default(),
            settings_changed_at: now,
            status: ChannelStatus::On,
            health: ChannelHealth::Connecting,
            paused_until: None,
            paused_for: None,
            quota: None,
            credential: None,
            subscription: None,
            account_notes: Vec::new(),
            created_at: now,
        }
    }

    /// Whether a reply may be handed to the provider at `now`. Receiving never depends on the credential (AUT-10).
    pub fn sending(&self, now: Timestamp) -> Sending {
        if let Some(out) = self.status.out_of_use() {
            return Sending::OutOfUse(out);
        }
        match &self.health {
            ChannelHealth::NeedsReauthorization { cause, .. } => Sending::Held(*cause),
            ChannelHealth::Connecting => Sending::Connecting,
            ChannelHealth::Healthy { .. } => match self.paused_until {
                Some(until) if until > now => Sending::Paused(until),
                _ => Sending::Allowed,
            },
        }
    }
}

/// Whether replies of a channel can go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// Yes.
    Allowed,
    /// The provider asked for a pause until then.
    Paused(Timestamp),
    /// Replies wait for a working credential (AUT-11).
    Held(Cause),
    /// The credential has not been checked yet.
    Connecting,
    /// The channel is off or deleted: nothing is sent, and nothing waits.
    OutOfUse(OutOfUse),
}

impl Sending {
    /// Whether replies stay queued until this is over.
    pub const fn makes_wait(self) -> bool {
        matches!(self, Self::Paused(_) | Self::Held(_) | Self::Connecting)
    }
}

/// Whether a channel's credential works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ChannelHealth {
    /// Added; its credential has not been checked yet.
    Connecting,
    /// The last check or call succeeded.
    Healthy {
        /// Since when.
        since: Timestamp,
    },
    /// Replies wait until an administrator acts; receiving goes on.
    NeedsReauthorization {
        /// What is wrong, by its own name.
        cause: Cause,
        /// When it was first seen.
        since: Timestamp,
        /// The provider's code, for maintainers; never a token.
        detail: String,
    },
}

/// What an administrator chose for a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChannelSettings {
    /// Close when no operator has answered for so long (TMR-1): 15 minutes to 30 days; `None` = off.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 15, maximum = 43200))]
    pub unanswered_close_after_minutes: Option<u32>,
    /// Close when neither side has written for so long (TMR-3): 1 minute to 24 hours; `None` = off.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1440))]
    pub idle_close_after_minutes: Option<u32>,
    /// Close what a bot holds when neither side has written for so long (TMR-8): 1 minute to 24 hours; `None` = off. The other two
    /// do not run meanwhile, and this one runs outside business hours, too: bots have none.
    #[serde(default)]
    pub bot_close_after_minutes: Option<u32>,
    /// Whether the unanswered and the idle close count business hours only (TMR-10), those of the conversation's department.
    #[serde(default)]
    pub pause_outside_hours: bool,
    /// Whether timers that are off stay off, whatever department and brand say (TMR-5).
    #[serde(default)]
    pub own_timers: bool,
    /// Whose silence the idle close counts (TMR-11).
    #[serde(default)]
    pub idle_close_when: IdleWhen,
    /// What the customer is told before the idle close (TMR-9); `None` = off.
    #[serde(default)]
    pub idle_warning: Option<IdleWarning>,
    /// What the customer is told at the end (CLS-11); `None` = off.
    #[serde(default)]
    pub farewell: Option<Farewell>,
    /// Who may reopen (C1).
    #[serde(default)]
    pub reopen: ReopenPolicy,
    /// Whether Meta granted the app the "Human Agent" feature: replies by people between 24 h and 7 days (C2).
    #[serde(default)]
    pub human_agent: bool,
    /// Whether operators may send files (MSG-9).
    #[serde(default = "allowed")]
    pub files: bool,
    /// WhatsApp and SMS, which show no sender of a message: whether the operator's name stands before a text that is sent
    /// as the operator (SND-1).
    #[serde(default)]
    pub sender_prefix: bool,
    /// What customers who wait for an answer are told an hour before the 24-hour window closes (RPL-16); `None` = off.
    #[serde(default)]
    pub window_reminder: Option<WindowReminder>,
    /// Which operators see and answer its conversations (ASG-8).
    #[serde(default)]
    pub operators: OperatorAccess,
    /// When the channel's bot answers (BOT-2).
    #[serde(default)]
    pub bot: BotUse,
    /// Whether whoever signs in for the first time is associated with it (MEM-10).
    #[serde(default)]
    pub add_new_operators: bool,
    /// To whom conversations go by themselves (ASG-10).
    #[serde(default)]
    pub assignment: AssignmentRule,
    /// How many open conversations, on all channels together, somebody may have to get one more of this channel by itself
    /// (ASG-11): 1 to 200; `None` = 200.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 200))]
    pub assignment_capacity: Option<u32>,
    /// Whether only its assignee answers a conversation (CON-5).
    #[serde(default)]
    pub only_assignee_answers: bool,
    /// When what customers write becomes a ticket by itself (TKT-2..5).
    #[serde(default)]
    pub tickets: TicketSettings,
}

impl Default for ChannelSettings {
    fn default() -> Self {
        Self {
            unanswered_close_after_minutes: None,
            idle_close_after_minutes: None,
            bot_close_after_minutes: None,
            pause_outside_hours: false,
            own_timers: false,
            idle_close_when: IdleWhen::default(),
            idle_warning: None,
            farewell: None,
            reopen: ReopenPolicy::default(),
            human_agent: false,
            files: allowed(),
            sender_prefix: false,
            window_reminder: None,
            operators: OperatorAccess::default(),
            bot: BotUse::default(),
            add_new_operators: false,
            assignment: AssignmentRule::Off,
            assignment_capacity: None,
            only_assignee_answers: false,
            tickets: TicketSettings::default(),
        }
    }
}

const fn allowed() -> bool {
    true
}

/// Bounds of the unanswered close, in minutes (TMR-1: 15 minutes to 1 month of 30 days).
pub const UNANSWERED_MINUTES: std::ops::RangeInclusive<u32> = 15..=43_200;
/// Bounds of the idle close, in minutes (TMR-3: at most 24 hours, at least one minute).
pub const IDLE_MINUTES: std::ops::RangeInclusive<u32> = 1..=1_440;

/// Bounds of the close of what a bot holds, in minutes (TMR-8).
pub const BOT_CLOSE_MINUTES: std::ops::RangeInclusive<u32> = IDLE_MINUTES;

fn check_minutes(
    field: &'static str,
    value: Option<u32>,
    bounds: std::ops::RangeInclusive<u32>,
) -> Result<(), SettingsOutOfBounds> {
    match value {
        Some(value) if !bounds.contains(&value) => {
            let (min, max) = (*bounds.start(), *bounds.end());
            Err(SettingsOutOfBounds { field, value, min, max, off: "null" })
        }
        _ => Ok(()),
    }
}

/// Refuses timers outside their bounds, wherever they are set.
pub(crate) fn check_timers(
    unanswered: Option<u32>,
    idle: Option<u32>,
    bot: Option<u32>,
) -> Result<(), SettingsOutOfBounds> {
    check_minutes("unanswered_close_after_minutes", unanswered, UNANSWERED_MINUTES)?;
    check_minutes("idle_close_after_minutes", idle, IDLE_MINUTES)?;
    check_minutes("bot_close_after_minutes", bot, BOT_CLOSE_MINUTES)
}

impl ChannelSettings {
    /// Refuses settings outside their bounds, naming the field and the bounds.
    pub fn check(&self) -> Result<(), SettingsOutOfBounds> {
        let idle = self.idle_close_after_minutes;
        check_timers(self.unanswered_close_after_minutes, idle, self.bot_close_after_minutes)?;
        // A warning comes within the period, and a minute of it is left for the customer.
        let latest = idle.unwrap_or(*IDLE_MINUTES.end()).saturating_sub(1).max(1);
        let before = self.idle_warning.as_ref().map(|warning| warning.minutes_before);
        check_minutes("idle_warning.minutes_before", before, 1..=latest)?;
        check_minutes("bot.release_after_minutes", self.bot.release_after_minutes, BOT_MINUTES)?;
        check_minutes("bot.return_after_minutes", self.bot.return_after_minutes, BOT_MINUTES)?;
        check_minutes("assignment_capacity", self.assignment_capacity, assignment::CAPACITY)?;
        self.tickets.check()
    }

    /// How many open conversations the rule lets an operator have.
    pub fn capacity(&self) -> u32 {
        self.assignment_capacity.unwrap_or(*assignment::CAPACITY.end())
    }

    /// The period of what a bot holds, if it is on.
    pub fn bot_after(&self) -> Option<Span> {
        self.bot_close_after_minutes.map(|m| Span::from_minutes(m.into()))
    }

    /// The unanswered period, if it is on.
    pub fn unanswered_after(&self) -> Option<Span> {
        self.unanswered_close_after_minutes.map(|m| Span::from_minutes(m.into()))
    }

    /// The idle period, if it is on.
    pub fn idle_after(&self) -> Option<Span> {
        self.idle_close_after_minutes.map(|m| Span::from_minutes(m.into()))
    }
}

/// When the bot of a channel answers (BOT-1, BOT-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotUse {
    /// Whether episodes begin with the bot.
    pub starts: bool,
    /// The bot hands over to people after so long, whatever was said; `None` = not by itself.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 43200))]
    pub release_after_minutes: Option<u32>,
    /// People hand back to the bot when nobody has written for so long; `None` = not by itself.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 43200))]
    pub return_after_minutes: Option<u32>,
}

/// Bounds of both, in minutes.
pub const BOT_MINUTES: std::ops::RangeInclusive<u32> = 1..=43_200;

impl BotUse {
    /// The time after which the bot hands over.
    pub fn release_after(&self) -> Option<Span> {
        self.release_after_minutes.map(|minutes| Span::from_minutes(minutes.into()))
    }

    /// The time after which people hand back.
    pub fn return_after(&self) -> Option<Span> {
        self.return_after_minutes.map(|minutes| Span::from_minutes(minutes.into()))
    }
}

/// A setting outside its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}; it must be between {min} and {max} {}, or {off} to switch it off", unit(.field))]
pub struct SettingsOutOfBounds {
    /// The field of [`ChannelSettings`].
    pub field: &'static str,
    /// What was given.
    pub value: u32,
    /// The smallest allowed.
    pub min: u32,
    /// The largest allowed.
    pub max: u32,
    /// What switches it off.
    pub off: &'static str,
}

/// What a setting counts.
fn unit(field: &str) -> &'static str {
    if field.ends_with("capacity") { "conversations" } else { "minutes" }
}

/// Who may reopen a closed conversation (C1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ReopenPolicy {
    /// By button at any time, and by the customer's next message.
    #[default]
    Always,
    /// Only by the customer's next message.
    OnCustomerMessage,
    /// Completed is final; the customer's next message starts a new episode.
    Never,
}

/// Whose silence the idle close counts (TMR-11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum IdleWhen {
    /// Both sides', whoever spoke last.
    #[default]
    Anybody,
    /// The customer's: only while the company spoke last, or 対応完了 is set. Who waits for an answer is not closed.
    CustomerSilent,
}

/// Which operators see and answer the conversations of a channel (ASG-8). Administrators always do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OperatorAccess {
    /// All of them. Every channel begins with it, so that nobody is locked out unasked.
    #[default]
    Everybody,
    /// Those who are associated with the channel.
    Associated,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmr_1_and_tmr_3_bounds_hold_at_both_ends() {
        let table = [
            (Some(14), None, Err("unanswered_close_after_minutes")),
            (Some(15), None, Ok(())),
            (Some(43_200), None, Ok(())),
            (Some(43_201), None, Err("unanswered_close_after_minutes")),
            (None, Some(0), Err("idle_close_after_minutes")),
            (None, Some(1), Ok(())),
            (None, Some(1_440), Ok(())),
            (None, Some(1_441), Err("idle_close_after_minutes")),
            (None, None, Ok(())),
        ];
        for (unanswered, idle, expected) in table {
            let settings = ChannelSettings {
                unanswered_close_after_minutes: unanswered,
                idle_close_after_minutes: idle,
                ..Default::default()
            };
            assert_eq!(settings.check().map_err(|e| e.field), expected, "{unanswered:?} {idle:?}");
        }
    }
}
