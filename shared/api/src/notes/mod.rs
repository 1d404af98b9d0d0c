//! Internal notes in a conversation: write, change, delete (CON-7). They stand among the messages and are never sent.

mod add;
mod change;
mod remove;

pub(crate) use add::add;
pub(crate) use change::change;
pub(crate) use remove::remove;

use std::collections::BTreeSet;

use madoguchi_domain::{Conversation, ConversationId, Message, MessageKey, OperatorId, membership};
use serde::Deserialize;

use crate::{Api, ApiError};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(add::add, change::change, remove::remove))]
pub(crate) struct Described;

/// What a note is to say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NoteDraft {
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 5000))]
    text: String,
    /// Ids of people.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    mentions: BTreeSet<OperatorId>,
}

/// The note of this id.
async fn existing_note(api: &Api, id: ConversationId, key: &MessageKey) -> Result<Message, ApiError> {
    let message = api.inbox.message(id, key).await?;
    message.filter(|message| message.note().is_some()).ok_or(ApiError::MessageNotFound)
}

/// Refuses to mention somebody who is not there, or could not read what is said of them.
async fn all_may_see(
    api: &Api,
    conversation: &Conversation,
    people: &BTreeSet<OperatorId>,
) -> Result<(), ApiError> {
    let now = api.clock.now();
    let channel = api.channels.channel(conversation.channel_id, now).await?;
    for id in people {
        let person = api.senders.person(id, now).await?.filter(|person| person.removed_at.is_none());
        let sees = person.is_some_and(|person| {
            channel.as_ref().is_none_or(|channel| membership::may_see(person.role, channel, Some(&person)))
        });
        if !sees {
            return Err(ApiError::MentionRefused { person: madoguchi_domain::text::cut(&id.0, 60) });
        }
    }
    Ok(())
}
