//! What `organisation-api` serves: people and their channels, brands, departments, message templates, labels, the audit log,
//! tickets for live updates, and the sync of sender names.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, patch, post, put};
use madoguchi_runtime::Clock;
use madoguchi_store::{Audit, Directory, Inbox, Live};

use crate::auth::Operator;
use crate::people::{self, Presence};
use crate::{
    audit, brands, departments, labels, live, memberships, notifications, operators, profanity, saved_views,
    sender_sync, templates,
};

/// What the routes that look after the organisation work with.
#[derive(Clone, Debug)]
pub struct OrganisationApi {
    /// What operators are on.
    pub inbox: Inbox,
    /// People, brands, departments, templates.
    pub directory: Directory,
    /// The audit log.
    pub audit: Audit,
    /// Tickets for live updates.
    pub live: Live,
    /// Where clients connect for them.
    pub live_url: String,
    /// Tells the time.
    pub clock: Clock,
}

impl OrganisationApi {
    /// The same, whose writes say that `administrator` made them.
    pub(crate) fn by(&self, administrator: &Operator) -> Self {
        let author = administrator.author(self.clock.now());
        Self { directory: self.directory.by(author), ..self.clone() }
    }
}

pub(crate) type SharedOrganisation = State<Arc<OrganisationApi>>;

/// The routes of `organisation-api`.
pub fn organisation_routes(api: OrganisationApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/sender-sync", get(sender_sync::read).post(sender_sync::start))
        .route("/api/channels/{channel}/operators", get(memberships::list).post(memberships::add))
        .route("/api/channels/{channel}/operators/{person}", delete(memberships::remove))
        .route("/api/channels/{channel}/operators/{person}/retry", post(memberships::retry))
        .route("/api/people", get(people::list))
        .route("/api/people/{person}", get(people::read).delete(people::remove))
        .route("/api/people/{person}/capacity", put(operators::set_capacity))
        .route("/api/operators", get(operators::list))
        .route("/api/me/availability", get(operators::read_availability).put(operators::switch))
        .route("/api/me/notifications", get(notifications::read).put(notifications::save))
        .route("/api/brands", get(brands::list).post(brands::add))
        .route("/api/brands/{brand}", patch(brands::change).delete(brands::remove))
        .route("/api/brands/{brand}/profanity", get(profanity::read).put(profanity::change))
        .route("/api/brands/{brand}/profanity/test", post(profanity::try_out))
        .route("/api/departments", get(departments::list).post(departments::add))
        .route("/api/departments/{department}", patch(departments::change).delete(departments::remove))
        .route("/api/live/tickets", post(live::ticket))
        .route("/api/views", get(saved_views::list).post(saved_views::add))
        .route("/api/views/{view}", patch(saved_views::change).delete(saved_views::remove))
        .route("/api/labels", get(labels::list).post(labels::add))
        .route("/api/labels/{label}", patch(labels::change).delete(labels::remove))
        .route("/api/templates", get(templates::list).post(templates::add))
        .route(
            "/api/templates/{template}",
            get(templates::read).patch(templates::change).delete(templates::remove),
        )
        .route("/api/audit", get(audit::list))
        .route("/api/audit/export", get(audit::export))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}
