//! What `desk-api` serves: search.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use madoguchi_domain::audit::Entry;
use madoguchi_domain::{Conversation, ConversationId};
use madoguchi_runtime::Clock;
use madoguchi_store::{Audit, ChannelCache, Directory, Inbox, Search, SenderCache};

use crate::auth::Operator;
use crate::people::{self, Presence};
use crate::{ApiError, conversations, search};

/// What the desk's routes work with.
#[derive(Clone, Debug)]
pub struct DeskApi {
    /// Conversations and messages.
    pub inbox: Inbox,
    /// What they are found by.
    pub search: Search,
    /// Channels and operators.
    pub directory: Directory,
    /// Channels as they were a moment ago.
    pub channels: Arc<ChannelCache>,
    /// Which channels are an operator's, as it was a moment ago.
    pub senders: Arc<SenderCache>,
    /// Tells the time.
    pub clock: Clock,
    /// Where administrators' reads are recorded.
    pub audit: Audit,
}

impl DeskApi {
    /// The conversation, if there is one and `reader` may see it; an administrator has read it then (AUD-3).
    pub(crate) async fn opened(
        &self,
        reader: &Operator,
        id: ConversationId,
    ) -> Result<Conversation, ApiError> {
        let now = self.clock.now();
        let stores = (&self.inbox, &*self.channels, &*self.senders);
        let conversation = conversations::seen(stores, reader, id, now).await?;
        if reader.is_administrator() {
            let entry = Entry::read(id, conversation.channel_id, reader.author(now), now);
            let _recorded_within_this_hour = self.audit.record(&entry).await?;
        }
        Ok(conversation)
    }

    /// Records that an administrator has seen something of several conversations (AUD-3).
    pub(crate) async fn is_listed(&self, reader: &Operator) -> Result<(), ApiError> {
        if reader.is_administrator() {
            let now = self.clock.now();
            let _recorded_within_this_hour =
                self.audit.record(&Entry::listed(reader.author(now), now)).await?;
        }
        Ok(())
    }
}

pub(crate) type SharedDesk = State<Arc<DeskApi>>;

/// The routes of `desk-api`.
pub fn desk_routes(api: DeskApi) -> Router {
    let presence = Presence::new(api.directory.clone(), api.clock.clone());
    Router::new()
        .route("/api/conversations/{conversation}/search", get(search::in_conversation))
        .route("/api/search", get(search::across))
        .route("/api/search/rebuild", get(search::rebuilding).post(search::rebuild))
        .route_layer(from_fn_with_state(presence, people::note))
        .with_state(Arc::new(api))
}
