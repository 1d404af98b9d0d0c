//! Takes a batch apart: each record is handled, and fails, on its own.
//!
//! This is the boundary of every queue function. A record's failure is logged here, once, by its
//! id; handlers add context to their errors and log nothing of them.

use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use madoguchi_domain::{Span, Timestamp};

use crate::{Clock, Queue};

mod sqs;
mod stream;

pub use sqs::process;
pub use stream::process_changes;

/// Groups that are worked on at the same time. More would only queue up for the one CPU and the
/// client's connections.
const CONCURRENCY: usize = 10;
/// A record is not started with less than this left: reporting it as failed is clean, being
/// stopped in its middle is not.
const RESERVE: Span = Span::from_secs(2);

/// What a batch loop needs to know about its invocation.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// When Lambda ends the invocation.
    pub deadline: Timestamp,
    /// Tells the time.
    pub clock: &'a Clock,
    /// Where the records came from, if some may ask to be seen again at a certain time.
    pub queue: Option<&'a Queue>,
}

impl Invocation<'_> {
    fn has_time(&self) -> bool {
        self.clock.now() + RESERVE <= self.deadline
    }
}

/// Why a record was not handled; it will be delivered again. Any error converts into it.
pub struct RecordError {
    source: Box<dyn Error + Send + Sync>,
    retry_after: Option<Span>,
}

impl RecordError {
    /// A failure with no better text.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into(), retry_after: None }
    }

    /// Delivers the record again after `span` rather than when the queue's visibility time-out is
    /// over. Needs [`Invocation::queue`]; streams have no such thing.
    #[must_use]
    pub fn retry_after(mut self, span: Span) -> Self {
        self.retry_after = Some(span);
        self
    }
}

// `RecordError` is no `Error` itself: that would make this conversion ambiguous.
impl<E: Error + Send + Sync + 'static> From<E> for RecordError {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

/// The whole chain of causes in one line.
impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Runs one record. A panic is that record's failure; the panic hook has logged where.
async fn contained(record: impl Future<Output = Result<(), RecordError>>) -> Result<(), RecordError> {
    // What a panicking record leaves behind is dropped with its future; what is shared between
    // records is behind locks that recover from poisoning.
    AssertUnwindSafe(record).catch_unwind().await.unwrap_or_else(|_| Err(RecordError::new("panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::fmt::Error);

    #[test]
    fn an_error_prints_its_causes_in_one_line() {
        let error = RecordError::from(Outer(std::fmt::Error));
        assert_eq!(error.to_string(), format!("outer: {}", std::fmt::Error));
        assert_eq!(RecordError::new("plain").to_string(), "plain");
    }
}
