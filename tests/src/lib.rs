//! The integration tests: functions over in-process doubles of what surrounds them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)] // An unwrap is an assertion here.

pub mod cost;
pub mod inbox;
pub mod support;

pub use inbox::{START, TestInbox};
