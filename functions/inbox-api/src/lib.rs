//! The API that operators, administrators and scripts use: JSON over HTTP, one file per verb.
//!
//! API Gateway has verified the token before a request comes here; [`access`] refuses whoever the route is not for.
//! What can go wrong is listed in [`error`], with the recipe for adding to it. Nothing here calls a provider: a
//! reply is written down as queued, and the change of the table sets everything else going.

pub mod access;
mod audit;
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
mod notices;
mod people;
mod quarantine;
mod sender_sync;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post, put};
use madoguchi_domain::audit::{Entry, Fields};
use madoguchi_domain::{ChannelId, ConversationId};
use madoguchi_runtime::{Bucket, Clock, Queue, SecretWriter};
use madoguchi_store::{Audit, ChannelCache, Directory, Inbox, SenderCache};

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
    /// Where administrators' reads are recorded.
    pub audit: Audit,
    /// Whether administrators are told by e-mail that a channel needs them.
    pub mail: bool,
}

impl Api {
    /// Records that an administrator reads a conversation, before anything of it is answered (AUD-3). What operators read
    /// for their work is not recorded.
    pub(crate) async fn is_read(
        &self,
        conversation: ConversationId,
        channel: ChannelId,
        reader: &Operator,
    ) -> Result<(), ApiError> {
        if reader.is_administrator() {
            let now = self.clock.now();
            let entry = Entry::read(conversation, channel, reader.author(now), now);
            let _recorded_within_this_hour = self.audit.record(&entry).await?;
        }
        Ok(())
    }
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
    /// The audit log.
    pub audit: Audit,
}

impl AdminApi {
    /// The same, whose writes say that `administrator` made them.
    pub(crate) fn by(&self, administrator: &Operator) -> Self {
        let author = administrator.author(self.clock.now());
        Self { directory: self.directory.by(author), ..self.clone() }
    }

    /// Records that `administrator` asks for something that changes no item of the Directory, before it is done.
    pub(crate) async fn is_asked(
        &self,
        act: &str,
        subject: String,
        after: Fields,
        administrator: &Operator,
    ) -> Result<(), ApiError> {
        let now = self.clock.now();
        let entry = Entry::asked(act, subject, administrator.author(now), after, now);
        let _once = self.audit.record(&entry).await?;
        Ok(())
    }
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
        .route("/api/notices", get(notices::list))
        // Open: whoever has the address may have the file.
        .route("/media/{token}", get(files::public))
        .route("/media/operator.png", get(sender_sync::picture))
        .route("/api/channels/{channel}/health", get(channels::health))
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
        .route(
            "/api/channels/{channel}",
            get(channels::read).patch(channels::change).delete(channels::remove),
        )
        .route("/api/channels/{channel}/disable", post(channels::disable))
        .route("/api/channels/{channel}/enable", post(channels::enable))
        .route("/api/channels/{channel}/check", post(channels::check))
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
        .route("/api/audit", get(audit::list))
        .route("/api/audit/export", get(audit::export))
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
