//! What happens around a conversation without anybody saying anything: the timeline's lines.

use std::collections::BTreeMap;

use crate::event::{Event, EventBody};
use crate::ids::{ConversationId, MessageId};
use crate::message::{Facts, MessageKey};
use crate::time::{Span, Timestamp};

/// Something that nobody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// LINE: the account was taken into the group or room.
    JoinedGroup,
    /// LINE: the account was removed from it.
    LeftGroup,
    /// Somebody joined the group or room.
    MembersJoined {
        /// The provider's ids.
        members: Vec<String>,
    },
    /// Somebody left it.
    MembersLeft {
        /// The provider's ids.
        members: Vec<String>,
    },
    /// LINE: the customer switched to another tab of the rich menu.
    MenuSwitched {
        /// The alias of the menu that was switched to.
        menu: Option<String>,
        /// The provider's word for how it went.
        status: Option<String>,
        /// What the button means to whoever made it.
        payload: Option<String>,
    },
    /// LINE: the customer came near a beacon, tapped its banner, or is still there.
    Beacon {
        /// The beacon's hardware id.
        hardware: String,
        /// The provider's word: `enter`, `banner`, `stay`.
        action: String,
    },
    /// LINE: a video that we sent was watched to its end.
    VideoPlayed {
        /// The id that the video was sent with.
        tracking: String,
    },
    /// The customer linked an account of the company's own service with this one, or tried to, or undid it.
    AccountLink {
        /// The provider's word: `ok` and `failed`, `linked` and `unlinked`.
        result: String,
    },
    /// LINE: a paid membership began, ended or was renewed.
    Membership {
        /// The provider's word: `joined`, `left`, `renewed`.
        action: String,
        /// The provider's id of the plan.
        plan: Option<String>,
    },
    /// Messenger: the customer agreed to be written to.
    OptedIn {
        /// The provider's word for what to.
        to: Option<String>,
        /// What it means to whoever asked.
        payload: Option<String>,
    },
}

/// The link or advertisement that somebody came in through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referral {
    /// The provider's word for where: `ADS`, `SHORTLINK`.
    pub source: Option<String>,
    /// The provider's word for what happened: `OPEN_THREAD`, `LEAD_COMPLETE`.
    pub kind: Option<String>,
    /// The reference that was put into the link.
    pub reference: Option<String>,
    /// The advertisement.
    pub ad_id: Option<String>,
    /// Its title, where told.
    pub title: Option<String>,
    /// The page that the link stood on.
    pub referer: Option<String>,
}

impl Referral {
    /// Whether the provider lets us answer because of it: a click into the thread does, a filled-in form beside it
    /// does not (Messenger Platform, "Messaging window").
    pub fn opens_window(&self) -> bool {
        !self.kind.as_deref().is_some_and(|kind| kind.starts_with("LEAD"))
    }

    pub(crate) fn line(&self) -> Line {
        let field =
            |label: &str, value: &Option<String>| value.as_ref().map(|value| format!("{label}{value}"));
        let words = [
            field("", &self.source),
            field("", &self.kind),
            field("ref=", &self.reference),
            field("ad=", &self.ad_id),
        ];
        let summary = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Line::new("referral")
            .detail((!summary.is_empty()).then_some(summary))
            .fact("source", self.source.as_ref())
            .fact("type", self.kind.as_ref())
            .fact("ref", self.reference.as_ref())
            .fact("ad_id", self.ad_id.as_ref())
            .fact("title", self.title.as_ref())
            .fact("referer", self.referer.as_ref())
    }
}

/// The provider says which app may answer. [`Event::standby`] says whether it is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadControl {
    /// What happened.
    pub change: ControlChange,
    /// The app that has it now, or asks for it: [`PAGE_INBOX`], or the provider's id; `None` = nobody.
    pub owner: Option<String>,
    /// When it ends by itself, where told.
    pub until: Option<Timestamp>,
}

/// The owner when it is the provider's own inbox.
pub const PAGE_INBOX: &str = "page_inbox";

/// What happened to the control of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlChange {
    /// It was handed over.
    Passed,
    /// It was taken away.
    Taken,
    /// Another app asks for it.
    Requested,
}

