//! Errors of the store.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// What the table could not do for us.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table pushes back; try again later.
    #[error("the table pushes back: {detail}")]
    Throttled {
        /// For maintainers.
        detail: String,
    },
    /// The call failed.
    #[error("the table did not answer {operation}: {detail}")]
    Unavailable {
        /// Which call.
        operation: &'static str,
        /// For maintainers.
        detail: String,
    },
    /// An item is not of the shape that we write.
    #[error("item {key} is not readable: {detail}")]
    Unreadable {
        /// The item's key.
        key: String,
        /// For maintainers.
        detail: String,
    },
}

/// Wraps an SDK error that is no expected outcome.
pub(crate) fn failed<E, R>(operation: &'static str, error: SdkError<E, R>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let throttled = match error.code().unwrap_or_default() {
        "ProvisionedThroughputExceededException" | "ThrottlingException" | "RequestLimitExceeded" => true,
        // A transaction names the reason of each item in its message.
        "TransactionCanceledException" => {
            let reasons = error.message().unwrap_or_default();
            reasons.contains("ThrottlingError") || reasons.contains("ProvisionedThroughputExceeded")
        }
        _ => false,
    };
    let detail = chain(&error);
    if throttled { StoreError::Throttled { detail } } else { StoreError::Unavailable { operation, detail } }
}

/// The chain of causes in one line. Not the SDK's own context: that one prints whole answers, and with
/// them what customers wrote.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}
