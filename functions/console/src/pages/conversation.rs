//! One conversation: what was said, what can be answered, who the customer is.

use std::sync::Arc;

use axum::Router;

use crate::Console;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
}
