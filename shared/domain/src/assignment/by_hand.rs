//! Moves: a conversation gets another assignee, or none.

use super::line::{Told, Who, Why, line};
use crate::channel::ChannelSettings;
use crate::conversation::Conversation;
use crate::ids::{DepartmentId, OperatorId};
use crate::message::Message;
use crate::time::Timestamp;

/// A conversation that moved, with its line in the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Handed {
    /// The new state; `version` is still the one that was read.
    pub conversation: Conversation,
    /// The line.
    pub line: Message,
    /// Whose it was.
    pub from: Option<OperatorId>,
    /// Whose it is.
    pub to: Option<OperatorId>,
}

/// Why a conversation does not move.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody works on what is closed or has not begun.
    #[error("only open conversations can be assigned; reopen it first")]
    NotOpen,
    /// It is not whose the caller took it for: somebody was faster (ASG-14).
    #[error("somebody else was faster")]
    Changed {
        /// Whose it is.
        assignee: Option<OperatorId>,
    },
}

/// Gives the conversation to `to`; `Ok(None)` if it is theirs already. `seen` is whose the caller takes it for, and
/// `from` who that is. The write must be conditional on the version that was read, and on the duty of `to`.
pub fn assign(
    conversation: &Conversation,
    to: &Who,
    from: Option<&Who>,
    seen: Option<&OperatorId>,
    why: &Why,
    now: Timestamp,
) -> Result<Option<Handed>, Refused> {
    check(conversation)?;
    if conversation.assignee.as_ref() == Some(&to.id) {
        return Ok(None);
    }
    expect(conversation, seen)?;
    let line = line(conversation, "assigned", why, &Told { from, to: Some(to), department: None }, now);
    Ok(Some(handed(conversation, Some(to), false, line)))
}

/// Makes it nobody's (ASG-4); `Ok(None)` if it is. `seen`: whose the caller takes it for, `None` for whosever it is.
pub fn unassign(
    conversation: &Conversation,
    from: Option<&Who>,
    seen: Option<&OperatorId>,
    why: &Why,
    now: Timestamp,
) -> Result<Option<Handed>, Refused> {
    check(conversation)?;
    if conversation.assignee.is_none() {
        return Ok(None);
    }
    if seen.is_some() {
        expect(conversation, seen)?;
    }
    let line = line(conversation, "unassigned", why, &Told { from, ..Told::default() }, now);
    Ok(Some(handed(conversation, None, matches!(why, Why::By(_)), line)))
}

/// Hands it over to a department, `None` = the channel's own, and there to `to` or nobody yet (ASG-9); `Ok(None)` if it
/// is there already. Timers run in the hours of the department that it goes to: a closer looks in time for those.
pub fn transfer(
    conversation: &Conversation,
    (department, called): (Option<DepartmentId>, (String, &str)),
    to: Option<&Who>,
    from: Option<&Who>,
    why: &Why,
    settings: &ChannelSettings,
    now: Timestamp,
) -> Result<Option<Handed>, Refused> {
    check(conversation)?;
    let assignee = conversation.assignee.as_ref();
    if conversation.department == department && assignee == to.map(|to| &to.id) {
        return Ok(None);
    }
    let line = line(conversation, "transferred", why, &Told { from, to, department: Some(called) }, now);
    let mut handed = handed(conversation, to, true, line);
    handed.conversation.department = department;
    handed.conversation.rearm(settings);
    Ok(Some(handed))
}

/// Whether `operator` may answer the conversation: everybody, unless the channel leaves that to its assignee (CON-5).
/// There are no exceptions: an administrator who wants to answer takes it first.
pub fn may_answer(conversation: &Conversation, settings: &ChannelSettings, operator: &OperatorId) -> bool {
    let is_theirs = conversation.assignee.as_ref() == Some(operator);
    is_theirs || !settings.only_assignee_answers || !conversation.is_open()
}

fn check(conversation: &Conversation) -> Result<(), Refused> {
    if conversation.is_open() { Ok(()) } else { Err(Refused::NotOpen) }
}

fn expect(conversation: &Conversation, seen: Option<&OperatorId>) -> Result<(), Refused> {
    let assignee = conversation.assignee.as_ref();
    if assignee == seen { Ok(()) } else { Err(Refused::Changed { assignee: assignee.cloned() }) }
}

fn handed(before: &Conversation, to: Option<&Who>, by_hand: bool, line: Message) -> Handed {
    let mut conversation = before.clone();
    let to = to.map(|to| to.id.clone());
    conversation.assignee.clone_from(&to);
    conversation.previous_assignee = None;
    conversation.unassigned_by_hand = by_hand && to.is_none();
    Handed { conversation, line, from: before.assignee.clone(), to }
}
