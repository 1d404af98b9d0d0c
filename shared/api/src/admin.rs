//! What `admin-api` serves: channels, their credentials, and the quarantine. It alone touches credentials.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use madoguchi_runtime::{Bucket, Clock, Queue, SecretWriter};
use madoguchi_store::{Audit, Directory, Inbox};

use crate::auth::Operator;
use crate::people::{self, Presence};
use crate::{channels, quarantine};

/// What the administrators' routes work with. Only they touch credentials.
#[derive(Clone, Debug)]
pub struct AdminApi {
    /// Quarantined events.
    pub inbox: Inbox,
    /// Channels and connections.
    pub directory: Directory,
    /// Credentials, which are written and never shown.
    pub secrets: SecretWriter,
    /// Where quarantined events are sent again.
    pub inbound: Queue,
    /// Tells the time.
    pub clock: Clock,
    /// What the names of the secrets begin with, without the slash.
    pub secret_prefix: String,
    /// The audit log.
    pub audit: Audit,
    /// Where channels' icons lie.
    pub bucket: Bucket,
}

impl AdminApi {
    /// The same, whose writes say that `administrator` made them.
    pub(crate) fn by(&self, administrator: &Operator) -> Self {
        let author = administrator.author(self.clock.now());
        Self { directory: self.directory.by(author), ..self.clone() }
    }
}

pub(crate) type SharedAdmin = State<Arc<AdminApi>>;

/// The routes of `admin-api`.
pub fn admin_routes(api: AdminApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/channels", get(channels::list).post(channels::create))
        .route(
            "/api/channels/{channel}",
            get(channels::read).patch(channels::change).delete(channels::remove),
        )
        .route("/api/channels/{channel}/disable", post(channels::disable))
        .route("/api/channels/{channel}/enable", post(channels::enable))
        .route("/api/channels/{channel}/check", post(channels::check))
        .route("/api/channels/{channel}/credential", put(channels::reauthorize))
        .route("/api/channels/{channel}/icon", put(channels::set_icon).delete(channels::remove_icon))
        .route("/api/quarantine", get(quarantine::list))
        .route("/api/quarantine/{quarantined}/replay", post(quarantine::replay))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}
