//! What the work for a message costs: AWS calls, DynamoDB units, SQS requests.
//!
//! A [`World`] runs the functions over an in-process table, queues, secrets and providers, hands each of
//! them batches as Lambda would, and counts every call that they make. [`jobs`] are the pieces of work that
//! are measured; the regression test compares them with a committed budget and the benchmark prices them, so
//! that both tell the same figures.

pub mod budget;
mod environment;
mod event;
pub mod fill;
pub mod function;
pub mod jobs;
mod measured;
pub mod meter;
pub mod people;
pub mod pollers;
pub mod template;
mod world;

pub use event::OPERATOR;
pub use function::Function;
pub use measured::{CallTable, Measured};
pub use world::{Elsewhere, Wiring, World};
