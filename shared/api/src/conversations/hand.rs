//! What the routes that move conversations between operators share.

use madoguchi_domain::assignment::{Handed, MOST_HELD, Refused, Who, Why, may_take};
use madoguchi_domain::{Channel, Conversation, OperatorId};
use madoguchi_store::inbox::Given;

use crate::auth::Operator;
use crate::{Api, ApiError};

/// How requests spell who calls.
const ME: &str = "me";

/// The id that a request means.
pub(super) fn meant(text: &str, operator: &Operator) -> OperatorId {
    if text == ME { operator.id.clone() } else { OperatorId(text.to_owned()) }
}

/// Who calls, as the timeline names them.
pub(super) fn by(operator: &Operator) -> Why {
    Why::By(Who { id: operator.id.clone(), name: operator.name.clone() })
}

/// Somebody as the timeline names them, whether they are still here or not.
pub(super) async fn called(api: &Api, id: &OperatorId) -> Result<Who, ApiError> {
    let person = api.senders.person(id, api.clock.now()).await?;
    let name = person.map_or_else(|| id.0.clone(), |person| person.name);
    Ok(Who { id: id.clone(), name })
}

/// Whose the conversation is.
pub(super) async fn assignee(api: &Api, conversation: &Conversation) -> Result<Option<Who>, ApiError> {
    match &conversation.assignee {
        Some(id) => called(api, id).await.map(Some),
        None => Ok(None),
    }
}

/// Who is to get a conversation: they must be known. Whoever calls is.
pub(super) async fn taker(api: &Api, operator: &Operator, id: &OperatorId) -> Result<Who, ApiError> {
    if *id == operator.id {
        return Ok(Who { id: id.clone(), name: operator.name.clone() });
    }
    let person = api.directory.person(id).await?.filter(|person| person.removed_at.is_none());
    let person = person.ok_or(ApiError::PersonNotFound)?;
    Ok(Who { id: person.id, name: person.name })
}

/// Refuses somebody who cannot be given a conversation of `channel`, as everything is at this moment: nothing of it is
/// remembered.
pub(super) async fn able(
    api: &Api,
    operator: &Operator,
    id: &OperatorId,
    channel: &Channel,
) -> Result<(), ApiError> {
    let person = api.directory.person(id).await?;
    let duty = api.inbox.duty(id).await?;
    // What a token tells is newer than what was noted of somebody.
    let noted = person.as_ref().map(|person| person.role);
    let role = if *id == operator.id { operator.role } else { noted.ok_or(ApiError::PersonNotFound)? };
    may_take(role, person.as_ref(), &duty, channel).map_err(ApiError::CannotTake)
}

/// The conversation's channel.
pub(super) async fn channel(api: &Api, conversation: &Conversation) -> Result<Channel, ApiError> {
    let channel = api.directory.channel(conversation.channel_id).await?;
    channel.ok_or(ApiError::unlinked(conversation.channel_kind))
}

/// Why it was refused, with the name of whoever was faster.
pub(super) async fn refused(api: &Api, refused: Refused) -> ApiError {
    match refused {
        Refused::NotOpen => ApiError::ConversationNotOpen,
        Refused::Changed { assignee: None } => ApiError::AssigneeChanged { assignee: None },
        Refused::Changed { assignee: Some(id) } => match called(api, &id).await {
            Ok(assignee) => ApiError::AssigneeChanged { assignee: Some(assignee) },
            Err(error) => error,
        },
    }
}

/// Stores a move; the conversation as it is then, `None` if it is to be tried again.
pub(super) async fn store(
    api: &Api,
    operator: &Operator,
    mut handed: Handed,
) -> Result<Option<Conversation>, ApiError> {
    // Whoever was switched off meanwhile is refused by the next try, with the reason.
    if api.inbox.hand(&handed, MOST_HELD, None, api.clock.now()).await? != Given::Done {
        return Ok(None);
    }
    let id = handed.conversation.id;
    tracing::info!(
        conversation.id = %id, operator.id = operator.id.0,
        from = handed.from.as_ref().map(|from| from.0.as_str()), to = handed.to.as_ref().map(|to| to.0.as_str()),
        "Moved conversation `{id}`"
    );
    handed.conversation.version += 1;
    Ok(Some(handed.conversation))
}
