//! A conversation: everything between one contact (or group) and one channel, through its episodes.

#[cfg(test)]
mod abuse_tests;
mod apply;
mod close;
mod done;
mod erase;
#[cfg(test)]
mod lifecycle_tests;
mod mode;
mod noted;
mod section;
mod sight;
mod snooze;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use apply::{
    Applied, Change, Earlier, Loaded, Reference, WAITING_LIFE, Waiting, apply, apply_guarded, reference,
};
pub(crate) use close::timeline;
pub use close::{Closed, Completed, ReopenRefused, Told, close, complete, reopen};
pub use done::{done, not_done, owed_through};
pub use erase::{Erased, Erasure, erase, is_confirmed, may_erase};
pub use mode::{BOT_PATIENCE, Switched, mode_ends_at, mode_over, switch_mode};
pub use noted::Noted;
pub use section::{Counter, Facet, Section, Standing, facets};
pub use sight::Sight;
pub use snooze::{LONGEST_SNOOZE, SnoozeRefused, Waker, snooze, wake};
pub use waiting::Waiting as CustomerWaits;

use crate::block::Block;
use crate::bot::Dealt;
use crate::channel::ChannelKind;
use crate::deadline::{self, Deadline, DeadlineKind};
use crate::ids::{ChannelId, ConversationId, DepartmentId, LabelId, OperatorId, Party};
use crate::message::{Message, MessageKey, SentBy};
use crate::picture::Portrait;
use crate::reminder::REMINDER_AFTER;
use crate::send::FailureReason;
use crate::time::{Span, Timestamp};
use crate::timers::Timing;
use crate::window;

/// The state of a conversation. Every instant in it is a maximum or a minimum over what happened, so
/// that the order of delivery does not matter (ING-6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Derived from channel and party.
    pub id: ConversationId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Its provider.
    pub channel_kind: ChannelKind,
    /// With whom.
    pub party: Party,
    /// What is known of the contact.
    pub contact: Contact,
    /// Open, closed, or not yet begun.
    pub status: Status,
    /// Number of the current episode; 0 before the first.
    pub episode: u32,
    /// When the current episode began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode_started_at: Option<Timestamp>,
    /// When the last episode was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_closed_at: Option<Timestamp>,
    /// The customer's latest message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_customer_at: Option<Timestamp>,
    /// The latest message that a person of the company wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_answer_at: Option<Timestamp>,
    /// The latest message of either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_activity_at: Option<Timestamp>,
    /// What the unanswered clock counts from: when the customer's latest message was said or, if it
    /// reached us later, when we stored it. An outage of ours thus closes nothing unseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_clock: Option<Timestamp>,
    /// What the idle clock counts from: the same for messages of either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_clock: Option<Timestamp>,
    /// No clock counts from before this: when it came back after it was set aside, or 対応完了 was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timers_from: Option<Timestamp>,
    /// When the customer last opened the provider's reply window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_opened_at: Option<Timestamp>,
    /// When the window opened of whose end the customer was reminded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Timestamp>,
    /// Since when the silence lasts in which the customer was warned last (TMR-9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Timestamp>,
    /// Place in the lists: the latest thing to see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sorted_at: Option<Timestamp>,
    /// The latest message in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// Messages of the customer since the company last answered through us.
    pub unread: u32,
    /// Whose it is (ASG-2). A closed conversation keeps it: that is who handled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<OperatorId>,
    /// Whose it was before it was reopened or taken from them: goes back there if they are available (ASG-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_assignee: Option<OperatorId>,
    /// A person took it from whose it was, or handed it to a department: the channel's rule leaves it to whoever takes it,
    /// until the next episode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unassigned_by_hand: bool,
    /// The department that it was transferred to (ASG-9); `None` = the channel's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// What operators have marked it with.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<LabelId>,
    /// 対応完了 (CLS-1, C6): what the customer wrote until then needs no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_through: Option<Timestamp>,
    /// Who answers: a bot or people (BOT-1).
    #[serde(default, skip_serializing_if = "Mode::is_operator")]
    pub mode: Mode,
    /// Since when, if it was switched within the episode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode_since: Option<Timestamp>,
    /// What the bot has dealt with (BOT-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_dealt: Option<Dealt>,
    /// Since when the customer waits for the bot (BOT-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_waits_since: Option<Timestamp>,
    /// Set aside (CLS-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snooze: Option<Snooze>,
    /// The customer's messages that nobody has answered.
    #[serde(default, skip_serializing_if = "CustomerWaits::is_empty")]
    pub waiting: CustomerWaits,
    /// Everything sent until then has reached the customer's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_through: Option<Timestamp>,
    /// Everything sent until then has been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_through: Option<Timestamp>,
    /// Who controls the thread, as the latest event told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// The app that the provider last named as the thread's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ThreadOwner>,
    /// LINE: the latest one-use token to answer with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_token: Option<ReplyToken>,
    /// The customer's offensive messages of one episode (ABU-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offences: Option<Offences>,
    /// The messages that all of this takes into account.
    #[serde(default)]
    pub noted: Noted,
    /// Until when something may wait for a message that has not arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_until: Option<Timestamp>,
    /// The stored instant at which a closer looks; see [`crate::deadline`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub armed: Option<Deadline>,
    /// When it was deleted for ever, until the customer writes again (CLS-8, CLS-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<Timestamp>,
    /// Counts the writes; every write is conditional on it.
    pub version: u64,
}