impl ThreadControl {
    pub(crate) fn line(&self) -> Line {
        let name = match self.change {
            ControlChange::Passed => "control_passed",
            ControlChange::Taken => "control_taken",
            ControlChange::Requested => "control_requested",
        };
        Line::new(name)
            .detail(self.owner.clone())
            .fact("app", self.owner.as_ref())
            .fact("until", self.until.map(|until| until.to_string()).as_ref())
    }
}

/// A line of the timeline before it has its place.
pub(crate) struct Line {
    pub(crate) event: String,
    pub(crate) detail: Option<String>,
    pub(crate) facts: Facts,
}

impl Line {
    pub(crate) fn new(event: impl Into<String>) -> Self {
        Self { event: event.into(), detail: None, facts: BTreeMap::new() }
    }

    pub(crate) fn detail(mut self, detail: Option<String>) -> Self {
        self.detail = detail;
        self
    }

    fn fact(mut self, name: &str, value: Option<&String>) -> Self {
        if let Some(value) = value {
            self.facts.insert(name.to_owned(), value.clone());
        }
        self
    }
}

/// Of what repeats by itself one line stands for so long.
const NOISE_PERIOD_MS: i64 = Span::from_hours(1).as_ms();

impl Happening {
    pub(crate) fn line(&self) -> Line {
        match self {
            Self::JoinedGroup => Line::new("joined_group"),
            Self::LeftGroup => Line::new("left_group"),
            Self::MembersJoined { members } => people("members_joined", members),
            Self::MembersLeft { members } => people("members_left", members),
            Self::MenuSwitched { menu, status, payload } => Line::new("menu_switched")
                .detail(menu.clone())
                .fact("menu", menu.as_ref())
                .fact("status", status.as_ref())
                .fact("payload", payload.as_ref()),
            Self::Beacon { hardware, action } => Line::new("beacon")
                .detail(Some(action.clone()))
                .fact("action", Some(action))
                .fact("hardware", Some(hardware)),
            Self::VideoPlayed { tracking } => {
                Line::new("video_played").detail(Some(tracking.clone())).fact("tracking", Some(tracking))
            }
            Self::AccountLink { result } => {
                Line::new("account_link").detail(Some(result.clone())).fact("result", Some(result))
            }
            Self::Membership { action, plan } => Line::new("membership")
                .detail(Some(action.clone()))
                .fact("action", Some(action))
                .fact("plan", plan.as_ref()),
            Self::OptedIn { to, payload } => Line::new("opted_in")
                .detail(to.clone().or_else(|| payload.clone()))
                .fact("to", to.as_ref())
                .fact("payload", payload.as_ref()),
        }
    }

    /// What repeats by itself while nobody does anything: LINE tells every ten seconds that a customer is still near
    /// a beacon, and a video may be told again. The name is that of what repeats.
    fn noise(&self) -> Option<String> {
        match self {
            Self::Beacon { hardware, action } if action == "stay" => Some(format!("beacon:{hardware}")),
            Self::VideoPlayed { tracking } => Some(format!("video:{tracking}")),
            _ => None,
        }
    }

    pub(crate) fn repeats(&self) -> bool {
        self.noise().is_some()
    }

    /// Whether the lists show the conversation anew because of it.
    pub(crate) fn is_news(&self) -> bool {
        matches!(
            self,
            Self::JoinedGroup
                | Self::LeftGroup
                | Self::MembersJoined { .. }
                | Self::MembersLeft { .. }
                | Self::AccountLink { .. }
                | Self::Membership { .. }
                | Self::OptedIn { .. }
        )
    }
}

fn people(event: &str, members: &[String]) -> Line {
    let members = members.join(" ");
    Line::new(event).detail(Some(members.clone())).fact("members", Some(&members))
}

/// The place of the line that `event` brings: one each, and one an hour of what repeats by itself.
pub(crate) fn place_of_line(conversation: ConversationId, event: &Event) -> MessageKey {
    let noise = match &event.body {
        EventBody::Happened { what, .. } => what.noise(),
        _ => None,
    };
    match noise {
        None => MessageKey { at: event.at, id: MessageId::of_provider(conversation, &event.id) },
        Some(name) => {
            let at = Timestamp::from_ms(event.at.as_ms() - event.at.as_ms().rem_euclid(NOISE_PERIOD_MS));
            MessageKey { at, id: MessageId::of_timeline(conversation, &name) }
        }
    }
}
