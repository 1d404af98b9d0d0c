//! Outgoing webhooks (OPS-1, OPS-2).

use std::sync::Arc;

use axum::Router;

use crate::Console;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
}
