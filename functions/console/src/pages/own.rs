//! The operator's own: availability, bell, profile, notifications.

use std::sync::Arc;

use axum::Router;

use crate::Console;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
}