/// Whether an episode is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// The customer has not written yet (a friend was added, or only the company wrote).
    New,
    /// An episode is running.
    Open,
    /// The last episode is over.
    Closed {
        /// Why.
        reason: CloseReason,
        /// When.
        at: Timestamp,
    },
}

/// Why a conversation was closed (CLS-11). Machine-readable and stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// A person pressed the button.
    Operator,
    /// No operator answered in time.
    Unanswered,
    /// Neither side wrote.
    Idle,
    /// The provider lets nobody answer any more.
    ReplyLimit,
    /// A bot held it, and neither side wrote (TMR-8).
    BotTimer,
    /// The channel was deleted (CHN-21).
    ChannelRemoved,
    /// The customer's offensive messages reached the limit (ABU-2).
    Abuse,
}

impl CloseReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Operator,
        Self::Unanswered,
        Self::Idle,
        Self::ReplyLimit,
        Self::BotTimer,
        Self::ChannelRemoved,
        Self::Abuse,
    ];

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Unanswered => "unanswered",
            Self::Idle => "idle",
            Self::ReplyLimit => "reply_limit",
            Self::BotTimer => "bot_timer",
            Self::ChannelRemoved => "channel_removed",
            Self::Abuse => "abuse",
        }
    }
}

/// Who answers a conversation (BOT-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Mode {
    /// オペレータ応答モード: people.
    #[default]
    Operator,
    /// BOTモード: the channel's bot, which never counts as an operator's answer.
    Bot,
}

impl Mode {
    /// The name used in keys and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Bot => "bot",
        }
    }

    /// Whether people answer.
    pub const fn is_operator(&self) -> bool {
        matches!(self, Self::Operator)
    }
}

/// A conversation that was set aside: until a time, or until the customer writes, whichever is first (CLS-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// When it comes back by itself; `None` = with the customer's next message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who set it aside.
    pub by: OperatorId,
    /// When.
    pub at: Timestamp,
}

/// The customer as the channel knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The display name, once fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The picture.
    #[serde(flatten)]
    pub portrait: Portrait,
    /// Whether the profile was asked for. It is fetched after the fact, never in the way (ING-9).
    #[serde(default)]
    pub profile: ProfileState,
    /// LINE: whether the contact is a friend, as last told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub following: Option<Following>,
    /// The provider said that the contact cannot be reached; a later message of theirs clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable_since: Option<Timestamp>,
    /// Whether the contact asked not to be written to, as last told (STOP, START).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<OptOut>,
    /// 本登録: registered in a record system (SRC-2); provisional (仮登録) until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub registered: bool,
    /// Nothing of theirs is taken in (ABU-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Block>,
    /// The provider's address to answer to, where it is not the party's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// How often the customer was offensive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offences {
    /// In which episode.
    pub episode: u32,
    /// In how many messages.
    pub count: u32,
}

/// Whether the contact may be written to, as last told. Field order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OptOut {
    /// When.
    pub at: Timestamp,
    /// Nothing may be sent.
    pub opted_out: bool,
}

