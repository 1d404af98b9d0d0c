//! `POST /api/conversations/{conversation}/block`. Blocking who is blocked changes nothing.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::audit::Fields;
use madoguchi_domain::{ConversationId, block as rules};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::is_done;
use crate::auth::Operator;
use crate::conversations::{TRIES, contact, shown};
use crate::input::{InPath, JsonBody};
use crate::view::ConversationView;
use crate::{ApiError, Shared};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Why {
    /// One line.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 200))]
    reason: String,
}

/// Block the contact
///
/// From then on nothing that they say comes in; it is dropped and counted, and nobody can write to them.
/// Blocking who is blocked changes nothing. It is told in the timeline and in the audit log. Who is blocked is so
/// although the conversation is deleted for ever, and can be unblocked.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/block",
    operation_id = "blockContact", tag = "Conversations",
    request_body = inline(Why),
    responses((status = 200, description = "The conversation.", body = ConversationView)),
))]
pub(crate) async fn block(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(why): JsonBody<Why>,
) -> Result<Json<ConversationView>, ApiError> {
    let reason = rules::reason(&why.reason).ok_or_else(|| ApiError::InvalidBody {
        what: format!("reason: it must be one line of 1 to {} characters", rules::REASON_LENGTH),
    })?;
    for _ in 0..TRIES {
        let current = contact(&api, &operator, id).await?;
        let blocked = rules::block(current.clone(), &operator.id, &reason, api.clock.now());
        let Some(mut blocked) = blocked else {
            return shown(&api, &current, operator.reader()).await.map(Json);
        };
        let told = Fields::from([("reason".to_owned(), reason.clone().into())]);
        is_done(&api, "contact.blocked", &current, &operator, told).await?;
        if api.inbox.commit_blocked(&blocked).await? == Saved::Done {
            tracing::info!(conversation.id = %id, operator.id = operator.id.0, "Blocked the contact of conversation `{id}`");
            blocked.conversation.version += 1;
            return shown(&api, &blocked.conversation, operator.reader()).await.map(Json);
        }
    }
    Err(ApiError::contended("a block"))
}
