//! Conversations: list, read, close, reopen; what their customers see of who reads and writes.

mod close;
mod list;
mod mark_read;
mod read;
mod reopen;
mod typing;

pub(crate) use close::close;
pub(crate) use list::list;
pub(crate) use mark_read::mark_read;
pub(crate) use read::read;
pub(crate) use reopen::reopen;
pub(crate) use typing::typing;

use madoguchi_domain::{Channel, ChannelKind, Conversation, ConversationId};

use crate::auth::Reader;
use crate::view::ConversationView;
use crate::{Api, ApiError};

/// How often a lost race is tried again before the caller is told to.
pub(crate) const TRIES: usize = 8;

pub(crate) async fn existing(api: &Api, id: ConversationId) -> Result<Conversation, ApiError> {
    api.inbox.conversation(id).await?.ok_or(ApiError::ConversationNotFound)
}

/// The conversation's channel, if it sends.
pub(crate) fn usable(channel: Option<&Channel>, kind: ChannelKind) -> Result<&Channel, ApiError> {
    Channel::in_use(channel).map_err(|out| ApiError::Locked(out.into(), kind))
}

async fn shown(api: &Api, conversation: &Conversation, reader: Reader) -> Result<ConversationView, ApiError> {
    let channel = api.directory.channel(conversation.channel_id).await?;
    Ok(ConversationView::new(conversation, channel.as_ref(), api.clock.now(), reader).linked(&api.bucket))
}
