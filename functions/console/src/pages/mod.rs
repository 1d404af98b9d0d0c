//! The pages, one module for each.

use std::sync::Arc;

use axum::Router;

use crate::Console;

mod conversation;
mod inbox;
pub(crate) mod known;
mod own;
mod reports;
mod search;
mod settings;
mod tickets;

pub(crate) use settings::way_back;

pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .merge(inbox::routes())
        .merge(conversation::routes())
        .merge(own::routes())
        .merge(search::routes())
        .merge(tickets::routes())
        .merge(reports::routes())
        .merge(settings::routes())
}
