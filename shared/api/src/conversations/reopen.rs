//! `POST /api/conversations/{conversation}/reopen`, where the channel's settings let people do that (C1).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{ConversationId, conversation};
use madoguchi_store::Saved;

use super::{TRIES, opened};
use crate::auth::Operator;
use crate::input::InPath;
use crate::view::ConversationView;
use crate::{ApiError, Shared};

/// What the timeline says about who reopened: a person, as opposed to `customer`.
const BY: &str = "operator";

/// Reopen a conversation
///
/// Reopening what is open changes nothing. Refused with `reopen_by_customer_only` or `conversation_final` where
/// the channel's setting `reopen` is not `always`.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/reopen",
    operation_id = "reopenConversation", tag = "Conversations",
    responses((status = 200, description = "The conversation.", body = ConversationView)),
    extensions(("x-errors" = json!(["reopen_by_customer_only", "conversation_final", "locks"]))),
))]
pub(crate) async fn reopen(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
) -> Result<Json<ConversationView>, ApiError> {
    for _ in 0..TRIES {
        let current = opened(&api, &operator, id).await?;
        let channel = api.directory.channel(current.channel_id).await?;
        let channel = channel.filter(|channel| !channel.status.is_deleted());
        let channel = channel.ok_or(ApiError::unlinked(current.channel_kind))?;
        let now = api.clock.now();
        let acting = api.directory.with_timers(channel.clone()).await?.settings;
        let reopened = conversation::reopen(current.clone(), &acting, BY, now);
        let Some(mut reopened) = reopened.map_err(ApiError::Reopen)? else {
            let view = ConversationView::new(&current, Some(&channel), now, operator.reader());
            return Ok(Json(view.linked(&api.bucket)));
        };
        if api.inbox.commit_closed(&reopened).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, "Reopened conversation `{id}`");
            reopened.conversation.version += 1;
            let view = ConversationView::new(&reopened.conversation, Some(&channel), now, operator.reader());
            return Ok(Json(view.linked(&api.bucket)));
        }
    }
    Err(ApiError::contended("a reopening"))
}
