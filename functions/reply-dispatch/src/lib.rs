//! `reply-dispatch`: hands queued replies to the provider, in order, each once.
//!
//! A queue message says "this conversation has replies to send". Its unsettled replies are taken oldest
//! first, and each goes through three stages: claimed (nobody else may touch it), called (the provider
//! has answered or not), settled (`sent`, `failed`, `unconfirmed`, or back to `queued`). What stops one
//! reply stops the later ones of its conversation and nothing else.
//!
//! Between the replies stands what customers are shown besides: that their messages were read, and that somebody is
//! writing. It is tried once and stops nothing.

mod call;
mod courtesy;
mod drain;
mod lookup;
mod settle;
mod tally;

pub use drain::{DispatchError, Dispatcher};
