//! The operator's own, at hand on every page: whether conversations are given to them, and what needs them.

mod availability;
mod bell;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Console, assets};

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/availability", get(availability::show))
        .route("/console/bell", get(bell::show))
        .route("/console/sw.js", get(assets::worker))
}