/// Whether a contact's profile was fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileState {
    /// Still to be fetched.
    #[default]
    Wanted,
    /// Fetched.
    Known,
    /// The provider does not give it (no consent, blocked): a normal case.
    Unavailable,
}

impl ProfileState {
    const fn of_new(kind: ChannelKind) -> Self {
        if kind.has_profiles() { Self::Wanted } else { Self::Unavailable }
    }
}

/// Friend or not, as last told. Field order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Following {
    /// When.
    pub at: Timestamp,
    /// Friend, or not any more.
    pub following: bool,
}

/// One line of the latest message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Which message.
    pub key: MessageKey,
    /// At most 120 bytes.
    pub text: String,
    /// It is offensive, see [`Message::offensive`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offensive: bool,
}

/// Who controls the thread. Field order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Control {
    /// When it was last told.
    pub at: Timestamp,
    /// Another app has it.
    pub standby: bool,
}

/// The app that a thread belongs to. Field order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ThreadOwner {
    /// When it was told.
    pub at: Timestamp,
    /// [`crate::happening::PAGE_INBOX`], or the provider's id of the app; `None` = nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
}

/// Messenger: control of a thread ends by itself after a day without a message (Conversation Routing).
const MESSENGER_CONTROL_LIFE: Span = Span::from_hours(24);

/// A one-use token to answer with. Field order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReplyToken {
    /// When the event happened that brought it.
    pub event_at: Timestamp,
    /// When the webhook reached us.
    pub received_at: Timestamp,
    /// The token; single use.
    pub token: String,
}

/// LINE: a reply token is to be used within one minute of receiving the webhook. Ten seconds are left
/// for the call.
pub const REPLY_TOKEN_LIFE: Span = Span::from_secs(50);
/// LINE: after redelivery a token works only up to 20 minutes after the event.
pub const REPLY_TOKEN_OLDEST_EVENT: Span = Span::from_minutes(20);

impl ReplyToken {
    /// Whether the token can still be expected to work.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.received_at) < REPLY_TOKEN_LIFE && now.since(self.event_at) < REPLY_TOKEN_OLDEST_EVENT
    }
}

impl Conversation {
    /// A conversation of which nothing is known yet.
    pub fn new(channel_id: ChannelId, channel_kind: ChannelKind, party: Party) -> Self {
        Self {
            id: ConversationId::derive(channel_id, &party),
            channel_id,
            channel_kind,
            party,
            contact: Contact { profile: ProfileState::of_new(channel_kind), ..Contact::default() },
            status: Status::New,
            episode: 0,
            episode_started_at: None,
            last_closed_at: None,
            last_customer_at: None,
            last_answer_at: None,
            last_activity_at: None,
            customer_clock: None,
            activity_clock: None,
            timers_from: None,
            window_opened_at: None,
            reminded: None,
            warned: None,
            sorted_at: None,
            preview: None,
            unread: 0,
            assignee: None,
            previous_assignee: None,
            unassigned_by_hand: false,
            department: None,
            labels: BTreeSet::new(),
            done_through: None,
            mode: Mode::Operator,
            mode_since: None,
            bot_dealt: None,
            bot_waits_since: None,
            snooze: None,
            waiting: CustomerWaits::default(),
            delivered_through: None,
            read_through: None,
            control: None,
            owner: None,
            reply_token: None,
            offences: None,
            noted: Noted::default(),
            waiting_until: None,
            armed: None,
            erased_at: None,
            version: 0,
        }
    }

    /// Whether an episode is running.
    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    /// Whether an operator has answered since the episode began.
    pub fn is_answered(&self) -> bool {
        self.last_answer_at.is_some() && self.last_answer_at >= self.episode_started_at
    }

    /// Whether another app controls the thread at `now`.
    pub fn is_standby(&self, now: Timestamp) -> bool {
        let ended = |control: Control| {
            self.channel_kind == ChannelKind::Messenger && now.since(control.at) >= MESSENGER_CONTROL_LIFE
        };
        self.control.is_some_and(|control| control.standby && !ended(control))
    }

    /// The app that controls the thread at `now`, if it is another one and the provider has named it.
    pub fn controlling_app(&self, now: Timestamp) -> Option<&str> {
        self.owner.as_ref().filter(|_| self.is_standby(now))?.app.as_deref()
    }

