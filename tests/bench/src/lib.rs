//! The parts of `make bench`. Each proves first that what it measures does its job.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A benchmark that cannot go on must stop.

pub mod compare;
pub mod console;
pub mod deadlines;
pub mod functions;
pub mod inbox;
pub mod lambda;
pub mod live;
pub mod machine;
pub mod options;
pub mod peers;
pub mod prices;
pub mod report;
pub mod section;
pub mod targets;
pub mod throughput;
pub mod work;

pub use options::{Options, Part};
pub use section::{Section, Table};
