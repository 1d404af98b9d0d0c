//! Conversations: list, read, assign, close, reopen; what their customers see of who reads and writes.

mod assign;
mod close;
mod counts;
mod hand;
mod list;
mod mark_read;
mod read;
mod reopen;
mod transfer;
mod typing;
mod unassign;
mod wanted;

pub(crate) use assign::assign;
pub(crate) use close::close;
pub(crate) use counts::counts;
pub(crate) use list::list;
pub(crate) use mark_read::mark_read;
pub(crate) use read::read;
pub(crate) use reopen::reopen;
pub(crate) use transfer::transfer;
pub(crate) use typing::typing;
pub(crate) use unassign::unassign;

use madoguchi_domain::assignment::{Who, may_answer};
use madoguchi_domain::{Channel, ChannelKind, ChannelSettings, Conversation, ConversationId, membership};

use crate::auth::{Operator, Reader};
use crate::view::ConversationView;
use crate::{Api, ApiError};

/// How often a lost race is tried again before the caller is told to.
pub(crate) const TRIES: usize = 8;

/// The conversation, if there is one and `operator` may see it. Every route of one begins here: whoever is not
/// associated with its channel cannot tell it from one that is not there (ASG-8).
pub(crate) async fn existing(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
) -> Result<Conversation, ApiError> {
    let conversation = api.inbox.conversation(id).await?.ok_or(ApiError::ConversationNotFound)?;
    let now = api.clock.now();
    // What a channel left behind that is gone stays readable.
    let channel = api.channels.channel(conversation.channel_id, now).await?;
    if let Some(channel) = channel
        && !membership::open_to(operator.role, &channel.settings)
    {
        let person = api.senders.person(&operator.id, now).await?;
        if !membership::may_see(operator.role, &channel, person.as_ref()) {
            return Err(ApiError::ConversationNotFound);
        }
    }
    Ok(conversation)
}

/// The same for a route that answers with something of what was said: an administrator who calls it has read the
/// conversation (AUD-3).
pub(crate) async fn opened(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
) -> Result<Conversation, ApiError> {
    let conversation = existing(api, operator, id).await?;
    api.is_read(id, conversation.channel_id, operator).await?;
    Ok(conversation)
}

/// The conversation's channel, if it sends.
pub(crate) fn usable(channel: Option<&Channel>, kind: ChannelKind) -> Result<&Channel, ApiError> {
    Channel::in_use(channel).map_err(|out| ApiError::Locked(out.into(), kind))
}

/// Why `operator` may not answer the conversation, if the channel leaves that to its assignee (CON-5).
pub(crate) async fn barred(
    api: &Api,
    operator: &Operator,
    conversation: &Conversation,
    settings: &ChannelSettings,
) -> Result<Result<(), Bar>, ApiError> {
    if may_answer(conversation, settings, &operator.id) {
        return Ok(Ok(()));
    }
    Ok(Err(Bar(hand::assignee(api, conversation).await?)))
}

/// Whose conversation it is that somebody else wanted to answer.
#[derive(Clone, Debug)]
pub(crate) struct Bar(Option<Who>);

impl From<Bar> for ApiError {
    fn from(Bar(assignee): Bar) -> Self {
        Self::OnlyTheAssignee { assignee }
    }
}

async fn shown(api: &Api, conversation: &Conversation, reader: Reader) -> Result<ConversationView, ApiError> {
    let channel = api.directory.channel(conversation.channel_id).await?;
    Ok(ConversationView::new(conversation, channel.as_ref(), api.clock.now(), reader).linked(&api.bucket))
}
