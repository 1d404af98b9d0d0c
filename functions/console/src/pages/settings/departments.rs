//! Departments and their business hours (OPS-4).

use std::sync::Arc;

use axum::Router;

use crate::Console;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
}
