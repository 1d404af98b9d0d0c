//! `DELETE /api/conversations/{conversation}/block`: what the contact says comes in again. What was dropped is gone.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::audit::Fields;
use madoguchi_domain::{ConversationId, block as rules};
use madoguchi_store::Saved;

use super::is_done;
use crate::auth::Operator;
use crate::conversations::{TRIES, contact, shown};
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

/// Unblock the contact
///
/// What they say from then on comes in again. What was dropped is gone. Unblocking who is not blocked changes
/// nothing.
#[cfg_attr(feature = "openapi", utoipa::path(
    delete, path = "/api/conversations/{conversation}/block",
    operation_id = "unblockContact", tag = "Conversations",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
pub(crate) async fn unblock(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    for _ in 0..TRIES {
        let current = contact(&api, &operator, id).await?;
        let Some(blocked) = current.blocked() else {
            return shown(&api, &current, operator.reader()).await.map(Json);
        };
        let dropped = api.inbox.dropped(blocked).await?;
        let now = api.clock.now();
        let channel = api.channels.channel(current.channel_id, now).await?;
        let settings = channel.map(|channel| channel.acting_settings()).unwrap_or_default();
        let unblocked = rules::unblock(current.clone(), &operator.id, dropped, &settings, now);
        let Some(mut unblocked) = unblocked else { continue };
        let told = Fields::from([("dropped".to_owned(), dropped.into())]);
        is_done(&api, "contact.unblocked", &current, &operator, told).await?;
        if api.inbox.commit_unblocked(&unblocked, blocked).await? == Saved::Done {
            tracing::info!(
                conversation.id = %id, operator.id = operator.id.0, dropped,
                "Unblocked the contact of conversation `{id}`"
            );
            unblocked.conversation.version += 1;
            return shown(&api, &unblocked.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("an unblock"))
}
