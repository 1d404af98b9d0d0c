//! What an operator is on: whether they take conversations, and which they hold.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::channel::Channel;
use crate::ids::{ConversationId, OperatorId};
use crate::membership;
use crate::person::Person;
use crate::role::Role;
use crate::time::Timestamp;

/// Bounds of how many open conversations the rule lets an operator have (ASG-11).
pub const CAPACITY: RangeInclusive<u32> = 1..=200;
/// More open conversations than this nobody gets, by hand either: they are listed in one item.
pub const MOST_HELD: usize = 2_000;

/// What an operator is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Who.
    pub operator: OperatorId,
    /// Their own switch (ASG-5, ASG-6). Off until they switch it on: nobody is given work that they do not expect.
    pub available: bool,
    /// When it was switched last.
    pub since: Option<Timestamp>,
    /// How many open conversations the rules give them, on all channels together, in place of what the channels say
    /// (ASG-11).
    pub capacity: Option<u32>,
    /// The open conversations that are theirs, those that are set aside among them. One that was closed or taken from
    /// them leaves a moment later.
    pub held: BTreeSet<ConversationId>,
    /// When they were given one last.
    pub given_at: Option<Timestamp>,
}

/// Why somebody cannot be given a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotTake {
    /// Their switch is off (ASG-6).
    #[error(
        "this operator is not available; nobody can assign conversations to them until they switch themselves on"
    )]
    Unavailable,
    /// They do not see the channel (ASG-8).
    #[error("this operator does not see the channel of this conversation")]
    NoAccess,
    /// They have [`MOST_HELD`].
    #[error("this operator has {MOST_HELD} open conversations, which is the most that anybody can have")]
    Full,
}

impl CannotTake {
    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Unavailable => "operator_unavailable",
            Self::NoAccess => "operator_without_access",
            Self::Full => "operator_full",
        }
    }
}

impl Duty {
    /// Of somebody of whom nothing is known.
    pub const fn new(operator: OperatorId) -> Self {
        Self {
            operator,
            available: false,
            since: None,
            capacity: None,
            held: BTreeSet::new(),
            given_at: None,
        }
    }

    /// Whether a rule of a channel that gives operators up to `capacity` may give them one more.
    pub fn has_room(&self, capacity: u32) -> bool {
        self.held.len() < self.room(capacity)
    }

    /// How many a rule of a channel that gives operators up to `capacity` may give them.
    pub fn room(&self, capacity: u32) -> usize {
        usize::try_from(self.capacity.unwrap_or(capacity)).unwrap_or(MOST_HELD).min(MOST_HELD)
    }
}

/// Whether somebody of `role`, of whom `person` is known, can be given a conversation of `channel` by hand.
pub fn may_take(
    role: Role,
    person: Option<&Person>,
    duty: &Duty,
    channel: &Channel,
) -> Result<(), CannotTake> {
    let is_gone = person.is_some_and(|person| person.removed_at.is_some());
    if is_gone || !membership::may_see(role, channel, person) {
        return Err(CannotTake::NoAccess);
    }
    if !duty.available {
        return Err(CannotTake::Unavailable);
    }
    if duty.held.len() >= MOST_HELD { Err(CannotTake::Full) } else { Ok(()) }
}
