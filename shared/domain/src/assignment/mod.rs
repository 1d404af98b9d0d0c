//! Whose a conversation is: taken and given by hand, or by the channel's rule.
//!
//! What an operator is on stands in their [`Duty`], which changes together with the conversations that they get: so an
//! assignment can be made conditional on it, and nobody gets more than the rule lets them have, however many are given
//! out at the same time.

mod by_hand;
mod duty;
mod follow;
mod line;
#[cfg(test)]
mod properties;
mod rule;
#[cfg(test)]
mod tests;

pub use by_hand::{Handed, Refused, assign, may_answer, transfer, unassign};
pub use duty::{CAPACITY, CannotTake, Duty, MOST_HELD, may_take};
pub use follow::{Follows, follows};
pub use line::{Who, Why};
pub use rule::{AssignmentRule, Candidate, choose, goes_back_to, queue_order, waits_for_rule};
