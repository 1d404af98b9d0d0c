//! The lists that operators work through: where a conversation stands, and by what lists are filtered.

use std::fmt;
use std::str::FromStr;

use super::{Conversation, Mode, Status};
use crate::ids::{DepartmentId, InvalidId, LabelId, OperatorId};
use crate::time::Timestamp;

/// Where a conversation stands. It is always in exactly one of these; *mine* and *others'* are [`Self::Assigned`] as one
/// operator sees it (ASG-3), and 未対応 is told by [`Conversation::is_unanswered`] of open ones, wherever they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// 未割り当て: open, and nobody's (ASG-1).
    Unassigned,
    /// Open, and somebody's.
    Assigned,
    /// Open, and set aside (CLS-12).
    Snoozed,
    /// 完了済み: not open (CLS-3).
    Closed,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unassigned, Self::Assigned, Self::Snoozed, Self::Closed];
    /// Those of open conversations.
    pub const OPEN: [Self; 3] = [Self::Unassigned, Self::Assigned, Self::Snoozed];

    /// The name used in keys and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unassigned => "unassigned",
            Self::Assigned => "assigned",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }
}

/// What the counts of the sections count of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub section: Section,
    /// Whose it is, of an assigned one.
    pub assignee: Option<OperatorId>,
    /// 未対応, unless it is set aside.
    pub unanswered: bool,
}

impl Standing {
    /// That of `conversation`; `None` while it stands in no list, since nothing has happened in it.
    pub fn of(conversation: &Conversation) -> Option<Self> {
        conversation.sorted_at?;
        let section = conversation.section();
        Some(Self {
            section,
            assignee: conversation.assignee.clone().filter(|_| section == Section::Assigned),
            unanswered: conversation.is_unanswered() && section != Section::Snoozed,
        })
    }

    /// The counters that it is counted in.
    pub fn counters(&self) -> Vec<Counter> {
        let mut counters = vec![Counter::Section(self.section)];
        counters.extend(self.assignee.clone().map(Counter::Of));
        counters.extend(self.unanswered.then_some(Counter::Unanswered));
        counters
    }
}

/// One of a channel's counters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Conversations of a section.
    Section(Section),
    /// 未対応 (CLS-2).
    Unanswered,
    /// Open conversations of an operator.
    Of(OperatorId),
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Section(section) => f.write_str(section.as_str()),
            Self::Unanswered => f.write_str("unanswered"),
            Self::Of(operator) => write!(f, "of:{}", operator.0),
        }
    }
}

impl FromStr for Counter {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let section = Section::ALL.into_iter().find(|section| section.as_str() == text);
        match (section, text.strip_prefix("of:")) {
            (Some(section), _) => Ok(Self::Section(section)),
            (None, Some(operator)) => Ok(Self::Of(OperatorId(operator.to_owned()))),
            (None, None) if text == "unanswered" => Ok(Self::Unanswered),
            (None, None) => Err(InvalidId("Counter")),
        }
    }
}

/// What a list can be filtered by, as it is noted beside a conversation's place in the lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Facet {
    /// 未対応 (CLS-2).
    Unanswered,
    /// 未返信: the customer wrote last (C6).
    Unreplied,
    /// No operator ever answered (SRC-1).
    NeverReplied,
    /// 本登録: the contact is registered in a record system (SRC-2). Without it the contact is provisional, 仮登録.
    Registered,
    /// A bot answers (BOT-1).
    Bot,
    /// Marked with this.
    Label(LabelId),
    /// A person left it to whoever takes it: the channel's rule does not.
    LeftOpen,
    /// It was transferred, to whatever department.
    Transferred,
    /// It was transferred to this department (ASG-9).
    TransferredTo(DepartmentId),
}

impl fmt::Display for Facet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unanswered => f.write_str("u"),
            Self::Unreplied => f.write_str("w"),
            Self::NeverReplied => f.write_str("n"),
            Self::Registered => f.write_str("r"),
            Self::Bot => f.write_str("b"),
            Self::Label(label) => write!(f, "l:{label}"),
            Self::LeftOpen => f.write_str("o"),
            Self::Transferred => f.write_str("t"),
            Self::TransferredTo(department) => write!(f, "d:{department}"),
        }
    }
}

/// The facets of `conversation`.
pub fn facets(conversation: &Conversation) -> Vec<Facet> {
    let is = |facet, holds: bool| holds.then_some(facet);
    let mut facets: Vec<Facet> = [
        is(Facet::Unanswered, conversation.is_unanswered() && conversation.snooze.is_none()),
        is(Facet::Unreplied, conversation.is_unreplied()),
        is(Facet::NeverReplied, conversation.last_answer_at.is_none()),
        is(Facet::Registered, conversation.contact.registered),
        is(Facet::Bot, conversation.mode == Mode::Bot),
        is(Facet::LeftOpen, conversation.unassigned_by_hand),
        is(Facet::Transferred, conversation.department.is_some()),
    ]
    .into_iter()
    .flatten()
    .collect();
    facets.extend(conversation.labels.iter().copied().map(Facet::Label));
    facets.extend(conversation.department.map(Facet::TransferredTo));
    facets
}

impl Conversation {
    /// Where it stands.
    pub fn section(&self) -> Section {
        match self.status {
            Status::Open if self.snooze.is_some() => Section::Snoozed,
            Status::Open if self.assignee.is_some() => Section::Assigned,
            Status::Open => Section::Unassigned,
            Status::New | Status::Closed { .. } => Section::Closed,
        }
    }

    /// Until when what the customer wrote is answered, or needs no answer.
    pub fn answered_through(&self) -> Option<Timestamp> {
        self.last_answer_at.max(self.done_through)
    }

    /// 未対応: open, and no operator has answered since the episode began, nor set it to 対応完了 since the customer wrote
    /// last (CLS-2, C6).
    pub fn is_unanswered(&self) -> bool {
        let owed_since = self.last_customer_at.max(self.episode_started_at);
        self.is_open()
            && !self.is_answered()
            && (self.done_through.is_none() || self.done_through < owed_since)
    }

    /// 未返信: open, and the customer wrote last (C6).
    pub fn is_unreplied(&self) -> bool {
        self.is_open() && self.last_customer_at > self.answered_through()
    }

    /// 対応完了: open, and somebody has set what the customer wrote last to that (CLS-1).
    pub fn is_done(&self) -> bool {
        self.is_open()
            && self.done_through > self.last_answer_at
            && self.done_through >= self.last_customer_at.max(self.episode_started_at)
    }

    /// Since when the customer waits for an answer: their first message that has none.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        if self.is_unreplied() { self.waiting.since().or(self.last_customer_at) } else { None }
    }

    /// A new episode begins as nobody's; whose it was is asked first (ASG-13).
    pub(crate) fn hand_back(&mut self) {
        self.unassigned_by_hand = false;
        if let Some(assignee) = self.assignee.take() {
            self.previous_assignee = Some(assignee);
        }
    }
}
