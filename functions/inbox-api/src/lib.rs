//! The API that operators, administrators and scripts use: JSON over HTTP, one file per verb.
//!
//! API Gateway has verified the token before a request comes here; [`access`] refuses whoever the route is not for. What can go wrong is listed in [`error`], with the recipe for adding
//! to it. Nothing here calls a provider: a reply is written down as queued, and the change of the
//! table sets everything else going.

pub mod access;
mod auth;
mod boundary;
mod brands;
mod channels;
mod connections;
mod conversations;
mod credentials;
mod departments;
pub mod error;
mod files;
mod input;
mod me;
mod memberships;
mod messages;
mod people;
mod quarantine;
mod sender_sync;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post, put};
use madoguchi_runtime::{Bucket, Clock, Queue, SecretWriter};
use madoguchi_store::{ChannelCache, Directory, Inbox, SenderCache};

use auth::Operator;
pub use auth::RolesClaim;
pub use boundary::request_id;
pub use error::ApiError;
use people::Presence;

/// What the operators' routes work with.
#[derive(Clone, Debug)]
pub struct Api {
    /// Conversations and messages.
    pub inbox: Inbox,
    /// Channels and operators.
    pub directory: Directory,
    /// Channels as they were a moment ago: good enough for the window that a reply is written in, since the sender
    /// looks again.
    pub channels: Arc<ChannelCache>,
    /// How customers see operators, and which channels are theirs, as it was a moment ago.
    pub senders: Arc<SenderCache>,
    /// Tells the time.
    pub clock: Clock,
    /// Where files lie.
    pub bucket: Bucket,
}

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
}

type Shared = State<Arc<Api>>;
type SharedAdmin = State<Arc<AdminApi>>;

/// The routes of `inbox-api`: conversations, messages, files, and the operator who calls.
pub fn routes(api: Api) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/conversations", get(conversations::list))
        .route("/api/conversations/{conversation}", get(conversations::read))
        .route("/api/conversations/{conversation}/close", post(conversations::close))
        .route("/api/conversations/{conversation}/reopen", post(conversations::reopen))
        .route("/api/conversations/{conversation}/read", post(conversations::mark_read))
        .route("/api/conversations/{conversation}/typing", post(conversations::typing))
        .route("/api/conversations/{conversation}/messages", get(messages::list).post(messages::send))
        .route("/api/conversations/{conversation}/messages/{message}", delete(messages::cancel))
        .route("/api/conversations/{conversation}/messages/{message}/resend", post(messages::resend))
        .route(
            "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}",
            get(files::link),
        )
        .route(
            "/api/conversations/{conversation}/messages/{message}/attachments/{attachment}/retry",
            post(files::retry),
        )
        .route("/api/conversations/{conversation}/uploads", post(files::upload))
        // Open: whoever has the address may have the file.
        .route("/media/{token}", get(files::public))
        .route("/media/operator.png", get(sender_sync::picture))
        .route("/api/me", get(me::read).patch(me::change))
        .route("/api/me/picture", put(me::set_picture).delete(me::remove_picture))
        .route("/api/me/picture/uploads", post(me::upload_picture))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}

/// The routes of `admin-api`: channels, their credentials, people, and the quarantine.
pub fn admin_routes(api: AdminApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/sender-sync", get(sender_sync::read).post(sender_sync::start))
        .route("/api/channels", get(channels::list).post(channels::create))
        .route("/api/channels/{channel}", get(channels::read).patch(channels::change))
        .route("/api/channels/{channel}/credential", put(channels::reauthorize))
        .route("/api/channels/{channel}/operators", get(memberships::list).post(memberships::add))
        .route("/api/channels/{channel}/operators/{person}", delete(memberships::remove))
        .route("/api/channels/{channel}/operators/{person}/retry", post(memberships::retry))
        .route("/api/people", get(people::list))
        .route("/api/people/{person}", get(people::read).delete(people::remove))
        .route("/api/brands", get(brands::list).post(brands::add))
        .route("/api/brands/{brand}", patch(brands::change).delete(brands::remove))
        .route("/api/departments", get(departments::list).post(departments::add))
        .route("/api/departments/{department}", patch(departments::change).delete(departments::remove))
        .route("/api/quarantine", get(quarantine::list))
        .route("/api/quarantine/{quarantined}/replay", post(quarantine::replay))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}

/// Answers what `routes` answer to people with a role, as `roles` tells it, and everything else with an error of the
/// catalogue.
pub fn answering(routes: Router, roles: RolesClaim) -> Router {
    routes
        .fallback(async || ApiError::UnknownRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn_with_state(roles, access::admit))
        .layer(from_fn(boundary::answer))
}