    /// Whether it is held with several people.
    pub fn is_group(&self) -> bool {
        matches!(self.party, Party::Group(_) | Party::Room(_))
    }

    /// Whether the contact asked not to be written to.
    pub fn is_opted_out(&self) -> bool {
        self.contact.opt_out.is_some_and(|told| told.opted_out)
    }

    /// Offensive messages of the customer in the current episode.
    pub fn offences(&self) -> u32 {
        self.offences.filter(|known| known.episode == self.episode).map_or(0, |known| known.count)
    }

    /// The provider's address of the other side.
    pub fn address(&self) -> &str {
        self.contact.address.as_deref().unwrap_or_else(|| self.party.external_id())
    }

    /// Takes note of what the failure of a reply tells about the contact, at `now`; `written_at` is when the reply
    /// was written. Tells whether anything changed.
    pub fn note_failure(&mut self, reason: FailureReason, written_at: Timestamp, now: Timestamp) -> bool {
        let before = (self.contact.unreachable_since, self.contact.opt_out, self.window_opened_at);
        match reason {
            FailureReason::ContactUnreachable => {
                self.contact.unreachable_since = self.contact.unreachable_since.or(Some(now));
            }
            FailureReason::RecipientOptedOut => {
                self.contact.opt_out = self.contact.opt_out.max(Some(OptOut { at: now, opted_out: true }));
            }
            // The provider counts otherwise than we do, and it decides. What the customer wrote since opens it again.
            FailureReason::ReplyWindowClosed if self.channel_kind == ChannelKind::WhatsApp => {
                let ended = written_at.min(now) - window::STANDARD;
                let counted = self.window_opened_at.filter(|opened| *opened <= written_at);
                self.window_opened_at =
                    counted.map_or(self.window_opened_at, |opened| Some(opened.min(ended)));
            }
            _ => {}
        }
        before != (self.contact.unreachable_since, self.contact.opt_out, self.window_opened_at)
    }

    /// Brings the armed deadline in line with the conversation and what timers go by.
    pub fn rearm<'a>(&mut self, timing: impl Into<Timing<'a>>) {
        self.armed = deadline::rearmed(self.armed, deadline::deadline(self, timing));
    }

    /// Takes note of a message that one of the two sides wrote.
    pub(crate) fn note_message(&mut self, message: &Message) {
        self.remember(message);
        if message.sent_by == SentBy::Automation {
            return self.note_reminder(message);
        }
        let (at, seen_at) = (message.key.at, message.key.at.max(message.stored_at));
        self.last_activity_at = self.last_activity_at.max(Some(at));
        self.activity_clock = self.activity_clock.max(Some(seen_at));
        self.sorted_at = self.sorted_at.max(Some(at));
        if message.sent_by.is_answer() {
            self.last_answer_at = self.last_answer_at.max(Some(at));
            self.waiting.answered(at, self.last_customer_at);
            if !self.is_unreplied() {
                self.bot_waits_since = None;
            }
        }
        self.refresh_preview(message);
    }

    /// A reminder moves no timer: nobody wrote it.
    fn note_reminder(&mut self, reminder: &Message) {
        self.reminded = self.reminded.max(Some(reminder.key.at - REMINDER_AFTER));
        if self.armed.is_some_and(|armed| armed.kind == DeadlineKind::WindowReminder) {
            self.armed = None;
        }
        self.sorted_at = self.sorted_at.max(Some(reminder.key.at));
        self.refresh_preview(reminder);
    }

    /// Takes note of what is written down together with the conversation and was said by nobody: it moves no timer.
    pub(crate) fn note_automatic(&mut self, message: &Message) {
        self.remember(message);
        self.sorted_at = self.sorted_at.max(Some(message.key.at));
        self.refresh_preview(message);
    }

    /// Shows `message` in the lists if it is the latest, or is shown already and was changed.
    fn refresh_preview(&mut self, message: &Message) {
        if let Some(text) = message.preview()
            && self.preview.as_ref().is_none_or(|preview| preview.key <= message.key)
        {
            self.preview = Some(Preview { key: message.key, text, offensive: message.offensive });
        }
    }
}
