//! Conversations: list, read, close, reopen; what their customers see of who reads and writes.

mod assign;
mod close;
mod counts;
mod done;
mod erase;
mod hand;
mod list;
mod mark_read;
mod mode;
mod read;
mod register;
mod reopen;
mod snooze;
mod transfer;
mod typing;
mod unassign;
mod wanted;

pub(crate) use assign::assign;
pub(crate) use close::close;
pub(crate) use counts::counts;
pub(crate) use done::{done, not_done};
pub(crate) use erase::erase;
pub(crate) use list::list;
pub(crate) use mark_read::mark_read;
pub(crate) use mode::switch as switch_mode;
pub(crate) use read::read;
pub(crate) use register::register;
pub(crate) use reopen::reopen;
pub(crate) use snooze::{snooze, wake};
pub(crate) use transfer::transfer;
pub(crate) use typing::typing;
pub(crate) use unassign::unassign;
pub(crate) use wanted::to_save;

use std::collections::HashMap;

use axum::Json;
use madoguchi_domain::assignment::{Who, may_answer};
use madoguchi_domain::conversation::Told;
use madoguchi_domain::timers::{Timing, inherits};
use madoguchi_domain::{
    Channel, ChannelId, ChannelKind, ChannelSettings, Conversation, ConversationId, Timestamp, membership,
};
use madoguchi_store::{ChannelCache, Directory, Inbox, Saved, SenderCache};

use crate::auth::{Operator, Reader};
use crate::view::ConversationView;
use crate::{Api, ApiError};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(
    list::list,
    counts::counts,
    read::read,
    erase::erase,
    register::register,
    assign::assign,
    unassign::unassign,
    transfer::transfer,
    mode::switch,
    close::close,
    reopen::reopen,
    done::done,
    done::not_done,
    snooze::snooze,
    snooze::wake,
    mark_read::mark_read,
    typing::typing
))]
pub(crate) struct Described;

/// How often a lost race is tried again before the caller is told to.
pub(crate) const TRIES: usize = 8;

/// The conversation, if there is one and `operator` may see it. Every route of one begins here: whoever is not
/// associated with its channel cannot tell it from one that is not there (ASG-8).
pub(crate) async fn existing(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
) -> Result<Conversation, ApiError> {
    seen((&api.inbox, &api.channels, &api.senders), operator, id, api.clock.now()).await
}

/// The same by other functions.
pub(crate) async fn seen(
    (inbox, channels, senders): (&Inbox, &ChannelCache, &SenderCache),
    operator: &Operator,
    id: ConversationId,
    now: Timestamp,
) -> Result<Conversation, ApiError> {
    let conversation = inbox.conversation(id).await?.filter(|conversation| !conversation.is_erased());
    let conversation = conversation.ok_or(ApiError::ConversationNotFound)?;
    if sees((channels, senders), operator, conversation.channel_id, now).await? {
        Ok(conversation)
    } else {
        Err(ApiError::ConversationNotFound)
    }
}

/// What of a conversation is its contact's and not its history's (ABU-3): it is there although the conversation was deleted for
/// ever. Nothing that was said is in it then.
pub(crate) async fn contact(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
) -> Result<Conversation, ApiError> {
    let conversation = api.inbox.conversation(id).await?.filter(Conversation::is_erased);
    let Some(conversation) = conversation else { return opened(api, operator, id).await };
    let caches = (&*api.channels, &*api.senders);
    if sees(caches, operator, conversation.channel_id, api.clock.now()).await? {
        Ok(conversation)
    } else {
        Err(ApiError::ConversationNotFound)
    }
}

/// Whether `operator` may see the conversations of a channel (ASG-8). What a channel left behind that is gone stays
/// readable.
pub(crate) async fn sees(
    (channels, senders): (&ChannelCache, &SenderCache),
    operator: &Operator,
    channel: ChannelId,
    now: Timestamp,
) -> Result<bool, ApiError> {
    let Some(channel) = channels.channel(channel, now).await? else { return Ok(true) };
    if membership::open_to(operator.role, &channel.settings) {
        return Ok(true);
    }
    let person = senders.person(&operator.id, now).await?;
    Ok(membership::may_see(operator.role, &channel, person.as_ref()))
}

/// The channels that `operator` sees, and those that they do not (ASG-8).
pub(crate) async fn channels(
    (directory, senders): (&Directory, &SenderCache),
    operator: &Operator,
    now: Timestamp,
) -> Result<(HashMap<ChannelId, Channel>, Vec<ChannelId>), ApiError> {
    let mut channels: HashMap<_, _> =
        directory.channels().await?.into_iter().map(|channel| (channel.id, channel)).collect();
    if channels.values().all(|channel| membership::open_to(operator.role, &channel.settings)) {
        return Ok((channels, Vec::new()));
    }
    let person = senders.person(&operator.id, now).await?;
    let mut hidden = Vec::new();
    channels.retain(|id, channel| {
        let seen = membership::may_see(operator.role, channel, person.as_ref());
        if !seen {
            hidden.push(*id);
        }
        seen
    });
    Ok((channels, hidden))
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

pub(crate) async fn shown(
    api: &Api,
    conversation: &Conversation,
    reader: Reader,
) -> Result<ConversationView, ApiError> {
    let now = api.clock.now();
    let channel = api.directory.channel(conversation.channel_id).await?;
    let mut view = ConversationView::new(conversation, channel.as_ref(), now, reader);
    if let Some(channel) = channel.filter(|channel| channel.settings.pause_outside_hours || inherits(channel))
    {
        let channel = api.directory.with_timers(channel).await?;
        let hours = api.channels.hours(&channel, conversation, now).await?;
        view.due(conversation, Timing { settings: &channel.settings, hours: hours.as_ref() });
    }
    Ok(view.linked(&api.bucket))
}

/// Does something with a conversation, with its line in the timeline, again and again until nobody writes in between.
/// `decide` tells what becomes of it under the settings of its channel, or that nothing is to be done.
async fn told(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
    what: &'static str,
    mut decide: impl FnMut(Conversation, &ChannelSettings, Timestamp) -> Result<Option<Told>, ApiError>,
) -> Result<Json<ConversationView>, ApiError> {
    for _ in 0..TRIES {
        let current = opened(api, operator, id).await?;
        let now = api.clock.now();
        let channel = api.channels.channel(current.channel_id, now).await?;
        let settings = channel.map(|channel| channel.acting_settings()).unwrap_or_default();
        let Some(mut told) = decide(current.clone(), &settings, now)? else {
            return shown(api, &current, operator.reader()).await.map(Json);
        };
        if api.inbox.commit_told(&told).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, what, "Changed conversation `{id}`");
            told.conversation.version += 1;
            return shown(api, &told.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended(what))
}
