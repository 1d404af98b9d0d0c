//! Channels with their health (CHN), their settings and operators, and re-authorization (AUT-7).

mod access;
mod change;
pub(super) mod data;
mod frame;
mod health;
mod list;
mod operators;
mod overview;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(super) use self::change::bot_use;
pub(super) use self::frame::picture;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/settings/channels", get(list::show))
        .route("/console/settings/channels/{id}", get(overview::show))
        .route("/console/settings/channels/{id}/card", get(list::card))
        .route("/console/settings/channels/{id}/health", get(health::part))
        .route("/console/settings/channels/{id}/settings", get(change::show))
        .route("/console/settings/channels/{id}/operators", get(operators::show))
        .route("/console/settings/channels/{id}/operators/candidates", get(operators::candidates))
        .route("/console/settings/channels/{id}/access", get(access::show))
}
