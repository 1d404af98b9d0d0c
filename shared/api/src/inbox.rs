//! What `inbox-api` serves: conversations, messages, files, notices, and the operator who calls.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, patch, post, put};
use madoguchi_domain::audit::Entry;
use madoguchi_domain::{ChannelId, ConversationId};
use madoguchi_runtime::{Bucket, Clock};
use madoguchi_store::{Audit, ChannelCache, Directory, Inbox, SenderCache};

use crate::auth::Operator;
use crate::people::{self, Presence};
use crate::{
    ApiError, blocked, channels, conversations, drafts, files, labels, me, mentions, messages, notes,
    notices, sender_sync, templates,
};

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

    /// The same of a list of conversations, each with what was said last.
    pub(crate) async fn is_listed(&self, reader: &Operator) -> Result<(), ApiError> {
        if reader.is_administrator() {
            let now = self.clock.now();
            let entry = Entry::listed(reader.author(now), now);
            let _recorded_within_this_hour = self.audit.record(&entry).await?;
        }
        Ok(())
    }
}

pub(crate) type Shared = State<Arc<Api>>;

/// The routes of `inbox-api`: conversations, messages, files, and the operator who calls.
pub fn routes(api: Api) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/conversations", get(conversations::list))
        .route("/api/conversations/counts", get(conversations::counts))
        .route("/api/conversations/{conversation}", get(conversations::read).delete(conversations::erase))
        .route("/api/conversations/{conversation}/contact", patch(conversations::register))
        .route(
            "/api/conversations/{conversation}/assignee",
            put(conversations::assign).delete(conversations::unassign),
        )
        .route("/api/conversations/{conversation}/transfer", post(conversations::transfer))
        .route("/api/conversations/{conversation}/mode", put(conversations::switch_mode))
        .route("/api/conversations/{conversation}/close", post(conversations::close))
        .route("/api/conversations/{conversation}/reopen", post(conversations::reopen))
        .route(
            "/api/conversations/{conversation}/done",
            post(conversations::done).delete(conversations::not_done),
        )
        .route(
            "/api/conversations/{conversation}/snooze",
            post(conversations::snooze).delete(conversations::wake),
        )
        .route("/api/conversations/{conversation}/block", post(blocked::block).delete(blocked::unblock))
        .route("/api/blocked", get(blocked::list))
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
        .route("/api/conversations/{conversation}/notes", post(notes::add))
        .route(
            "/api/conversations/{conversation}/notes/{message}",
            patch(notes::change).delete(notes::remove),
        )
        .route("/api/conversations/{conversation}/labels/{label}", put(labels::put).delete(labels::take_off))
        .route(
            "/api/conversations/{conversation}/draft",
            get(drafts::read).put(drafts::save).delete(drafts::remove),
        )
        .route("/api/templates/{template}/preview", post(templates::preview))
        .route("/api/notices", get(notices::list))
        // Open: whoever has the address may have the file.
        .route("/media/{token}", get(files::public))
        .route("/media/operator.png", get(sender_sync::picture))
        .route("/api/channels/{channel}/health", get(channels::health))
        .route("/api/me", get(me::read).patch(me::change))
        .route("/api/me/mentions", get(mentions::list))
        .route("/api/me/mentions/read", post(mentions::mark_read))
        .route("/api/me/drafts", get(drafts::list))
        .route("/api/me/picture", put(me::set_picture).delete(me::remove_picture))
        .route("/api/me/picture/uploads", post(me::upload_picture))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}
